"""What is served: a release, the rows that are asked about, and each way's own form of a request."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from benchmarks.serving.load import write_request
from evergreen.models.candidates import CANDIDATES, Settings, first_settings
from evergreen.models.decide import Model
from evergreen.models.features import feature_frame
from evergreen.models.fit_recipe import assemble_model, fit_settings
from evergreen.models.recipe import Member, Recipe
from evergreen.problem import Problem
from evergreen.releases import Release, ReleaseStore
from evergreen.releases.release import assemble_release

_CONF = Path(__file__).resolve().parents[2] / "conf"
_N_ROWS = 2_000
_N_REQUESTS = 200
_N_FIT = 4_000
_ROUNDS = 150


@dataclass(frozen=True)
class World:
    """A case that is served.

    Attributes:
        name: of the case.
        problem: the case.
        model: the released model.
        release: the same, with all that belongs to it.
        rows: repaired rows.
    """

    name: str
    problem: Problem
    model: Model
    release: Release
    rows: pd.DataFrame

    @property
    def features(self) -> pd.DataFrame:
        """What the model takes."""
        return feature_frame(self.rows, self.problem)

    @property
    def columns(self) -> dict[str, str]:
        """The columns that a request brings, and their types."""
        late = self.problem.outcome_columns
        return {name: column.type for name, column in self.problem.columns.items() if name not in late}

    def raw_requests(self, port: int, n_rows: int) -> list[bytes]:
        """Write requests for evergreen and for the plain service.

        Args:
            port: of the server.
            n_rows: of each request.

        Returns:
            Requests with rows in turn.
        """
        told = self.rows[list(self.columns)].to_dict("records")
        raw = [{str(name): _json(cell, self.columns[str(name)]) for name, cell in row.items()} for row in told]
        return [_written("/predict", port, {"rows": part}) for part in _parts(raw, n_rows)]

    def split_requests(self, port: int, n_rows: int) -> list[bytes]:
        """Write requests for MLflow.

        Args:
            port: of the server.
            n_rows: of each request.

        Returns:
            Requests with the same rows in the same order.
        """
        frame = self.features
        told = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
        names = list(frame)
        bodies = ({"dataframe_split": {"columns": names, "data": part}} for part in _parts(told, n_rows))
        return [_written("/invocations", port, body) for body in bodies]


def champion_world(name: str, data: Path) -> World:
    """Take the champion of a case.

    Args:
        name: of the case.
        data: the data folder of a project in which it has been released.

    Returns:
        What is served.
    """
    store = ReleaseStore(str(data / "06_models" / name))
    release_id = store.champion_id()
    assert release_id is not None, f"Nothing of '{name}' is released in '{data}'."
    loaded = store.load(release_id)
    return World(name, loaded.problem, loaded.model, Release(release_id, store.files(release_id)), _holdout(name, data))


def fitted_world(name: str, data: Path) -> World:
    """Fit the mean of a linear model and boosting to a case.

    Args:
        name: of the case, in ``conf/``.
        data: a data folder that ``kedro run --pipelines data_processing`` has filled.

    Returns:
        What is served.
    """
    told = yaml.safe_load((_CONF / name / "parameters_problem.yml").read_text(encoding="utf-8"))
    problem, folder = Problem.model_validate(told["problem"]), data / "05_model_input" / name
    every = pd.read_parquet(folder / "training.parquet")
    rows = every.iloc[:: max(1, len(every) // _N_FIT)].reset_index(drop=True)
    settings = [_settings("linear", problem), _settings("boosted", problem)]
    recipe = Recipe(members=tuple(Member(settings=one, weight=1 / len(settings)) for one in settings))
    fitted = [fit_settings(one, rows, problem, (), random_state=1) for one in settings]
    model = assemble_model(recipe, fitted, problem, training_id="")
    limits = json.loads((folder / "outlier_limits.json").read_bytes())
    return World(
        name, problem, model, assemble_release(problem, model, {"outlier_limits": limits}), _holdout(name, data)
    )


def _settings(name: Any, problem: Problem) -> Settings:
    settings = first_settings(name, problem)
    return settings.model_copy(update={"rounds": _ROUNDS}) if CANDIDATES[settings.candidate].watch else settings


def _holdout(name: str, data: Path) -> pd.DataFrame:
    return pd.read_parquet(data / "05_model_input" / name / "holdout.parquet").head(_N_ROWS).reset_index(drop=True)


def _json(cell: Any, kind: str) -> Any:
    if pd.isna(cell):
        return None
    if kind == "integer":
        return int(cell)
    return str(cell) if isinstance(cell, pd.Timestamp) else cell


def _parts(rows: Sequence[Any], n_rows: int) -> list[Sequence[Any]]:
    starts = range(0, len(rows) - n_rows + 1, n_rows)
    return [rows[start : start + n_rows] for start in starts][: max(_N_REQUESTS, 2000 // n_rows)]


def _written(path: str, port: int, body: Any) -> bytes:
    return write_request(path, port, json.dumps(body).encode())
