"""A whole Kedro project in a temporary folder, small enough to run in a few hundredths of a second."""

import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.project import configure_project
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

CONF = Path(__file__).parents[2] / "conf"
_numbers = count()

_SETTINGS = """
from evergreen.case_config import CaseConfigLoader
from evergreen.guarded_catalog import GuardedContext
from evergreen.hooks import GuardHooks, LedgerHooks, LockHooks, ProgressHooks, StageHooks

HOOKS = (GuardHooks(), StageHooks(), LockHooks(), LedgerHooks(), ProgressHooks())
CONTEXT_CLASS = GuardedContext
CONFIG_LOADER_CLASS = CaseConfigLoader
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}
DISABLE_HOOKS_FOR_PLUGINS = ("kedro-telemetry",)
"""
_NODES = """
import pandas as pd


def make_rows(n_rows):
    return pd.DataFrame({"x": range(n_rows)})


def halve_rows(rows):
    return rows.head(len(rows) // 2)


def conclude(half):
    return {"case": "tiny", "as_of": "2024-02-29", "verdict": "release", "reasons": ["It pays."], "release_id": "r1"}


def write_report(verdict):
    return "<h1>" + verdict["verdict"] + "</h1>"


def hold_drills(half):
    told = {"drills": {"column lost": {"is_blind": False}, "sign turned": {"is_blind": True}}}
    return told, "<h1>Drills</h1>"


def fail(rows):
    raise ValueError("Column 'x' has no end.")


def stop(rows):
    raise KeyboardInterrupt


def stream_rows(rows):
    yield rows.head(3)
    yield rows.head(2)
"""
_REGISTRY = """
from kedro.pipeline import Node, Pipeline

from {package}.nodes import *


def register_pipelines():
    make = Node(make_rows, inputs="params:n_rows", outputs="rows", name="make_rows", tags="data")
    halve = Node(halve_rows, inputs="rows", outputs="half", name="halve_rows", tags="data")
    end = Node(conclude, inputs="half", outputs="verdict", name="conclude", tags="evaluation")
    report = Node(write_report, inputs="verdict", outputs="report", name="write_report", tags="evaluation")
    return {{
        "__default__": Pipeline([make, halve, end, report]),
        "failing": Pipeline([make, Node(fail, inputs="rows", outputs="half", name="fail")]),
        "stopped": Pipeline([make, Node(stop, inputs="rows", outputs="half", name="stop")]),
        "scratch": Pipeline([Node(halve_rows, inputs="rows", outputs="scratch_half_table", name="halve_aside")]),
        "drills": Pipeline([Node(hold_drills, inputs="half", outputs=["drills", "drills_page"], name="hold_drills")]),
        "streaming": Pipeline([make, Node(stream_rows, inputs="rows", outputs="parts", name="stream_rows")]),
        "memory": Pipeline([Node(halve_rows, inputs="rows", outputs="nowhere", name="halve_in_memory")]),
    }}
"""
_CATALOG = """
rows:
  type: pandas.ParquetDataset
  filepath: ${globals:data}/rows.parquet
half:
  type: pandas.CSVDataset
  filepath: ${globals:data}/half.csv
verdict:
  type: json.JSONDataset
  filepath: ${globals:data}/verdict.json
report:
  type: text.TextDataset
  filepath: ${globals:data}/report.html
drills:
  type: json.JSONDataset
  filepath: ${globals:data}/drills.json
drills_page:
  type: text.TextDataset
  filepath: ${globals:data}/drills.html
table:
  type: pandas.SQLTableDataset
  table_name: rows
  credentials: {con: "sqlite://"}
"""


@dataclass(frozen=True)
class TinyProject:
    """A project on disk.

    Attributes:
        path: its root.
        package: its package.
    """

    path: Path
    package: str

    @property
    def ledger(self) -> Path:
        return self.path / "data" / "ledger.db"

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def run(self, pipeline: str = "__default__", *, env: str | None = None, runner: Any = None, **params: Any) -> Any:
        with self.session(env=env, **params) as session:
            return session.run(pipeline_names=[pipeline], runner=runner)

    @contextmanager
    def session(self, *, env: str | None = None, **params: Any) -> Iterator[KedroSession]:
        configure_project(self.package)
        with KedroSession.create(project_path=self.path, env=env, runtime_params=params) as session:
            yield session

    def context(self, *, env: str | None = None) -> Any:
        with self.session(env=env) as session:
            return session.load_context()


@contextmanager
def tiny_project(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TinyProject]:
    """Work in a tiny project, and leave no trace of it in Python, the environment and the log."""
    monkeypatch.chdir(path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield make_tiny_project(path)
    root.handlers[:], root.level = handlers, level


def make_tiny_project(path: Path) -> TinyProject:
    """Write a project; its package has a name of its own, since Python remembers packages."""
    project = TinyProject(path=path, package=f"tiny_{next(_numbers)}")
    source = f"src/{project.package}"
    project.write(
        "pyproject.toml",
        f'[tool.kedro]\npackage_name = "{project.package}"\nproject_name = "tiny"\nkedro_init_version = "1.7.0"\n',
    )
    project.write(f"{source}/__init__.py", "")
    project.write(f"{source}/settings.py", _SETTINGS)
    project.write(f"{source}/nodes.py", _NODES)
    project.write(f"{source}/pipeline_registry.py", _REGISTRY.format(package=project.package))
    project.write(f"{source}/cli.py", "from evergreen.cli import cli\n\n__all__ = ['cli']\n")
    project.write("conf/base/globals.yml", "case: tiny\ndata: data\n")
    project.write("conf/base/catalog.yml", _CATALOG)
    project.write("conf/base/parameters.yml", "n_rows: 10\nas_of: 2024-02-29\n")
    project.write("conf/local/.gitkeep", "")
    project.write(".telemetry", "consent: false\n")
    shutil.copytree(CONF / "adhoc", path / "conf" / "adhoc")
    bootstrap_project(path)
    return project
