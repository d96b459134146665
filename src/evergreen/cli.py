"""The project's own commands; Kedro adds them to its own."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.utils import env_option

from evergreen.command_output import Format, format_option, plain_errors, show, written
from evergreen.environment import open_environment
from evergreen.errors import EvergreenError
from evergreen.log_commands import log
from evergreen.release_commands import releases

__all__ = ["cli", "written"]

if TYPE_CHECKING:
    from evergreen.new_case import Place, Request

_RUN_COLUMNS = (
    "run_id", "status", "case", "env", "pipeline", "as_of", "n_steps", "wall_seconds", "outside_share", "cpu_seconds",
    "peak_memory_mb",
)  # fmt: skip
_STEP_COLUMNS = (
    "position", "stage", "step", "status", "wall_seconds", "load_seconds", "save_seconds", "cpu_seconds",
    "peak_memory_mb", "rows_in", "rows_out", "bytes_out",
)  # fmt: skip


# The help of a project's group would be joined to Kedro's own.
@click.group(name="evergreen")
def cli() -> None:  # noqa: D103
    pass


cli.add_command(log)
cli.add_command(releases)


@cli.group()
def ledger() -> None:
    """Look into the record of runs: what ran, how long, at what cost, how it ended."""


@ledger.command()
@click.option("--last", type=click.IntRange(min=1), default=20, show_default=True, help="How many of the newest runs.")
@format_option
@env_option
@click.pass_obj
def runs(metadata: Any, last: int, form: Format, env: str | None) -> None:
    """List runs, the newest last."""
    from evergreen.ledger import read_runs

    show(lambda: read_runs(ledger_path(metadata, env), last=last), form, _RUN_COLUMNS)


@ledger.command()
@click.argument("run_id", required=False)
@format_option
@env_option
@click.pass_obj
def steps(metadata: Any, run_id: str | None, form: Format, env: str | None) -> None:
    """List the steps of a run; of the newest one where no RUN_ID is given."""
    from evergreen.ledger import read_steps

    show(lambda: read_steps(ledger_path(metadata, env), run_id=run_id), form, _STEP_COLUMNS)


@ledger.command()
@format_option
@env_option
@click.pass_obj
def share(metadata: Any, form: Format, env: str | None) -> None:
    """Say where the time went: by environment and pipeline."""
    from evergreen.ledger import read_runs, time_shares

    show(lambda: time_shares(read_runs(ledger_path(metadata, env))), form, None)


@cli.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes that share the port.")
@env_option
@click.pass_obj
def serve(metadata: Any, /, env: str | None, **changes: Any) -> None:
    """Answer requests by the champion, over HTTP, until Ctrl+C."""
    from evergreen.serve_command import service_spec, warn_without_release
    from evergreen.serving.run import serve as serve_spec

    with plain_errors():
        spec = service_spec(metadata, env, {name: told for name, told in changes.items() if told is not None})
        warn_without_release(spec)
        raise SystemExit(serve_spec(spec, announce=lambda place: click.echo(f"Serving '{spec.case}' at {place}")))


@cli.group()
def case() -> None:
    """Bring a case: one folder of configuration."""


@case.command()
@click.argument("name")
@click.option(
    "--from", "origin", required=True, metavar="FILE_OR_TABLE", help="A CSV or Parquet file, or ADDRESS::TABLE."
)
@click.option("--target", required=True, metavar="COLUMN", help="What is to be predicted.")
@click.option("--event-time", metavar="COLUMN", help="The moment of the decision.")
@click.option("--key", multiple=True, metavar="COLUMN", help="What names a row; may be given more than once.")
@click.option("--group", metavar="COLUMN", help="Rows that belong together: learnt from or judged on, never both.")
@click.option("--positive", metavar="CLASS", help="The class that is looked for, of two.")
@click.option("--sep", metavar="TEXT", help="What stands between the cells of a line; found out where not said.")
@click.option("--header/--no-header", default=None, help="Whether the first line names the columns.")
@click.option("--names", metavar="A,B,C", help="What to call the columns, in their order.")
@click.option("--copy", is_flag=True, help="Copy the file to where a run looks for it.")
@click.option("--force", is_flag=True, help="Replace a case of this name.")
@click.pass_obj
def new(metadata: Any, /, name: str, origin: str, **told: Any) -> None:
    """Draft the case NAME from a table, in conf/NAME.

    The draft runs at once. What it was unsure of is listed, and marked DECIDE in its files.
    """
    from datetime import UTC, datetime

    from evergreen.new_case import make_case, tell_case

    today = datetime.now(tz=UTC).date()
    try:
        made = make_case(_request(name, origin, told), case_place(metadata), today=today)
    except EvergreenError as error:
        raise click.ClickException(str(error)) from error
    width = shutil.get_terminal_size((100, 24)).columns
    click.echo(tell_case(made, root=Path(metadata.project_path), width=width))


def _request(name: str, origin: str, told: dict[str, Any]) -> "Request":
    from evergreen.drafting import CsvHints, Wishes
    from evergreen.new_case import Request

    wishes = Wishes(told["target"], told["event_time"], told["key"], told["group"], told["positive"])
    names = tuple(one.strip() for one in told["names"].split(",")) if told["names"] else ()
    hints = CsvHints(_separator(told["sep"]), told["header"], names)
    return Request(name, origin, wishes, hints, has_copy=told["copy"], has_force=told["force"])


def _separator(told: str | None) -> str | None:
    return {"\\t": "\t", "tab": "\t"}.get(told, told) if told else None


def case_place(metadata: Any) -> "Place":
    """Find where cases are written.

    Args:
        metadata: what Kedro knows of the project.

    Returns:
        The folder of the environments, the one of raw files, and the names that every catalog has.
    """
    from kedro.framework.project import settings

    from evergreen.new_case import Place

    conf = Path(metadata.project_path) / settings.CONF_SOURCE
    loader = settings.CONFIG_LOADER_CLASS(str(conf), **settings.CONFIG_LOADER_ARGS)
    taken = frozenset(name.split("@")[0] for name in loader["catalog"])
    return Place(conf, Path(metadata.project_path) / loader["globals"]["data"] / "01_raw", taken)


def ledger_path(metadata: Any, env: str | None) -> Path:
    """Find the ledger of an environment.

    Args:
        metadata: what Kedro knows of the project.
        env: the environment; the default one where not said.

    Returns:
        The file, which need not exist.

    Raises:
        EvergreenError: where the environment keeps no ledger, or does not exist.
    """
    place = open_environment(metadata, env).place
    if place.ledger_path is None:
        raise EvergreenError(f"Environment '{place.env}'", "keeps no ledger", "Set 'ledger' in its globals.yml.")
    return place.ledger_path
