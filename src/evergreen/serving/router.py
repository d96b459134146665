"""Which release answers which row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import orjson

from evergreen.serving.served import ServedRelease

_PARTS = 2**64


@dataclass(frozen=True)
class Duty:
    """The releases on duty at one moment; a request keeps to the one it began with.

    Attributes:
        champion: answers, unless the canary does.
        canary: answers a share of the rows in its place.
        share: of all keys.
        shadow: answers the same rows unseen.
    """

    champion: ServedRelease
    canary: ServedRelease | None = None
    share: float = 0.0
    shadow: ServedRelease | None = None

    def choose(self, row_key: Mapping[str, Any]) -> ServedRelease:
        """Choose who answers a row.

        Args:
            row_key: the key columns; the same key always gets the same release.

        Returns:
            The champion, or the canary for its share of the keys.
        """
        if self.canary is None or _place(row_key) >= self.share:
            return self.champion
        return self.canary

    def all(self) -> Iterator[ServedRelease]:
        """List who is on duty.

        Yields:
            Champion, canary and shadow.
        """
        yield from (one for one in (self.champion, self.canary, self.shadow) if one is not None)


def _place(row_key: Mapping[str, Any]) -> float:
    written = orjson.dumps(row_key, option=orjson.OPT_SORT_KEYS, default=str)
    return int.from_bytes(blake2b(written, digest_size=8).digest()) / _PARTS


class Router:
    """Holds who is on duty; replaced as a whole, so that whoever looks sees one state."""

    def __init__(self) -> None:
        self.duty: Duty | None = None

    def choose(self, row_key: Mapping[str, Any]) -> ServedRelease:
        """Choose who answers a row now.

        Args:
            row_key: the key columns.

        Returns:
            The release.

        Raises:
            LookupError: where no release is on duty.
        """
        if self.duty is None:
            raise LookupError("No release is on duty.")
        return self.duty.choose(row_key)

    def take_over(self, champion: ServedRelease) -> None:
        """Make another release champion, between two requests.

        Args:
            champion: the release.
        """
        self.duty = Duty(champion) if self.duty is None else replace(self.duty, champion=champion)

    def accompany(self, other: ServedRelease, *, share: float = 0.0) -> None:
        """Put a release beside the champion.

        Args:
            other: a canary or a shadow, as its role says.
            share: of a canary.
        """
        if self.duty is None:
            return
        if other.role == "canary":
            self.duty = replace(self.duty, canary=other, share=share)
        else:
            self.duty = replace(self.duty, shadow=other)
