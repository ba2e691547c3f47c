"""
Values as others may write them into attributes, titles and captions, always the same ones, and
items that have one of them in every place of a kind.
"""

from __future__ import annotations

import html
import json
import random
from collections.abc import Callable, Mapping

from scripted_source import item

from newsletter.model.brief import MediaType, RawItem

_MARKUP = (
    *("<!-- x -->", "<!--", "-->", "--!>", "<!-->", "<!--[if mso]>", "<![endif]-->", "<![endif]>"),
    *(
        "<!--[if !mso]><!-->",
        "<!--<![endif]-->",
        "<![CDATA[x]]>",
        "]]>",
        "<?xml x?>",
        "<!DOCTYPE x>",
    ),
    *("</style>", "}</style><b>", "</title>", "<script>alert(1)</script>", "</script>", "<body>"),
    *(
        "</body>",
        "</html>",
        "<html>",
        "<table>",
        "</td></tr></table>",
        "<td>",
        "<h3>",
        "<th",
        "<p>",
    ),
    *("<table role=x>", "<img src=x onerror=y>", "<svg onload=x>", "<plaintext>", "<textarea>"),
    *("<iframe>", "<form>", "<base href=x>", "<meta http-equiv=refresh>", "<link rel=stylesheet>"),
    *("<style>p{color:red}</style>", '<style data-premailer="ignore">', '<p style="x">', "<div"),
    *(
        "<",
        ">",
        "</",
        "<!",
        "<a",
        "< b",
        "a < b > c",
        "<3",
        "--><a",
        "<br>",
        "<!--" * 50,
        "<" * 200,
    ),
)
_QUOTES = (
    *('"', "'", "`", "\"'", 'x" onload="y', "x' onload='y", "x onload=y", 'style="color:red"'),
    *("expression(1)", "@import url(x)", "/*", "*/", "\\", "\\n", "\\u0041", "&quot;", "&#39;"),
    *("&amp;", "&amp;lt;", "&lt;b&gt;", "&am", "&#", "&#x", "&#0;", "&#1;", "&#xD800;", "&#128;"),
    *("&nbsp;", "&zwnj;", "&copy=1", "&", "&" * 200, '"' * 200),
)
_FIELDS = (
    *("{{ 7*7 }}", "{% for %}", "{# x #}", "{{", "}}", "%}", "{{ brief.title }}", "{date}"),
    *("%%first_name%%", "%%first_name|friend%%", "%%unsubscribe_url%%", "%%no_such_field%%", "%%"),
    *("*|FNAME|*", "{{params.x}}", "[[name]]", "-name-", "%recipient.x%", "<%= x %>", "${x}", "$1"),
    *("NL0123456789ab0X", "None", "undefined", "null", "NaN", "[object Object]"),
)
_CHARACTERS = (
    *("a\r\nBcc: eve@example.org", "a\nb", "a\tb", "\r", "\x01", "\x0b", "\x0c", "\x1b[0m", "\x7f"),
    *(
        "\x80",
        "\x85",
        "\x9f",
        "\ufffd",
        "\ufeff",
        "\ufffe",
        "\uffff",
        "\U0010ffff",
        "\ud800",
        "\udfff",
    ),
    *("\u202e", "\u2066", "\u200e", "\u200f", "\u200b", "\u200d", "\u00ad", "\u2028", "\u2029"),
    *(
        "\u00a0",
        "\u3000",
        "\u1680",
        "\ue000",
        "👩‍👩‍👧",
        "🇪🇺",
        "🦜🦜",
        "é",
        "e\u0301",
        "Z\u0351\u0315",
    ),
    *("क्षि", "שלום", "مرحبا (١)", "漢字", "ﷺ", "İı", "ß", "ﬁ", "Ã©", "â€™", "Â ", " ", ""),
    *("x" * 10_000, "漢" * 400, "w " * 400, "e" + "\u0301" * 300, "-" * 990),
)
_ADDRESSES = (
    *(
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "%0d%0a",
        "%00",
        "%",
        "%zz",
        "%C3%A9",
    ),
    *("%2e%2e%2f", "?a=1&b=2", "#frag", "mailto:a@b.example?subject=x&bcc=c@d.example", "tel:+1"),
    *("mailto:a@b.example", "cid:x", "media:abc", "//x.example/y", "https://", "https://[::1"),
    *("https://x.example:99999/", "http://user:pw@x.example/", "https://x.example/a b"),
    *(
        "https://пример.example/ю",
        "https://x.example/<y>",
        "https://www.example.com",
        "http://localhost/",
    ),
    *("example.org/x", "https://x.example/" + "y" * 3_000, "https://x.example/?q=" + "%20" * 600),
)
_TEXTS = (
    *("Re: x", "Fwd: y", "AW: z", "=?utf-8?q?x?=", "=?utf-8?b?eA==?=", "=20", ".", "From x", "--"),
    *("- ", "• x", "1. x", "> q", "# h", "* * *", "[x](y)", "[^1]", "![x](y)", "___", "0", "-1"),
    *("<a href='java&#10;script:x'>a</a>", "<img src='x' onerror=y>", "<svg><script>x</script>"),
    *(
        '<a href="data:text/html;base64,x">b</a>',
        "<math><mi xlink:href='javascript:x'>c</mi></math>",
    ),
    *("<noscript><p title='</noscript><img src=x onerror=y>'>", "<form><math><mtext></form><form>"),
    *("<style><!--</style><script>x</script>-->", "<xmp><p title='</xmp><img src=x onerror=y>'>"),
    *(
        "<table><caption><table><tr>",
        "<select><option><img src=x>",
        "<template><p>d</p></template>",
    ),
    *("<blockquote>" * 9, "<b>" * 30, "<div style='background:url(javascript:x)'>e</div>"),
    *(
        "<frameset><frame src=x>",
        "<p lang='<!--'>f</p>",
        "<img alt='<!--[if mso]>' src='https://a.example/g'>",
    ),
    *("99999999999", "1e9", "100%", "2px", "auto", "1x, 2x", "a 100w, b 200w", "NONE", "x,y"),
)
ATOMS = (*_MARKUP, *_QUOTES, *_FIELDS, *_CHARACTERS, *_ADDRESSES, *_TEXTS)
_ORDINARY = ("The Quiet Quay", "ferries", "№ 5", "a harbour", "Überfahrt", "x")
HARMLESS = "a harbour wall"


