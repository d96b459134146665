"""Evergreen: a tabular prediction problem carried through its whole life."""

__version__ = "0.1.0"
