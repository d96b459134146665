"""Try a release in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from evergreen.errors import ReleaseError, bounded

_SECONDS = 300
_PACKAGE = Path(__file__).resolve().parents[2]
# One row is answered on one thread, as it will be where many are answered at once.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_CURE = "The former champion stays. Mend the cause or train and release again."


def try_in_fresh_process(folder: Path) -> dict[str, Any]:
    """Load a release in a new process and ask it for predictions of its check rows, see ``trial``.

    Args:
        folder: the folder of the release, named like it.

    Returns:
        The fields of ``Trial``.

    Raises:
        ReleaseError: where it cannot be loaded, answers otherwise than when it was judged, or breaks a limit.
    """
    thing = f"Release '{folder.name}'"
    path = os.pathsep.join(part for part in (str(_PACKAGE), os.environ.get("PYTHONPATH", "")) if part)
    try:
        # -P keeps modules that lie in the working directory out.
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", "evergreen.releases.trial", str(folder)],
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise ReleaseError(thing, f"gave no answer within {_SECONDS} seconds in a fresh process", _CURE) from error
    told = _last_line(done.stdout)
    if told is None:
        last = _last_words(done.stderr)
        finding = f"ended a fresh process with code {done.returncode} ({last})"
        raise ReleaseError(thing, finding, _CURE)
    if "error" in told:
        raise ReleaseError(*told["error"])
    return told


def _last_line(printed: str) -> dict[str, Any] | None:
    """Read what the trial printed last; a library may have printed before."""
    try:
        told = json.loads(printed.splitlines()[-1])
    except (IndexError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def _last_words(printed: str) -> str:
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    return bounded(lines[-1]) if lines else "it said nothing"
