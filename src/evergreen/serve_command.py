"""What ``kedro serve`` does: finds the releases and the log of an environment, and serves."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evergreen.errors import CaseError, EvergreenError

if TYPE_CHECKING:
    from evergreen.serving.run import ServiceSpec

API_KEY = "EVERGREEN_API_KEY"
_ENTRY = "champion"


def service_spec(metadata: Any, env: str | None, changes: Mapping[str, Any]) -> "ServiceSpec":
    """Read what is to be served.

    Args:
        metadata: what Kedro knows of the project.
        env: the environment; the default one where not said.
        changes: parameters of ``serving`` that the command line gave.

    Returns:
        The case, its releases (the catalog's entry ``champion``), its log, and the parameters. The API key is that of
        the environment variable EVERGREEN_API_KEY, else ``serving.api_key`` of the credentials.

    Raises:
        EvergreenError: where the environment does not exist or would not let the log be written, or a parameter is
            wrong.
    """
    from pydantic import ValidationError

    from evergreen.prediction_log.place import log_url
    from evergreen.serving.params import ServingParams
    from evergreen.serving.run import ServiceSpec

    root, loader = Path(metadata.project_path), _loader(metadata, env)
    places, told = loader["globals"], loader["parameters"].get("serving", {})
    if places.get("writable_root"):
        finding = "may write only below its writable_root, and a service writes the log of its case"
        raise CaseError(f"Environment '{env}'", finding, "Serve in the environment of the case.")
    try:
        params = ServingParams.model_validate({**told, **changes})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("serving", *first["loc"])))
        raise CaseError(f"Parameter '{place}'", f"is wrong: {first['msg']}", "Mend parameters_serving.yml.") from error
    entry = loader["catalog"][_ENTRY]
    return ServiceSpec(
        case=str(places["case"]),
        releases=entry["path"] if "://" in entry["path"] else str(root / entry["path"]),
        log=log_url(params.log, data=root / places["data"], case=places["case"]),
        params=params,
        storage_options=entry.get("storage_options") or {},
        api_key=os.environ.get(API_KEY) or _credentials(loader).get("api_key"),
    )


def _loader(metadata: Any, env: str | None) -> Any:
    from kedro.config import MissingConfigException
    from kedro.framework.project import settings

    conf = Path(metadata.project_path) / settings.CONF_SOURCE
    env = env or os.environ.get("KEDRO_ENV")
    loader = settings.CONFIG_LOADER_CLASS(str(conf), env=env, **settings.CONFIG_LOADER_ARGS)
    try:
        loader["globals"]
    except MissingConfigException as error:
        if isinstance(error, EvergreenError):
            raise
        raise EvergreenError(f"Environment '{env}'", f"has no folder in '{conf}'", "Name another.") from error
    return loader


def _credentials(loader: Any) -> Mapping[str, Any]:
    from kedro.config import MissingConfigException

    try:
        found: Mapping[str, Any] = loader["credentials"].get("serving") or {}
    except MissingConfigException:
        return {}
    return found
