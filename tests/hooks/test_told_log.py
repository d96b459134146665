"""Runs read the log that the service writes."""

from types import SimpleNamespace
from typing import Any

import pytest
from kedro.io import DataCatalog

from evergreen.hooks.case_hooks import CaseHooks

TYPE = "evergreen.datasets.prediction_log_dataset.PredictionLogDataset"
FILE = {"type": TYPE, "case": "demo", "filepath": "data/log.db", "metadata": {"kedro-viz": {"layer": "monitoring"}}}
SERVER = {"type": TYPE, "case": "demo", "credentials": {"con": "sqlite:///mine.db"}}


def _reader(serving: dict[str, Any], entry: dict[str, Any]) -> Any:
    hooks, catalog = CaseHooks(), DataCatalog.from_config({"prediction_log": entry})
    loader = {"parameters": {"serving": serving}, "globals": {"case": "demo"}}
    hooks.after_context_created(SimpleNamespace(config_loader=loader))
    hooks.after_catalog_created(catalog=catalog, conf_catalog={"prediction_log": entry})
    assert catalog.get("prediction_log").metadata == entry.get("metadata")
    return catalog.load("prediction_log")


@pytest.mark.parametrize(
    ("serving", "entry", "url"),
    [
        ({"log": "postgresql+psycopg://u:p@h/d"}, FILE, "postgresql+psycopg://u:p@h/d"),
        ({"log": "sqlite:///elsewhere.db"}, FILE, "sqlite:///elsewhere.db"),
        ({"port": 8000}, FILE, "sqlite:///data/log.db"),
        ({"log": "sqlite:///elsewhere.db"}, SERVER, "sqlite:///mine.db"),
    ],
)
def test_the_log_is_read_where_the_service_writes_it_unless_the_catalog_says_otherwise(
    serving: dict[str, Any], entry: dict[str, Any], url: str
) -> None:
    assert _reader(serving, entry).url == url
