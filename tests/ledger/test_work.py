"""Work by hand is in the ledger like a run, and a run's place and version are found without asking anybody."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from evergreen import __version__
from evergreen.ledger import Place, read_runs, recorded_work
from evergreen.ledger.begin import project_version


class _Loader(dict[str, Any]):
    default_run_env = "local"


def _context(path: Path, **project_globals: Any) -> SimpleNamespace:
    return SimpleNamespace(project_path=path, env="adhoc", config_loader=_Loader(globals=project_globals))


def test_work_by_hand_is_entered_with_its_environment(tmp_path: Path) -> None:
    with recorded_work(_context(tmp_path, case="demo"), "months with few rows"):
        sum(range(100_000))
    run = read_runs(tmp_path / "data" / "ledger.db").iloc[0]
    assert run[["case", "env", "pipeline", "runner", "status", "n_steps"]].tolist() == [
        "demo", "adhoc", "months with few rows", "by hand", "done", 0,
    ]  # fmt: skip
    assert 0 < run["wall_seconds"] < 60
    assert run["cpu_seconds"] > 0


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [(ValueError("no"), "failed", "ValueError: no"), (KeyboardInterrupt(), "interrupted", None)],
    ids=["an error", "the user"],
)
def test_work_that_ends_badly_is_entered_and_the_error_goes_on(
    tmp_path: Path, error: BaseException, status: str, text: str | None
) -> None:
    with pytest.raises(type(error)), recorded_work(_context(tmp_path), "look"):
        raise error
    run = read_runs(tmp_path / "data" / "ledger.db").iloc[0]
    assert (run["status"], run["error"]) == (status, text)


@pytest.mark.parametrize(
    ("project_globals", "expected"),
    [
        pytest.param({}, "data/ledger.db", id="default"),
        pytest.param({"data": "elsewhere"}, "elsewhere/ledger.db", id="follows the data"),
        pytest.param({"ledger": "runs.db", "data": "elsewhere"}, "runs.db", id="named"),
        pytest.param({"ledger": "/var/runs.db"}, "/var/runs.db", id="absolute"),
        pytest.param({"ledger": None}, None, id="switched off"),
    ],
)
def test_the_ledger_lies_where_the_globals_say(project_globals: dict[str, Any], expected: str | None) -> None:
    place = Place.of(_context(Path("/project"), **project_globals))
    assert place.ledger_path == (None if expected is None else Path("/project") / expected)


def test_an_environment_that_is_not_named_is_the_default_one() -> None:
    context = _context(Path("/project"), case="demo")
    context.env = None
    assert (Place.of(context).env, Place.of(context).case) == ("local", "demo")


_COMMIT = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d"
_ON_MAIN = "ref: refs/heads/main\n"


@pytest.mark.parametrize(
    ("files", "is_known"),
    [
        pytest.param({}, False, id="no clone"),
        pytest.param({".git": "gitdir: /elsewhere"}, False, id="a work tree"),
        pytest.param({".git/HEAD": _COMMIT}, True, id="detached"),
        pytest.param({".git/HEAD": _ON_MAIN, ".git/refs/heads/main": f"{_COMMIT}\n"}, True, id="branch"),
        pytest.param(
            {".git/HEAD": _ON_MAIN, ".git/packed-refs": f"# x\n{_COMMIT} refs/heads/main\n"}, True, id="packed"
        ),
        pytest.param({".git/HEAD": _ON_MAIN}, False, id="no commit yet"),
    ],
)
def test_the_version_names_the_commit_where_there_is_one(tmp_path: Path, files: dict[str, str], is_known: bool) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert project_version(tmp_path) == (f"{__version__}+1a2b3c4" if is_known else __version__)
