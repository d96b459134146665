"""How many threads a model may use."""

from contextlib import AbstractContextManager

from joblib import cpu_count
from threadpoolctl import threadpool_limits

# Measured with histogram boosting on 2 cores: a second thread makes 30,000 rows 2.3 times slower, since threads wait
# for each other at every small step, and saves 6 % at 500,000.
_ROWS_WORTH_A_THREAD = 200_000


def threads_for(n_rows: int) -> AbstractContextManager[object]:
    """Keep small tables on one thread.

    Args:
        n_rows: rows to learn from or to predict.

    Returns:
        A context in which OpenMP and BLAS use one thread for small tables, else as many as there are cores.
    """
    limits: AbstractContextManager[object] = threadpool_limits(1 if n_rows < _ROWS_WORTH_A_THREAD else None)
    return limits


def n_threads(n_rows: int) -> int:
    """Count the threads that `threads_for` allows, for libraries with threads of their own.

    Args:
        n_rows: rows to learn from or to predict.

    Returns:
        1 for small tables, else as many as there are cores.
    """
    return 1 if n_rows < _ROWS_WORTH_A_THREAD else int(cpu_count())
