"""
Somebody in the newsroom of a `newsletter serve`: one who opens pages, and types into the search for
people.
"""

from __future__ import annotations

import html
import http.client
import itertools
import re
import time
import urllib.parse
from collections.abc import Iterable, Sequence

# What is typed, letter by letter.
TYPED = (
    "reader777777@example.org"[:20],
    "@d123.example",
    "example.org",
    "Ada Lindgren",
    "strömqvist",
    "ÓLÖF",
    "nobody has this name",
    "100%_\"'\\",
    "d9",
    "Westby",
)
_TOKEN = re.compile(rb'name="form_token" value="([^"]*)"')
_FORM = "application/x-www-form-urlencoded"


class Person:
    """
    The browser of the member with a *cookie*, on a server on this machine.
    """

    def __init__(self, port: int, cookie: str) -> None:
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookie = cookie

    def close(self) -> None:
        """
        Close the connection, which the next request opens again: a server closes one that rests.
        """
        self.http.close()

    def open(self, path: str) -> float:
        """
        Open a page and return the seconds until all of it is there.
        """
        return self._ask("GET", path, {})[0]

    def open_for(self, paths: Sequence[str], *, seconds: float, pause_s: float) -> list[float]:
        """
        Open pages in turn, one in *pause_s*, for so many *seconds*, and return how long each took.
        """
        self.close()
        ends_s = time.perf_counter() + seconds
        took = []
        for path in itertools.cycle(paths):
            began_s = time.perf_counter()
            if began_s > ends_s:
                return took
            took.append(self.open(path))
            time.sleep(max(0.0, pause_s - (time.perf_counter() - began_s)))
        return took

    def type_into_search(self, texts: Iterable[str], **narrowed: str) -> list[float]:
        """
        Type each text into the search for people, letter by letter, and return how long each letter
        took to be answered.
        """
        self.close()
        page = self._ask("GET", "/admin/people", {})[1]
        match = _TOKEN.search(page)
        assert match is not None, "the page of people has no form"
        token = html.unescape(match[1].decode())
        took = []
        for text in texts:
            for end in range(1, len(text) + 1):
                values = {"form_token": token, "q": text[:end], **narrowed}
                headers = {"Content-Type": _FORM, "HX-Request": "true"}
                body = urllib.parse.urlencode(values)
                took.append(self._ask("POST", "/admin/people", headers, body)[0])
        return took

    def _ask(
        self, method: str, path: str, headers: dict[str, str], body: str = ""
    ) -> tuple[float, bytes]:
        own = {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        began_s = time.perf_counter()
        self.http.request(method, path, body or None, {**own, **headers})
        answer = self.http.getresponse()
        content = answer.read()
        took_s = time.perf_counter() - began_s
        assert answer.status in (200, 204), f"{method} {path}: {answer.status}"
        return took_s, content
