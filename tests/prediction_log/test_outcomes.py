from collections.abc import Iterator
from pathlib import Path

import pytest

from evergreen.errors import LogError
from evergreen.prediction_log import Outcome, PredictionLog, Receipt
from tests.prediction_log.small import opened, outcome, prediction


@pytest.fixture
def log(tmp_path: Path) -> Iterator[PredictionLog]:
    with opened(tmp_path) as made:
        made.append([prediction(row) for row in range(4)])
        yield made


def outcomes_of(log: PredictionLog, **terms: str) -> list[object]:
    return list(log.read(**terms)["_outcome"])  # type: ignore[arg-type]


def test_outcomes_find_their_answers_however_keys_are_written(log: PredictionLog) -> None:
    told = [outcome(0, "yes"), outcome("1", "no"), outcome(2.0, 3.5)]
    assert log.add_outcomes(told) == Receipt(3, 0, 0, 0)
    assert outcomes_of(log) == ["yes", "no", 3.5, None]
    assert log.read()["_outcome_known_at"].tolist()[0] == "2024-03-01T00:00:00.000000+00:00"


def test_the_same_outcomes_again_change_nothing(log: PredictionLog) -> None:
    told = [outcome(0, "yes"), outcome(1, "no"), outcome(0, "no", "2024-03-02")]
    assert log.add_outcomes(told) == Receipt(2, 0, 1, 0)
    before = outcomes_of(log)
    assert log.add_outcomes(told) == Receipt(0, 3, 0, 0)
    assert outcomes_of(log) == before == ["no", "no", None, None]


def test_a_later_outcome_counts_whichever_came_first(log: PredictionLog) -> None:
    assert log.add_outcomes([outcome(0, "no", "2024-03-05")]).n_new == 1
    assert log.add_outcomes([outcome(0, "yes", "2024-03-01")]) == Receipt(0, 1, 0, 0)
    assert log.add_outcomes([outcome(0, "maybe", "2024-03-09")]) == Receipt(0, 0, 1, 0)
    assert outcomes_of(log)[0] == "maybe"


def test_what_was_known_earlier_can_still_be_read(log: PredictionLog) -> None:
    log.add_outcomes([outcome(0, "yes", "2024-03-01"), outcome(0, "no", "2024-03-05")])
    log.add_outcomes([outcome(0, "no", "2024-03-08"), outcome(0, "yes", "2024-03-09")])
    known = [outcomes_of(log, known_until=f"2024-03-0{day}")[0] for day in (1, 4, 5, 7, 8, 9)]
    assert known == ["yes", "yes", "no", "no", "no", "yes"]
    assert outcomes_of(log, known_until="2024-02-29") == [None] * 4


def test_what_turns_up_late_is_read_back_where_it_belongs(log: PredictionLog) -> None:
    for value, day in (("yes", 1), ("yes", 5), ("no", 3)):
        log.add_outcomes([outcome(0, value, f"2024-03-0{day}")])
    known = [outcomes_of(log, known_until=f"2024-03-0{day}")[0] for day in range(1, 7)]
    assert known == ["yes", "yes", "no", "no", "yes", "yes"]


def test_outcomes_of_unknown_keys_wait_for_their_answer(log: PredictionLog) -> None:
    assert log.add_outcomes([outcome(17), outcome(3)]) == Receipt(2, 0, 0, 1)
    log.append([prediction(17)])
    assert outcomes_of(log) == [None, None, None, "yes", "yes"]
    assert log.add_outcomes([outcome(17)]) == Receipt(0, 1, 0, 0)


def test_one_outcome_belongs_to_all_answers_of_its_key(log: PredictionLog) -> None:
    log.append([prediction(1, request_id="again"), prediction(1, role="shadow")])
    log.add_outcomes([outcome(1)])
    assert outcomes_of(log).count("yes") == 2
    assert log.read(roles=["shadow"])["_outcome"].tolist() == ["yes"]


def test_nothing_known_withdraws_what_was_known(log: PredictionLog) -> None:
    log.add_outcomes([outcome(0, 1.5)])
    assert log.add_outcomes([outcome(0, float("nan"), "2024-03-02")]) == Receipt(0, 0, 1, 0)
    assert log.add_outcomes([outcome(0, None, "2024-03-03")]) == Receipt(0, 1, 0, 0)
    assert outcomes_of(log)[0] is None


def test_a_whole_number_is_the_same_with_and_without_its_point(log: PredictionLog) -> None:
    log.add_outcomes([outcome(0, 3)])
    assert log.add_outcomes([outcome(0, 3.0)]) == Receipt(0, 1, 0, 0)


def test_more_outcomes_than_one_query_takes(log: PredictionLog) -> None:
    told = [outcome(row % 700, row % 3, f"2024-03-{1 + row // 700:02}") for row in range(1400)]
    receipt = log.add_outcomes(told)
    assert (receipt.n_new, receipt.n_unknown) == (700, 1400 - 8)
    assert log.add_outcomes(told) == Receipt(0, 1400, 0, 1400 - 8)
    assert outcomes_of(log) == [row % 3 for row in range(700, 704)]


def test_no_outcomes_are_no_work(log: PredictionLog) -> None:
    assert log.add_outcomes([]) == Receipt(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("broken", "finding"),
    [
        (Outcome({}, 1, "2024-03-01"), "Outcome 1 has the key {}, in which a cell is missing"),
        (outcome(None), 'Outcome 1 has the key {"client_id":null}, in which a cell is missing'),
        (outcome(float("nan")), "in which a cell is missing. Give every key column"),
        (outcome(2, "yes", "soon"), "Outcome 1 has known_at 'soon'. Give an ISO time in UTC."),
    ],
    ids=["no key", "missing", "nan", "no time"],
)
def test_an_outcome_that_cannot_be_kept_keeps_all_of_them_out(
    log: PredictionLog, broken: Outcome, finding: str
) -> None:
    with pytest.raises(LogError) as caught:
        log.add_outcomes([outcome(0), broken])
    assert finding in str(caught.value)
    assert outcomes_of(log) == [None] * 4
