"""A run is wired to the sources of its case, and refused where it cannot end well."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import DatasetError
from kedro.pipeline import Pipeline

from evergreen.datasets.prediction_log_dataset import PredictionLogDataset
from evergreen.errors import CaseError, DataError, named
from evergreen.hooks.csv_heads import refuse_odd_heads
from evergreen.hooks.libraries import refuse_mixed_engines
from evergreen.pipeline_registry import LINE, declare_sources
from evergreen.pipelines.case_sources import declared_sources
from evergreen.staging import dataset_location

# What commands read and no run does.
OF_COMMANDS = ("serving",)
PARAMETERS = (
    "as_of",
    "problem",
    "demo",
    "rehearsal",
    "drills",
    "retraining",
    *OF_COMMANDS,
    *(stage for stage in LINE if stage != "deployment"),
)
GLOBALS = ("case", "data", "random_state", "ledger", "writable_root")
# What is only ever given on the command line.
RUNTIME_ONLY = ("raw_dir",)
_DEMO = "demo"
_LOG = "prediction_log"


class CaseHooks:
    """Reads the case before Kedro wires its pipelines, and looks whether a run can end well before it begins.

    Args:
        today: tells the date, in UTC.
    """

    def __init__(self, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        self._today = today
        self._as_of: Any = None
        self._case = ""
        self._spine: str | None = None
        self._log: str | None = None

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Declare the sources of the environment's case.

        Raises:
            CaseError: where a key of parameters or globals is unknown, or the two name different cases.
        """
        parameters, settings = context.config_loader["parameters"], context.config_loader["globals"]
        _refuse_unknown("parameter", parameters, (*PARAMETERS, *RUNTIME_ONLY))
        _refuse_unknown("key of globals.yml", settings, GLOBALS)
        problem, self._as_of = parameters.get("problem") or {}, parameters.get("as_of")
        self._log = (parameters.get("serving") or {}).get("log")
        self._case = str(settings.get("case"))
        if problem.get("name") not in (None, self._case):
            finding = f"is of case '{problem['name']}', but globals.yml names the case '{self._case}'"
            cure = f"Write case: {problem['name']} into globals.yml of the environment: folders are called after it."
            raise CaseError("The problem", finding, cure)
        sources = problem.get("sources")
        if isinstance(sources, dict) and sources:
            declare_sources(tuple(map(str, sources)))
            self._spine = _spine_of(sources)

    @hook_impl
    def after_catalog_created(self, catalog: Any, conf_catalog: Mapping[str, Any]) -> None:
        """Have runs read the log that the service writes: one that lies elsewhere would be missed without a word."""
        entry = conf_catalog.get(_LOG) or {}
        if self._log is None or "filepath" not in entry:
            return
        told, metadata = {"con": self._log}, entry.get("metadata")
        catalog[_LOG] = PredictionLogDataset(case=self._case, credentials=told, metadata=metadata)

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        """Refuse a run that something makes impossible.

        Raises:
            CaseError: where it would fabricate over a real case, split work over processes, or mix engines, or is of a
                day that has not come.
            DataError: naming the first dataset it reads that does not exist, where it should lie, and what makes it;
                or a source that would be read as another table than it is.
        """
        if self._case != _DEMO and any(node.namespace == _DEMO for node in pipeline.nodes):
            finding = f"would overwrite the raw files of case '{self._case}'"
            raise CaseError("Pipeline 'demo'", finding, "Run it in an environment of the case 'demo'.")
        if "ParallelRunner" in str(run_params.get("runner")):
            finding = "cannot hand over what this project keeps in memory between steps"
            raise CaseError("The ParallelRunner", finding, "Run with the default runner, or --runner ThreadRunner.")
        if "params:as_of" in pipeline.inputs():
            _refuse_future(self._as_of, self._today())
        if self._spine in pipeline.inputs():
            refuse_mixed_engines(str(self._spine), catalog)
        for name in sorted(pipeline.inputs()):
            if not name.startswith("params:") and name != "parameters" and name in catalog:
                _refuse_absent(name, catalog)
        for name in sorted(pipeline.inputs() & set(declared_sources())):
            refuse_odd_heads(name, catalog.get(name))


def _refuse_future(as_of: Any, today: date) -> None:
    """A day that has not come would be kept as one without rows, and what is known of earlier ones be let go."""
    try:
        told = date.fromisoformat(str(as_of))
    except ValueError:
        return  # Parsing says it better.
    # Somewhere it is tomorrow already.
    if told > today + timedelta(days=1):
        finding = f"has not come: today is {today} (UTC)"
        raise CaseError(f"as_of {told}", finding, "Give the day up to which rows are to count.")


def _spine_of(sources: Mapping[Any, Any]) -> str | None:
    # Whether there is exactly one is said when the case is parsed.
    return next((str(name) for name, one in sources.items() if isinstance(one, dict) and one.get("is_spine")), None)


def _refuse_unknown(thing: str, found: Mapping[str, Any], known: Iterable[str]) -> None:
    for name in sorted(set(map(str, found)) - set(known)):
        close = get_close_matches(name, list(known), n=1)
        cure = f"Did you mean '{close[0]}'?" if close else f"Known are {named(known)}."
        raise CaseError(f"The {thing} '{name}'", "is read by nothing", cure)


def _refuse_absent(name: str, catalog: Any) -> None:
    dataset = catalog.get(name)
    if getattr(dataset, "has_value_when_absent", False) or _exists(name, dataset, catalog):
        return
    pipelines.set_requested(None)
    stages = {stage: made for stage, made in pipelines.items() if stage != "__default__"}
    # Pipelines beside the line mend what those of the line have made before.
    order = sorted(stages, key=lambda stage: stage not in LINE)
    maker = next((stage for stage in order if name in stages[stage].all_outputs()), None)
    place = dataset_location(dataset)
    if maker in (None, _DEMO):
        cure = "Put the raw data there, or say where they lie with --params raw_dir=PATH."
    elif place is None:
        node = next(node.name for node in stages[str(maker)].nodes if name in node.outputs)
        cure = f"It lives in memory only: begin earlier, with --from-nodes {node}."
    else:
        cure = f"Run the pipeline that makes it first: kedro run --pipelines {maker}."
    table = (getattr(dataset, "_init_args", None) or {}).get("table_name")
    if table is not None:
        cure = "Mend table_name in its catalog entry, or the connection in its credentials."
        raise DataError(f"Dataset '{name}'", f"is read by this run, but its database has no table '{table}'", cure)
    where = place or "the place its catalog entry names"
    raise DataError(f"Dataset '{name}'", f"is read by this run, but there is nothing at {where}", cure)


def _exists(name: str, dataset: Any, catalog: Any) -> bool:
    # Kedro answers "no" for a dataset that cannot say, like the rows of a query: loading it will tell.
    can_say = "_exists" in vars(type(dataset)) or getattr(dataset, "_EPHEMERAL", False)
    try:
        return not can_say or bool(catalog.exists(name))
    except DatasetError as error:
        raise DatasetError(f"{name}: {error}") from error
