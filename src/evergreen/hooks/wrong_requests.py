"""What a user asked for and Kedro refused, told as this house tells it: what to run, and by which parameters."""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from kedro.framework.project import pipelines

from evergreen.errors import CaseError, named

_NO_PIPELINE = re.compile(r"Failed to find the pipeline named '([^']*)'")
_NO_STEPS = re.compile(r"Pipeline does not contain nodes named \[(.*?)\]\.")
_NO_STAGES = re.compile(r"Pipeline does not contain nodes with the following namespaces: \[(.*)\]")
_NO_DATASETS = re.compile(r"Pipeline does not contain datasets named \[(.*)\]")
_NOTHING_LEFT = "Pipeline contains no nodes after applying all provided filters"
_QUOTED = re.compile(r"'([^']*)'")
_NOT_ASKED_FOR = "is in none of the pipelines asked for"
_LIST_PIPELINES = "List them with kedro registry list."
_LIST_STEPS = "List the steps of a pipeline with kedro registry describe PIPELINE."

_PARAMETER = re.compile(r"^- Parameter '([^']*)': ", re.MULTILINE)
_INTRODUCTION = re.compile(r"^Failed to instantiate .*?: (?:\d+ validation errors? for .*\n)?")
_FOR_AUTHORS = re.compile(r"^    For further information visit .*\n?", re.MULTILINE)
_FAULT = re.compile(
    r"(?:^(?P<place>\S.*)\n)?^  (?P<finding>\S.*?) "
    r"\[type=(?P<kind>\w+), input_value=(?P<value>.*), input_type=(?P<type>\w+)\]$",
    re.MULTILINE,
)
# What pydantic puts before the words of a validator; those name their way out.
_OWN_WORDS = "Value error, "
_SHOWN_TYPES = ("bool", "date", "float", "int", "str")
_MEND = "Mend it where it was given: --params, or the files of parameters in conf."


def wrong_request(causes: Sequence[BaseException]) -> CaseError | None:
    """Find in an exception that Kedro was asked to run what does not exist.

    Args:
        causes: the exception and what caused it, the outermost first.

    Returns:
        The fault with the closest name that exists; None where it is none of these.
    """
    found = (_refusal(str(cause)) for cause in causes if isinstance(cause, ValueError))
    return next((one for one in found if one is not None), None)


def plain_parameters(text: str) -> str:
    """Tell plainly what is wrong with parameters.

    Args:
        text: of Kedro's ``ParameterValidationError``, which holds what pydantic says.

    Returns:
        One line a fault: the parameter with all its keys, what was given and what it may be, and the way out.
    """
    _, *parts = _PARAMETER.split(text)
    told = [line for name, part in zip(parts[::2], parts[1::2], strict=True) for line in _faults(name, part)]
    return "\n".join(told) or text


def _refusal(told: str) -> CaseError | None:
    if found := _NO_PIPELINE.match(told):
        close = told.partition("?\n")[2].split()
        return CaseError(f"Pipeline '{found[1]}'", "does not exist", _cure(close, _LIST_PIPELINES))
    if found := _NO_STEPS.match(told):
        asked = sorted(_QUOTED.findall(found[1]))
        return CaseError(f"Step {named(asked)}", _NOT_ASKED_FOR, _cure_of_step(asked[0] if asked else ""))
    if found := _NO_STAGES.match(told):
        return CaseError(f"Namespace {named(sorted(_QUOTED.findall(found[1])))}", _NOT_ASKED_FOR, _LIST_PIPELINES)
    if found := _NO_DATASETS.match(told):
        cure = "Mend --from-inputs or --to-outputs."
        return CaseError(f"Dataset {named(sorted(_QUOTED.findall(found[1])))}", _NOT_ASKED_FOR, cure)
    if told.startswith(_NOTHING_LEFT):
        cure = f"Leave out --tags or another option. {_LIST_STEPS}"
        return CaseError("The run", "has no steps: none fits all that was asked for", cure)
    return None


def _cure(close: Sequence[str], otherwise: str) -> str:
    return f"Did you mean '{close[0]}'?" if close else otherwise


def _cure_of_step(asked: str) -> str:
    # Kedro loads only the pipelines that are asked for until it is told that all are.
    pipelines.set_requested(None)
    steps = {node.name: name for name, one in sorted(pipelines.items()) for node in one.nodes}
    if asked in steps:
        return f"It is in the pipeline '{steps[asked]}'."
    full = {step: step for step in steps} | {step.rpartition(".")[2]: step for step in sorted(steps)}
    return _cure([full[close] for close in get_close_matches(asked, full, n=1)], _LIST_STEPS)


def _faults(name: str, told: str) -> Iterator[str]:
    bare = _FOR_AUTHORS.sub("", _INTRODUCTION.sub("", told))
    faults = list(_FAULT.finditer(bare))
    if not faults:
        yield f"Parameter '{name}': {bare.strip()}"
    for one in faults:
        full = f"{name}.{one['place']}" if one["place"] else name
        # An address may hold a password.
        is_shown = one["type"] in _SHOWN_TYPES and "://" not in one["value"]
        yield _sentence(full, one["finding"], given=one["value"] if is_shown else "", kind=one["kind"])


def _sentence(name: str, finding: str, *, given: str, kind: str) -> str:
    if finding.startswith(_OWN_WORDS):
        return f"Parameter '{name}': {finding.removeprefix(_OWN_WORDS)}"
    close = get_close_matches(given.strip("'"), _QUOTED.findall(finding), n=1) if kind == "literal_error" else []
    cure = "Write it as 2008-06-30." if kind.startswith("date") else _cure(close, _MEND)
    return f"Parameter '{name}'{f' is {given}' if given else ''}: {finding}. {cure}"
