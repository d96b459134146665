"""What a release is: one model with all it needs, named by its content."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from evergreen.errors import ReleaseError, bounded
from evergreen.problem import Problem
from evergreen.releases.model_bytes import model_from_bytes, model_to_bytes
from evergreen.releases.versions import is_of_other_version, tell_other_versions, versions_here

if TYPE_CHECKING:
    from evergreen.models.decide import Model
    from evergreen.tables.outliers import OutlierLimits

logger = logging.getLogger(__name__)
MANIFEST = "manifest.json"
CARD = "card.md"
# The column in which predictions say which release made them.
RELEASE_ID = "release_id"
_MODEL, _CONTRACT = "model.skops", "contract.json"
_ID_DIGITS = 16
_OTHER_VERSION = "Install the version that versions.json names, promote another release, or train and release again."
_CURE = "Restore it from a copy, promote another one, or remove its folder, train and release again."


@dataclass(frozen=True)
class Release:
    """A release in memory: its files, ready to be stored.

    Attributes:
        release_id: the first 16 digits of the SHA-256 over names and contents of all files but manifest and card.
        files: file name -> content, the manifest with the hash of each among them.
    """

    release_id: str
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class NoRelease:
    """What a verdict other than "release" leads to: nothing is released, for these reasons."""

    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Promotion:
    """What deployment hands to the store.

    Attributes:
        release: the release to store and make champion, or the reasons why there is none.
        as_of: the logical date of the run, ISO.
        why: the reason for the promotion in a sentence.
        replaces: the champion that it was compared with; where another one is live by then, nothing is promoted. None
            where it replaces whatever is live.
    """

    release: Release | NoRelease
    as_of: str
    why: str
    replaces: str | None = None


@dataclass(frozen=True)
class Rollback:
    """What hands the place of the champion back to the one before it.

    Attributes:
        champion_id: the release that is given up; where another one is live by then, nothing is done.
        as_of: the logical date of the run, ISO.
        why: the reason in a sentence.
    """

    champion_id: str
    as_of: str
    why: str


@dataclass(frozen=True)
class LoadedRelease:
    """A release whose files are what they were when it was made.

    Attributes:
        release_id: its name.
        problem: the case it was made for, with contract and payoff.
        model_file: the fitted model as bytes.
        documents: every other JSON document in it (metrics, reference_profile, ...), by name without ending.
        card: the model card; None in a release that has none.
    """

    release_id: str
    problem: Problem
    model_file: bytes = field(repr=False)
    documents: Mapping[str, Any] = field(default_factory=dict)
    card: str | None = field(default=None, repr=False)

    @property
    def versions(self) -> dict[str, str]:
        """What it was made with."""
        found: dict[str, str] = self.documents["versions"]
        return found

    @property
    def outlier_limits(self) -> "OutlierLimits":
        """The fences of outliers that it was made with; none where it keeps none."""
        # Much is read of releases where no table is.
        from evergreen.tables.outliers import OutlierLimits

        return OutlierLimits.model_validate(self.documents.get("outlier_limits", {}))

    @cached_property
    def model(self) -> "Model":
        """The fitted model; loaded when it is first asked for, since much can be read of a release without it."""
        if is_of_other_version(self.versions):
            told = tell_other_versions(self.versions)
            logger.warning("Release '%s' was made with %s. Its scores may differ.", self.release_id, told)
        model: Model = model_from_bytes(self.model_file)
        return model


@dataclass(frozen=True)
class NoChampion:
    """What is live before anything was released: nothing."""

    release_id: None = None


Champion = LoadedRelease | NoChampion


def assemble_release(
    problem: Problem, model: "Model", documents: Mapping[str, Any], *, card: str | None = None
) -> Release:
    """Put a release together.

    Args:
        problem: the case.
        model: the fitted model.
        documents: name -> JSON-ready document (metrics, money, criteria, no_model, reference_profile).
        card: the model card. It tells the release's name, so the name is not made from it; the manifest holds its hash.

    Returns:
        The release; equal content gives an equal id.
    """
    files = {_MODEL: model_to_bytes(model), _CONTRACT: _to_json(problem.model_dump(mode="json", exclude_none=True))}
    files |= {f"{name}.json": _to_json(document) for name, document in documents.items()}
    files["versions.json"] = _to_json(versions_here())
    hashes = {name: _hash(content) for name, content in sorted(files.items())}
    release_id = _id_of(hashes)
    beside = {} if card is None else {CARD: card.encode()}
    files |= beside
    files[MANIFEST] = _manifest(release_id, hashes, {name: _hash(content) for name, content in beside.items()})
    return Release(release_id, files)


def load_release(release_id: str, files: Mapping[str, bytes]) -> LoadedRelease:
    """Check every file of a release and make it ready to predict.

    Args:
        release_id: the name it is stored under.
        files: file name -> content.

    Returns:
        The loaded release.

    Raises:
        ReleaseError: where a file is missing, added, or not what the manifest says, or the name is another's, or the
            contract is of another version of evergreen.
    """
    verify_files(release_id, files)
    try:
        documents = {
            name.removesuffix(".json"): json.loads(content)
            for name, content in files.items()
            if name.endswith(".json") and name not in (MANIFEST, _CONTRACT)
        }
        problem = Problem.model_validate(json.loads(files[_CONTRACT]))
        card = files[CARD].decode() if CARD in files else None
        return LoadedRelease(release_id, problem, files[_MODEL], documents, card)
    except (KeyError, ValueError, RecursionError) as error:
        finding = f"holds what this version of evergreen cannot read ({bounded(' '.join(str(error).split()))})"
        raise ReleaseError(f"Release '{release_id}'", finding, _OTHER_VERSION) from error


def verify_files(release_id: str, files: Mapping[str, bytes]) -> None:
    """Compare every file of a release with its manifest, and the manifest with the release's name.

    Args:
        release_id: the name it is stored under.
        files: file name -> content.

    Raises:
        ReleaseError: at the first difference.
    """
    thing = f"Release '{release_id}'"
    try:
        told = json.loads(files[MANIFEST])
        hashes, beside = dict[str, str](told["sha256"]), dict[str, str](told.get("beside", {}))
        is_own = files[MANIFEST] == _manifest(release_id, hashes, beside) and _id_of(hashes) == release_id
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise ReleaseError(thing, f"has no readable '{MANIFEST}'", _CURE) from error
    if not is_own or not set(beside) <= {CARD}:
        raise ReleaseError(thing, f"has a '{MANIFEST}' that is not its own", _CURE)
    expected_hashes = hashes | beside
    odd = set(expected_hashes) ^ (set(files) - {MANIFEST})
    if odd:
        raise ReleaseError(thing, f"lacks or adds the files {sorted(odd)}", _CURE)
    for name, expected in expected_hashes.items():
        if _hash(files[name]) != expected:
            raise ReleaseError(thing, f"was changed after it was made: '{name}' is not what the manifest says", _CURE)


def _id_of(hashes: Mapping[str, str]) -> str:
    return hashlib.sha256(_to_json(hashes)).hexdigest()[:_ID_DIGITS]


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _manifest(release_id: str, hashes: Mapping[str, str], beside: Mapping[str, str]) -> bytes:
    told = {"release_id": release_id, "sha256": hashes}
    return _to_json({**told, "beside": beside} if beside else told)


def _to_json(document: Any) -> bytes:
    return json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False).encode()
