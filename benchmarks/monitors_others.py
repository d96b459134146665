"""Another monitor on the streams of ``benchmarks.monitors``: ``python monitors_others.py TOOL PART FOLDER``.

It imports nothing of evergreen, for Evidently and NannyML want an older pandas. Every tool judges as it comes:
Evidently by its drift preset, NannyML by univariate drift, missing values and the estimated ROC AUC (CBPE).
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

N_ROWS = 2_000
_DISTANCE = 0.1
Told = list[list[str]]
Tables = dict[str, pd.DataFrame]


def main(tool: str, part: str, folder: Path) -> None:
    """Judge the tables of a folder and print it as JSON.

    Args:
        tool: evidently or nannyml.
        part: streams, or cost.
        folder: with the tables.
    """
    warnings.filterwarnings("ignore")
    tables = {file.stem: pd.read_parquet(file) for file in sorted(folder.glob("*.parquet"))}
    reference = tables.pop("reference")
    ways = {"evidently": evidently_ways, "nannyml": nannyml_ways}[tool]()
    if part == "cost":
        way = next(iter(ways.values()))
        way(reference, reference.head(1_000), 1_000)
        begun = time.process_time()
        way(reference, tables["rows"], len(tables["rows"]))
        print(json.dumps({"cpu_seconds": time.process_time() - begun}))
        return
    print(json.dumps({"ways": {name: _judge(way, reference, tables) for name, way in ways.items()}}))


Way = Callable[[pd.DataFrame, pd.DataFrame, int], Told]


def _judge(way: Way, reference: pd.DataFrame, tables: Tables) -> dict[str, Any]:
    begun = time.process_time()
    said = {name: way(reference, rows, N_ROWS) for name, rows in tables.items()}
    return {"quiet": said.pop("quiet"), "changed": said, "cpu_seconds": time.process_time() - begun}


def features(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Name the watched columns.

    Args:
        rows: the rows.

    Returns:
        Numbers and words.
    """
    numbers = [name for name in rows.columns if name.startswith("number")]
    return numbers, [name for name in rows.columns if name.startswith("word")]


def evidently_ways() -> dict[str, Way]:
    """Give the two readings of Evidently's drift preset.

    Returns:
        Columns that drift; and the dataset, which drifts where half of its columns do.
    """
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    known: dict[int, Told] = {}

    def drifted(reference: pd.DataFrame, rows: pd.DataFrame, n_rows: int) -> Told:
        numbers, words = features(rows)
        definition = DataDefinition(numerical_columns=numbers, categorical_columns=words)
        normal = Dataset.from_pandas(reference[[*numbers, *words]], data_definition=definition)
        found = []
        for start in range(0, len(rows), n_rows):
            day = rows.iloc[start : start + n_rows][[*numbers, *words]].reset_index(drop=True)
            here = Dataset.from_pandas(day, data_definition=definition)
            metrics = Report([DataDriftPreset()]).run(here, normal).dict()["metrics"]
            named = [one["config"]["column"] for one in metrics if _is_drifted(one)]
            counted = next(one["value"]["count"] for one in metrics if "DriftedColumnsCount" in one["metric_name"])
            assert counted == len(named), (counted, named)
            found.append(named)
        known[id(rows)] = found
        return found

    def whole(reference: pd.DataFrame, rows: pd.DataFrame, n_rows: int) -> Told:
        half = len([*features(rows)[0], *features(rows)[1]]) / 2
        # The other way has come first.
        told = known[id(rows)] if id(rows) in known else drifted(reference, rows, n_rows)
        return [named if len(named) >= half else [] for named in told]

    return {"Evidently, a column drifts": drifted, "Evidently, the dataset drifts": whole}


def _is_drifted(metric: dict[str, Any]) -> bool:
    """Tell it from the score: of large references it is a distance, and a tenth is the threshold as it comes."""
    return "ValueDrift" in metric["metric_name"] and metric["value"] >= _DISTANCE


def nannyml_ways() -> dict[str, Way]:
    """Give NannyML's calculators.

    Returns:
        Univariate drift; the same and missing values; the estimated ROC AUC.
    """
    import nannyml as nml

    def drift(reference: pd.DataFrame, rows: pd.DataFrame, n_rows: int) -> Told:
        numbers, words = features(rows)
        columns = [*numbers, *words]
        watch = nml.UnivariateDriftCalculator(column_names=columns, treat_as_categorical=words, chunk_size=n_rows)
        told = watch.fit(reference).calculate(rows).filter(period="analysis").to_df()
        return _alerts(told, {column: (column, "jensen_shannon", "alert") for column in columns})

    def missing(reference: pd.DataFrame, rows: pd.DataFrame, n_rows: int) -> Told:
        columns = [*features(rows)[0], *features(rows)[1]]
        watch = nml.MissingValuesCalculator(column_names=columns, chunk_size=n_rows)
        told = watch.fit(reference).calculate(rows).filter(period="analysis").to_df()
        return _alerts(told, {column: (column, "alert") for column in columns})

    def both(reference: pd.DataFrame, rows: pd.DataFrame, n_rows: int) -> Told:
        pairs = zip(drift(reference, rows, n_rows), missing(reference, rows, n_rows), strict=True)
        return [[*one, *other] for one, other in pairs]

    def estimate(reference: pd.DataFrame, rows: pd.DataFrame, n_rows: int) -> Told:
        watch = nml.CBPE(
            metrics=["roc_auc"],
            y_pred_proba="score",
            y_true="outcome",
            problem_type="classification_binary",
            chunk_size=n_rows,
        )
        told = watch.fit(reference).estimate(rows).filter(period="analysis").to_df()
        return _alerts(told, {"roc_auc": ("roc_auc", "alert")})

    return {"NannyML, drift": drift, "NannyML, drift and missing": both, "NannyML, estimated ROC AUC": estimate}


def _alerts(told: pd.DataFrame, places: dict[str, tuple[str, ...]]) -> Told:
    flags = pd.DataFrame({name: told[place].to_numpy(dtype=bool) for name, place in places.items()})
    return [[str(name) for name in flags.columns[row]] for row in flags.to_numpy(dtype=bool)]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
