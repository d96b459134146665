"""What differs between dataframe libraries: pandas, Polars, Ibis (DuckDB) and Spark run the same steps."""

from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd

Frame = nw.LazyFrame[Any]


def as_frame(native: Any) -> Frame:
    """Take a table of any engine.

    Args:
        native: a pandas or Polars frame, an Ibis table or a Spark frame.

    Returns:
        The same table behind one interface, times with a zone taken in UTC; nothing is computed, on pandas every step
        is computed at once.

    Raises:
        TypeError: where it is no table.
    """
    if isinstance(native, pd.DataFrame):
        native = _pandas_in_utc(native)
    frame: Frame = nw.from_native(native).lazy()
    schema = frame.collect_schema()
    zoned = [name for name, dtype in schema.items() if isinstance(dtype, nw.Datetime) and dtype.time_zone is not None]
    return frame.with_columns(_in_utc(nw.col(name), frame) for name in zoned) if zoned else frame


def _pandas_in_utc(table: pd.DataFrame) -> pd.DataFrame:
    # Narwhals does not know every zone that pandas has.
    zoned = [name for name, dtype in table.dtypes.items() if isinstance(dtype, pd.DatetimeTZDtype)]
    return table.assign(**{str(name): table[name].dt.tz_convert(None) for name in zoned}) if zoned else table


def _in_utc(time: nw.Expr, frame: Frame) -> nw.Expr:
    # Ibis converts no zones, but sets that of every DuckDB connection to UTC.
    utc = time if frame.implementation.is_ibis() else time.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return utc.cast(nw.Datetime("us"))


def as_native(frame: Frame) -> Any:
    """Hand a table on to the catalog.

    Args:
        frame: the table.

    Returns:
        A pandas or Polars frame, computed; an Ibis table or a Spark frame, not computed yet.
    """
    if frame.implementation.is_polars():
        return frame.collect().to_native()
    return frame.to_native()


def as_pandas(frame: Frame) -> pd.DataFrame:
    """Compute a table that is small, or that a library wants in pandas.

    Args:
        frame: the table.

    Returns:
        Its rows, in no order where the engine knows none.
    """
    # pyarrow carries the types of every engine; Spark's own way to pandas knows only pandas 2.
    collected = frame.collect() if frame.implementation.is_pandas() else frame.collect("pyarrow")
    return collected.to_pandas()


def is_pandas(frame: Frame) -> bool:
    """Say whether steps are computed at once on aligned columns.

    Args:
        frame: the table.

    Returns:
        Whether it lies in pandas.
    """
    return frame.implementation.is_pandas()


def like(small: pd.DataFrame, frame: Frame) -> Frame:
    """Bring a table from memory to where another one lies, so that the two can be joined.

    Args:
        small: the table.
        frame: one of the engine it is wanted on.

    Returns:
        The table on that engine.
    """
    if is_pandas(frame):
        return as_frame(small)
    import pyarrow as pa

    table = pa.Table.from_pandas(small, preserve_index=False)
    if frame.implementation.is_polars():
        import polars as pl

        return as_frame(pl.from_arrow(table))
    if frame.implementation.is_ibis():
        import ibis

        return as_frame(ibis.memtable(table))
    return as_frame(frame.to_native().sparkSession.createDataFrame(table))


def same_engine(table: Frame, frame: Frame) -> Frame:
    """Move a table to where another one lies, engine and connection, unless it lies there already.

    Args:
        table: the table.
        frame: one that lies where it is wanted.

    Returns:
        The table, so that the two can be joined.
    """
    return table if _lies_with(table, frame) else like(as_pandas(table), frame)


def _lies_with(table: Frame, frame: Frame) -> bool:
    if table.implementation != frame.implementation:
        return False
    if not table.implementation.is_ibis():
        return True
    # Ibis calls two databases in memory equal that know nothing of each other's tables; a table of no connection goes
    # with any.
    (mine, _), (theirs, _) = (one.to_native()._find_backends() for one in (table, frame))
    return not mine or not theirs or mine[0] is theirs[0]


def raw_column(name: str, frame: Frame) -> nw.Expr:
    """A column by the name its source gives it, which may hold points ("emp.var.rate").

    Args:
        name: the raw name.
        frame: the raw table.

    Returns:
        Its cells; give them a name without points.
    """
    # Spark takes what stands behind a point for a part of what stands before it.
    return nw.col(f"`{name}`" if frame.implementation.is_spark_like() and "." in name else name)


def count(frame: Frame) -> int:
    """Count rows.

    Args:
        frame: the table.

    Returns:
        Their number.
    """
    return int(frame.select(nw.len()).collect().item())


def where(condition: nw.Expr) -> nw.Expr:
    """A condition that is false where it cannot be told: engines differ in what a comparison with null is.

    Args:
        condition: Boolean cells, null where a side is null.

    Returns:
        Boolean cells without null.
    """
    return condition.fill_null(value=False)
