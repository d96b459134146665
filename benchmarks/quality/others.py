"""One other way to spend the seconds; run by a Python that has it: ``python others.py WAY FOLDER SECONDS``.

It reads ``task.json``, ``training.parquet`` and ``holdout.parquet`` of a folder, and writes ``predictions_<way>.npy``.
It imports nothing of evergreen, for AutoGluon wants an older pandas.
"""

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Task = dict[str, Any]
_N_THREADS = 2
_N_COMPONENTS = 30


def main(way: str, folder: Path, seconds: float) -> None:
    """Fit, predict, and print what it cost.

    Args:
        way: hgb, linear, flaml or autogluon.
        folder: with the task.
        seconds: what a search may take.
    """
    warnings.filterwarnings("ignore")
    task: Task = json.loads((folder / "task.json").read_text()) | {"folder": str(folder)}
    training, holdout = (pd.read_parquet(folder / f"{name}.parquet") for name in ("training", "holdout"))
    fit = {"hgb": fit_hgb, "linear": fit_linear, "flaml": fit_flaml, "autogluon": fit_autogluon}[way]
    begun = time.perf_counter(), time.process_time()
    predict = fit(training, task, seconds)
    wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    predicted = np.asarray(predict(holdout.drop(columns=task["target"])))
    one = _milliseconds(predict, holdout.drop(columns=task["target"]).head(1))
    np.save(folder / f"predictions_{way}.npy", predicted)
    print(json.dumps({"wall_seconds": wall, "cpu_seconds": cpu, "latency_ms": one}))


def _milliseconds(predict: Any, row: pd.DataFrame) -> float:
    times = []
    for _ in range(30):
        begun = time.perf_counter()
        predict(row)
        times.append(time.perf_counter() - begun)
    return float(np.median(times)) * 1000


def _prepare(task: Task, *, is_linear: bool) -> Any:
    """What a careful person writes in ten lines of scikit-learn."""
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    if is_linear:
        words = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10)
        numbers: Any = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    else:
        words = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan, max_categories=254
        )
        numbers = "passthrough"
    prose = [
        (
            name,
            TfidfVectorizer(min_df=2)
            if is_linear
            else make_pipeline(TfidfVectorizer(min_df=2), TruncatedSVD(_N_COMPONENTS, random_state=0)),
            name,
        )
        for name in task["texts"]
    ]
    is_number = make_column_selector(dtype_include="number")
    steps = [("words", words, task["categories"]), ("numbers", numbers, is_number), *prose]
    return ColumnTransformer(steps, sparse_threshold=1.0 if is_linear else 0.0)


def _plain(rows: pd.DataFrame, task: Task) -> pd.DataFrame:
    rows = rows.copy()
    for name in rows.columns:
        if name in task["texts"]:
            rows[name] = rows[name].astype(object).where(rows[name].notna(), "")
        elif name in task["categories"]:
            rows[name] = rows[name].astype(object).where(rows[name].notna(), np.nan)
        elif pd.api.types.is_datetime64_any_dtype(rows[name]):
            rows[name] = (rows[name] - pd.Timestamp(0)) / pd.Timedelta(days=1)
        else:
            rows[name] = rows[name].astype(float)
    return rows


def _target(rows: pd.DataFrame, task: Task) -> Any:
    if task["kind"] == "regression":
        return rows[task["target"]].to_numpy(dtype=float)
    return rows[task["target"]].map({name: k for k, name in enumerate(task["classes"])}).to_numpy(dtype=int)


def _fit_pipeline(estimator: Any, rows: pd.DataFrame, task: Task, *, is_linear: bool) -> Any:
    from sklearn.pipeline import make_pipeline

    X = _plain(rows.drop(columns=task["target"]), task)
    fitted = make_pipeline(_prepare(task, is_linear=is_linear), estimator).fit(X, _target(rows, task))
    ask = fitted.predict if task["kind"] == "regression" else fitted.predict_proba
    return lambda asked: ask(_plain(asked, task))


def fit_hgb(rows: pd.DataFrame, task: Task, seconds: float) -> Any:
    """Histogram boosting of scikit-learn as it comes."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    del seconds
    n_words = len(task["categories"])
    estimator = HistGradientBoostingRegressor if task["kind"] == "regression" else HistGradientBoostingClassifier
    model = estimator(categorical_features=list(range(n_words)), random_state=0)
    return _fit_pipeline(model, rows, task, is_linear=False)


def fit_linear(rows: pd.DataFrame, task: Task, seconds: float) -> Any:
    """Logistic or ridge regression as they come."""
    from sklearn.linear_model import LogisticRegression, Ridge

    del seconds
    model = Ridge() if task["kind"] == "regression" else LogisticRegression(max_iter=1000)
    return _fit_pipeline(model, rows, task, is_linear=True)


def fit_flaml(rows: pd.DataFrame, task: Task, seconds: float) -> Any:
    """FLAML with its own choice of learners, on prepared numbers; ordered in time where the case is."""
    from flaml import AutoML
    from sklearn.pipeline import make_pipeline

    X, y = _plain(rows.drop(columns=task["target"]), task), _target(rows, task)
    prepare = make_pipeline(_prepare(task, is_linear=False))
    features = np.asarray(prepare.fit_transform(X), dtype=float)
    automl = AutoML()
    automl.fit(
        features,
        y,
        task="regression" if task["kind"] == "regression" else "classification",
        metric="rmse" if task["kind"] == "regression" else "log_loss",
        time_budget=seconds,
        # Its linear learner refuses cells without a value.
        estimator_list=["lgbm", "xgboost", "catboost", "extra_tree", "rf"],
        n_jobs=_N_THREADS,
        split_type="time" if task["is_in_time"] else "auto",
        seed=0,
        verbose=0,
    )
    ask = automl.predict if task["kind"] == "regression" else automl.predict_proba
    return lambda asked: ask(np.asarray(prepare.transform(_plain(asked, task)), dtype=float))


def fit_autogluon(rows: pd.DataFrame, task: Task, seconds: float) -> Any:
    """AutoGluon, medium quality."""
    from autogluon.tabular import TabularPredictor

    kind, target = task["kind"], task["target"]
    metric = "root_mean_squared_error" if kind == "regression" else "log_loss"
    predictor = TabularPredictor(
        target, problem_type=kind, eval_metric=metric, path=task["folder"] + "/autogluon", verbosity=0
    )
    predictor.fit(rows, presets="medium_quality", time_limit=seconds, num_cpus=_N_THREADS)
    if kind == "regression":
        return predictor.predict
    return lambda asked: predictor.predict_proba(asked)[task["classes"]]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
