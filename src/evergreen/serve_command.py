"""What ``kedro serve`` does: finds the releases and the log of an environment, and serves."""

import logging
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evergreen.environment import open_environment
from evergreen.errors import CaseError, EvergreenError

if TYPE_CHECKING:
    from evergreen.serving.run import ServiceSpec

_log = logging.getLogger(__name__)
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

    found = open_environment(metadata, env)
    loader, places = found.loader, found.place.project_globals
    told = loader["parameters"].get("serving", {})
    if found.place.may_only_read:
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
        releases=found.address(entry["path"]),
        log=log_url(params.log, data=found.place.project_path / places["data"], case=places["case"]),
        params=params,
        storage_options=entry.get("storage_options") or {},
        api_key=os.environ.get(API_KEY) or _credentials(loader).get("api_key"),
    )


def warn_without_release(spec: "ServiceSpec") -> None:
    """Warn once where nothing can be answered yet; what cannot be read now, the service tells itself.

    Args:
        spec: what is to be served.
    """
    from evergreen.releases import ReleaseStore

    try:
        is_empty = ReleaseStore(spec.releases, spec.storage_options).champion_id() is None
    except (EvergreenError, OSError):
        return
    if is_empty:
        _log.warning(
            "Case '%s' has no live release, so every request for predictions is refused (503) until there is one. "
            "Make one in the same environment: kedro run; the service then takes it up by itself.",
            spec.case,
        )


def _credentials(loader: Any) -> Mapping[str, Any]:
    from kedro.config import MissingConfigException

    try:
        found: Mapping[str, Any] = loader["credentials"].get("serving") or {}
    except MissingConfigException:
        return {}
    return found
