"""The schemas of the tables that explain a challenger; the catalog holds each table against its own."""

import pandera.pandas as pa
from pandera.typing.pandas import Series


class Importances(pa.DataFrameModel):
    """What every feature is worth to the challenger, the most important first."""

    column: Series[str] = pa.Field(unique=True, coerce=True)
    loss_increase: Series[float] = pa.Field(coerce=True)
    loss_increase_low: Series[float] = pa.Field(nullable=True, coerce=True)
    loss_increase_high: Series[float] = pa.Field(nullable=True, coerce=True)
    payoff_lost: Series[float] = pa.Field(nullable=True, coerce=True)
    payoff_lost_low: Series[float] = pa.Field(nullable=True, coerce=True)
    payoff_lost_high: Series[float] = pa.Field(nullable=True, coerce=True)

    class Config:
        """No other column."""

        strict = True


class Effects(pa.DataFrameModel):
    """How the prediction moves with the strongest columns, point by point."""

    column: Series[str] = pa.Field(coerce=True)
    method: Series[str] = pa.Field(isin=["ale", "pdp", "level"], coerce=True)
    of_class: Series[str] = pa.Field(coerce=True)
    place: Series[int] = pa.Field(ge=0)
    label: Series[str] = pa.Field(coerce=True)
    value: Series[float] = pa.Field(nullable=True, coerce=True)
    effect: Series[float] = pa.Field(coerce=True)
    n_rows: Series[int] = pa.Field(ge=0)

    class Config:
        """No other column, each point once."""

        strict = True
        unique = ["column", "method", "of_class", "place"]


class ModelSuspicions(pa.DataFrameModel):
    """Columns whose use by the challenger looks wrong on the holdout."""

    column: Series[str] = pa.Field(coerce=True)
    suspicion: Series[str] = pa.Field(isin=["too good", "turns round", "in one period only"], coerce=True)
    finding: Series[str] = pa.Field(str_length={"min_value": 1}, coerce=True)

    class Config:
        """No other column, each suspicion of a column once."""

        strict = True
        unique = ["column", "suspicion"]
