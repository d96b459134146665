import pandas as pd
import pytest

from evergreen.errors import DataError
from evergreen.tables.accounts import COLUMNS, balance, count_rows
from evergreen.tables.schemas import RowLedger

GATHERED = {"in": 100, "after as_of": 10, "gathered": 90}
REPAIRED = {"in": 90, "duplicates": 3, "quarantined": 7, "repaired": 80}
SPLIT = {"in": 80, "training": 50, "holdout": 12, "gap": 8, "new": 10, "unlabelled": 0}
STAGES = {"gathered": GATHERED, "repaired": REPAIRED, "split": SPLIT}


def ledger(changed=None):
    counts = {stage: {**STAGES[stage], **(changed or {}).get(stage, {})} for stage in STAGES}
    return pd.concat([count_rows(stage, count) for stage, count in counts.items()], ignore_index=True)


def test_counts_are_written_down_in_order():
    counts = count_rows("repaired", REPAIRED)
    assert tuple(counts.columns) == COLUMNS
    assert list(zip(counts["what"], counts["n_rows"], strict=True)) == list(REPAIRED.items())
    assert set(counts["stage"]) == {"repaired"}


def test_accounts_that_balance_pass_as_they_are():
    accounts = ledger()
    pd.testing.assert_frame_equal(balance(accounts), accounts)
    RowLedger.validate(accounts)


@pytest.mark.parametrize("step", [-1, 1], ids=["lost", "made"])
@pytest.mark.parametrize(
    ("stage", "what"), [(stage, what) for stage, counts in STAGES.items() for what in counts], ids="-".join
)
def test_a_row_lost_or_made_anywhere_is_noticed(stage, what, step):
    with pytest.raises(DataError, match="this is a fault of the pipeline, not of the data"):
        balance(ledger({stage: {what: STAGES[stage][what] + step}}))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (
            {"repaired": {"quarantined": 6}},
            "Stage 'repaired' took 90 rows but accounts for 89 (3 duplicates, 6 quarantined, 80 repaired). A step",
        ),
        (
            {"split": {"in": 79, "training": 49}},
            "Stage 'split' took 79 rows of the 80 it was passed. A step loses or makes rows",
        ),
        (
            {"gathered": {"in": 101, "gathered": 91}},
            "Stage 'repaired' took 90 rows of the 91 it was passed.",
        ),
    ],
    ids=["within-a-stage", "lost-on-the-way", "made-on-the-way"],
)
def test_the_refusal_names_the_stage_and_the_counts(changed, sentence):
    with pytest.raises(DataError) as refusal:
        balance(ledger(changed))
    assert sentence in str(refusal.value)
