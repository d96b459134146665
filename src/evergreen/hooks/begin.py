"""The ledger's line of a run that Kedro is about to start."""

import json
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from evergreen.ledger import Place, RunRecord, new_run

_DEFAULT_PIPELINE = "__default__"
_AS_OF = "params:as_of"
_SECRET_WORDS = ("pass", "pwd", "secret", "token", "credential", "key", "con")
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")
SEQUENTIAL = "SequentialRunner"
_MASK = "***"


def begin_run(place: Place, *, run_params: Mapping[str, Any], catalog: Any, n_steps: int) -> RunRecord:
    """Draw up the line of a run that begins.

    Args:
        place: where it takes place.
        run_params: what Kedro hands to its hooks.
        catalog: the catalog of the run; it may hold ``params:as_of``.
        n_steps: nodes of the pipeline.

    Returns:
        The line, in ``running``.
    """
    run = new_run(place, run_id=str(run_params["run_id"]), pipeline=pipeline_names(run_params))
    return replace(
        run,
        runner=runner_name(run_params.get("runner")),
        as_of=_as_of(catalog),
        runtime_params=params_json(run_params.get("runtime_params") or {}),
        n_steps=n_steps,
        startup_seconds=_startup_seconds(),
    )


def pipeline_names(run_params: Mapping[str, Any]) -> str:
    """Name what a run runs.

    Args:
        run_params: what Kedro hands to its hooks.

    Returns:
        ``modelling+scoring``; ``__default__`` where nothing was named.
    """
    return "+".join(sorted(run_params.get("pipeline_names") or [_DEFAULT_PIPELINE]))


def runner_name(text: str | None) -> str:
    """Name the class of a runner.

    Args:
        text: how Kedro describes it: ``<kedro.runner.x.ThreadRunner object at 0x7f>``, or ``None`` for its default.

    Returns:
        ``ThreadRunner``.
    """
    name = str(text).removeprefix("<").split(" ")[0].split(".")[-1]
    return SEQUENTIAL if name == str(None) else name


def params_json(params: Mapping[str, Any]) -> str:
    """Write runtime parameters as JSON.

    Args:
        params: what ``--params`` gave, nested.

    Returns:
        The JSON with sorted keys. A value whose key speaks of a secret is masked; what JSON has no form for is
        written as text.
    """
    return json.dumps(_masked(params), default=str, sort_keys=True)


def _masked(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    if isinstance(value, str):
        return _USER_INFO.sub(f"{_MASK}@", value)
    if not isinstance(value, Mapping):
        return value
    return {
        str(key): _MASK if any(word in str(key).lower() for word in _SECRET_WORDS) else _masked(item)
        for key, item in value.items()
    }


def _as_of(catalog: Any) -> str | None:
    if _AS_OF not in catalog:
        return None
    value = catalog.load(_AS_OF)
    return str(getattr(value, "root", value))


def _startup_seconds() -> float | None:
    # Only under the command line was the process started for this run; a notebook may be days old. Starting up is all
    # work and no waiting, so its CPU time is its time; the age of the process would count what a shell did before it
    # became Python.
    click = sys.modules.get("click")
    is_command = click is not None and click.get_current_context(silent=True) is not None
    return time.process_time() if is_command else None
