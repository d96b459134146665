"""Try a release as a service would meet it: loaded from its files, and asked for predictions of its check rows.

``python -m evergreen.releases.trial FOLDER`` does it in a process that knows nothing else, and prints one line of JSON:
what ``Trial`` holds, or ``error`` with thing, finding and cure.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evergreen.errors import EvergreenError, ReleaseError
from evergreen.releases.release import LoadedRelease, load_release
from evergreen.releases.versions import refuse_other_versions

if TYPE_CHECKING:
    from evergreen.releases.check_rows import CheckRows

_N_REPEATS = 7
_CURE = "The former champion stays. Find out what differs between here and where it was judged, or train again."


@dataclass(frozen=True)
class Trial:
    """What a release did when it was tried.

    Attributes:
        release_id: its name.
        n_rows: check rows that were answered as when it was judged.
        latency_ms: median time of one row; None without check rows.
        memory_mb: the most memory this process has held; None where the system does not say.
    """

    release_id: str
    n_rows: int
    latency_ms: float | None
    memory_mb: float | None


def try_release(release: LoadedRelease, *, clock: Callable[[], float], held_mb: Callable[[], float | None]) -> Trial:
    """Ask a release for predictions of its check rows.

    Args:
        release: it.
        clock: seconds, from any beginning.
        held_mb: the most memory that was held so far, in megabytes.

    Returns:
        What it took. Of a release without check rows the model is loaded and nothing more.

    Raises:
        ReleaseError: where another version of scikit-learn made it, it answers otherwise than when it was judged, or
            breaks a limit of its case.
    """
    from evergreen.answering.plain import PlainAnswerer
    from evergreen.releases.check_rows import CHECK_ROWS, CheckRows, first_difference

    refuse_other_versions(release.release_id, release.versions)
    told = CheckRows.model_validate(release.documents.get(CHECK_ROWS, {"rows": [], "scores": [], "actions": []}))
    difference = first_difference(told, PlainAnswerer(release.model, release.problem, release.outlier_limits))
    if difference:
        raise ReleaseError(f"Release '{release.release_id}'", f"is not what was judged: {difference}", _CURE)
    trial = Trial(release.release_id, len(told.rows), _latency_ms(release, told, clock), held_mb())
    _refuse_beyond_limits(release, trial)
    return trial


def _latency_ms(release: LoadedRelease, told: "CheckRows", clock: Callable[[], float]) -> float | None:
    """Time the prediction of one repaired row, as candidates are timed: the median, after once for nothing."""
    from evergreen.models.decide import predict_features
    from evergreen.models.features import feature_frame
    from evergreen.releases.raw_cells import repaired_cells

    if not told.rows:
        return None
    one, taken = repaired_cells(told.rows[:1], release.problem, release.outlier_limits), []
    for _ in range(_N_REPEATS + 1):
        start = clock()
        predict_features(release.model, feature_frame(one, release.problem), release.problem)
        taken.append(clock() - start)
    return 1000 * sorted(taken[1:])[_N_REPEATS // 2]


def _refuse_beyond_limits(release: LoadedRelease, trial: Trial) -> None:
    limits = release.problem.limits
    for what, value, most, unit in (
        ("takes", trial.latency_ms, limits.max_latency_ms, "ms for one row"),
        ("holds", trial.memory_mb, limits.max_memory_mb, "MB of memory"),
    ):
        if most is not None and value is not None and value > most:
            finding = f"{what} {value:.3g} {unit}, and its case allows {most:g}"
            cure = (
                "The former champion stays. Try again on a quieter machine, raise the limit, or train a lighter model."
            )
            raise ReleaseError(f"Release '{trial.release_id}'", finding, cure)


def most_held_mb() -> float | None:
    """Read the most memory that this process has held.

    Returns:
        Megabytes; None where the system does not say.
    """
    try:
        # getrusage would count what the parent held when it started this process.
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)
    return None if kilobytes is None else kilobytes * 1024 / 1_000_000


def read_folder(folder: Path) -> Mapping[str, bytes]:
    """Read the files of a release; a folder among them is named, with no content.

    Args:
        folder: the folder.

    Returns:
        File name -> content.
    """
    return {one.name: one.read_bytes() if one.is_file() else b"" for one in folder.iterdir()}


def main(words: list[str]) -> int:
    """Try the release in a folder and print what came of it.

    Args:
        words: the folder; its name is that of the release.

    Returns:
        0 where it may become champion, else 1.
    """
    folder = Path(words[0])
    try:
        release = load_release(folder.name, read_folder(folder))
        told = asdict(try_release(release, clock=time.perf_counter, held_mb=most_held_mb))
    except EvergreenError as error:
        told = {"error": [error.thing, error.finding, error.cure]}
    sys.stdout.write(f"{json.dumps(told)}\n")
    return int("error" in told)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
