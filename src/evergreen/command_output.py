"""How commands write tables, and how they end where something is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import click

from evergreen.errors import EvergreenError

if TYPE_CHECKING:
    from pandas import DataFrame

Format = Literal["table", "csv", "json"]

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    help="How to write it: table (the main columns), csv or json (all columns).",
)


@contextmanager
def plain_errors() -> Iterator[None]:
    """End a command with one sentence where a fault can be mended."""
    try:
        yield
    except EvergreenError as error:
        raise click.ClickException(str(error)) from error


def show(
    read: Callable[[], "DataFrame"],
    form: Format,
    columns: tuple[str, ...] | None,
    *,
    if_empty: str = "There is nothing to list.",
) -> None:
    """Print a table.

    Args:
        read: gives it.
        form: see ``written``.
        columns: see ``written``.
        if_empty: what a person reads in place of a table without rows.
    """
    with plain_errors():
        frame = read()
    if form == "table" and frame.empty:
        click.echo(if_empty)
    else:
        click.echo(written(frame, form=form, columns=columns), nl=form != "csv")


def written(frame: "DataFrame", *, form: Format, columns: tuple[str, ...] | None) -> str:
    """Write a table out.

    Args:
        frame: the table.
        form: ``table`` for people, ``csv`` or ``json`` (a list of objects) for programs.
        columns: what ``table`` shows; all where not said.

    Returns:
        The text.
    """
    if form == "csv":
        return str(frame.to_csv(index=False))
    if form == "json":
        return str(frame.to_json(orient="records", indent=2))
    shown = frame if columns is None else frame[list(columns)]
    texts = shown.astype(object).map(_cell)
    return str(texts.to_string(index=False))


def _cell(value: Any) -> str:
    import pandas as pd

    if pd.isna(value):
        return ""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
