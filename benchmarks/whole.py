"""
`whole`: a frozen issue sent as whole copies, through the product's own adapters for Postmark and
Resend, beside the same bytes through bare connections.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks import installation, pages
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from benchmarks.submit import handed_over
from benchmarks.wire import Wire, require_counted, running_sink
from newsletter.model.delivery import Provider
from newsletter.model.mail import Mail
from newsletter.providers.http_client import Http, HttpFailure, HttpResponse
from newsletter.providers.postmark.provider import PostmarkProvider
from newsletter.providers.resend.provider import ResendProvider

NAME = "whole"
FORMS: dict[str, tuple[str, Callable[[str, Http], Provider]]] = {
    "postmark": (
        "/postmark/email/batch",
        lambda url, http: PostmarkProvider(
            "postmark", api_key="key", base_url=f"{url}/postmark", http=http
        ),
    ),
    "resend": (
        "/resend/emails/batch",
        lambda url, http: ResendProvider(
            "resend", api_key="key", base_url=f"{url}/resend", http=http
        ),
    ),
}


class _Kept:
    """
    Stand in for the HTTP client: keep the body of a call and do not make it.
    """

    body = b""

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        self.body = content
        return HttpFailure(may_have_arrived=False, reason="kept")

    def get(
        self, url: str, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        return HttpFailure(may_have_arrived=False, reason="kept")


def run(*, full: bool = False) -> list[Row]:
    """
    Return a row for each form.
    """
    return [measure(form, readers=20_000 if full else 5_000) for form in FORMS]


def measure(form: str, *, readers: int, runs: int = RUNS) -> Row:
    """
    Return the row for an issue to that many readers, in whole batches.
    """
    mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
    path, provider_for = FORMS[form]
    with running_sink() as wire, wire.http() as http, installation.opened(readers) as app:
        provider = provider_for(wire.url, http)
        app.providers[form] = provider
        size = provider.capabilities.max_recipients
        assert readers % size == 0, "the floor sends whole batches"
        body = _body(mail, provider_for, size)
        seconds = interleave(
            runs,
            ours=lambda: handed_over(app, wire, mail, readers, provider=provider),
            floor=lambda: _sent_bare(wire, path, body, readers, size),
        )
    work = f"{readers:,} readers, {len(mail.html) // 1000} KB copies as {form}, {size} a call, TLS"
    return Row(name=NAME, work=work, seconds=seconds)


def _body(mail: Mail, provider_for: Callable[[str, Http], Provider], size: int) -> bytes:
    kept = _Kept()
    provider_for("https://127.0.0.1", kept).send(mail, pages.readers(size), "key")
    return kept.body


def _sent_bare(wire: Wire, path: str, body: bytes, readers: int, size: int) -> float:
    calls = [lambda: body] * (readers // size)
    seconds = seconds_for(lambda: wire.post_bare(path, calls))
    require_counted(wire, readers, "the floor")
    return seconds / readers
