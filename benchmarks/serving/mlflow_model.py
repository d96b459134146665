"""Writes a model for ``mlflow models serve``: ``python mlflow_model.py MODEL ROWS FOLDER``, by a Python with mlflow."""

import sys

import joblib
import mlflow.sklearn
import pandas as pd
from mlflow.models import infer_signature


def main(model: str, rows: str, folder: str) -> None:
    """Write the model.

    Args:
        model: file of joblib.
        rows: file of some rows as the model takes them, as a pickled frame.
        folder: where it goes.
    """
    known, frame = joblib.load(model), pd.read_pickle(rows)  # noqa: S301 - written a moment ago
    signature = infer_signature(frame, known.predict_proba(frame))
    mlflow.sklearn.save_model(
        known, folder, serialization_format="cloudpickle", signature=signature, pyfunc_predict_fn="predict_proba"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
