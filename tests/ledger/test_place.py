"""Where a run takes place."""

from pathlib import Path
from typing import Any

import pytest

from evergreen.ledger import Place


@pytest.mark.parametrize(
    ("settings", "data_path", "may_only_read"),
    [
        pytest.param({}, Path("/project/data"), False, id="nothing said"),
        pytest.param({"data": "/disk/x"}, Path("/disk/x"), False, id="elsewhere"),
        pytest.param({"data": "s3://bucket/x"}, None, False, id="a remote store"),
        pytest.param({"writable_root": "data/scratch"}, Path("/project/data"), True, id="guarded"),
        pytest.param({"writable_root": None}, Path("/project/data"), False, id="no longer guarded"),
    ],
)
def test_globals_say_where_data_lie_and_who_may_write(
    settings: dict[str, Any], data_path: Path | None, may_only_read: bool
) -> None:
    place = Place(project_path=Path("/project"), env="shop", project_globals=settings)
    assert (place.data_path, place.may_only_read) == (data_path, may_only_read)
    assert place.case == "shop"
