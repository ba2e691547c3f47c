"""
Web addresses in a text become links, without the punctuation around them.
"""

from __future__ import annotations

import pytest

from newsletter.mail.html.linkify import linkify

ADDRESSES = (
    "https://example.org",
    "http://example.org/",
    "HTTPS://EXAMPLE.ORG/A",
    "https://example.org:8080/a/b.html",
    "https://user:word@example.org/",
    "https://[2001:db8::1]/a",
    "https://münchen.example/straße",
    "https://例え.example/道",
    "https://example.org/a_(b)",
    "https://example.org/a_(b)_c_(d_(e))",
    "https://example.org/?filter[name]=b",
    "https://example.org/?a=1&amp;b=2",
    "https://example.org/?a&amp;",
    "https://example.org/a,b;c=d:e",
    "https://example.org/a's",
    "https://example.org/~rui/",
    "https://example.org/a-",
    "https://example.org/a?u=https://example.com/b",
    "https://example.org/Rock–paper",
    "https://example.org/#a!b",
    "https://example.org/%E2%82%AC",
    "https://example.org/a*b",
    "https://example.org/@rui/1",
    "https://xn--mnchen-3ya.example/",
    "https://example.org/a+b=c",
)
AROUND = (
    ("", "."),
    ("(", ")"),
    ("(see ", ")."),
    ("[", "]"),
    ("“", "”,"),
    ("„", "“"),
    ("«", "»"),
    ("‘", "’"),
    ("&lt;", "&gt;"),
    ("&quot;", "&quot;"),
    ("见", "。"),
    ("（", "）"),
    ("is ", "?"),
    ("is ", "!"),
    ("*", "*"),
    ("it—", "—so"),
    ("a: ", "; b"),
    ("[embed]", "[/embed]"),
    ("[it](", ")"),
    ("", "…"),
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_becomes_a_link_in_any_sentence(address: str) -> None:
    link = f'<a href="{address}">{address}</a>'
    wrong = [
        (before, after)
        for before, after in AROUND
        if linkify(f"{before}{address}{after}") != f"{before}{link}{after}"
        if not (before == "*" and "*" in address)
    ]
    assert wrong == []


@pytest.mark.parametrize("text", ["https://", "http://.", "nohttps://x.example", "a@https://x", ""])
def test_what_is_not_an_address_stays_text(text: str) -> None:
    assert linkify(text) == text
