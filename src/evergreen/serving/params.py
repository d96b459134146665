"""Parameters of the service."""

from typing import Literal, Self

from pydantic import Field, model_validator

from evergreen.problem import CaseModel
from evergreen.problem.base import require


class CanaryParams(CaseModel):
    """A release that answers a share of the rows in the champion's place.

    Attributes:
        release_id: the release.
        share: of all keys; the same key is always answered by the same release.
    """

    release_id: str = Field(pattern=r"^[0-9a-f]+$")
    share: float = Field(gt=0, lt=1)


class ServingParams(CaseModel):
    """How the service listens, and what it refuses.

    Attributes:
        host: the address it listens on.
        port: the port; 0 takes a free one.
        workers: processes that share the port.
        poll_seconds: how often it looks for another champion, and whether a log that failed works again.
        unknown_fields: whether a field that the contract does not have is refused, or left out.
        unlogged: whether rows that cannot be logged are refused, or answered all the same.
        log: address of the log of predictions; ``prediction_log.db`` beside the case's predictions where not said.
        durability: whether an answer in the log survives a loss of power, or only the end of the process.
        retention_days: after so many days rows leave the log; never where not said.
        max_body_bytes: of one request.
        max_rows: of one request.
        max_explained_rows: of one request that asks for explanations.
        max_in_flight: requests that are worked on at a time; more are sent away with 429.
        max_batch_rows: rows that are answered together, if no single request has more.
        body_seconds: how long a body may take to arrive.
        drain_seconds: between saying that it is not ready and closing the port.
        stop_seconds: how long requests in flight may take to finish after that.
        shadow: a release that answers the same rows unseen.
        canary: a release that answers a share of them.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    poll_seconds: float = Field(default=5.0, gt=0)
    unknown_fields: Literal["refuse", "ignore"] = "refuse"
    unlogged: Literal["refuse", "allow"] = "refuse"
    log: str | None = None
    durability: Literal["full", "normal"] = "full"
    retention_days: int | None = Field(default=None, ge=1)
    max_body_bytes: int = Field(default=1_000_000, ge=100)
    max_rows: int = Field(default=1000, ge=1)
    max_explained_rows: int = Field(default=10, ge=0)
    max_in_flight: int = Field(default=256, ge=1)
    max_batch_rows: int = Field(default=256, ge=1)
    body_seconds: float = Field(default=10.0, gt=0)
    drain_seconds: float = Field(default=1.0, ge=0)
    stop_seconds: float = Field(default=30.0, gt=0)
    shadow: str | None = Field(default=None, pattern=r"^[0-9a-f]+$")
    canary: CanaryParams | None = None

    @model_validator(mode="after")
    def _check_roles(self) -> Self:
        both = self.shadow is not None and self.canary is not None and self.shadow == self.canary.release_id
        require(not both, "shadow", "is the canary, too", "Give the release one role.")
        return self
