"""
Every provider kind, one row each: those with an API are met by a fake of their flavour, SMTP by a
server of ours, the outbox by a folder.
"""

from __future__ import annotations

import email
import email.header
import email.policy
import email.utils
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fake_brevo import FakeBrevo
from fake_mailgun import FakeMailgun
from fake_mailjet import FakeMailjet
from fake_postmark import FakePostmark
from fake_provider import Arrived, FakeProvider
from fake_resend import FakeResend
from fake_sendgrid import FakeSendgrid
from fake_ses import FakeSes
from fake_sparkpost import FakeSparkpost
from provider_samples import NOW
from smtp_server import SmtpServer

from newsletter.model.delivery import Provider
from newsletter.providers.http_client import HttpClient
from newsletter.providers.outbox.provider import OutboxProvider
from newsletter.providers.smtp.connect import SmtpEndpoint
from newsletter.providers.smtp.provider import SmtpProvider

FLAVOURS: Mapping[str, type[FakeProvider]] = {
    "resend": FakeResend,
    "postmark": FakePostmark,
    "ses": FakeSes,
    "mailgun": FakeMailgun,
    "sendgrid": FakeSendgrid,
    "mailjet": FakeMailjet,
    "brevo": FakeBrevo,
    "sparkpost": FakeSparkpost,
}
KINDS = ("outbox", "smtp", *FLAVOURS)


@dataclass(frozen=True, kw_only=True)
class WiredProvider:
    """
    An open provider, and what its readers got; `fake` is None if no network is involved.
    """

    provider: Provider
    arrived: Callable[[], Sequence[Arrived]]
    fake: FakeProvider | None = None


@contextmanager
def wired_provider(kind: str, folder: Path, specs: Path | None) -> Iterator[WiredProvider]:
    """
    Open the provider of *kind*.
    """
    if kind == "outbox":
        yield _outbox(folder / "outbox")
        return
    if kind == "smtp":
        with SmtpServer() as server, closing(_smtp(server.port)) as provider:
            yield WiredProvider(
                provider=provider, arrived=lambda: [read_eml(one.raw) for one in server.taken]
            )
        return
    with FLAVOURS[kind].running(specs) as fake, HttpClient(1) as http:
        yield WiredProvider(provider=fake.opened(http), arrived=fake.arrived, fake=fake)


def _outbox(folder: Path) -> WiredProvider:
    return WiredProvider(
        provider=OutboxProvider(folder, clock=lambda: NOW),
        arrived=lambda: [read_eml(file.read_bytes()) for file in sorted(folder.glob("*.eml"))],
    )


def _smtp(port: int) -> SmtpProvider:
    server = SmtpEndpoint(host="127.0.0.1", port=port, security="none")
    return SmtpProvider("relay", server=server, clock=lambda: NOW)


def read_eml(raw: bytes) -> Arrived:
    """
    Read a message from the wire as a mail program does.
    """
    message = email.message_from_bytes(raw, policy=email.policy.default)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert text is not None
    # The new policy reads a long name of several encoded words with spaces between them
    # (https://github.com/python/cpython/issues/128110); the old functions follow RFC 2047.
    name, address = email.utils.parseaddr(email.message_from_bytes(raw)["From"])
    (to,) = message["To"].addresses
    return Arrived(
        to=to.addr_spec,
        to_name=to.display_name,
        sender=(str(email.header.make_header(email.header.decode_header(name))), address),
        subject=message["Subject"],
        html=html.get_content(),
        text=text.get_content(),
        headers={name: str(value) for name, value in message.items()},
        reply_to=message["Reply-To"],
    )
