"""
Test the final check of rendered HTML.
"""

from __future__ import annotations

import pytest

from newsletter.errors import TemplateError
from newsletter.mail.html.validate import check_markup

MARK = "NL0123456789ab1X"


@pytest.mark.parametrize(
    "good",
    [
        '<a href="https://example.org/?a=1&amp;b=2">x</a>',
        '<a href="http://example.org">x</a><a href="mailto:a@b.example">x</a>',
        '<a href="tel:+100">x</a><img src="cid:logo" alt="">',
        f'<a href="{MARK}">x</a>',
        '<a href="#note-1">x</a>',
        '<!--[if mso]><v:rect href="https://example.org"></v:rect><![endif]-->',
    ],
)
def test_allowed_urls_pass(good: str) -> None:
    check_markup(good, [MARK])


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ('<a href="javascript:alert(1)">x</a>', "a URL must be absolute"),
        ('<a href="java\tscript:alert(1)">x</a>', "a URL must be absolute"),
        ('<a href=" JAVASCRIPT:alert(1)">x</a>', "a URL must be absolute"),
        ('<a href="&#106;avascript:alert(1)">x</a>', "a URL must be absolute"),
        ('<img src="data:image/png;base64,AAAA" alt="">', "a URL must be absolute"),
        ('<a href="/relative">x</a>', "a URL must be absolute"),
        ('<a href="">x</a>', "a URL must be absolute"),
        ('<a href="NL0123456789ab0X">x</a>', "a URL must be absolute"),
        ("<p onclick=alert(1)>x</p>", "scripts are not allowed in an email"),
        ("<p OnClick=alert(1)>x</p>", "scripts are not allowed in an email"),
        ("<script>1</script>", "<script> is not allowed in an email"),
        ('<meta http-equiv="refresh" content="0;url=https://x.example">', "<meta> is not allowed"),
        ('<iframe src="https://x.example"></iframe>', "<iframe> is not allowed"),
        ('<!--[if mso]><v:rect href="javascript:x"></v:rect><![endif]-->', "must be absolute"),
    ],
)
def test_a_script_or_an_incomplete_url_is_refused(bad: str, says: str) -> None:
    with pytest.raises(TemplateError) as caught:
        check_markup(f"<!DOCTYPE html><html><body>{bad}</body></html>", [MARK])
    assert says in str(caught.value)
