"""The versions a release was made with, and whether the ones at hand can be trusted with it."""

import platform
from collections.abc import Mapping
from importlib.metadata import version

from evergreen.errors import ReleaseError

_LIBRARIES = ("evergreen", "numpy", "pandas", "scikit-learn", "skops")
# scikit-learn promises nothing about a model that another version of it has fitted.
_MUST_BE_SAME = "scikit-learn"


def versions_here() -> dict[str, str]:
    """Tell the versions of this installation.

    Returns:
        Python and the libraries a model depends on -> version.
    """
    return {"python": platform.python_version(), **{name: _version_of(name) for name in _LIBRARIES}}


def tell_other_versions(made_with: Mapping[str, str]) -> str:
    """Say which versions differ from those at hand.

    Args:
        made_with: what a release says.

    Returns:
        ``"scikit-learn 1.8.0 (here 1.9.1)"``, more of them joined by commas; empty where all are the same.
    """
    here = versions_here()
    return ", ".join(
        f"{name} {made_with[name]} (here {here[name]})"
        for name in here
        if name in made_with and made_with[name] != here[name]
    )


def is_of_other_version(made_with: Mapping[str, str]) -> bool:
    """Say whether another version of scikit-learn than the one at hand has fitted a model.

    Args:
        made_with: the versions it was made with.

    Returns:
        Whether they differ.
    """
    return made_with.get(_MUST_BE_SAME) != _version_of(_MUST_BE_SAME)


def refuse_other_versions(release_id: str, made_with: Mapping[str, str]) -> None:
    """Refuse a release that another version of scikit-learn has fitted.

    Args:
        release_id: its name.
        made_with: the versions it was made with.

    Raises:
        ReleaseError: where they differ.
    """
    if is_of_other_version(made_with):
        made, here = made_with.get(_MUST_BE_SAME), _version_of(_MUST_BE_SAME)
        finding = f"was made with {_MUST_BE_SAME} {made}, and here is {here}, which may read the model otherwise"
        cure = f"Install {_MUST_BE_SAME}=={made}, or train and release again." if made else "Train and release again."
        raise ReleaseError(f"Release '{release_id}'", finding, cure)


def _version_of(library: str) -> str:
    if library == "evergreen":
        from evergreen import __version__

        return __version__
    return version(library)
