import pandas as pd
import pytest
from pandera.errors import SchemaError, SchemaErrors

from evergreen.tables.engines import as_pandas
from evergreen.tables.repair import mark_rows, repairs_table
from evergreen.tables.schemas import CandidateScores, Monitoring, Predictions, Quarantine, Repairs, RowLedger
from evergreen.tables.settle import settle_rows
from tests.cases import binary_case, frame_of, repaired_rows

REPAIRS = {"column": ["age", "age"], "rule": ["sentinel", "synonym"], "n_cells": [2, 1]}
LEDGER = {"stage": ["gathered", "gathered", "split"], "what": ["in", "gathered", "in"], "n_rows": [3, 3, 0]}
SCORES = {
    "candidate": ["linear"],
    "correction": ["none"],
    "fold": [1],
    "metric": ["log_loss"],
    "score": [0.5],
    "fit_rows": [100],
}
PREDICTIONS = {"call_id": [1], "score": [0.5], "action": ["call"], "release_id": ["2010-06-30-4f1c"], "repairs": [""]}
CHECKS = {
    "check": ["drift"],
    "subject": ["age"],
    "severity": ["alarm"],
    "value": [0.5],
    "reference": [None],
    "finding": ["It moved."],
}
QUARANTINE = {"call_id": ["1", "2"], "reasons": ["age is above 100", "age is missing"]}
VALID = {
    Quarantine: QUARANTINE,
    Repairs: REPAIRS,
    RowLedger: LEDGER,
    CandidateScores: SCORES,
    Predictions: PREDICTIONS,
    Monitoring: CHECKS,
}


@pytest.mark.parametrize(("schema", "data"), VALID.items(), ids=[schema.__name__ for schema in VALID])
def test_a_table_as_it_should_be_passes(schema, data):
    table = pd.DataFrame(data)
    assert schema.validate(table).shape == table.shape


def test_what_settling_makes_passes_with_and_without_rows():
    case = binary_case()
    rows = repaired_rows(case, 5)
    for table, n_rows in ((rows, 0), (rows.assign(sex="none", channel="UNKNOWN"), 5)):
        done = settle_rows(mark_rows(frame_of(table, "pandas"), case), case)
        assert len(Quarantine.validate(as_pandas(done.quarantine))) == n_rows
        Repairs.validate(repairs_table(done.repairs))
    spelt = settle_rows(mark_rows(frame_of(rows.assign(channel="MOBILE"), "pandas"), case), case)
    assert Repairs.validate(repairs_table(spelt.repairs))["n_cells"].to_list() == [5]


BROKEN = [
    (Quarantine, {"reasons": ["age is above 100", ""]}, "str_length"),
    (Quarantine, {"reasons": ["age is above 100", None]}, "non-nullable"),
    (Repairs, {"n_cells": [2, 0]}, "greater_than_or_equal_to"),
    (Repairs, {"n_cells": [2, -1]}, "greater_than_or_equal_to"),
    (Repairs, {"rule": ["sentinel", "sentinel"]}, "not unique"),
    (Repairs, {"share": [0.1, 0.2]}, "share"),
    (RowLedger, {"n_rows": [3, -3, 0]}, "greater_than_or_equal_to"),
    (RowLedger, {"stage": ["gathered", "gathered", "modelled"]}, "isin"),
    (RowLedger, {"stage": ["gathered"] * 3}, "not unique"),
    (RowLedger, {"share": [1, 1, 1]}, "share"),
    (CandidateScores, {"score": [None]}, "score"),
    (CandidateScores, {"fold": [0]}, "greater_than_or_equal_to"),
    (CandidateScores, {"fit_rows": [0]}, "greater_than_or_equal_to"),
    (CandidateScores, {"seconds": [1.0]}, "seconds"),
    (Predictions, {"action": [None]}, "non-nullable"),
    (Predictions, {"release_id": [None]}, "non-nullable"),
    (Monitoring, {"severity": ["bad"]}, "isin"),
    (Monitoring, {"finding": [None]}, "non-nullable"),
]


@pytest.mark.parametrize(
    ("schema", "changed", "sentence"), BROKEN, ids=[f"{schema.__name__}-{next(iter(c))}" for schema, c, _ in BROKEN]
)
def test_a_table_that_breaks_its_schema_is_refused(schema, changed, sentence):
    with pytest.raises((SchemaError, SchemaErrors), match=sentence):
        schema.validate(pd.DataFrame({**VALID[schema], **changed}))


@pytest.mark.parametrize(
    ("schema", "column"),
    [(schema, column) for schema, data in VALID.items() for column in data if column not in ("call_id", "score")],
    ids=lambda part: part if isinstance(part, str) else part.__name__,
)
def test_a_table_without_one_of_its_columns_is_refused(schema, column):
    with pytest.raises((SchemaError, SchemaErrors), match=column):
        schema.validate(pd.DataFrame(VALID[schema]).drop(columns=column))
