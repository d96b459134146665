"""What the project's commands know of the environment they are given."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evergreen.errors import EvergreenError

if TYPE_CHECKING:
    from evergreen.ledger import Place


@dataclass(frozen=True)
class Environment:
    """The configuration of an environment.

    Attributes:
        place: the project, the environment and its globals.
        loader: Kedro's, of this environment.
    """

    place: "Place"
    loader: Any

    def address(self, path: str) -> str:
        """Write a path of the catalog so that it is found from everywhere; a URL stays as it is."""
        return path if "://" in path else str(self.place.project_path / path)


def open_environment(metadata: Any, env: str | None) -> Environment:
    """Find an environment.

    Args:
        metadata: what Kedro knows of the project.
        env: the environment; that of KEDRO_ENV, else the default one, where not said.

    Returns:
        Its configuration.

    Raises:
        EvergreenError: where it does not exist.
    """
    from kedro.config import MissingConfigException
    from kedro.framework.project import settings

    from evergreen.ledger import Place

    root = Path(metadata.project_path)
    conf, env = root / settings.CONF_SOURCE, env or os.environ.get("KEDRO_ENV")
    try:
        loader = settings.CONFIG_LOADER_CLASS(str(conf), env=env, **settings.CONFIG_LOADER_ARGS)
        return Environment(Place(root, str(env or loader.default_run_env), loader["globals"]), loader)
    except MissingConfigException as error:
        if isinstance(error, EvergreenError):
            raise
        raise EvergreenError(f"Environment '{env}'", f"has no folder in '{conf}'", "Name another.") from error
