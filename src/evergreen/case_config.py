"""Configuration of a case: layers of environments, with one set of credentials for all cases."""

from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException

from evergreen.layered_config import LayeredConfigLoader, LayerError

_CREDENTIALS = "credentials"


class CaseConfigLoader(LayeredConfigLoader):
    """The layered loader, which reads ``conf/local`` for credentials whatever environment runs.

    A case is an environment, and Kedro reads ``conf/local`` only where none is given: the one place for secrets that
    git never sees would hold for no case. What an environment says of its own credentials goes before.
    """

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Read one kind of configuration.

        Args:
            key: "catalog", "parameters", "credentials" or "globals".

        Returns:
            What base, ``conf/local`` (for credentials) and the layers of the environment say; of two, the one named
            later here.

        Raises:
            LayerError: where the environment names a layer that does not exist.
            MissingConfigException: where no file of that kind exists.
        """
        try:
            return super().__getitem__(key)
        except LayerError:
            raise
        except MissingConfigException as error:
            if key != _CREDENTIALS:
                raise
            finding = "No credentials are given, in conf/local or in the environment that runs."
            raise MissingConfigException(finding) from error

    def layers_for(self, key: str) -> tuple[str, ...]:
        """The layers that one kind of configuration is read from, over the base.

        Args:
            key: the kind of configuration.

        Returns:
            Those of the environment; for credentials ``conf/local`` lies under them.
        """
        layers = self.layers
        local = self.default_run_env
        has_own = local and local not in layers and Path(self._get_conf_env_path(local)).is_dir()
        return (local, *layers) if key == _CREDENTIALS and has_own else layers
