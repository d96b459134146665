"""What somebody plants in a release is refused by name, and none of it runs."""

import hashlib
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from evergreen.errors import ReleaseError
from evergreen.releases import ReleaseStore, model_to_bytes, promote
from evergreen.releases.trial import main
from tests.models.candidates.planted_trees import FAULTS, honest_model, planted_model
from tests.releases.small import BY_ADA, checked_release

Plant = Callable[[dict[str, bytes], bytes], None]
RELEASE = checked_release()
NAMES = sorted(RELEASE.files)


class Planted:
    """Pickled, it writes a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch {self.marker}",)


def _packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _as_model(files: dict[str, bytes], code: bytes) -> None:
    files["model.skops"] = code


def _as_every_array(files: dict[str, bytes], code: bytes) -> None:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": (1,)})
    buffer.write(code)
    parts = _parts(files["model.skops"])
    files["model.skops"] = _packed(parts | {name: buffer.getvalue() for name in parts if name.endswith(".npy")})


def _as_bare_members(files: dict[str, bytes], code: bytes) -> None:
    parts = _parts(files["model.skops"])
    files["model.skops"] = _packed({name: one if name == "schema.json" else code for name, one in parts.items()})


def _as_another_type(files: dict[str, bytes], code: bytes) -> None:
    parts = _parts(files["model.skops"])
    schema = json.dumps(json.loads(parts["schema.json"])).replace('"StandardScaler"', '"system"')
    schema = schema.replace('"sklearn.preprocessing._data"', '"os"')
    files["model.skops"] = _packed(parts | {"schema.json": schema.encode(), "code.pkl": code})


def _as_added_file(files: dict[str, bytes], code: bytes) -> None:
    files["sitecustomize.pkl"] = code


def _as_documents(files: dict[str, bytes], code: bytes) -> None:
    for name in ("check_rows.json", "versions.json"):
        files[name] = code


def _as_contract(files: dict[str, bytes], code: bytes) -> None:
    files["contract.json"] = code


def _as_manifest(files: dict[str, bytes], code: bytes) -> None:
    files["manifest.json"] = code


def _as_deep_manifest(files: dict[str, bytes], code: bytes) -> None:
    files["manifest.json"] = b"[" * 200_000


PLANTS: tuple[Plant, ...] = (
    _as_model,
    _as_every_array,
    _as_bare_members,
    _as_another_type,
    _as_added_file,
    _as_documents,
    _as_contract,
    _as_manifest,
    _as_deep_manifest,
)


def _forged(files: dict[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """Name the files as who knows the rules would: manifest and name fit them."""
    own = {name: content for name, content in files.items() if name not in ("manifest.json", "card.md")}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(own.items())}
    release_id = hashlib.sha256(json.dumps(hashes, indent=1, ensure_ascii=False).encode()).hexdigest()[:16]
    manifest = {"release_id": release_id, "sha256": hashes}
    return release_id, own | {"manifest.json": json.dumps(manifest, indent=1, ensure_ascii=False).encode()}


def _write(root: Path, release_id: str, files: dict[str, bytes]) -> Path:
    folder = root / "releases" / release_id
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (root / "champion.json").write_text(json.dumps({"release_id": release_id}))
    return folder


@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_planted_in_a_release_is_refused_and_does_not_run(plant: Plant, tmp_path: Path) -> None:
    marker, files = tmp_path / "was_run", dict(RELEASE.files)
    plant(files, pickle.dumps(Planted(marker)))
    changed = {name for name in files if files[name] != RELEASE.files.get(name)}
    folder = _write(tmp_path, RELEASE.release_id, files)
    for use in (lambda: ReleaseStore(str(tmp_path)).champion(), lambda: ReleaseStore(str(tmp_path)).add(RELEASE)):
        with pytest.raises(ReleaseError) as caught:
            use()
        assert any(name in str(caught.value) for name in changed)
    assert main([str(folder)]) == 1
    assert not marker.exists()


@pytest.mark.parametrize(
    "plant", [one for one in PLANTS if one not in (_as_manifest, _as_deep_manifest, _as_added_file)]
)
def test_a_release_that_is_forged_with_its_manifest_runs_no_code_either(plant: Plant, tmp_path: Path) -> None:
    marker, files = tmp_path / "was_run", dict(RELEASE.files)
    plant(files, pickle.dumps(Planted(marker)))
    release_id, forged = _forged(files)
    folder = _write(tmp_path, release_id, forged)
    with pytest.raises(ReleaseError):
        _ = ReleaseStore(str(tmp_path)).champion().model
    assert main([str(folder)]) == 1
    assert not marker.exists()


def test_a_file_that_nobody_reads_runs_no_code_where_the_manifest_names_it(tmp_path: Path) -> None:
    marker, files = tmp_path / "was_run", dict(RELEASE.files)
    _as_added_file(files, pickle.dumps(Planted(marker)))
    release_id, forged = _forged(files)
    folder = _write(tmp_path, release_id, forged)
    assert main([str(folder)]) == 0
    assert not marker.exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_swapped_or_truncated_file_is_named(name: str, tmp_path: Path) -> None:
    other = NAMES[NAMES.index(name) - 1]
    for number, content in enumerate((RELEASE.files[other], RELEASE.files[name][:-1])):
        root = tmp_path / str(number)
        _write(root, RELEASE.release_id, dict(RELEASE.files) | {name: content})
        with pytest.raises(ReleaseError, match=name):
            ReleaseStore(str(root)).champion()


def test_the_card_may_change_the_name_of_a_release_no_more_than_it_may_be_changed(tmp_path: Path) -> None:
    bare = {name: content for name, content in RELEASE.files.items() if name != "card.md"}
    assert _forged(bare)[0] == RELEASE.release_id
    _write(tmp_path, RELEASE.release_id, dict(RELEASE.files) | {"card.md": b"# Another card"})
    with pytest.raises(ReleaseError, match=r"'card.md' is not what the manifest says"):
        ReleaseStore(str(tmp_path)).champion()


@pytest.mark.parametrize("beside", [{"run.py": "0"}, [], "card.md", {"card.md": 7}])
def test_a_manifest_that_lets_other_files_stand_beside_is_refused(beside: object, tmp_path: Path) -> None:
    manifest = json.loads(RELEASE.files["manifest.json"]) | {"beside": beside}
    files = dict(RELEASE.files) | {"manifest.json": json.dumps(manifest, indent=1).encode(), "run.py": b""}
    _write(tmp_path, RELEASE.release_id, files)
    with pytest.raises(ReleaseError, match=r"manifest.json|run.py"):
        ReleaseStore(str(tmp_path)).champion()


def test_a_contract_of_another_version_is_refused_with_a_way_out(tmp_path: Path) -> None:
    contract = json.loads(RELEASE.files["contract.json"]) | {"what_is_to_come": 1}
    release_id, forged = _forged(dict(RELEASE.files) | {"contract.json": json.dumps(contract).encode()})
    _write(tmp_path, release_id, forged)
    with pytest.raises(ReleaseError, match=r"holds what this version of evergreen cannot read .*Install the version"):
        ReleaseStore(str(tmp_path)).champion()


def test_nothing_planted_is_promoted(tmp_path: Path) -> None:
    marker, files = tmp_path / "was_run", dict(RELEASE.files)
    _as_every_array(files, pickle.dumps(Planted(marker)))
    release_id, forged = _forged(files)
    _write(tmp_path, release_id, forged)
    (tmp_path / "champion.json").unlink()
    with pytest.raises(ReleaseError, match="The model file cannot be read"):
        promote(ReleaseStore(str(tmp_path)), release_id, BY_ADA)
    assert ReleaseStore(str(tmp_path)).champion_id() is None
    assert not marker.exists()


@pytest.mark.parametrize(
    "fault", ["a leaf far beyond", "itself as child", "a feature beyond", "a set beyond", "cut threshold"]
)
def test_trees_that_lead_lightgbm_astray_are_refused_though_manifest_and_checksum_fit(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def see(*_: Any, **__: Any) -> None:
        raise AssertionError("LightGBM was given a text")

    plant, words = FAULTS[fault]
    honest = honest_model("two classes")
    monkeypatch.setattr(lightgbm, "Booster", see)
    for number, model in enumerate((honest, planted_model("two classes", plant(honest.model_)))):
        root = tmp_path / str(number)
        release_id, forged = _forged(dict(RELEASE.files) | {"model.skops": model_to_bytes(model)})
        folder = _write(root, release_id, forged)
        champion = ReleaseStore(str(root)).champion()
        if model is honest:
            assert champion.model.model_ == honest.model_
            continue
        with pytest.raises(ReleaseError, match=words):
            _ = champion.model
        assert main([str(folder)]) == 1
