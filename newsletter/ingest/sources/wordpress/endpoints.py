"""
Find the home page of a WordPress site and the URLs at which its API can be reached. `source` and
`listing` call it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from newsletter.errors import SourceError
from subscribers.text.phrases import phrase

_POSTS = "/wp/v2/posts"
_API = re.compile(r"(?P<home>.*?)/wp-json(?P<route>/.*)?")


@dataclass(frozen=True, kw_only=True)
class WordPressSite:
    """
    The `home` page of a site, with a trailing slash, and the REST `route` that is polled.
    """

    home: str
    route: str = _POSTS

    @property
    def pretty_endpoint(self) -> str:
        return f"{self.home}wp-json{quote(self.route)}"

    @property
    def plain_endpoint(self) -> str:
        """
        The endpoint of a site with plain permalinks, where every URL is the home page with a query.
        """
        return f"{self.home}?rest_route={quote(self.route)}"

    def endpoints(self, first: str | None) -> tuple[str, ...]:
        """
        Return both endpoints. If *first* is one of them, it comes first.
        """
        both = (self.pretty_endpoint, self.plain_endpoint)
        return both[::-1] if first == self.plain_endpoint else both

    def feed(self, endpoint: str | None) -> str:
        """
        Return the URL of the site's feed; *endpoint* is the one that worked, if any.
        """
        return f"{self.home}?feed=rss2" if endpoint == self.plain_endpoint else f"{self.home}feed/"


def site_at(location: str) -> WordPressSite:
    """
    Parse *location*: the home page, the root of the API, or one route of it, which is kept
    (`/wp/v2/briefs` is a custom post type).

    Raises:
        SourceError: *location* is not a valid address.
    """
    try:
        parts = urlsplit(location.strip())
        routes = parse_qs(parts.query).get("rest_route")
    except ValueError as error:
        raise SourceError(
            phrase(
                "{location!r} is not a valid address: {error}", location=location[:200], error=error
            )
        ) from error
    api = _API.fullmatch(parts.path)
    path = api["home"] if api else parts.path
    route = (routes[0] if routes else api and api["route"]) or ""
    home = parts._replace(path=f"{path.rstrip('/')}/", query="", fragment="").geturl()
    return WordPressSite(home=home, route=_route(route))


def ask(endpoint: str, **fields: str | int) -> str:
    """
    Return the URL of *endpoint* with *fields* added to its query.
    """
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(fields)}"


def _route(text: str) -> str:
    route = f"/{text.strip('/')}"
    return _POSTS if route in ("/", "/wp", "/wp/v2") else route
