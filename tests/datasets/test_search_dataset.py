import os
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from kedro.io import DatasetError

from evergreen.datasets import search_dataset, study_journal
from evergreen.datasets.search_dataset import FolderKeeper, SearchDataset
from evergreen.datasets.study_journal import StudyJournal, open_journal
from evergreen.errors import DataError
from tests.tuning.searches import tuned_in

UNSEEN = (np.array([[0.1, 0.9], [1 / 3, 2 / 3]]), np.array([[1.0, 0.0]]))


def study_in(path: Path) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(study_name="s", storage=open_journal(path), load_if_exists=True)


def test_nothing_is_opened_before_it_is_asked_for(tmp_path: Path) -> None:
    dataset = SearchDataset(path=str(tmp_path / "search"))
    search = dataset.load()
    assert not dataset.exists()
    assert not list(tmp_path.iterdir())
    search.open_storage("small-1")
    assert dataset.exists()
    assert (tmp_path / "search" / "small-1" / "study.log").is_file()


def test_the_clock_goes_forward_and_the_worker_is_named(tmp_path: Path) -> None:
    search = SearchDataset(path=str(tmp_path)).load()
    before = search.read()
    sum(range(10_000))
    assert search.read().wall_seconds > before.wall_seconds
    assert search.read().cpu_seconds >= before.cpu_seconds
    assert search.worker.endswith(f":{os.getpid()}")


def test_it_is_never_saved(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="keeps its own store"):
        SearchDataset(path=str(tmp_path)).save(1)


def test_predictions_come_back_as_they_were(tmp_path: Path) -> None:
    keeper = FolderKeeper(tmp_path)
    keeper.keep("s", 3, UNSEEN)
    found = keeper.recall("s", 3)
    assert found is not None
    assert [one.tobytes() for one in found] == [one.tobytes() for one in UNSEEN]
    assert [one.name for one in (tmp_path / "s").iterdir()] == ["3.npz"]
    assert keeper.recall("s", 4) is None
    assert keeper.recall("other", 3) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"words", b"\x93NUMPY\x01\x00v\x00{"])
def test_predictions_that_are_damaged_are_lost(content: bytes, tmp_path: Path) -> None:
    keeper = FolderKeeper(tmp_path)
    keeper.keep("s", 3, UNSEEN)
    (tmp_path / "s" / "3.npz").write_bytes(content)
    assert keeper.recall("s", 3) is None


def test_predictions_are_kept_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = FolderKeeper(tmp_path)
    keeper.keep("s", 3, UNSEEN)

    def half(file: Any, *_: Any) -> None:
        file.write(b"PK")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(OSError, match="No space"):
        keeper.keep("s", 3, (UNSEEN[1],))
    found = keeper.recall("s", 3)
    assert found is not None
    assert len(found) == 2
    assert len(list((tmp_path / "s").iterdir())) == 1


# The study file.


def test_half_a_line_of_a_killed_process_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "study.log"
    study_in(path).enqueue_trial({"x": 1})
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code":4,"worker')
    again = study_in(path)
    again.enqueue_trial({"x": 2})
    assert path.read_bytes().startswith(whole)
    assert [one.system_attrs["fixed_params"] for one in study_in(path).trials] == [{"x": 1}, {"x": 2}]


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda content: content[:10] + b"\x00\x00" + content[12:], 1),
        (lambda content: content + b"\x1f\x8b\x08 something else", 3),
        (lambda content: b"SQLite format 3\x00" + content, 1),
        (lambda content: content + b"[1]\n", 3),
    ],
    ids=["a byte turned", "something at the end", "another kind of file", "no entry"],
)
def test_a_damaged_file_is_told_and_left_as_it_is(spoil: Any, line: int, tmp_path: Path) -> None:
    path = tmp_path / "study.log"
    study_in(path).enqueue_trial({"x": 1})
    spoilt = spoil(path.read_bytes())
    path.write_bytes(spoilt)
    expected = rf"The study file '.*study\.log' is damaged \(first: line {line}\)\. Restore it .* or move it aside"
    with pytest.raises(DataError, match=expected):
        open_journal(path)
    assert path.read_bytes() == spoilt


