"""The entry of a run that begins."""

from datetime import UTC, datetime
from pathlib import Path

from evergreen import __version__
from evergreen.ledger.place import Place
from evergreen.ledger.process import this_process
from evergreen.ledger.schema import RunRecord

_SHORT_COMMIT = 7


def utc_now() -> str:
    """The time, UTC, ISO, to a thousandth of a second."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def new_run(place: Place, *, run_id: str, pipeline: str) -> RunRecord:
    """Make the entry of a run that begins now, in this process.

    Args:
        place: where it takes place.
        run_id: its name.
        pipeline: what it runs.

    Returns:
        The entry, without what only the caller knows: runner, logical date, parameters and the number of steps.
    """
    process = this_process()
    return RunRecord(
        run_id=run_id,
        project_version=project_version(place.project_path),
        case=place.case,
        env=place.env,
        pipeline=pipeline,
        runner="",
        as_of=None,
        runtime_params="{}",
        n_steps=0,
        host=process.host,
        pid=process.pid,
        process_start=process.start,
        started_at=utc_now(),
    )


def project_version(project_path: Path) -> str:
    """Name the code that runs.

    Args:
        project_path: the root of the project.

    Returns:
        The package's version, and the checked-out commit where the project is a git clone: ``0.1.0+1a2b3c4``.
    """
    commit = _checked_out_commit(project_path / ".git")
    return f"{__version__}+{commit[:_SHORT_COMMIT]}" if commit else __version__


def _checked_out_commit(git_dir: Path) -> str | None:
    # Read, not asked of git: starting a process costs more than all else at the start of a run.
    try:
        head = (git_dir / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        ref = head.removeprefix("ref: ")
        if (git_dir / ref).exists():
            return (git_dir / ref).read_text().strip()
        packed = (git_dir / "packed-refs").read_text().splitlines()
        return next((line.split()[0] for line in packed if line.endswith(f" {ref}")), None)
    except OSError:
        return None
