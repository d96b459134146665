"""Ways to tell people of incidents: a line in the log, a file, a webhook, a mail."""

import json
import logging
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.request import Request, urlopen

from pydantic import Field

from evergreen.problem import CaseModel

logger = logging.getLogger(__name__)
Notice = Mapping[str, Any]
_MANY = 300


class LogChannel(CaseModel):
    """Notices in the log of the run."""

    kind: Literal["log"]

    @property
    def name(self) -> str:
        """The channel in words."""
        return "log"

    def send(self, notices: Sequence[Notice], *, seconds: float) -> None:  # noqa: ARG002 - as other channels
        """Tell the notices."""
        for one in notices:
            logger.warning("%s", tell(one))


class FileChannel(CaseModel):
    """Notices as lines of JSON at the end of a file.

    Attributes:
        path: of the file on this machine.
    """

    kind: Literal["file"]
    path: str

    @property
    def name(self) -> str:
        """The channel in words."""
        return f"file {self.path}"

    def send(self, notices: Sequence[Notice], *, seconds: float) -> None:  # noqa: ARG002 - as other channels
        """Tell the notices."""
        lines = "".join(json.dumps(dict(one), ensure_ascii=False) + "\n" for one in notices)
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        with Path(self.path).open("a", encoding="utf-8") as file:
            file.write(lines)


class WebhookChannel(CaseModel):
    """Notices as JSON, posted to an address: ``{"notices": [...], "text": "..."}``.

    Attributes:
        url: the address; it often is a secret, so it belongs to the credentials.
    """

    kind: Literal["webhook"]
    url: str = Field(pattern="^https?://", repr=False)

    @property
    def name(self) -> str:
        """The channel in words, without its address."""
        return "webhook"

    def send(self, notices: Sequence[Notice], *, seconds: float) -> None:
        """Tell the notices."""
        text = "\n".join(tell(one) for one in notices)
        body = json.dumps({"notices": [dict(one) for one in notices], "text": text}).encode()
        request = Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310 - http(s) by its type
        with urlopen(request, timeout=seconds) as answer:  # noqa: S310 - as above
            answer.read(1)


class MailChannel(CaseModel):
    """Notices in one mail.

    Attributes:
        host: of the SMTP server.
        port: of it.
        sender: address that mails come from.
        to: addresses that they go to.
        security: whether the connection is encrypted at once (tls), after a greeting (starttls) or not (none).
        user: name to log in with; nobody logs in where it is missing.
        password: of the user; it belongs to the credentials.
    """

    kind: Literal["email"]
    host: str
    port: int = Field(default=587, ge=1, le=65535)
    sender: str
    to: tuple[str, ...] = Field(min_length=1)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = Field(default=None, repr=False)
    password: str | None = Field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The channel in words."""
        return f"email by {self.host}"

    def send(self, notices: Sequence[Notice], *, seconds: float) -> None:
        """Tell the notices."""
        mail = EmailMessage()
        n_open = sum(one["state"] == "open" for one in notices)
        mail["Subject"] = f"{notices[0]['case']}: {n_open} opened, {len(notices) - n_open} closed"
        mail["From"], mail["To"] = self.sender, ", ".join(self.to)
        mail.set_content("\n\n".join(tell(one) for one in notices))
        secure = ssl.create_default_context()
        if self.security == "tls":
            with smtplib.SMTP_SSL(self.host, self.port, timeout=seconds, context=secure) as server:
                self._hand_over(server, mail)
            return
        with smtplib.SMTP(self.host, self.port, timeout=seconds) as server:
            if self.security == "starttls":
                server.starttls(context=secure)
            self._hand_over(server, mail)

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage) -> None:
        if self.user is not None:
            server.login(self.user, self.password or "")
        server.send_message(mail)


Channel = Annotated[LogChannel | FileChannel | WebhookChannel | MailChannel, Field(discriminator="kind")]


def tell(notice: Notice) -> str:
    """Tell an incident in a few sentences.

    Args:
        notice: of ``write_notices``.

    Returns:
        One line.
    """
    opened = f"Incident in case '{notice['case']}' since {notice['since']}: "
    if notice["state"] == "closed":
        end = "is not seen any more" if notice["closed"] is None else f"is over since {notice['closed']}"
        return f"{opened}{notice['cause']} {end}."
    return f"{opened}{' '.join(str(notice['finding']).split())[:_MANY]} {notice['advice']}"
