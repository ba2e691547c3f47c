"""
The pages of a user's own templates folder replace the built-in ones, and never break a page.
"""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from page_samples import HARBOUR, SITE, newsletters

from newsletter.model.brand import Brand, Logo, Palette
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.page_values import Form, HomePage, JoinPage, MessagePage

NOT_FOUND = MessagePage(word="error_404")


def own(folder: Path, path: str, text: str) -> tuple[Path, ...]:
    """
    Write a file of the user's own templates, and return their folders.
    """
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return (folder,)


def shown(folders: tuple[Path, ...] = (), language: str = "en", page: object = NOT_FOUND) -> str:
    response = PageTemplates(SITE, folders).page(
        "readers/message.html", language=language, page=page
    )
    return bytes(response.body).decode()


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]


def test_an_own_page_replaces_the_built_in_one(tmp_path: Path) -> None:
    text = (
        "{% extends 'page/layout.html' %}{% block title %}Gone{% endblock %}"
        "{% block content %}<h1>{{ words.error_404_title }} at {{ site.name }}</h1>{% endblock %}"
    )
    page = shown(own(tmp_path, "page/readers/message.html", text))
    assert "<h1>Page not found at The Lantern</h1>" in page
    assert "<title>Gone · The Lantern</title>" in page


def test_an_own_frame_is_around_every_page(tmp_path: Path) -> None:
    folders = own(tmp_path, "page/layout.html", "<main>{% block content %}{% endblock %}</main>")
    assert shown(folders).startswith("<main>")


def test_an_own_style_sheet_is_used_and_allowed(tmp_path: Path) -> None:
    templates = PageTemplates(SITE, own(tmp_path, "page/style.css", "h1 { color: #123456; }"))
    response = templates.page("readers/message.html", language="en", page=NOT_FOUND)
    assert "<style>h1 { color: #123456; }</style>" in bytes(response.body).decode()
    standard = PageTemplates(SITE).page("readers/message.html", language="en", page=NOT_FOUND)
    allowed = "content-security-policy"
    assert response.headers[allowed] != standard.headers[allowed]


def test_own_words_replace_single_entries_and_leave_the_others(tmp_path: Path) -> None:
    folders = own(tmp_path, "words/page/en.toml", 'error_404_title = "Nothing here"')
    page = shown(folders)
    assert "<h1>Nothing here</h1>" in page
    assert "The link may be incomplete." in page


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("page/readers/message.html", "{{ page.nothing }}"),
        ("page/readers/message.html", "{% if %}"),
        ("page/readers/message.html", "{{ 1 / 0 }}"),
        ("page/readers/message.html", "{% include 'page/missing.html' %}"),
        ("page/readers/message.html", "{% extends 'page/readers/message.html' %}"),
        ("page/readers/message.html", "{{ ''.__class__.__mro__ }}"),
        ("page/readers/message.html", "{% for i in range(10**9) %}{% endfor %}"),
        ("page/layout.html", "{{ words.no_such_entry }}"),
        ("page/style.css", "h1 {}</style><script>"),
        ("words/page/en.toml", "error_404_title = "),
        ("words/page/en.toml", 'error_404_titel = "Nothing here"'),
        ("words/page/en.toml", 'error_404_title = "{name} {nothing}"'),
    ],
)
def test_own_files_that_fail_are_logged_and_the_built_in_page_is_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str, text: str
) -> None:
    page = shown(own(tmp_path, path, text))
    assert page == shown()
    (line,) = failures(caplog)
    assert line.startswith("your own templates failed at ")


def test_a_file_that_is_not_utf_8_is_logged_and_the_built_in_pages_are_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "layout.html").write_bytes(b"\xff\xfe")
    assert shown((tmp_path,)) == shown()
    assert failures(caplog)


def test_what_strangers_typed_is_text_on_every_page() -> None:
    evil = "\"><script>alert('1')</script>{{ 7 * 7 }}"
    (card, *_) = newsletters("en")
    form = JoinPage(newsletters=(card,), form=Form(action="/join"), email=evil, name=evil)
    page = bytes(
        PageTemplates(SITE).page("readers/join.html", language="en", page=form).body
    ).decode()
    assert "<script" not in page
    assert "{{ 7 * 7 }}" in page


def test_a_brand_sets_its_colours_and_lets_in_its_logo_alone() -> None:
    templates = PageTemplates(SITE)
    page = HomePage(newsletters=newsletters("en"))
    response = templates.page("readers/home.html", language="en", brand=HARBOUR, page=page)
    text = bytes(response.body).decode()
    assert '<body class="page brand-0">' in text
    assert ".brand-0 { --accent: #0b6f6b;" in text
    policy = response.headers["content-security-policy"]
    images = "https://cdn.example.org/harbour-dark.png https://cdn.example.org/harbour.png"
    assert f"img-src {images};" in policy
    assert "unsafe" not in policy


def test_a_brand_that_is_no_colour_cannot_leave_its_style_block() -> None:
    evil = "#fff}</style><script>"
    palette = Palette(accent=evil, masthead=evil, button=evil, link=evil)
    logo = Logo(url="https://cdn.example.org/a;script-src *,b.png?x=1", width=10, height=10)
    brand = Brand(light=palette, dark=palette, logo=logo, sans=evil, serif=evil)
    response = PageTemplates(SITE).page(
        "readers/message.html", language="en", brand=brand, page=NOT_FOUND
    )
    assert "<script" not in bytes(response.body).decode()
    assert "script-src" not in response.headers["content-security-policy"].replace("%3Bscript", "")


def test_a_page_says_its_language_and_offers_others_by_their_own_names() -> None:
    response = PageTemplates(SITE).page(
        "readers/message.html", language="xx", languages=("en", "ar"), page=NOT_FOUND
    )
    text = bytes(response.body).decode()
    assert '<html lang="en" dir="ltr">' in text
    assert '<li lang="ar" dir="rtl"><a href="?lang=ar" hreflang="ar">العربية</a></li>' in text
