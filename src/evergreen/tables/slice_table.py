"""The schema of the table of slices; the catalog holds it against this."""

import pandera.pandas as pa
from pandera.typing.pandas import Series

SLICE_COLUMNS = {
    "source": "str",
    "slice": "str",
    "metric": "str",
    "n_rows": "int64",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "difference": "float64",
    "p_value": "float64",
    "is_judged": "bool",
    "word": "str",
}


class Slices(pa.DataFrameModel):
    """How the model does on parts of the holdout: one row a metric of each slice of the case, and one a slice found."""

    source: Series[str] = pa.Field(isin=["named", "found"], coerce=True)
    slice: Series[str] = pa.Field(coerce=True)
    metric: Series[str] = pa.Field(coerce=True)
    n_rows: Series[int] = pa.Field(ge=0)
    value: Series[float] = pa.Field(nullable=True)
    low: Series[float] = pa.Field(nullable=True)
    high: Series[float] = pa.Field(nullable=True)
    difference: Series[float] = pa.Field(nullable=True)
    p_value: Series[float] = pa.Field(ge=0, le=1, nullable=True)
    is_judged: Series[bool]
    word: Series[str] = pa.Field(coerce=True)

    class Config:
        """No other column, each metric of a slice once."""

        strict = True
        unique = ["source", "slice", "metric"]
