"""FastAPI, pandas and a scikit-learn pipeline, as people write it: ``python plain_service.py MODEL COLUMNS PORT``."""

import json
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, create_model

_KINDS: dict[str, Any] = {"integer": float | None, "number": float | None}


def make_app(model: Any, columns: dict[str, str], features: list[str]) -> FastAPI:
    """Make the application.

    Args:
        model: with ``predict_proba``.
        columns: name -> type in the contract, of all that a request brings.
        features: what the model takes, in its order.

    Returns:
        The application.
    """
    row = create_model("Row", **{name: (_KINDS.get(kind, str | None), None) for name, kind in columns.items()})
    request = create_model("Request", rows=(list[row], ...))  # type: ignore[valid-type]
    numbers = [name for name in features if columns[name] in _KINDS]
    texts = [name for name in features if columns[name] == "text"]
    words = [name for name in features if name not in (*numbers, *texts)]
    app = FastAPI()

    def predict(asked: BaseModel) -> dict[str, Any]:
        frame = pd.DataFrame([one.model_dump() for one in asked.rows])[features]  # type: ignore[attr-defined]
        frame[numbers] = frame[numbers].astype(float)
        frame[words] = frame[words].astype(object).where(frame[words].notna(), np.nan)
        frame[texts] = frame[texts].fillna("")
        return {"predictions": [{"score": float(one)} for one in model.predict_proba(frame)[:, 1]]}

    predict.__annotations__["asked"] = request
    app.post("/predict")(predict)
    return app


def main(model: str, told: str, port: str) -> None:
    """Serve.

    Args:
        model: file of joblib.
        told: file of JSON with ``columns`` and ``features``.
        port: where to listen.
    """
    known = json.loads(Path(told).read_text())
    app = make_app(joblib.load(model), known["columns"], known["features"])
    uvicorn.run(app, port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
