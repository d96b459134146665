"""An environment may be made of several folders of ``conf``: ``--env bank_marketing,duckdb``."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import DictConfig

from evergreen.errors import CaseError, named

_SEPARATOR = ","
_PARAMETERS = "parameters"
Configs = dict[Path, DictConfig]


class LayerError(CaseError, MissingConfigException):
    """An environment names a layer that does not exist, or names one twice."""


class LayeredConfigLoader(OmegaConfigLoader):
    """Reads the base environment, and over it each layer of the environment of the run, the last one on top.

    A layer lies over those before it as Kedro lays an environment over the base: of a top-level key (a dataset, a
    parameter, a global, a set of credentials) the last layer that has it counts, whole. Each layer is resolved by
    itself: its interpolations see its own keys and the globals of all layers.

    Beyond that, ``--params`` changes single keys in every environment. In Kedro 1.7, ``--params stage.key=1`` makes an
    environment that has parameters, but none of that stage, lose all other keys of the stage.
    """

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers over the base environment, the last one on top; none where the run takes the base alone.

        Raises:
            LayerError: where one is named twice, or has no name.
        """
        env = str(self.env or self.default_run_env)
        names = env.split(_SEPARATOR)
        if "" in names and names != [""]:
            raise LayerError(f"Environment '{env}'", "names a layer without a name", "Write it as case,engine.")
        for name in names:
            if names.count(name) > 1:
                raise LayerError(f"Environment '{env}'", f"names '{name}' twice", "Name each layer once.")
        return tuple(name for name in names if name not in ("", self.base_env))

    def layers_for(self, key: str) -> tuple[str, ...]:
        """The layers that one kind of configuration is read from, over the base.

        Args:
            key: the kind of configuration, such as ``catalog``.

        Returns:
            The layers of the environment, for every kind.
        """
        del key
        return self.layers

    def layer_of(self, key: str, name: str) -> str | None:
        """Say which layer has the last word on a top-level key.

        Args:
            key: the kind of configuration, such as ``globals``.
            name: the top-level key.

        Returns:
            The layer; None where no layer over the base has the key.
        """
        layers = reversed(self.layers_for(key))
        return next((layer for layer in layers if name in _keys(self._read_layer(key, layer, set()))), None)

    def _read_raw_config(self, key: str) -> tuple[Configs, Configs, str, str, set[Path]]:
        processed: set[Path] = set()
        base = self._read_layer(key, self.base_env, processed)
        over: Configs = {}
        for layer in self.layers_for(key):
            over |= self._read_layer(key, layer, processed)
        paths = [self._get_conf_env_path(layer) for layer in self.layers_for(key)]
        return base, over, self._get_conf_env_path(self.base_env), ", ".join(paths), processed

    def _resolve_from_raw_config(
        self,
        key: str,
        base_configs: Configs,
        env_configs: Configs,
        base_path: str,
        env_path: str,
        processed_files: set[Path],
    ) -> dict[str, Any]:
        paths = (base_path, env_path, processed_files)
        resolved: dict[str, Any] = super()._resolve_from_raw_config(key, base_configs, {}, *paths)
        for layer in self.layers_for(key):
            configs = self._of_layer(layer, env_configs)
            # Kedro puts the parameters of the command line into the configuration it is given.
            own = _keys(configs)
            over = super()._resolve_from_raw_config(key, {}, configs, *paths)
            if key == _PARAMETERS:
                over = {name: value for name, value in over.items() if name in own or name not in resolved}
            resolved = self._merge_configs(resolved, over, key, layer)
        return resolved

    def _read_layer(self, key: str, layer: str, processed: set[Path]) -> Configs:
        patterns = [*self.config_patterns[key]]
        path = self._get_conf_env_path(layer)
        try:
            configs: Configs = self._read_dir_configs(path, patterns, key, processed, key == "credentials")
        except MissingConfigException as error:
            raise LayerError(f"Environment '{layer}'", f"has no folder '{path}'", self._cure(layer)) from error
        return configs

    def _of_layer(self, layer: str, configs: Configs) -> Configs:
        folder = Path(self._get_conf_env_path(layer))
        # Some file systems give absolute paths, whatever they were asked.
        folders = (folder, folder.absolute())
        return {path: config for path, config in configs.items() if any(path.is_relative_to(one) for one in folders)}

    def _cure(self, layer: str) -> str:
        source = Path(self.conf_source)
        known = sorted(path.name for path in source.iterdir() if path.is_dir()) if source.is_dir() else []
        close = get_close_matches(layer, known, n=1)
        return f"Did you mean '{close[0]}'?" if close else f"There are {named(known)}."


def _keys(configs: Configs) -> set[str]:
    return {str(name) for config in configs.values() for name in config}
