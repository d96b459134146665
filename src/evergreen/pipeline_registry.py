"""Which pipelines exist."""

from kedro.framework.project import find_pipelines
from kedro.framework.project import pipelines as kedro_pipelines
from kedro.pipeline import Pipeline

from evergreen.pipelines import case_sources

LINE = ("data_processing", "modelling", "evaluation", "deployment", "scoring", "monitoring")


def declare_sources(names: tuple[str, ...]) -> None:
    """Say which sources the case that is about to run has.

    Kedro wires pipelines without knowing the environment, so the hook that sees the configuration first calls
    this; pipelines that were wired for another case are forgotten.

    Args:
        names: the names of the sources, in the case's order.
    """
    if case_sources.declare_sources(names):
        kedro_pipelines.configure(__name__)


def register_pipelines() -> dict[str, Pipeline]:
    """Wire the pipelines; only those that a run asks for are imported.

    Returns:
        Pipelines by name; ``__default__`` is the whole line, in the order of a model's life.
    """
    found = _find_pipelines()
    if "__default__" in found:
        found["__default__"] = sum((found[stage] for stage in LINE), Pipeline([]))
    return found


def _find_pipelines() -> dict[str, Pipeline]:
    try:
        return find_pipelines(raise_errors=True)
    except ImportError as error:
        if error.__cause__ is not None:
            raise
        # A run asked for a name that no pipeline has. With all of them at hand Kedro names the closest one.
        kedro_pipelines.set_requested(None)
        return find_pipelines(raise_errors=True)
