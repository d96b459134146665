"""Measurements against an alternative in the same run; see docs/reference/benchmarks.md."""

import sys
from pathlib import Path

# The project is run where it lies, not installed.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
