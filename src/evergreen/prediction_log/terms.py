"""What a reader of the log may ask for; importing this costs nothing."""

from collections.abc import Collection
from typing import Literal, TypedDict

Clock = Literal["answered_at", "event_time"]


class WindowTerms(TypedDict, total=False):
    """Which answers are read.

    Attributes:
        since: the first moment, ISO, in UTC where it has no zone; from the beginning where not said.
        until: the first moment no longer; to the end where not said.
        roles: of the releases that answered; the champion's where not said.
        by: the time that counts. By ``event_time``, answers without one are left out.
        known_until: outcomes known later are left out, as they were not there yet.
        release_id: the release that answered; any where not said.
    """

    since: str | None
    until: str | None
    roles: Collection[str]
    by: Clock
    known_until: str | None
    release_id: str | None
