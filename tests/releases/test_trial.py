"""A release is tried in a process of its own before it goes live."""

import json
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from evergreen.errors import ReleaseError
from evergreen.releases import LoadedRelease, Release, ReleaseStore, load_release
from evergreen.releases.fresh_process import try_in_fresh_process
from evergreen.releases.trial import Trial, main, most_held_mb, try_release
from tests.releases.small import checked_release, small_release


def _loaded(release: Release) -> LoadedRelease:
    return load_release(release.release_id, release.files)


def _try(release: Release, *, step_seconds: float = 0.001, held_mb: float | None = 250.0) -> Trial:
    ticks = count()
    return try_release(_loaded(release), clock=lambda: next(ticks) * step_seconds, held_mb=lambda: held_mb)


def _stored(release: Release, folder: Path) -> Path:
    ReleaseStore(str(folder)).add(release)
    return folder / "releases" / release.release_id


def test_a_fresh_process_answers_as_the_judged_model_did(tmp_path: Path) -> None:
    found = try_in_fresh_process(_stored(checked_release(), tmp_path))
    assert (found["release_id"], found["n_rows"]) == (checked_release().release_id, 40)
    assert found["latency_ms"] > 0
    assert found["memory_mb"] is None or 50 < found["memory_mb"] < 2000


def test_what_a_fresh_process_finds_reaches_the_one_that_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evergreen.py").write_text("raise SystemExit('A module that lies about.')")
    folder = _stored(checked_release(shift=1e-6), tmp_path)
    with pytest.raises(
        ReleaseError, match=r"is not what was judged: check row 4 of 40 scores .* former champion stays"
    ):
        try_in_fresh_process(folder)


def test_a_process_that_dies_is_told_with_its_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killer = tmp_path / "python"
    killer.write_text("#!/bin/sh\necho 'Killed by the system.' >&2\nexit 137\n")
    killer.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(killer))
    with pytest.raises(
        ReleaseError, match=r"Release 'abc' ended a fresh process with code 137 \(Killed by the system.\)"
    ):
        try_in_fresh_process(tmp_path / "abc")


def test_a_process_that_gives_no_answer_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = tmp_path / "python"
    sleeper.write_text("#!/bin/sh\nexec sleep 60\n")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    monkeypatch.setattr("evergreen.releases.fresh_process._SECONDS", 0.2)
    with pytest.raises(ReleaseError, match=r"gave no answer within 0\.2 seconds"):
        try_in_fresh_process(tmp_path / "abc")


def test_the_command_prints_one_line_and_says_by_its_code_how_it_went(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _stored(small_release(), tmp_path)
    assert main([str(folder)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["n_rows"], told["latency_ms"]) == (0, None)
    (folder / "note.json").write_text("{}")
    assert main([str(folder)]) == 1
    assert "'note.json' is not what the manifest says" in json.loads(capsys.readouterr().out)["error"][1]


def test_time_and_memory_are_told() -> None:
    found = _try(checked_release(), step_seconds=0.004)
    assert found.latency_ms == pytest.approx(4)
    assert found.memory_mb == 250


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"max_latency_ms": 0.5}, r"takes 1 ms for one row, and its case allows 0.5. The former champion stays"),
        ({"max_memory_mb": 249.0}, r"holds 250 MB of memory, and its case allows 249. The former champion stays"),
    ],
)
def test_a_release_beyond_the_limits_of_its_case_is_refused(limits: dict[str, float], said: str) -> None:
    with pytest.raises(ReleaseError, match=said):
        _try(checked_release(**limits))


def test_a_release_within_the_limits_of_its_case_passes() -> None:
    assert _try(checked_release(max_latency_ms=1.1, max_memory_mb=250.0)).n_rows == 40
    assert _try(checked_release(max_memory_mb=249.0), held_mb=None).memory_mb is None


def test_another_version_of_scikit_learn_is_refused() -> None:
    live = _loaded(checked_release())
    other = replace(live, documents={**live.documents, "versions": {**live.versions, "scikit-learn": "0.1.2"}})
    with pytest.raises(
        ReleaseError, match=r"was made with scikit-learn 0.1.2, .* Install scikit-learn==0.1.2, or train"
    ):
        try_release(other, clock=lambda: 0, held_mb=lambda: None)


def test_loading_the_model_of_another_version_is_told(caplog: pytest.LogCaptureFixture) -> None:
    live = _loaded(checked_release())
    assert live.model
    assert caplog.text == ""
    other = replace(live, documents={**live.documents, "versions": {**live.versions, "scikit-learn": "0.1.2"}})
    assert other.model
    assert f"Release '{live.release_id}' was made with scikit-learn 0.1.2 (here " in caplog.text


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell what a process held")
def test_memory_is_what_this_process_held() -> None:
    before = most_held_mb()
    block = bytearray(80_000_000)
    assert (most_held_mb() or 0) >= min(80, before or 0)
    del block
