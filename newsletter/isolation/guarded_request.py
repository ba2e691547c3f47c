"""
One HTTP request to a checked address: what the fetcher and the poster have in common.
"""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

import httpcore
import httpx

from newsletter.errors import FetchError
from newsletter.isolation.network_policy import Address, PinnedBackend, reason_to_refuse
from newsletter.isolation.urls import place_of
from newsletter.model.rate import parse_retry_after
from subscribers.text.phrases import phrase


def require_public(
    addresses: Iterable[Address], *, refusal: str, advice: Callable[[Address], str]
) -> None:
    """
    Refuse *addresses* that are not public. The error begins with *refusal* and ends with *advice*.

    Raises:
        FetchError: one of them is not.
    """
    for address in addresses:
        reason = reason_to_refuse(address)
        if reason is not None:
            raise FetchError(
                phrase(
                    "{refusal} because its address is {address} ({reason}): {advice}",
                    refusal=refusal,
                    address=address,
                    reason=reason,
                    advice=advice(address),
                )
            )


def require_port(port: int, ports: Collection[int], *, refusal: str) -> None:
    """
    Refuse a port that is not among the allowed *ports*. The error begins with *refusal*.

    Raises:
        FetchError: it is not.
    """
    if port not in ports:
        raise FetchError(
            phrase(
                "{refusal} on port {port}: if you trust it, add the port to [limits] fetch_ports",
                refusal=refusal,
                port=port,
            )
        )


@contextmanager
def as_fetch_errors(
    host: str, *, too_late: str, unusable: Callable[[Exception], str]
) -> Iterator[None]:
    """
    Turn the errors of a request to *host* into FetchError. *too_late* and *unusable* say that it
    did not respond in time, and that what it sent is no response.
    """
    try:
        yield
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise FetchError(phrase("{host} {problem}", host=host, problem=too_late)) from error
    except OSError as error:
        raise FetchError(phrase("{host} was not found: check the address", host=host)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        problem = unusable(error)
        raise FetchError(phrase("{host} {problem}", host=host, problem=problem)) from error


@contextmanager
def send(
    method: str,
    url: httpx.URL,
    headers: Mapping[str, str],
    *,
    body: bytes | None = None,
    backend: PinnedBackend,
    tls: ssl.SSLContext,
) -> Iterator[httpcore.Response]:
    """
    Send a request on a connection of its own, and yield the response, whose body is not read yet.
    """
    host, port = place_of(url)
    target = httpcore.URL(scheme=url.raw_scheme, host=host, port=port, target=url.raw_path or b"/")
    fields = {"Host": url.netloc.decode("ascii"), "Connection": "close", **headers}
    # Latin-1, as the headers of responses are decoded, so that validators are sent back byte for
    # byte.
    raw = [(k.encode("ascii"), v.encode("latin-1", "replace")) for k, v in fields.items()]
    with (
        httpcore.HTTPConnection(
            target.origin, ssl_context=tls, network_backend=backend
        ) as connection,
        connection.stream(method, target, headers=raw, content=body) as response,
    ):
        yield response


def retry_after_s(status: int, text: str | None, now: dt.datetime) -> float | None:
    """
    Return how long a response with this *status* and header Retry-After asks to wait; None if it
    does not.
    """
    if text is None or status not in (429, 503):
        return None
    return parse_retry_after(text, now)
