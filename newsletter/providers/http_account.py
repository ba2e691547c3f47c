"""
Hold what all providers with an HTTP API have in common: the account and its calls.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from newsletter.errors import SettingsError
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.provider_template import Language, TemplatedMail, to_provider_template
from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Provider
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.account import DEADLINE_S, check_base_url
from newsletter.providers.http_client import Http, HttpFailure, HttpResponse
from newsletter.providers.message_copies import UNUSABLE, fill_each, render_failure, submit_ready
from newsletter.providers.responses import (
    SENDER,
    Meaning,
    ResponseReader,
    look_up_unsupported,
    same_for_all,
    to_batch_result,
)
from newsletter.providers.webhooks import password_check

JSON_HEADERS: Mapping[str, str] = {
    "Content-Type": "application/json",
    "Accept": "application/json",
}
S = TypeVar("S")
C = TypeVar("C")
T = TypeVar("T")


@dataclass(frozen=True)
class SharedParts(Generic[S, C, T]):
    """
    The template language of a call that has the content once, and the functions that write its
    parts: what recipients share about the `sender` and as `content`, and each one's `entry` with
    the call key. They raise a MergeError if they cannot.
    """

    language: Language
    sender: Callable[[Mail], S]
    content: Callable[[TemplatedMail], C]
    entry: Callable[[TemplatedMail, Recipient, str], T]


class HttpAccount(Provider):
    """
    An account of a provider with an HTTP API. A subclass adds `send` and `events`.

    *headers* are sent with every call. *rate_applies_at* is the base URL that the documented rate
    is for; any other server has its own rate, which its responses may state. *clock* is needed to
    read dates in responses.

    Raises:
        SettingsError: the base URL is not valid.
    """

    def __init__(
        self,
        name: str,
        capabilities: Capabilities,
        *,
        base_url: str,
        headers: Mapping[str, str],
        rate_applies_at: str | None = None,
        http: Http,
        webhook_secrets: Sequence[str] = (),
        deadline_s: float = DEADLINE_S,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        check_base_url(name, base_url)
        self.name = name
        self._capabilities = (
            capabilities
            if rate_applies_at in (None, base_url)
            else replace(capabilities, rate_per_s=None)
        )
        self._base_url = base_url.rstrip("/")
        self._headers = headers
        self._http = http
        self._webhook_secrets = webhook_secrets
        self._deadline_s = deadline_s
        self._clock = clock

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def look_up(self, attempt: Attempt) -> BatchResult:
        """
        Return UNCERTAIN for everybody, for a provider that cannot find earlier calls.
        """
        return look_up_unsupported(self, attempt)

    def verify(self, headers: Mapping[str, str], raw: bytes, url: str) -> bool:
        """
        Check the password if one is set, for a provider that does not sign its webhooks: their URL
        is secret.
        """
        return password_check(self._webhook_secrets)(headers, raw, url)

    def _check(self, url: str, read: Callable[[HttpResponse], str]) -> str:
        """
        Request *url* and return how *read* describes the account.

        *read* raises a ValueError that says what to do if the account cannot be used.

        Raises:
            SettingsError: it cannot be used, or not be reached.
        """
        response = self._get(url)
        if isinstance(response, HttpFailure):
            raise SettingsError(
                f"[provider.{self.name}] cannot be reached: {response.reason}; check base_url"
            )
        try:
            return read(response)
        except ValueError as error:
            raise SettingsError(f"[provider.{self.name}] {error}") from error

    def _get(self, url: str, *, deadline_s: float | None = None) -> HttpResponse | HttpFailure:
        headers = self._headers_for("GET", url, b"")
        return self._http.get(url, headers, deadline_s or self._deadline_s)

    def _post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> HttpResponse | HttpFailure:
        headers = {**self._headers_for("POST", url, body), **headers}
        return self._http.post(url, body, headers, self._deadline_s)

    def _headers_for(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        return self._headers

    def _submit(
        self,
        url: str,
        body: bytes,
        count: int,
        *,
        read: ResponseReader,
        headers: Mapping[str, str] | None = None,
    ) -> BatchResult:
        """
        Post *body* with *count* recipients to *url*, and return the result as *read* interprets it.

        *headers* are those of this call alone.
        """
        response = self._post(url, body, headers or {})
        return to_batch_result(self, response, count, read=read, now=self._clock())

    def _send_shared(
        self,
        mail: Mail,
        recipients: Sequence[Recipient],
        key: str,
        *,
        parts: SharedParts[S, C, T],
        submit: Callable[[S, C, Sequence[T]], BatchResult],
    ) -> BatchResult:
        """
        Write the mail once, and submit it in one call for the recipients whose values can be
        filled; return a receipt for everybody.
        """
        try:
            template = to_provider_template(compile_mail(mail), parts.language)
            content = parts.content(template)
        except UNUSABLE as error:
            return BatchResult(receipts=(render_failure(error),) * len(recipients))
        try:
            sender = parts.sender(mail)
        except UNUSABLE as error:
            return self._same_for_all(SENDER, len(recipients), str(error))
        items = list(fill_each(lambda who: parts.entry(template, who, key), recipients))
        return submit_ready(items, lambda ready: submit(sender, content, ready))

    def _same_for_all(self, meaning: Meaning, count: int, reason: str) -> BatchResult:
        return same_for_all(meaning, count, name=self.name, reason=reason, retry_after_s=None)
