"""A log that several tests read."""

import pytest

from evergreen.prediction_log import LogReader
from tests.pipelines.monitoring.served import (
    ENDS,
    Service,
    WatchedLife,
    april_to_july,
    compiled,
    of_month,
    raw_of,
    reader,
)


@pytest.fixture(scope="session")
def asked(tmp_path_factory: pytest.TempPathFactory) -> LogReader:
    """A log of April to June; every month was asked about in its last night."""
    log = reader(tmp_path_factory.mktemp("log"))
    for month in (4, 5, 6):
        rows = raw_of(of_month(april_to_july(), month))
        Service(log.url, answerer=compiled()).ask(rows, ENDS[month].isoformat(), name=f"m{month}-")
    return log


@pytest.fixture(scope="session")
def april(asked: LogReader) -> WatchedLife:
    return WatchedLife(asked).run(ENDS[4])
