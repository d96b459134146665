"""Every environment's pipelines, catalog and parameters, as a run would see them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Wired:
    """One environment.

    Attributes:
        env: its name.
        pipelines: all of them, wired to the sources of its case.
        catalog: its catalog.
        conf_catalog: the raw entries.
        parameters: the raw parameters.
    """

    env: str
    pipelines: dict[str, Pipeline]
    catalog: CatalogProtocol[Any, Any]
    conf_catalog: dict[str, Any]
    parameters: dict[str, Any]

    @property
    def everything(self) -> Pipeline:
        """All pipelines in one, but for readmission, which makes what data_processing makes."""
        others = (wired for name, wired in self.pipelines.items() if name != "readmission")
        return sum(others, Pipeline([]))

    @property
    def datasets(self) -> set[str]:
        """All datasets of all pipelines."""
        return {name for wired in self.pipelines.values() for name in wired.datasets()}


@pytest.fixture(scope="module", params=["base", "bank_marketing", "adult", "bike", "dry_bean", "sms_spam"])
def wired(request: pytest.FixtureRequest) -> Wired:
    """Wire an environment."""
    bootstrap_project(ROOT)
    with KedroSession.create(ROOT, env=request.param) as session:
        context = session.load_context()
        pipelines.set_requested(None)
        return Wired(
            env=request.param,
            pipelines=dict(pipelines),
            catalog=context.catalog,
            conf_catalog=context.config_loader["catalog"],
            parameters=context.config_loader["parameters"],
        )
