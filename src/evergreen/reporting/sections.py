"""What a page is made of: sections with sentences, tables and figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import pandas as pd
import plotly.graph_objects as go

NOT_DEFINED: Final = "not defined"
"""What stands where a figure does not exist."""

Tone = Literal["good", "watch", "bad", "plain"]
"""How a reader should take a word; shown by a mark and a colour, never by colour alone."""


@dataclass(frozen=True)
class Bars:
    """A tiny bar chart that fits a cell of a table.

    Attributes:
        counts: the size of each bar, zero or more.
        text: what it shows, in words; read out, and shown where the pointer rests.
    """

    counts: tuple[float, ...]
    text: str


@dataclass(frozen=True)
class Table:
    """A table with its caption.

    Attributes:
        caption: what the table shows.
        frame: its rows; the first column names the row. Column names become headings ("n_rows" is "Rows"). A cell may
            hold ``Bars``.
        formats: column -> number format: a Python format specification (",.2f", ".1%"), "p" for p-values, or
            "each" where every row has its own unit and so its own decimals. A column without one is formatted by
            its kind and its largest number.
        tones: column -> cell text -> tone; such a cell is marked.
        undefined: what stands where there is no number.
        is_searchable: whether a reader can filter and sort its rows; for tables too long to be read through.
    """

    caption: str
    frame: pd.DataFrame
    formats: Mapping[str, str] = field(default_factory=dict)
    tones: Mapping[str, Mapping[str, Tone]] = field(default_factory=dict)
    undefined: str = NOT_DEFINED
    is_searchable: bool = False


@dataclass(frozen=True)
class Drawing:
    """A figure with its caption and what stands for it where it cannot be seen.

    Attributes:
        title: what the figure shows.
        alt: what a reader would see in it, in words.
        figure: the figure.
        data: the numbers it shows, offered as a table beneath it.
        formats: number formats of ``data``.
    """

    title: str
    alt: str
    figure: go.Figure
    data: pd.DataFrame | None = None
    formats: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Banner:
    """A verdict that nobody can miss.

    Attributes:
        tone: how to take it.
        word: the verdict in a word or two.
        text: the verdict in a sentence.
    """

    tone: Tone
    word: str
    text: str = ""


@dataclass(frozen=True)
class Point:
    """One sentence of a list, with its tone.

    Attributes:
        text: the sentence.
        tone: how to take it.
        word: the tone in a word; not shown where empty.
    """

    text: str
    tone: Tone = "plain"
    word: str = ""


@dataclass(frozen=True)
class Fact:
    """A short fact to be read at a glance.

    Attributes:
        name: what it is.
        value: the fact.
        detail: what goes with it, such as its interval.
    """

    name: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class Section:
    """A part of a page under one heading; its parts are shown in the order of the attributes.

    Attributes:
        title: the heading.
        banner: a verdict on top.
        lead: what the section says, in one or a few sentences.
        points: a list of sentences with tones.
        facts: short facts to be read at a glance.
        figures: drawings.
        tables: tables.
        notes: small print.
    """

    title: str
    banner: Banner | None = None
    lead: str = ""
    points: tuple[Point, ...] = ()
    facts: tuple[Fact, ...] = ()
    figures: tuple[Drawing, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
