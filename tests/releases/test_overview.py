from pathlib import Path
from typing import Any

import pytest

from evergreen.errors import ReleaseError
from evergreen.releases import Release, ReleaseStore, assemble_release, retire
from evergreen.releases.overview import list_releases, show_release, verify_releases
from tests.models.small import small_case, trained
from tests.releases.small import BY_ADA, entry

CARD = {"as_of": "2020-06-30", "judged_until": "2020-06-01"}


def _release(note: str, **documents: Any) -> Release:
    metrics = {"roc_auc": {"value": 0.75, "low": None, "high": 0.8125}}
    told = {"note": note, "split_card": CARD, "metrics": metrics, **documents}
    return assemble_release(small_case("binary"), trained("binary").model, told)


A, B, C = (_release(note) for note in ("first", "second", "third"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    store = ReleaseStore(str(tmp_path))
    for release in (A, B, C):
        store.add(release)
    store.promote(entry(A))
    store.promote(entry(B))
    retire(store, A.release_id, BY_ADA)
    return tmp_path


@pytest.fixture
def store(root: Path) -> ReleaseStore:
    return ReleaseStore(str(root))


def _damage(root: Path, release: Release) -> None:
    (root / "releases" / release.release_id / "note.json").write_text('"forged"')


def test_releases_are_listed_with_their_state_and_their_last_change(store: ReleaseStore) -> None:
    found = list_releases(store).set_index("release_id")
    assert list(found.index) == [C.release_id, B.release_id, A.release_id]
    assert found["state"].tolist() == ["", "champion", "retired"]
    assert found["change"].tolist()[1:] == ["promote", "retire"]
    assert found.loc[B.release_id, ["as_of", "judged_until", "by", "why"]].tolist() == [
        *CARD.values(),
        "ada",
        "It pays.",
    ]


def test_a_damaged_release_is_listed_as_such(store: ReleaseStore, root: Path) -> None:
    _damage(root, C)
    assert list_releases(store).set_index("release_id").loc[C.release_id, "state"] == "damaged"


def test_an_empty_store_has_an_empty_list(tmp_path: Path) -> None:
    nothing = ReleaseStore(str(tmp_path / "nowhere"))
    assert list(list_releases(nothing)["release_id"]) == []
    assert verify_releases(nothing)["state"].tolist() == ["whole", "whole"]


def test_a_release_is_shown_with_figures_files_and_history(store: ReleaseStore) -> None:
    found = show_release(store, A.release_id)
    told = dict(zip(found["what"], found["told"], strict=True))
    assert told["state"] == "retired"
    assert told["as_of"] == "2020-06-30"
    assert told["metrics roc_auc"] == "0.75 (? to 0.8125)"
    assert told["other versions"] == ""
    assert told["file note.json"] == "7 bytes"
    changes = found.loc[found["what"] == "change", "told"].tolist()
    assert changes[0] == "2020-07-01T00:00:00+00:00 promote by ada, as of 2020-06-30: It pays."
    assert changes[1].startswith("2020-07-01T00:00:00+00:00 retire by ada")


def test_every_release_pointer_and_history_are_verified(store: ReleaseStore, root: Path) -> None:
    assert set(verify_releases(store)["state"]) == {"whole"}
    _damage(root, C)
    (root / "champion.json").write_text('{"release_id": "00"}')
    (root / "history.jsonl").write_text("{\n")
    found = verify_releases(store).set_index("what")
    assert found[found["state"] == "damaged"].index.tolist() == [C.release_id, "champion.json", "history.jsonl"]
    assert "'note.json' is not what the manifest says" in found.loc[C.release_id, "finding"]
    assert "Release '00' is not in" in found.loc["champion.json", "finding"]


def test_one_release_can_be_verified_alone(store: ReleaseStore, root: Path) -> None:
    _damage(root, C)
    assert verify_releases(store, B.release_id)["state"].tolist() == ["whole"]
    assert verify_releases(store, C.release_id)["state"].tolist() == ["damaged"]
    with pytest.raises(ReleaseError, match="Release '00' is not in"):
        verify_releases(store, "00")


def test_other_versions_are_told_of_a_whole_release(store: ReleaseStore, monkeypatch: pytest.MonkeyPatch) -> None:
    here = {"scikit-learn": "99.0", "numpy": A.files["versions.json"].decode().split('"numpy": "')[1].split('"')[0]}
    monkeypatch.setattr("evergreen.releases.versions.versions_here", lambda: here)
    found = verify_releases(store, A.release_id)
    assert found["state"].tolist() == ["whole"]
    assert found["finding"].iloc[0].startswith("made with scikit-learn ")
    assert found["finding"].iloc[0].endswith("(here 99.0)")
