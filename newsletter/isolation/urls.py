"""
Parse the URLs that the fetcher requests, and follow their redirects.
"""

from __future__ import annotations

import httpx

from newsletter.errors import FetchError
from subscribers.text.phrases import phrase


def origin_of(url: str) -> tuple[str, str, int]:
    """
    Return the scheme, host and port that a request for *url* is sent to.

    Raises:
        FetchError: it is not an address that can be fetched.
    """
    return parts_of(read_url(url))


def parts_of(url: httpx.URL) -> tuple[str, str, int]:
    """
    Return the scheme, host and port of *url*.
    """
    return (url.scheme, *place_of(url))


def read_url(text: str) -> httpx.URL:
    """
    Parse the URL *text*.

    Raises:
        FetchError: it is not an address that can be fetched.
    """
    try:
        url = httpx.URL(text.strip())
        host = url.host
        if len(url.raw_host) > 253:  # RFC 1035 section 2.3.4
            raise ValueError("its host name is too long")
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(
            phrase(
                "{text!r} was not fetched: it is not a valid address ({error})",
                text=text[:200],
                error=error,
            )
        ) from error
    if url.scheme not in ("http", "https") or not host:
        raise FetchError(
            phrase("{text!r} was not fetched: use an http:// or https:// address", text=text[:200])
        )
    if url.userinfo:
        raise FetchError(
            phrase("{host} was not fetched: remove the login from the address", host=host)
        )
    if (url.port or 0) > 65535:
        raise FetchError(
            phrase("{host} was not fetched: {port} is not a valid port", host=host, port=url.port)
        )
    return url


def next_url(url: httpx.URL, location: str) -> httpx.URL:
    """
    Return where *url* redirects to with the header Location.

    Raises:
        FetchError: it is not an address that can be fetched.
    """
    if not location:
        raise FetchError(
            phrase("{host} sent a redirect without a target: check the address", host=url.host)
        )
    try:
        # Servers write UTF-8 here, although RFC 9110 section 10.2.2 requires plain ASCII.
        return read_url(str(url.join(location.encode("latin-1").decode("utf-8", "replace"))))
    except httpx.InvalidURL as error:
        raise FetchError(
            phrase(
                "{host} sent a redirect to an invalid address: {error}", host=url.host, error=error
            )
        ) from error


def place_of(url: httpx.URL) -> tuple[str, int]:
    """
    Return the host, in ASCII, and the port of *url*.
    """
    port = {"http": 80, "https": 443}[url.scheme] if url.port is None else url.port
    return url.raw_host.decode("ascii"), port
