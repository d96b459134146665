"""A copy of the whole project in a temporary folder, for what runs outside this process."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.lifecycle.world import DEMO_FILES, ROOT, World

BIN = Path(sys.executable).parent


def copy_project(folder: Path, world: World) -> Path:
    """Copy code, configuration, notebooks and the demonstration's sources, with the data of a world.

    Args:
        folder: a temporary folder.
        world: whose data the copy shall have.

    Returns:
        The root of the copy.
    """
    root = folder / "project"
    for name in ("src", "conf", "notebooks"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "local"))
    (root / "conf" / "local").mkdir()
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(world.data, root / "data")
    shutil.copytree(DEMO_FILES, root / "data" / "01_raw" / "demo")
    return root


def call(root: Path, *command: str, expect: int = 0) -> str:
    """Call a command of this virtual environment as a user would, in the copy.

    Args:
        root: the root of the copy.
        command: the command and its arguments.
        expect: the exit code it must have.

    Returns:
        What it printed, on both streams.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    printed = done.stdout + done.stderr
    assert done.returncode == expect, printed
    return printed
