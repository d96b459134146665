import pytest

from evergreen.watching import Alarm, Incident, update


def alarm(window, cause="age", *, score=6.0, is_new=True, since=None):
    return Alarm(
        window=window,
        cause=cause,
        kind="level",
        column=cause,
        signal=f"level|{cause}|0",
        n_windows=1,
        since=since or window,
        is_new=is_new,
        score=score,
        before=1.0,
        now=2.0,
        effect=0.3,
        n_rows=100,
        finding="It has risen.",
        advice="Look.",
    )


def fold(*windows):
    incidents = ()
    for name, alarms in windows:
        incidents = update(incidents, alarms, name)
    return incidents


def test_alarms_of_one_cause_are_one_incident():
    found = fold(("1", [alarm("1", since="0")]), ("2", [alarm("2", score=9)]), ("3", []), ("4", [alarm("4", score=-7)]))
    (one,) = found
    assert (one.cause, one.since, one.opened, one.last_seen, one.n_alarms) == ("age", "0", "1", "4", 3)
    assert (one.first.score, one.strongest.score, one.latest.score) == (6, 9, -7)
    assert one.is_open
    assert one.n_quiet == 0


@pytest.mark.parametrize(("n_quiet", "closed"), [(2, None), (3, "4"), (5, "4")])
def test_it_closes_after_three_quiet_windows(n_quiet, closed):
    (one,) = fold(("1", [alarm("1")]), *((str(i), []) for i in range(2, 2 + n_quiet)))
    assert one.closed == closed


def test_what_comes_again_after_that_is_another():
    found = fold(("1", [alarm("1")]), ("2", []), ("3", []), ("4", []), ("5", [alarm("5")]), ("6", []))
    assert [(one.opened, one.closed, one.n_quiet) for one in found] == [("1", "4", 3), ("5", None, 1)]


def test_causes_do_not_mix():
    found = fold(("1", [alarm("1"), alarm("1", "job")]), ("2", [alarm("2", "job")]))
    assert [(one.cause, one.n_alarms, one.n_quiet) for one in found] == [("age", 1, 1), ("job", 2, 0)]


def test_what_is_merely_not_over_opens_nothing():
    assert fold(("1", [alarm("1", is_new=False)])) == ()
    (one,) = fold(("1", [alarm("1")]), ("2", [alarm("2", is_new=False)]))
    assert one.n_alarms == 2


def test_the_fold_changes_nothing_that_it_was_given():
    before = fold(("1", [alarm("1")]))
    copy = tuple(one.model_copy(deep=True) for one in before)
    update(before, [alarm("2")], "2")
    assert before == copy


def test_an_incident_survives_being_written():
    (one,) = fold(("1", [alarm("1")]))
    assert Incident.model_validate_json(one.model_dump_json()) == one
