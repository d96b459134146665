"""What can be asked of a log without reading an answer."""

from pathlib import Path

import pytest

from evergreen.errors import LogError
from evergreen.prediction_log import LogReader
from evergreen.prediction_log.cells import key_text
from tests.prediction_log.small import CASE, address, opened, outcome, prediction

KEYS = [key_text({"client_id": client}) for client in range(1200)]


def test_answers_are_counted_by_who_gave_them(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        log.append([prediction(row) for row in range(5)])
        log.append([prediction(row, role="shadow", release_id="cd34") for row in range(3)])
        assert log.count(roles=("champion", "shadow")) == {("champion", "ab12"): 5, ("shadow", "cd34"): 3}
        assert log.count(since="2024-02-01T00:00:03", until="2024-02-01T00:00:04") == {("champion", "ab12"): 1}
        assert log.count(release_id="cd34") == {}
        assert log.read(release_id="cd34", roles=("shadow",))["_row"].tolist() == [0, 1, 2]


def test_the_outcome_that_counts_is_found_by_its_key(tmp_path: Path) -> None:
    with opened(tmp_path) as log:
        assert log.find_outcomes(KEYS) == {}
        log.add_outcomes([outcome(1), outcome(2, "no"), outcome(3), outcome(1100, 2.5)])
        log.add_outcomes([outcome(1, "no", "2024-03-05"), outcome(3, None, "2024-03-05")])
        assert log.find_outcomes(KEYS) == {KEYS[1]: "no", KEYS[2]: "no", KEYS[1100]: 2.5}
        assert log.find_outcomes(KEYS[:4], known_until="2024-03-04") == {KEYS[1]: "yes", KEYS[2]: "no", KEYS[3]: "yes"}
        assert log.find_outcomes(KEYS[:4], known_until="2024-02-28") == {}
        with pytest.raises(LogError, match="cannot be read"):
            log.find_outcomes(KEYS[:4], known_until="soon")


def test_without_a_log_there_is_nothing_to_count(tmp_path: Path) -> None:
    reader = LogReader(address(tmp_path), CASE)
    assert (reader.count(), reader.find_outcomes(KEYS), list(reader.read_parts(n_rows=5))) == ({}, {}, [])
    assert not (tmp_path / "log.db").exists()
