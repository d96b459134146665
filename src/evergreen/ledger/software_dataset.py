"""What code runs, as an entry of the catalog: no node asks for it itself."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evergreen.errors import WriteRefusedError
from evergreen.ledger.begin import project_version
from evergreen.read_only import ReadOnlyDataset

_LIBRARIES = (
    "kedro",
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "lightgbm",
    "catboost",
    "optuna",
    "fairlearn",
    "pandera",
    "skops",
    "plotly",
)


class SoftwareDataset(ReadOnlyDataset[dict[str, str]]):
    """The versions of the project, of Python and of the libraries that a verdict depends on.

    Args:
        path: the folder ``.git`` of the project, whether there or not.
        metadata: free text for other tools.
    """

    def __init__(self, *, path: str, metadata: dict[str, Any] | None = None) -> None:
        self._path = path
        self.metadata = metadata

    def load(self) -> dict[str, str]:
        """Ask for the versions.

        Returns:
            Name -> version; "evergreen" first, with the commit where the project is a git clone. A library that is not
            installed is not named.
        """
        own = {"evergreen": project_version(Path(self._path).parent), "python": platform.python_version()}
        return own | {name: found for name in _LIBRARIES if (found := _version_of(name)) is not None}

    def refusal(self) -> WriteRefusedError:
        """Software is installed, not saved."""
        return WriteRefusedError("The software", "is only read by the catalog", "Install what is needed with pip.")

    def _exists(self) -> bool:
        return True

    def _describe(self) -> dict[str, Any]:
        return {"path": self._path}


def _version_of(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None
