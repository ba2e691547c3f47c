"""
Test that a copy filled into a mail that was rendered once equals the mail rendered for that reader,
byte for byte.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from issue_samples import NONCE, make_recipient
from markupsafe import Markup
from selectolax.lexbor import LexborHTMLParser

from newsletter.mail.html.inline_css import inline_css
from newsletter.mail.merge.fields import compile_mail, find_fields, mark_fields, marks_for
from newsletter.mail.templating.engine import render_parts
from newsletter.model.mail import Mail, Recipient, Sender

READERS = 1_000
LEAST_BYTES = 60_000
FOLDER = "issue/x"
PARAGRAPH = f'<p class="a">{"The harbour froze on Monday, and no ferry left. " * 12}</p>\n'
# The places of fields in mails: a title, text, a URL; between comments and inlined styles.
BODY = """<!DOCTYPE html>
<html><head><title>For %%name%%</title><style>.a{color:#123456;margin:0 auto}</style></head>
<body><!--[if mso]><table><tr><td><![endif]-->
<p class="a">Dear %%first_name|reader%%, {{ brief }}</p>
<table><tr><td class="a">%%name%%</td><td>(%%email%%)<br>%%last_name|-%%%%name%%</td></tr></table>
{{ body }}
<pre>%%name%%</pre><a class="a" href="%%unsubscribe_url%%">leave as %%email%%</a></body></html>
"""
SOURCES = {
    f"{FOLDER}/subject.txt": "Hello %%first_name|reader%%",
    f"{FOLDER}/body.html": BODY,
    f"{FOLDER}/body.txt": "Dear %%first_name|reader%% %%last_name|-%%, %%name%% {{ brief }}",
}
CONTEXT = {
    "brief": "{{ 7 }} %%name%% & <b>",
    "body": Markup(PARAGRAPH * 100),
    "lang": "en",
    "dir": "ltr",
}
HOSTILE = [
    *(
        "<script>alert(1)</script>",
        "</p></td>",
        "<!--",
        "-->",
        "]]>",
        "&amp;",
        "&",
        "&#39;",
        "&lt;",
    ),
    *('"', "'", "`", "{{ 7*7 }}", "{% raw %}", "%%email%%", "%%name|x%%", "NL0123456789aX", "{n}"),
    *("نور", "עדה", "\u202e", "\u200f", "李", "🦜", "é", "e\u0301", "\u00a0", "\u2028", "a" * 80),
    *("=?utf-8?q?x?=", "\\", "$x", "\\1", "javascript:alert(1)", "\t", "  ", "Ada", "Byron", ";--"),
]


def readers() -> list[Recipient]:
    """
    Return readers with values that have a meaning in one of the formats, always the same ones.
    """
    dice = random.Random(4)
    return [_reader(dice, number) for number in range(READERS)]


def _reader(dice: random.Random, number: int) -> Recipient:
    first, last = ("".join(dice.choices(HOSTILE, k=dice.randint(0, 3))) for _ in "ab")
    email = f"{dice.choice(['a&b', 'o', 'x+y', 'z_'])}{number}@example.org"
    return make_recipient(
        email=email,
        name=f"{first} {last}!",
        unsubscribe_url=f"https://news.example.org/u/{number}?a=1&b=2",
        values={"first_name": first, "last_name": last},
    )


def rendered_once() -> Mail:
    fields = find_fields("".join(SOURCES.values()))
    marks = marks_for(fields, NONCE)
    sources = {path: mark_fields(source, marks) for path, source in SOURCES.items()}
    parts = render_parts(sources, FOLDER, CONTEXT)
    return Mail(
        subject=parts["subject"],
        html=inline_css(parts["html"]),
        text=parts["text"],
        sender=Sender("", "desk@example.org"),
        nonce=NONCE,
        fields=fields,
    )


def rendered_for(reader: Recipient, sources: Mapping[str, str]) -> tuple[str, str]:
    values: dict[str, Any] = {
        **reader.values,
        "email": reader.email,
        "name": reader.name,
        "unsubscribe_url": reader.unsubscribe_url,
    }
    parts = render_parts(sources, FOLDER, {**CONTEXT, "reader": values})
    return inline_css(parts["html"]), parts["text"]


def test_a_thousand_edge_case_readers_get_the_same_as_a_full_rendering() -> None:
    written = re.compile(r"%%(\w+)(?:\|([^%]*))?%%")
    sources = {
        path: written.sub(r'{{ reader.\1 or "\2" }}', source) for path, source in SOURCES.items()
    }
    once = rendered_once()
    assert len(once.html.encode()) > LEAST_BYTES
    compiled = compile_mail(once)
    different = []
    for reader in readers():
        message = compiled.fill(reader)
        if (message.html, message.text) != rendered_for(reader, sources):
            different.append(reader)
    assert different == []


def test_no_reader_adds_an_element_to_their_copy() -> None:
    compiled = compile_mail(rendered_once())
    mails = (LexborHTMLParser(compiled.fill(reader).html) for reader in readers())
    shapes = {tuple(node.tag for node in page.css("*")) for page in mails}
    assert len(shapes) == 1
