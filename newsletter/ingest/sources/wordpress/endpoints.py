"""
Where a WordPress site is, and the addresses at which its posts may be asked for. `wordpress` is
the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from newsletter.errors import SourceError

_POSTS = "/wp/v2/posts"
_API = re.compile(r"(?P<home>.*?)/wp-json(?P<route>/.*)?")


@dataclass(frozen=True, kw_only=True)
class WordPressSite:
    """
    A site's `home` (it ends with a slash), and the REST `route` of what is polled there.
    """

    home: str
    route: str = _POSTS

    @property
    def pretty_endpoint(self) -> str:
        return f"{self.home}wp-json{quote(self.route)}"

    @property
    def plain_endpoint(self) -> str:
        """
        The endpoint of a site with plain permalinks, which has no addresses but its home.
        """
        return f"{self.home}?rest_route={quote(self.route)}"

    def endpoints(self, first: str | None) -> tuple[str, ...]:
        """
        Return both endpoints, *first* before the other if it is one of them.
        """
        both = (self.pretty_endpoint, self.plain_endpoint)
        return both[::-1] if first == self.plain_endpoint else both

    def feed(self, endpoint: str | None) -> str:
        """
        The address of the site's feed, if *endpoint* is the one that opens.
        """
        return f"{self.home}?feed=rss2" if endpoint == self.plain_endpoint else f"{self.home}feed/"


def site_at(location: str) -> WordPressSite:
    """
    The site at *location*: its home, the root of its API, or one route of it, which is kept
    (`/wp/v2/briefs` is a post type of the site's own).

    Raises SourceError when *location* is no address.
    """
    try:
        parts = urlsplit(location.strip())
        routes = parse_qs(parts.query).get("rest_route")
    except ValueError as error:
        raise SourceError(f"{location[:200]!r} is no address: {error}") from error
    api = _API.fullmatch(parts.path)
    path = api["home"] if api else parts.path
    route = (routes[0] if routes else api and api["route"]) or ""
    home = parts._replace(path=f"{path.rstrip('/')}/", query="", fragment="").geturl()
    return WordPressSite(home=home, route=_route(route))


def ask(endpoint: str, **fields: str | int) -> str:
    """
    The address of *endpoint* with *fields* as its query.
    """
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(fields)}"


def _route(text: str) -> str:
    route = f"/{text.strip('/')}"
    return _POSTS if route in ("/", "/wp", "/wp/v2") else route
