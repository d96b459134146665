import functools
import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from evergreen.errors import ReleaseError
from evergreen.models.decide import predict_rows
from evergreen.releases import model_from_bytes, model_to_bytes
from tests.models.small import CANDIDATES, KINDS, small_case, small_rows, trained

_HASH_OF_A_FIT = """
import hashlib
from evergreen.releases import model_to_bytes
from tests.models.small import trained
for candidate in ("linear", "boosted"):
    print(hashlib.sha256(model_to_bytes(trained("binary", candidate).model)).hexdigest())
"""


class Planted:
    """Pickled, it writes a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.marker}",)


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _with_schema(content: bytes, old: str, new: str) -> bytes:
    parts = _parts(content)
    assert old.encode() in parts["schema.json"]
    return _packed(parts | {"schema.json": parts["schema.json"].replace(old.encode(), new.encode())})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("candidate", CANDIDATES)
def test_a_model_survives_the_round_trip(kind: str, candidate: str) -> None:
    model, problem, rows = trained(kind, candidate).model, small_case(kind), small_rows(kind, 60, seed=13)
    content = model_to_bytes(model)
    loaded = model_from_bytes(content)
    assert model_to_bytes(loaded) == content
    expected = predict_rows(model, rows, problem)
    pd.testing.assert_frame_equal(predict_rows(loaded, rows, problem), expected, rtol=0, atol=0)
    assert model_to_bytes(loaded) == content


def test_a_fit_in_another_process_gives_the_same_bytes() -> None:
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONHASHSEED": "3", "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    told = subprocess.run(
        [sys.executable, "-c", _HASH_OF_A_FIT], env=environment, capture_output=True, text=True, check=True
    )
    mine = [hashlib.sha256(model_to_bytes(trained("binary", one).model)).hexdigest() for one in CANDIDATES]
    assert told.stdout.split() == mine


def test_bytes_hold_neither_time_nor_address() -> None:
    content = model_to_bytes(trained("binary").model)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    schema = _parts(content)["schema.json"].decode()
    assert "_stop_words_id" not in schema
    numbers = [int(part.split(",")[0].split("}")[0]) for part in schema.split('"__id__": ')[1:]]
    assert numbers
    assert max(numbers) <= len(numbers)


def test_dictionaries_keep_keys_of_any_type_in_their_order() -> None:
    told = {"b": 1, 3: 2, "a": 5}
    loaded = model_from_bytes(model_to_bytes(FunctionTransformer(kw_args=told)))
    assert list(loaded.kw_args.items()) == list(told.items())


def test_what_is_shared_inside_a_model_stays_shared() -> None:
    shared = np.arange(3)
    loaded = model_from_bytes(model_to_bytes(FunctionTransformer(kw_args={"z": shared, "a": [shared]})))
    assert loaded.kw_args["z"] is loaded.kw_args["a"][0]


def test_another_model_gives_other_bytes() -> None:
    assert model_to_bytes(trained("binary").model) != model_to_bytes(trained("binary", split="random").model)


def test_a_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "was_run"
    with pytest.raises(ReleaseError, match="The model file cannot be read"):
        model_from_bytes(pickle.dumps(Planted(marker)))
    assert not marker.exists()


def test_a_pickle_inside_an_array_is_refused_and_not_run(tmp_path: Path) -> None:
    marker, parts = tmp_path / "was_run", _parts(model_to_bytes(trained("binary").model))
    buffer = io.BytesIO()
    np.save(buffer, np.array([Planted(marker)], dtype=object), allow_pickle=True)
    planted = {name: buffer.getvalue() for name in parts if name.endswith(".npy")}
    with pytest.raises(ReleaseError, match=r"cannot be read .*allow_pickle"):
        model_from_bytes(_packed(parts | planted))
    assert not marker.exists()


def test_a_type_that_is_not_trusted_is_refused_and_its_module_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "was_run"
    (tmp_path / "planted_module.py").write_text(f"open({str(marker)!r}, 'w').close()\nclass Model: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    content = model_to_bytes(StandardScaler())
    forged = _with_schema(content, '"sklearn.preprocessing._data"', '"planted_module"')
    with pytest.raises(ReleaseError, match=r"types that are not trusted: 'planted_module.StandardScaler'. Do not use"):
        model_from_bytes(forged)
    assert not marker.exists()
    assert "planted_module" not in sys.modules


@pytest.mark.parametrize(
    ("function", "name"), [(os.system, "posix.system"), (eval, "builtins.eval"), (exec, "builtins.exec")]
)
def test_a_partial_of_any_other_function_is_refused_and_not_called(
    function: Callable[..., Any], name: str, tmp_path: Path
) -> None:
    marker = tmp_path / "was_run"
    code = f"touch {marker}" if function is os.system else f"open({str(marker)!r}, 'w')"
    content = skops.io.dumps(FunctionTransformer(functools.partial(function, code)))
    with pytest.raises(ReleaseError, match=f"types that are not trusted: '{name}'"):
        model_from_bytes(content)
    assert not marker.exists()


def test_the_partial_inside_a_boosted_model_cannot_be_swapped(tmp_path: Path) -> None:
    marker, content = tmp_path / "was_run", model_to_bytes(trained("binary", "boosted").model)
    schema = json.loads(_parts(content)["schema.json"])
    assert "check_array" in json.dumps(schema)
    text = json.dumps(schema).replace('"__class__": "check_array"', '"__class__": "system"')
    forged = text.replace('"__module__": "sklearn.utils.validation"', '"__module__": "posix"')
    with pytest.raises(ReleaseError, match=r"posix\.system"):
        model_from_bytes(_packed(_parts(content) | {"schema.json": forged.encode()}))
    assert not marker.exists()


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_truncated_file_is_refused(share: float) -> None:
    content = model_to_bytes(trained("binary").model)
    with pytest.raises(ReleaseError, match="cannot be read"):
        model_from_bytes(content[: int(len(content) * share)])
