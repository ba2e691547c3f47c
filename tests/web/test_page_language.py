"""
The language of a page: what the link says, else the reader's, else the newsletter's.
"""

from __future__ import annotations

import pytest
from starlette.requests import Request

from newsletter.web.page.language import choose_language

KNOWN = ("ar", "de", "en", "fr", "pt")


def asked(query: str = "", accept: str = "") -> Request:
    headers = [(b"accept-language", accept.encode())] if accept else []
    scope = {"type": "http", "query_string": query.encode(), "headers": headers, "path": "/"}
    return Request(scope)


@pytest.mark.parametrize(
    ("query", "accept", "reader", "language"),
    [
        ("lang=ar", "fr", "fr", "ar"),
        ("lang=xx", "", "fr", "fr"),
        ("lang=DE", "", None, "de"),
        ("lang=../../etc", "", None, "de"),
        ("", "en", "pt-BR", "pt"),
        ("", "en-GB,en;q=0.9,de;q=0.8", None, "en"),
        ("", "fr, en;q=0.5", None, "en"),
        ("", "en;q=0, de;q=0.1", None, "de"),
        ("", "en;q=zero", None, "de"),
        ("", "*", None, "de"),
        ("", ", ;;q=1,\x00", None, "de"),
        ("", "en", "", "de"),
    ],
)
def test_the_link_comes_first_then_the_reader_then_the_browser_among_what_is_offered(
    query: str, accept: str, reader: str | None, language: str
) -> None:
    offered = ("de", "en")
    assert choose_language(asked(query, accept), KNOWN, offered, reader=reader) == language


def test_a_language_without_words_is_english() -> None:
    assert choose_language(asked(), KNOWN, ("sw",)) == "en"
