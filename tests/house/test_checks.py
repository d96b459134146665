"""The checks of the house, each as one test: format, lint, types, import contracts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent


@pytest.mark.parametrize(
    "command",
    [["ruff", "format", "--check", "."], ["ruff", "check", "."], ["mypy"], ["lint-imports", "--no-cache"]],
    ids=["format", "lint", "types", "import contracts"],
)
def test_the_house_is_in_order(command: list[str]) -> None:
    environment = {**os.environ, "PYTHONPATH": "src"}
    found = subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, f"{found.stdout}\n{found.stderr}"
