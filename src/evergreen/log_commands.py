"""What ``kedro log`` does: finds the log of an environment, puts outcomes in, shows and clears it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.utils import env_option

from evergreen.command_output import Format, format_option, plain_errors, show
from evergreen.environment import open_environment
from evergreen.errors import CaseError, DataError, WriteRefusedError, bounded

if TYPE_CHECKING:
    from pandas import DataFrame

    from evergreen.prediction_log import PredictionLog, Receipt
    from evergreen.problem import Problem

_NO_ANSWER = "The log has no answer yet. A service writes them when it is asked: kedro serve, with the same --env."
_SHOWN = ("answered_at", "request_id", "row", "role", "release_id", "action", "latency_ms", "reasons", "outcome")


@dataclass(frozen=True)
class LogPlace:
    """Where the log of an environment is.

    Attributes:
        url: its address, as ``open_log`` takes it.
        problem: the case whose log it is.
        env: the environment.
        is_guarded: whether the environment may only read it.
    """

    url: str = field(repr=False)
    problem: "Problem"
    env: str
    is_guarded: bool


@click.group()
def log() -> None:
    """Look into the log of predictions: what was answered, and what came of it."""


@log.command("show")
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest.")
@format_option
@env_option
@click.pass_obj
def show_log(metadata: Any, last: int, form: Format, env: str | None) -> None:
    """List answers, the newest last."""
    show(lambda: newest_answers(log_place(metadata, env), last=last), form, _SHOWN, if_empty=_NO_ANSWER)


@log.command("outcomes")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--known-at", metavar="TIME", help="Since when they are known, ISO, in UTC; now where not said.")
@click.option("--known-at-column", metavar="COLUMN", help="The column that says so for each row.")
@env_option
@click.pass_obj
def put_outcomes(metadata: Any, file: Path, known_at: str | None, known_at_column: str | None, env: str | None) -> None:
    """Put outcomes into the log: a CSV or Parquet FILE with the key columns and the target."""
    with plain_errors():
        place = log_place(metadata, env)
        done = log_outcomes(place, file, known_at=known_at, known_at_column=known_at_column)
    click.echo(f"{done.n_new:,} new, {done.n_changed:,} changed, {done.n_repeated:,} repeated outcomes.")
    if done.n_unknown:
        click.echo(f"Of these, {done.n_unknown:,} belong to no answer so far; they count once one comes.")


@log.command("purge")
@click.option("--before", required=True, metavar="DATE", help="The first moment that stays, ISO, in UTC.")
@env_option
@click.pass_obj
def purge(metadata: Any, before: str, env: str | None) -> None:
    """Delete answers, and the outcomes that go with them."""
    with plain_errors():
        n_deleted = purge_log(log_place(metadata, env), before=before)
    click.echo(f"{n_deleted:,} answers deleted.")


def log_place(metadata: Any, env: str | None) -> LogPlace:
    """Find the log of predictions of an environment.

    Args:
        metadata: what Kedro knows of the project.
        env: the environment; the default one where not said.

    Returns:
        What ``serving.log`` says; else the file ``prediction_log.db`` beside the case's predictions. It need not exist.

    Raises:
        EvergreenError: where the environment does not exist, or its case is wrong.
    """
    from pydantic import ValidationError

    from evergreen.prediction_log.place import log_url
    from evergreen.problem import Problem

    found = open_environment(metadata, env)
    told, places = found.loader["parameters"], found.place.project_globals
    data = found.place.project_path / places["data"]
    url = log_url(told.get("serving", {}).get("log"), data=data, case=places["case"])
    try:
        problem = Problem.model_validate(told.get("problem"))
    except ValidationError as error:
        finding = f"is wrong: {bounded(error.errors()[0]['msg'])}"
        raise CaseError("Parameter 'problem'", finding, "Mend parameters_problem.yml.") from error
    return LogPlace(url, problem, found.place.env, found.place.may_only_read)


def purge_log(place: LogPlace, *, before: str) -> int:
    """Delete what is old.

    Args:
        place: of the log.
        before: the first moment that stays, ISO.

    Returns:
        How many answers were deleted.

    Raises:
        EvergreenError: where it cannot be done.
    """
    with _existing(place) as log:
        return log.purge(before=before)


def log_outcomes(place: LogPlace, file: Path, *, known_at: str | None, known_at_column: str | None) -> "Receipt":
    """Put the outcomes of a file into the log.

    Args:
        place: of the log.
        file: CSV or Parquet.
        known_at: since when they are known, ISO; now where not said.
        known_at_column: the column that says so instead.

    Returns:
        What they did.

    Raises:
        EvergreenError: where the file or the log cannot be used.
    """
    from evergreen.prediction_log.outcome_table import read_outcomes
    from evergreen.serving.keys import key_of

    known_at = known_at or datetime.now(tz=UTC).isoformat()
    table, problem = _read_table(file), place.problem
    outcomes = read_outcomes(table, problem, key_of=key_of, known_at=known_at, known_at_column=known_at_column)
    with _existing(place) as log:
        return log.add_outcomes(outcomes)


def newest_answers(place: LogPlace, *, last: int) -> "DataFrame":
    """Read the newest answers.

    Args:
        place: of the log.
        last: how many.

    Returns:
        One row each, the newest last; columns of the log without their underscore, then the raw cells. A raw column
        of the same name gets ``_raw`` behind it.

    Raises:
        EvergreenError: where there is no log, or it cannot be read.
    """
    from evergreen.prediction_log import open_log
    from evergreen.prediction_log.frames import META

    with open_log(place.url, case=place.problem.name, is_read_only=True) as log:
        frame = log.newest(last)
    told = [name.removeprefix("_") for name in META]
    raw = [str(name) for name in frame.columns[len(told) :]]
    return frame.set_axis([*told, *(f"{name}_raw" if name in told else name for name in raw)], axis="columns")


@contextmanager
def _existing(place: LogPlace) -> Iterator["PredictionLog"]:
    """Open a log for writing that is there already: nothing is gained by making one here."""
    from evergreen.prediction_log import open_log

    if place.is_guarded:
        finding = f"belongs to production and the environment '{place.env}' may only read it"
        raise WriteRefusedError("The log of predictions", finding, "Say --env with one that may write.")
    open_log(place.url, case=place.problem.name, is_read_only=True).close()
    with open_log(place.url, case=place.problem.name) as log:
        yield log


def _read_table(file: Path) -> "DataFrame":
    import pandas as pd

    thing = f"The file '{file}'"
    try:
        if file.suffix.lower() in (".parquet", ".pq"):
            return pd.read_parquet(file)
        # As text, so that a key keeps its leading zeros.
        return pd.read_csv(file, dtype="str", keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        words = bounded(str(error).partition("\n")[0])
        raise DataError(thing, f"cannot be read ({words})", "Give a CSV or Parquet file.") from error
