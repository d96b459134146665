import json
from collections.abc import Callable

import pytest

from evergreen.errors import ReleaseError
from evergreen.releases import NoChampion, assemble_release, load_release
from tests.models.small import KINDS, small_case, trained
from tests.releases.small import small_release

FILES = ("contract.json", "manifest.json", "metrics.json", "model.skops", "note.json", "versions.json")
Damage = Callable[[dict[str, bytes], str], None]


def _change_first(files: dict[str, bytes], name: str) -> None:
    files[name] = bytes([files[name][0] ^ 1]) + files[name][1:]


def _change_middle(files: dict[str, bytes], name: str) -> None:
    middle = len(files[name]) // 2
    files[name] = files[name][:middle] + bytes([files[name][middle] ^ 1]) + files[name][middle + 1 :]


def _truncate(files: dict[str, bytes], name: str) -> None:
    files[name] = files[name][:-1]


def _empty(files: dict[str, bytes], name: str) -> None:
    files[name] = b""


def _lengthen(files: dict[str, bytes], name: str) -> None:
    files[name] += b"\n"


def _remove(files: dict[str, bytes], name: str) -> None:
    del files[name]


def _add(files: dict[str, bytes], name: str) -> None:
    files[f"{name}.copy"] = files[name]


DAMAGES: tuple[Damage, ...] = (_change_first, _change_middle, _truncate, _empty, _lengthen, _remove, _add)


@pytest.mark.parametrize("kind", KINDS)
def test_a_release_holds_the_case_the_model_and_its_documents(kind: str) -> None:
    release = small_release(kind)
    loaded = load_release(release.release_id, release.files)
    assert tuple(sorted(release.files)) == FILES
    assert loaded.problem == small_case(kind)
    assert type(loaded.model) is type(trained(kind).model)
    assert loaded.documents["note"] == {"is": "first"}
    assert {"python", "scikit-learn", "skops", "evergreen"} <= set(loaded.documents["versions"])


def test_a_release_is_named_by_its_content() -> None:
    again = assemble_release(small_case("binary"), trained("binary").model, {"note": {"is": "first"}})
    other = assemble_release(small_case("binary"), trained("binary").model, {"note": {"is": "second"}})
    assert len(again.release_id) == 16
    assert again.release_id != other.release_id
    assert assemble_release(small_case("binary"), trained("binary").model, {"note": {"is": "first"}}) == again


def test_the_order_of_documents_does_not_name_it() -> None:
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    ids = {assemble_release(small_case("binary"), trained("binary").model, told).release_id for told in (one, other)}
    assert len(ids) == 1


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_to_every_file_is_found_and_named(name: str, damage: Damage) -> None:
    release = small_release()
    files = dict(release.files)
    damage(files, name)
    with pytest.raises(ReleaseError, match=name) as caught:
        load_release(release.release_id, files)
    assert release.release_id in str(caught.value)
    assert "train and release again" in str(caught.value)


def test_a_release_under_the_name_of_another_is_refused() -> None:
    with pytest.raises(ReleaseError, match=r"'manifest.json' that is not its own"):
        load_release(small_release().release_id, small_release(note="second").files)


@pytest.mark.parametrize("manifest", [b"", b"[]", b"{}", b'"text"', b"\xff", b'{"sha256": []}', b'{"sha256": NaN}'])
def test_a_manifest_of_another_form_is_refused(manifest: bytes) -> None:
    release = small_release()
    with pytest.raises(ReleaseError, match=r"'manifest.json'"):
        load_release(release.release_id, dict(release.files) | {"manifest.json": manifest})


def test_figures_that_json_does_not_know_are_refused_when_a_release_is_made() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        assemble_release(small_case("binary"), trained("binary").model, {"metrics": {"roc_auc": float("nan")}})


def test_nothing_is_live_before_the_first_release() -> None:
    assert NoChampion().release_id is None


def test_documents_can_be_read_without_loading_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(content: bytes) -> None:
        raise AssertionError

    monkeypatch.setattr("evergreen.releases.release.model_from_bytes", refuse)
    loaded = load_release(small_release().release_id, small_release().files)
    assert json.dumps(loaded.documents["metrics"])
    with pytest.raises(AssertionError):
        _ = loaded.model
