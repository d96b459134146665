"""A run is wired to the sources of its case, and refused where what it reads is not there."""

from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.pipeline import Pipeline

from evergreen.errors import DataError
from evergreen.guarded_catalog import dataset_location
from evergreen.pipeline_registry import declare_sources


class CaseHooks:
    """Reads the case's sources before Kedro wires its pipelines, and looks whether a run's inputs exist."""

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Declare the sources of the environment's case."""
        sources = context.config_loader["parameters"].get("problem", {}).get("sources", {})
        if isinstance(sources, dict) and sources:
            declare_sources(tuple(map(str, sources)))

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: Any) -> None:
        """Refuse the run if something it reads does not exist.

        Raises:
            DataError: naming the first such dataset, where it should lie, and what makes it.
        """
        for name in sorted(pipeline.inputs()):
            if not name.startswith("params:") and name != "parameters" and name in catalog:
                _refuse_absent(name, catalog)


def _refuse_absent(name: str, catalog: Any) -> None:
    dataset = catalog.get(name)
    if getattr(dataset, "has_value_when_absent", False) or catalog.exists(name):
        return
    pipelines.set_requested(None)
    makers = (stage for stage, made in pipelines.items() if stage != "__default__" and name in made.all_outputs())
    maker = next(makers, None)
    is_raw = maker in (None, "demo")
    place = dataset_location(dataset) or "the place its catalog entry names"
    cure = (
        "Put the raw data there, or say where they lie with --params raw_dir=PATH."
        if is_raw
        else f"Run the pipeline that makes it first: kedro run --pipeline {maker}."
    )
    raise DataError(f"Dataset '{name}'", f"is read by this run, but there is nothing at {place}", cure)
