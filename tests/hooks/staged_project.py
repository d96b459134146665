"""A tiny project with two stages, of which the second ends sooner, and trouble wherever a test wants it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.hooks.tiny_project import TinyProject

SOURCE = Path(__file__).parents[2] / "src"
_NODES = """
import os
import signal
from pathlib import Path

import pandas as pd


def upset(name, trouble):
    if trouble == f"raise in {name}":
        raise ValueError(f"{name} is upset.")
    if trouble == f"stop in {name}":
        raise KeyboardInterrupt
    if trouble == f"kill in {name}":
        os.kill(os.getpid(), signal.SIGKILL)
    if trouble == f"wait in {name}":
        print("waiting", flush=True)
        input()


def look(data):
    # In threads another node may just be replacing the journal.
    there = (str(path.relative_to(data)) for path in Path(data).rglob("*.*") if path.suffix != ".draft")
    return " ".join(sorted(name for name in there if ".staged-" not in name and "ledger" not in name))


def make_rows(n_rows, trouble):
    upset("make_rows", trouble)
    return pd.DataFrame({"x": range(n_rows)})


def halve_rows(rows, trouble):
    upset("halve_rows", trouble)
    return rows.head(len(rows) // 2), {"n_rows": len(rows) // 2}


def tidy(half, trouble):
    upset("tidy", trouble)
    return half.to_csv(index=False)


def write_note(text, n_rows, data, trouble):
    upset("write_note", trouble)
    return f"{n_rows} rows, there: {look(data)}"


def conclude(rows, trouble):
    upset("conclude", trouble)
    return {"n": len(rows)}


def write_report(verdict, trouble):
    upset("write_report", trouble)
    return f"<h1>{verdict['n']}</h1>"


def publish(verdict, data):
    return f"{verdict['n']} rows, there: {look(data)}"


def stream(rows):
    yield rows.head(1)
    yield rows.head(2)


def read_stream(parts):
    return {"n": len(parts)}
"""
_REGISTRY = """
from kedro.pipeline import Node, Pipeline

from {package}.nodes import *


def stage(name, *nodes):
    return Pipeline(list(nodes), namespace=name, prefix_datasets_with_namespace=False)


def register_pipelines():
    trouble, data = "params:trouble", "params:data"
    first = stage(
        "first",
        Node(make_rows, inputs=["params:n_rows", trouble], outputs="rows", name="make_rows"),
        Node(halve_rows, inputs=["rows", trouble], outputs=["half", "card"], name="halve_rows"),
        Node(tidy, inputs=["half", trouble], outputs="text", name="tidy"),
        Node(write_note, inputs=["text", "params:n_rows", data, trouble], outputs="note", name="write_note"),
    )
    second = stage(
        "second",
        Node(conclude, inputs=["rows", trouble], outputs="verdict", name="conclude"),
        Node(write_report, inputs=["verdict", trouble], outputs="report", name="write_report"),
    )
    third = stage("third", Node(publish, inputs=["verdict", data], outputs="published", name="publish"))
    streams = stage("first", Node(stream, inputs="rows", outputs="parts", name="stream"))
    readers = stage("second", Node(read_stream, inputs="parts", outputs="verdict", name="read_stream"))
    return {{
        "__default__": first + second,
        "first": first,
        "second": second,
        "published": first + second + third,
        "streaming": first + streams + readers,
    }}
"""
_DATASETS = """
from pathlib import Path

from kedro.io import AbstractDataset


class HalfDataset(AbstractDataset):
    \"\"\"Text, of which every half of a word "upset" is written before the save breaks off.\"\"\"

    def __init__(self, filepath, metadata=None):
        self._filepath, self.metadata = filepath, metadata

    def load(self):
        return Path(self._filepath).read_text()

    def save(self, data):
        import os, signal

        path = Path(self._filepath)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(data[: len(data) // 2])
        if "upset" in os.environ.get("HALF_SAVE", ""):
            raise RuntimeError("the disk is full")
        if "kill" in os.environ.get("HALF_SAVE", ""):
            os.kill(os.getpid(), signal.SIGKILL)
        path.write_text(data)

    def _exists(self):
        return Path(self._filepath).exists()

    def _describe(self):
        return {"filepath": self._filepath}


class ShopWindow(AbstractDataset):
    \"\"\"Says at once what is shown to everybody.\"\"\"

    keeps_own_store = True

    def __init__(self, path):
        self._path = path

    def load(self):
        return Path(self._path).read_text()

    def save(self, data):
        Path(self._path).parent.mkdir(parents=True, exist_ok=True)
        Path(self._path).write_text(data)

    def _exists(self):
        return Path(self._path).exists()

    def _describe(self):
        return {"path": self._path}
"""
_CATALOG = """
rows:
  type: pandas.ParquetDataset
  filepath: ${{globals:data}}/1/rows.parquet
half:
  type: pandas.CSVDataset
  filepath: ${{globals:data}}/1/half.csv
card:
  type: json.JSONDataset
  filepath: ${{globals:data}}/1/card.json
note:
  type: {package}.datasets.HalfDataset
  filepath: ${{globals:data}}/1/note.txt
verdict:
  type: json.JSONDataset
  filepath: ${{globals:data}}/2/verdict.json
report:
  type: text.TextDataset
  filepath: ${{globals:data}}/2/report.html
published:
  type: {package}.datasets.ShopWindow
  path: ${{globals:data}}/window.txt
parts:
  type: pandas.CSVDataset
  filepath: ${{globals:data}}/1/parts.csv
"""
FIRST = ("1/card.json", "1/half.csv", "1/note.txt", "1/rows.parquet")
SECOND = ("2/report.html", "2/verdict.json")

_SCRIPT = """
import sys
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

{before}
bootstrap_project({path!r})
with KedroSession.create({path!r}, runtime_params={params!r}) as session:
    session.run(pipeline_names=[{pipeline!r}])
"""


def make_staged(project: TinyProject) -> TinyProject:
    """Give a tiny project the two stages."""
    source = f"src/{project.package}"
    project.write(f"{source}/nodes.py", _NODES)
    project.write(f"{source}/datasets.py", _DATASETS)
    project.write(f"{source}/pipeline_registry.py", _REGISTRY.format(package=project.package))
    project.write("conf/base/catalog.yml", _CATALOG.format(package=project.package))
    data = project.path / "data"
    project.write("conf/base/parameters.yml", f"n_rows: 10\ntrouble: none\ndata: {data}\nas_of: 2024-02-29\n")
    return project


def outputs(project: TinyProject) -> dict[str, bytes]:
    """Read everything below data but the ledger, hidden files too."""
    data = project.path / "data"
    files = (path for path in sorted(data.rglob("*")) if path.is_file() and not path.name.startswith("ledger.db"))
    return {str(path.relative_to(data)): path.read_bytes() for path in files}


def run_elsewhere(
    project: TinyProject, pipeline: str = "__default__", *, before: str = "", **params: object
) -> subprocess.CompletedProcess[str]:
    """Run a pipeline in a process of its own.

    Args:
        project: the project.
        pipeline: the pipeline.
        before: Python to be run first.
        params: runtime parameters.
    """
    command, environment = _command(project, pipeline, before=before, params=params)
    return subprocess.run(
        command, cwd=project.path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


@contextmanager
def run_that_waits(project: TinyProject) -> Iterator[subprocess.Popen[str]]:
    """Run the line in a process of its own that waits, with outputs staged, until the end of the context."""
    command, environment = _command(project, "__default__", before="", params={"trouble": "wait in write_note"})
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=project.path, env=environment, **pipes) as process:  # type: ignore[call-overload]
        # Kedro writes its log to the same stream.
        assert "waiting\n" in iter(process.stdout.readline, "")
        yield process
        if process.poll() is None:
            process.communicate("\n")


def _command(
    project: TinyProject, pipeline: str, *, before: str, params: dict[str, object]
) -> tuple[list[str], dict[str, str]]:
    script = _SCRIPT.format(before=before, path=str(project.path), params=params, pipeline=pipeline)
    return [sys.executable, "-c", script], {**os.environ, "PYTHONPATH": str(SOURCE)}


def assert_killed(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == -signal.SIGKILL, done.stderr


def staged_folders(folder: Path) -> list[str]:
    """List the folders that staged files lie in."""
    return [path.name for path in folder.rglob(".staged-*")]
