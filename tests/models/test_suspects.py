import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evergreen.models.suspects import find_suspects
from tests.models.leaks import (
    Plant,
    case_of,
    honest,
    households,
    is_yes,
    parted,
    quantities,
    suspects_of,
    timed,
    where,
    with_copies,
)
from tests.models.small import KINDS, SEED, small_case, small_rows

TELLS, PRESENCE, ONLY = "tells the target", "presence tells the target", "filled only with the outcome"
SUM, GROUP, COPY = "adds up to the target", "group straddles the split", "duplicate across splits"
SEEDS = range(3)


def pairs(suspects: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(suspects["subject"], suspects["suspicion"], strict=True))


def noisy(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A number that lies low for one class and high for the other, hardly a row beyond the middle."""
    return rows.assign(leak=is_yes(rows) + rng.normal(0, 0.2, len(rows)))


def like_a_duration(rng: np.random.Generator) -> pd.DataFrame:
    """Long calls end in a yes more often, in seconds and in minutes; ROC AUC 0.94. The rest tells a little."""
    rows = honest(rng, 4000, rate=0.1, n_strong=4)
    rows[["x0", "x1", "x2", "x3"]] += rng.normal(0, 1, (len(rows), 4))
    seconds = np.exp(1.8 * is_yes(rows) + rng.normal(0, 0.8, len(rows)))
    return rows.assign(seconds=seconds, minutes=seconds / 60)


def zero_inflated(rng: np.random.Generator) -> pd.DataFrame:
    rows = quantities(rng)
    return rows.assign(y=np.maximum(rows["x0"] + rows["x1"] - 1, 0))


def revenue(rng: np.random.Generator) -> pd.DataFrame:
    price, pieces = rng.uniform(1, 9, 1000), rng.integers(1, 20, 1000)
    return pd.DataFrame({"price": price, "pieces": pieces, "x": rng.uniform(1, 9, 1000), "y": price * pieces})


def three_classes(rng: np.random.Generator) -> pd.DataFrame:
    y = rng.choice(["a", "b", "c"], 3000)
    told = pd.Series(y).map({"a": 2.0, "b": 1.0, "c": 3.0}).to_numpy()
    reason = np.where((y == "b") & (rng.random(3000) < 0.3), "late", None)
    rows = {"x": rng.normal(size=3000) + (y == "a"), "leak": told + rng.normal(0, 0.1, 3000)}
    return pd.DataFrame(rows | {"reason": pd.Series(reason, dtype="str"), "y": pd.Series(y, dtype="str")})


LEAKS: dict[str, tuple[Plant, set[tuple[str, str]]]] = {
    "a number": (lambda rng: noisy(honest(rng), rng), {("leak", TELLS)}),
    "a number, 60 rows": (
        lambda rng: honest(rng, 60, rate=0.4).assign(leak=lambda rows: is_yes(rows) + rng.normal(0, 0.1, len(rows))),
        {("leak", TELLS)},
    ),
    "a number, one row in a hundred": (
        lambda rng: noisy(honest(rng, 6000, rate=0.01), rng),
        {("leak", TELLS)},
    ),
    "a number that is mostly missing": (
        lambda rng: noisy(honest(rng), rng).assign(leak=lambda rows: rows["leak"].where(rng.random(len(rows)) < 0.4)),
        {("leak", TELLS)},
    ),
    "a word": (
        lambda rng: honest(rng).assign(
            leak=lambda rows: pd.Series(np.where(is_yes(rows), rng.choice(["signed", "paid"], len(rows)), "open"))
        ),
        {("leak", TELLS)},
    ),
    "by far the strongest, twice": (like_a_duration, {("seconds", TELLS), ("minutes", TELLS)}),
    "three classes": (three_classes, {("leak", TELLS), ("reason", ONLY)}),
    "a curve of the quantity": (
        lambda rng: quantities(rng).assign(leak=lambda rows: np.exp(rows["y"]) + rng.normal(0, 0.01, len(rows))),
        {("leak", TELLS)},
    ),
    "presence": (
        lambda rng: honest(rng).assign(leak=lambda rows: where(is_yes(rows) ^ (rng.random(len(rows)) < 0.01), 1.0)),
        {("leak", PRESENCE)},
    ),
    "absence, 80 rows": (
        lambda rng: honest(rng, 100).assign(leak=lambda rows: where(~is_yes(rows), 1.0)),
        {("leak", PRESENCE)},
    ),
    "presence where the quantity is not zero": (
        lambda rng: zero_inflated(rng).assign(leak=lambda rows: where(rows["y"] > 0, 1.0)),
        {("leak", PRESENCE)},
    ),
    "filled at the outcome": (
        lambda rng: honest(rng).assign(leak=lambda rows: where(is_yes(rows) & (rng.random(len(rows)) < 0.4), 1.0)),
        {("leak", ONLY)},
    ),
    "filled at a rare outcome": (
        lambda rng: honest(rng, 6000, rate=0.01).assign(
            leak=lambda rows: where(is_yes(rows) & (rng.random(len(rows)) < 0.5), 1.0)
        ),
        {("leak", ONLY)},
    ),
    "blanked at the outcome": (
        lambda rng: honest(rng).assign(leak=lambda rows: where(~(is_yes(rows) & (rng.random(len(rows)) < 0.4)), 1.0)),
        {("leak", ONLY)},
    ),
    "filled where the quantity is not zero": (
        lambda rng: zero_inflated(rng).assign(
            leak=lambda rows: where((rows["y"] > 0) & (rng.random(len(rows)) < 0.5), 1.0)
        ),
        {("leak", ONLY)},
    ),
    "a sum": (
        lambda rng: quantities(rng).assign(y=lambda rows: rows["x0"] + 2 * rows["x1"] - rows["x2"]),
        {("x0", SUM), ("x1", SUM), ("x2", SUM)},
    ),
    "a product": (revenue, {("price", SUM), ("pieces", SUM)}),
    "a multiple": (lambda rng: quantities(rng).assign(y=lambda rows: 60 * rows["x0"]), {("x0", SUM), ("x0", TELLS)}),
    "copies": (lambda rng: with_copies(honest(rng), rng), {("(rows)", COPY)}),
    "households": (households, {("home", GROUP)}),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LEAKS)
def test_every_planted_leak_is_found_and_nothing_else(name: str, seed: int) -> None:
    plant, planted = LEAKS[name]
    assert pairs(suspects_of(plant(np.random.default_rng(seed)), seed=seed)) == planted


def many_words(rng: np.random.Generator) -> pd.DataFrame:
    """Ten thousand words, each with an effect of its own."""
    word, effect = rng.integers(0, 10_000, 20_000), rng.normal(size=10_000)
    is_yes = effect[word] + rng.logistic(size=20_000) > 0
    cells = {"word": [f"word {one}" for one in word], "x": effect[word] + rng.normal(size=20_000)}
    return pd.DataFrame(cells | {"y": np.where(is_yes, "yes", "no")})


def coarse(rng: np.random.Generator, n_columns: int, words: str) -> pd.DataFrame:
    """Few words, so that many rows are equal by chance."""
    cells = {f"c{i}": rng.choice(list(words), 2000) for i in range(n_columns)}
    return pd.DataFrame(cells | {"y": rng.choice(["no", "yes"], 2000)})


def faces_of_one_number(rng: np.random.Generator) -> pd.DataFrame:
    """Four whole numbers that say nearly the same, so that rows are equal by chance far oftener."""
    hidden = rng.normal(size=3000)
    cells = {f"x{i}": (9 * hidden + rng.normal(size=3000)).round() for i in range(4)}
    return pd.DataFrame(cells | {"y": rng.choice(["no", "yes"], 3000)})


HONEST: dict[str, Plant] = {
    "strong numbers": honest,
    "one strong number among noise": lambda rng: honest(rng, n_strong=1),
    "one row in a hundred": lambda rng: honest(rng, 6000, rate=0.01),
    "60 rows": lambda rng: honest(rng, 60, n_strong=1, n_noise=60),
    "60 rows, few of one class": lambda rng: honest(rng, 60, rate=0.15, n_noise=60),
    "more columns than rows": lambda rng: honest(rng, 100, n_noise=200),
    "ten thousand words": many_words,
    "a name of its own for every row": lambda rng: honest(rng).assign(name=[f"row {i}" for i in rng.permutation(2000)]),
    "two words": lambda rng: coarse(rng, 3, "ab"),
    "six words": lambda rng: coarse(rng, 5, "abcdef"),
    "faces of one number": faces_of_one_number,
    "known twelve times as often for one class": lambda rng: honest(rng, 4000).assign(
        seen=lambda rows: where(rng.random(len(rows)) < np.where(is_yes(rows), 0.5, 0.04), 1.0)
    ),
    "quantities": quantities,
    "nearly exact quantities": lambda rng: quantities(rng, noise=0.08),
    "60 quantities": lambda rng: quantities(rng, 60, n_columns=40),
    "quantities that are mostly zero": lambda rng: quantities(rng).assign(
        y=lambda rows: np.where(rng.random(len(rows)) < 0.97, 0.0, rows["y"])
    ),
    "quantities with a long tail": lambda rng: quantities(rng).assign(y=lambda rows: np.exp(3 * rows["y"])),
    "clients with a leaning": lambda rng: honest(rng).assign(client=lambda rows: rng.integers(0, 400, len(rows))),
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", HONEST)
def test_an_honest_table_has_no_suspect(name: str, seed: int) -> None:
    assert pairs(suspects_of(HONEST[name](np.random.default_rng(seed)), seed=seed)) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_every_type_is_looked_at_and_none_suspected(kind: str) -> None:
    problem = small_case(kind)
    rows = small_rows(kind, 400)
    assert find_suspects(rows.iloc[:300], rows.iloc[300:], problem, random_state=SEED).empty


def test_blocks_and_answers_are_told() -> None:
    rows = honest(np.random.default_rng(0))
    rows = rows.assign(open=noisy(rows, np.random.default_rng(1))["leak"])
    rows = rows.assign(late=rows["open"], unused=rows["open"], told=rows["open"])
    found = suspects_of(
        rows,
        {
            "late": {"known_at": "outcome"},
            "unused": {"is_feature": False},
            "told": {"not_a_leak": "The desk writes it down before the call."},
        },
    ).set_index("subject")
    told = found[["is_blocked", "is_answered"]].to_dict("index")
    assert told == {
        "open": {"is_blocked": False, "is_answered": False},
        "late": {"is_blocked": True, "is_answered": False},
        "unused": {"is_blocked": True, "is_answered": False},
        "told": {"is_blocked": False, "is_answered": True},
    }
    assert found.loc["open", "finding"].startswith("Alone it ranks the outcomes almost without fault (ROC AUC 1.000)")
    assert found.loc["open", "finding"].endswith("say in not_a_leak why it is known at the decision.")
    assert found.loc["late", "finding"].endswith("It is known only at the outcome, and no model learns from it.")
    assert found.loc["unused", "finding"].endswith("No model learns from it.")
    assert found.loc["told", "finding"].endswith("The case says: The desk writes it down before the call.")


def test_what_is_known_only_at_the_outcome_is_suspected_where_it_tells_more_than_any_feature() -> None:
    rows = honest(np.random.default_rng(0), n_strong=2)
    rows = rows.assign(late=is_yes(rows) + np.random.default_rng(1).normal(0, 0.6, len(rows)))
    assert pairs(suspects_of(rows)) == set()
    (found,) = suspects_of(rows, {"late": {"known_at": "outcome"}}).itertuples()
    assert (found.subject, found.suspicion, found.is_blocked) == ("late", TELLS, True)
    assert "more than any feature does" in found.finding


def test_the_strongest_come_first() -> None:
    rows = three_classes(np.random.default_rng(0))
    strength = suspects_of(rows)["strength"]
    assert strength.is_monotonic_decreasing
    assert strength.between(0, 1).all()


def test_the_target_and_the_key_are_no_suspects() -> None:
    rows = honest(np.random.default_rng(0)).sort_values("y", ignore_index=True)
    assert pairs(suspects_of(rows)) == set()


def test_the_outcomes_of_the_holdout_are_not_looked_at() -> None:
    rows = noisy(honest(np.random.default_rng(0)), np.random.default_rng(1))
    training, holdout = parted(rows)
    seen, blind = (
        find_suspects(training, one, case_of(rows), random_state=0) for one in (holdout, holdout.assign(y=None))
    )
    pd.testing.assert_frame_equal(seen, blind)


def test_a_table_without_suspects_has_its_columns_and_types() -> None:
    found = suspects_of(honest(np.random.default_rng(0)))
    types = {"subject": "str", "suspicion": "str", "strength": "float64", "is_blocked": "bool", "is_answered": "bool"}
    assert found.dtypes.astype(str).to_dict() == {**types, "finding": "str"}


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 50), st.sampled_from(sorted(LEAKS)))
def test_the_order_of_the_rows_changes_no_suspicion(seed: int, name: str) -> None:
    plant, planted = LEAKS[name]
    rows = plant(np.random.default_rng(seed))
    training, holdout = parted(rows)
    shuffled = training.sample(frac=1, random_state=seed, ignore_index=True)
    assert pairs(find_suspects(shuffled, holdout, case_of(rows), random_state=0)) == planted


def test_many_rows_are_sampled_and_the_leak_still_found() -> None:
    rows = noisy(honest(np.random.default_rng(0), 80_000), np.random.default_rng(1))
    assert pairs(suspects_of(rows)) == {("leak", TELLS)}


def test_clients_who_come_back_in_time_are_no_suspects_but_cut_events_are() -> None:
    split = {"event_time": "at", "split": {"by": "time", "new_rows_days": 5}}
    rng = np.random.default_rng(0)
    clients = timed(households(rng))
    events = timed(households(rng).sort_values("home", ignore_index=True))
    for rows, planted in ((clients, set()), (events, {("home", GROUP)})):
        first, second = parted(rows)
        found = find_suspects(first, second, case_of(rows, {"home": {"is_feature": False}}, **split), random_state=0)
        assert pairs(found) == planted