def test_a_file_whose_lines_make_no_sense_is_told(tmp_path: Path) -> None:
    path = tmp_path / "study.log"
    path.write_text('{"op_code":4,"nothing":1}\n')
    with pytest.raises(DataError, match=r"cannot be replayed \(KeyError\)"):
        open_journal(path)
    assert path.read_text() == '{"op_code":4,"nothing":1}\n'


def test_a_search_with_a_damaged_file_ends_with_the_word_and_can_go_on_without_it(tmp_path: Path) -> None:
    tuned_in(tmp_path, 2)
    (file,) = tmp_path.glob("*/study.log")
    file.write_bytes(b"\x00" * 100 + b"\n" + file.read_bytes())
    with pytest.raises(DataError, match="is damaged"):
        tuned_in(tmp_path, 2)
    file.rename(file.with_suffix(".aside"))
    assert len(tuned_in(tmp_path, 2).history) == 2


@pytest.mark.parametrize("is_told", [True, False], ids=["with an error", "by writing less"])
def test_a_full_disk_leaves_whole_lines(is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "study.log"
    study = study_in(path)
    before = path.read_bytes()
    locked = study_journal._locked

    class Full:
        def __init__(self, file: Any) -> None:
            self._file = file

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

        def write(self, content: bytes) -> int:
            if is_told:
                self._file.write(content[:7])
                raise OSError(28, "No space left on device")
            return self._file.write(content[:7])

    class Locked:
        def __init__(self, place: Path) -> None:
            self._locked = locked(place)

        def __enter__(self) -> Full:
            return Full(self._locked.__enter__())

        def __exit__(self, *told: Any) -> Any:
            return self._locked.__exit__(*told)

    monkeypatch.setattr(study_journal, "_locked", Locked)
    with pytest.raises(OSError, match="No space"):
        study.enqueue_trial({"x": 1})
    assert path.read_bytes() == before


def test_lines_of_two_writers_do_not_mix(tmp_path: Path) -> None:
    path = str(tmp_path / "study.log")
    one, two = StudyJournal(path), StudyJournal(path)
    for number in range(20):
        (one, two)[number % 2].append_logs([{"op_code": 0, "number": number}])
    assert [log["number"] for log in StudyJournal(path).read_logs(0)] == list(range(20))


# Databases.


def test_a_database_is_shared(tmp_path: Path) -> None:
    search = SearchDataset(path=str(tmp_path), storage=f"sqlite:///{tmp_path}/studies.db").load()
    assert search.is_shared
    assert search.beat_seconds == 15
    storage = search.open_storage("s")
    assert storage.get_all_studies() == []
    storage.remove_session()
    storage.engine.dispose()


@pytest.mark.parametrize("address", ["nonsense", "oracle9://user:secret@host/db", "postgresql+psycopg://u:secret@"])
def test_an_address_that_cannot_be_used_is_told_without_its_password(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_dataset, "_SECONDS_BETWEEN", 0)
    search = SearchDataset(path=str(tmp_path), credentials={"con": address}).load()
    with pytest.raises(DataError, match=r"The storage of the search cannot be opened \(\w+\)") as caught:
        search.open_storage("s")
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_dataset, "_SECONDS_BETWEEN", 0)
    (tmp_path / "studies.db").write_bytes(b"words " * 100)
    search = SearchDataset(path=str(tmp_path), storage=f"sqlite:///{tmp_path}/studies.db").load()
    with pytest.raises(DataError, match="The storage of the search cannot be opened"):
        search.open_storage("s")
    assert (tmp_path / "studies.db").read_bytes() == b"words " * 100