def values(count: int) -> list[str]:
    """
    Return *count* values: each of the atoms, then mixtures of them with ordinary words.
    """
    dice = random.Random(16)
    found = list(ATOMS)
    while len(found) < count:
        parts = dice.choices(ATOMS, k=dice.randint(1, 4))
        if dice.random() < 0.6:
            parts.insert(dice.randrange(len(parts) + 1), dice.choice(_ORDINARY))
        found.append(dice.choice(["", " ", "  ", "\n"]).join(parts))
    return found[:count]


_ATTRIBUTES = """<p>Nobody left the quay.</p><p>Then.</p>
<p><a href="https://example.org/a" title="{0}">here</a> <abbr title="{0}" lang="{0}" dir="{0}">NATO
</abbr> <q cite="{0}" lang="{0}">said</q> <img src="https://img.example.org/a.jpg" alt="{0}"
title="{0}" srcset="{0}" sizes="{0}" class="{0}" style="{0}"></p>
<ol start="{0}" type="{0}"><li value="{0}">one</li></ol><table summary="{0}" border="{0}">
<tr><th scope="{0}" colspan="{0}" rowspan="{0}">head</th></tr>
<tr><td rowspan="{0}" headers="{0}" lang="{0}">cell</td></tr></table>"""
_TEXT = """<p>Nobody left the quay.</p><p>Then {0}.</p>
<p><a href="https://example.org/a">{0}</a> and <em>{0}</em></p><h2>{0}</h2><ul><li>{0}</li></ul>
<figure><img src="https://img.example.org/a.jpg" alt=""><figcaption>{0}</figcaption></figure>
<table><tr><th>{0}</th></tr><tr><td>{0}</td></tr></table><pre>{0}</pre><blockquote>{0}</blockquote>
<p>End.<a href="#fn1">1</a></p><ol class="footnotes"><li id="fn1">{0}</li></ol>"""
_LINKS = """<p>Nobody left the quay. <a href="{0}">there</a> <a href="https://example.org/{0}">one</a>
<a href="mailto:a@example.org?subject={0}">mail</a> <a href="https://example.org/?q={0}">two</a></p>
<p>Then.</p><p><img src="{0}" alt="a" width="{0}"
height="{0}"><img src="https://img.example.org/{0}" alt="b"></p>"""


def in_attributes(value: str, key: str) -> RawItem:
    """
    Return an item with *value* in attributes only, so that its text is the same for every value.
    """
    content = _ATTRIBUTES.format(html.escape(value))
    image = "https://img.example.org/lead.jpg"
    return item(key, content=content, title=key, image_url=image, image_alt=value)


def in_text(value: str, key: str) -> RawItem:
    """
    Return an item with *value* in its title and in every kind of text.
    """
    content = _TEXT.format(html.escape(value))
    return item(key, content=content, title=value, categories=(value,), lang=value)


def in_fields(value: str, key: str) -> RawItem:
    """
    Return an item with *value* in every field of its front matter.
    """
    front = {
        **dict.fromkeys(("title", "series", "caption", "credit", "lang", "image_alt"), value),
        "takeaways": [value, "The ferries stay."],
        "categories": [value],
        "image": "https://img.example.org/lead.jpg",
        "cta": {"label": value, "url": "https://example.org/all"},
    }
    content = f"{json.dumps(front)}\n\nNobody left the quay."
    return item(key, content=content, media_type=MediaType.MARKDOWN, title=None)


def in_addresses(value: str, key: str) -> RawItem:
    """
    Return an item with *value* in the addresses of links and images.
    """
    url = f"https://example.org/{value}"
    content = _LINKS.format(html.escape(value))
    return item(key, content=content, title=key, url=url, image_url=f"{url}.jpg")


def as_markup(value: str, key: str) -> RawItem:
    """
    Return an item whose markup contains *value* as it is, between and inside of elements.
    """
    parts = ("<p>Nobody left the quay.</p>", f"<p>Then {value}.</p>", value, f"<p {value}>End.</p>")
    return item(key, content="".join(parts), title=key)


PLACES: Mapping[str, Callable[[str, str], RawItem]] = {
    "attributes": in_attributes,
    "text": in_text,
    "fields": in_fields,
    "addresses": in_addresses,
    "markup": as_markup,
}
