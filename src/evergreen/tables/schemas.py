"""The schemas of the tables that every case has; the catalog holds each table against its own."""

import pandera.pandas as pa
from pandera.typing.pandas import Series


class Quarantine(pa.DataFrameModel):
    """Rows that cannot be used: every row has its reasons."""

    reasons: Series[str] = pa.Field(str_length={"min_value": 1})


class Repairs(pa.DataFrameModel):
    """Repaired cells by column and rule."""

    column: Series[str]
    rule: Series[str]
    n_cells: Series[int] = pa.Field(ge=1)

    class Config:
        """No other column, each pair once."""

        strict = True
        unique = ["column", "rule"]


class RowLedger(pa.DataFrameModel):
    """Where every row went."""

    stage: Series[str] = pa.Field(isin=["gathered", "repaired", "split"])
    what: Series[str]
    n_rows: Series[int] = pa.Field(ge=0)

    class Config:
        """No other column, each pair once."""

        strict = True
        unique = ["stage", "what"]


class CandidateScores(pa.DataFrameModel):
    """Validation of the candidates; lower is better."""

    candidate: Series[str]
    correction: Series[str]
    fold: Series[int] = pa.Field(ge=1)
    metric: Series[str]
    score: Series[float] = pa.Field(nullable=False)
    fit_rows: Series[int] = pa.Field(ge=1)

    class Config:
        """No other column."""

        strict = True


class Predictions(pa.DataFrameModel):
    """What the champion said of new rows: beside the key and the scores, an action and the release that chose it."""

    action: Series[object] = pa.Field(nullable=False, coerce=True)
    release_id: Series[str] = pa.Field(coerce=True)


class Monitoring(pa.DataFrameModel):
    """Every check of a window."""

    check: Series[str] = pa.Field(coerce=True)
    subject: Series[str] = pa.Field(coerce=True)
    severity: Series[str] = pa.Field(isin=["ok", "watch", "alarm"], coerce=True)
    value: Series[float] = pa.Field(nullable=True, coerce=True)
    reference: Series[float] = pa.Field(nullable=True, coerce=True)
    finding: Series[str] = pa.Field(coerce=True)
