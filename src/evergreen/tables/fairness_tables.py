"""The schemas of the tables that tell how groups are decided about; the catalog holds each table against its own."""

import pandera.pandas as pa
from pandera.typing.pandas import Series

RATE_COLUMNS = {
    "columns": "str",
    "group": "str",
    "rate": "str",
    "n_rows": "int64",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "is_judged": "bool",
}
GAP_COLUMNS = {
    "columns": "str",
    "gap": "str",
    "value": "float64",
    "lower_bound": "float64",
    "upper_bound": "float64",
    "high_group": "str",
    "high_value": "float64",
    "high_rows": "int64",
    "low_group": "str",
    "low_value": "float64",
    "low_rows": "int64",
    "n_groups": "int64",
    "limit": "float64",
}
DECISION_COLUMNS = {
    "columns": "str",
    "group": "str",
    "stage": "str",
    "n_rows": "int64",
    "share": "float64",
    "kept_share": "float64",
    "base_rate": "float64",
    "base_rate_low": "float64",
    "base_rate_high": "float64",
}
DECIDED = "decided"


class GroupRates(pa.DataFrameModel):
    """How each group of the holdout is decided about: one row a group and figure."""

    columns: Series[str] = pa.Field(coerce=True)
    group: Series[str] = pa.Field(coerce=True)
    rate: Series[str] = pa.Field(coerce=True)
    n_rows: Series[int] = pa.Field(ge=0)
    value: Series[float] = pa.Field(nullable=True)
    low: Series[float] = pa.Field(nullable=True)
    high: Series[float] = pa.Field(nullable=True)
    is_judged: Series[bool]

    class Config:
        """No other column, each figure of a group once."""

        strict = True
        unique = ["columns", "group", "rate"]


class GroupGaps(pa.DataFrameModel):
    """How far the groups of the holdout lie apart: one row a grouping and figure; a limit where the verdict asks."""

    columns: Series[str] = pa.Field(coerce=True)
    gap: Series[str] = pa.Field(coerce=True)
    value: Series[float] = pa.Field(nullable=True)
    lower_bound: Series[float] = pa.Field(nullable=True)
    upper_bound: Series[float] = pa.Field(nullable=True)
    high_group: Series[str] = pa.Field(coerce=True)
    high_value: Series[float] = pa.Field(nullable=True)
    high_rows: Series[int] = pa.Field(ge=0)
    low_group: Series[str] = pa.Field(coerce=True)
    low_value: Series[float] = pa.Field(nullable=True)
    low_rows: Series[int] = pa.Field(ge=0)
    n_groups: Series[int] = pa.Field(ge=0)
    limit: Series[float] = pa.Field(ge=0, nullable=True)

    class Config:
        """No other column, each gap of a grouping once."""

        strict = True
        unique = ["columns", "gap"]


class DecisionGroups(pa.DataFrameModel):
    """What becomes of each group from the raw rows to the decision."""

    columns: Series[str] = pa.Field(coerce=True)
    group: Series[str] = pa.Field(coerce=True)
    stage: Series[str] = pa.Field(isin=["raw", "quarantined", "repaired", "training", "holdout", DECIDED], coerce=True)
    n_rows: Series[int] = pa.Field(ge=0)
    share: Series[float] = pa.Field(in_range={"min_value": 0, "max_value": 1}, nullable=True)
    kept_share: Series[float] = pa.Field(ge=0, nullable=True)
    base_rate: Series[float] = pa.Field(nullable=True)
    base_rate_low: Series[float] = pa.Field(nullable=True)
    base_rate_high: Series[float] = pa.Field(nullable=True)

    class Config:
        """No other column, each group once a stage."""

        strict = True
        unique = ["columns", "group", "stage"]
