"""Notices in the catalog: saving them tells people what is new, once."""

import json
import logging
import threading
from typing import Any

import fsspec
from kedro.io import AbstractDataset
from pydantic import TypeAdapter, ValidationError

from evergreen.datasets.notice_channels import Channel, Notice
from evergreen.datasets.whole_file import replace_file
from evergreen.errors import CaseError

logger = logging.getLogger(__name__)
Told = dict[str, dict[str, Notice]]
_CHANNELS: TypeAdapter[list[Channel]] = TypeAdapter(list[Channel])


class NoticesDataset(AbstractDataset[list[Notice], Told]):
    """Tells each incident once when it opens and once when it closes, on every channel.

    ```yaml
    notices:
      type: evergreen.datasets.notices_dataset.NoticesDataset
      filepath: data/08_reporting/demo/notices.json
      channels:
        - kind: log
        - { kind: email, host: mail.example.com, sender: evergreen@example.com, to: [team@example.com] }
      credentials: notices # a list under "channels": channels with what is secret of them
    ```

    What a channel has told is kept in a file. A channel that fails or hangs never stops a run: it is given up after
    some seconds, with a warning, and tries again in the next run. Where it hung after it had told, it tells twice.

    Args:
        filepath: path or URL of the file that keeps what was told.
        channels: ways to tell, see ``notice_channels``.
        credentials: ``channels``: more of them, or keys for those of the same kind.
        timeout_seconds: how long a channel may take, > 0.
        metadata: free text for other tools.

    Raises:
        CaseError: where a channel is not one.
    """

    has_value_when_absent = True
    keeps_own_store = True

    def __init__(
        self,
        *,
        filepath: str,
        channels: list[dict[str, Any]] | None = None,
        credentials: dict[str, Any] | None = None,
        timeout_seconds: float = 5.0,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath, self._seconds, self.metadata = filepath, timeout_seconds, metadata
        told = _join(channels or [], (credentials or {}).get("channels", []))
        try:
            self._channels = _CHANNELS.validate_python(told)
        except ValidationError as error:
            # Values may be secrets: only places are told.
            places = ", ".join(".".join(map(str, one["loc"])) for one in error.errors(include_input=False))
            finding = f"have a fault at {places}"
            raise CaseError("The channels of 'notices'", finding, "See how-to/watch.md for their keys.") from None

    def load(self) -> Told:
        """Read what was told.

        Returns:
            Channel -> key of the incident -> the last notice of it.
        """
        fs, path = fsspec.core.url_to_fs(self._filepath)
        if not fs.exists(path):
            return {}
        try:
            told: Told = json.loads(fs.cat_file(path))
        except ValueError:
            logger.warning("The file '%s' is no JSON. What is open is told again.", self._filepath)
            return {}
        return told

    def save(self, data: list[Notice]) -> None:
        """Tell what is new.

        Args:
            data: a notice of every incident.
        """
        told = self.load()
        for channel in self._channels:
            before = told.get(channel.name, {})
            new, silent = _find_news(data, before)
            if new and not self._try(channel, new):
                continue
            told[channel.name] = {**before, **{str(one["key"]): dict(one) for one in (*new, *silent)}}
        if told:
            replace_file(self._filepath, json.dumps(told, indent=1, ensure_ascii=False).encode())

    def _try(self, channel: Channel, notices: list[Notice]) -> bool:
        """Let a channel tell in a thread of its own, which nobody waits for longer than is allowed."""
        faults: list[str] = []
        done = threading.Event()

        def work() -> None:
            try:
                channel.send(notices, seconds=self._seconds)
            # Whatever goes wrong in a channel must not end the run.
            except Exception as error:
                faults.append(type(error).__name__)
            else:
                done.set()

        thread = threading.Thread(target=work, name=f"notices by {channel.kind}", daemon=True)
        thread.start()
        thread.join(self._seconds)
        if done.is_set():
            return True
        reason = faults[0] if faults else f"it took more than {self._seconds:g} seconds"
        told = f"{len(notices)} notices could not be told by {channel.name}: {reason}. The next run tries again."
        logger.warning("%s", told)
        return False

    def _exists(self) -> bool:
        fs, path = fsspec.core.url_to_fs(self._filepath)
        return bool(fs.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath, "channels": [one.kind for one in self._channels]}


def _join(channels: list[dict[str, Any]], secrets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put secret keys to the channel of their kind; what has none is a channel of its own."""
    joined = [dict(one) for one in channels]
    for secret in secrets:
        mine = [one for one in joined if one.get("kind") == secret.get("kind")]
        if mine:
            mine[0].update(secret)
        else:
            joined.append(dict(secret))
    return joined


def _find_news(notices: list[Notice], before: dict[str, Notice]) -> tuple[list[Notice], list[Notice]]:
    """Part what is to be told from what is only noted: an incident that was over before anybody was told of it."""
    new: list[Notice] = []
    silent: list[Notice] = []
    for one in notices:
        known = before.get(str(one["key"]))
        if known is None:
            (new if one["state"] == "open" else silent).append(one)
        elif known["state"] != one["state"]:
            new.append(one)
    # Outcomes that came later may show that there was nothing.
    present = {str(one["key"]) for one in notices}
    gone = [one for key, one in before.items() if key not in present and one["state"] == "open"]
    return [*new, *({**one, "state": "closed", "closed": None} for one in gone)], silent
