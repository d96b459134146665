"""Measure the table steps: ``python -m benchmarks.table_steps --rows 1000000 --engines pandas duckdb --repeats 3``."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pandas as pd

from benchmarks.table_steps.world import fabricate

ENGINES = ("pandas", "polars", "duckdb", "spark")
_ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = {
    "repaired": "03_primary",
    "quarantine": "03_primary",
    "training": "05_model_input",
    "holdout": "05_model_input",
}
Figures = dict[str, float]


def main(arguments: list[str] | None = None) -> None:
    """Fabricate the sources, run the script and every engine in turn, and print what they cost.

    Args:
        arguments: of the command line.
    """
    asked = _parse(arguments)
    with TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        fabricate(folder / "raw", asked.rows)
        found: dict[str, list[Figures]] = {}
        for _ in range(asked.repeats):
            for way in (() if asked.no_script else ("script",)) + tuple(asked.engines):
                shutil.rmtree(folder / way, ignore_errors=True)
                found.setdefault(way, []).append(_run(way, folder))
        if not asked.no_script:
            _compare(folder, asked.engines)
    print(_table(found, asked.rows))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table_steps", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=["pandas", "polars", "duckdb"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where the tables lie meanwhile")
    parser.add_argument("--no-script", action="store_true", help="leave out the Polars script, which needs the memory")
    return parser.parse_args(arguments)


def _run(way: str, folder: Path) -> Figures:
    module = "by_hand" if way == "script" else "by_evergreen"
    engine = [] if way == "script" else [way]
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.table_steps.{module}", *engine]
    paths = {**os.environ, "PYTHONPATH": f"{_ROOT}{os.pathsep}{_ROOT / 'src'}"}
    places = [str(folder / "raw"), str(folder / way)]
    done = subprocess.run([*command, *places], env=paths, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{way} failed:\n{done.stderr[-3000:]}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def _compare(folder: Path, engines: list[str]) -> None:
    """Refuse to compare what is not equal."""
    for engine in engines:
        for name, place in _FOLDERS.items():
            mine = pd.read_parquet(folder / engine / place / "orders" / f"{name}.parquet")
            theirs = pd.read_parquet(folder / "script" / f"{name}.parquet")[list(mine.columns)]
            if name in ("repaired", "quarantine"):
                mine, theirs = (table.sort_values("order_id", ignore_index=True) for table in (mine, theirs))
            if name == "quarantine":
                # A script does not care how numbers are written in rows that are set aside.
                mine, theirs = mine[["order_id"]], theirs[["order_id"]]
            pd.testing.assert_frame_equal(mine, theirs, check_dtype=False, obj=f"{engine}: {name}")


def _table(found: dict[str, list[Figures]], n_rows: int) -> str:
    lines = [
        f"{n_rows:,} rows x 20 columns, medians of {len(next(iter(found.values())))}",
        "",
        "| way | CPU s | CPU, script = 1 | wall s | peak MB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    base = median(one["cpu_seconds"] for one in found["script"]) if "script" in found else float("nan")
    for way, runs in found.items():
        cpu, wall, peak = (median(run[name] for run in runs) for name in ("cpu_seconds", "wall_seconds", "peak_mb"))
        lines.append(f"| {way} | {cpu:.1f} | {cpu / base:.2f} | {wall:.1f} | {peak:,.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
