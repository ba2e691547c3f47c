"""
The reference of page templates has every page, value, filter and part, and no other.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from page_samples import SITE, page_samples

from newsletter.mail.templating.environment import RestrictedEnvironment
from newsletter.mail.templating.files import project_templates
from newsletter.web.page.environment import PageEnvironment
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public import page_values, settings_values
from newsletter.web.public.correction_note import CorrectionNote
from newsletter.web.signup.embed import EmbeddedForm

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "page-templates.md").read_text("utf-8")
READERS = project_templates() / "page" / "readers"

# Parts, a form for other sites, and a note above an email.
NO_PAGES = {"parts.html", "embedded-form.html", "correction-note.html"}


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(heading: str) -> list[list[str]]:
    lines = section(heading).split("\n")
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[3:]]


def names(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_-]+)(?:\([^`]*\))?`", text))


def test_every_page_is_there_with_its_values() -> None:
    known = {
        sample.template.removeprefix("readers/").removesuffix(".html"): {
            field.name for field in dataclasses.fields(sample.page)
        }
        for sample in page_samples("en")
    }
    known["embedded-form"] = {field.name for field in dataclasses.fields(EmbeddedForm)}
    known["correction-note"] = {field.name for field in dataclasses.fields(CorrectionNote)}
    documented = {row[0].strip("`"): names(row[2]) for row in rows("Pages") if len(row) == 3}
    documented["join-many"] = documented["join"]
    assert documented == known


def test_the_gallery_has_every_page() -> None:
    shown = {sample.template.removeprefix("readers/") for sample in page_samples("en")}
    assert shown == {path.name for path in READERS.glob("*.html")} - NO_PAGES


def test_the_parts_of_values_are_all_there() -> None:
    documented = [names(row[1]) for row in rows("Parts of values") if len(row) == 2]
    for module in (page_values, settings_values):
        for name, kind in vars(module).items():
            is_part = dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__
            if is_part and not name.endswith("Page") and name != "Masthead":
                fields = {field.name for field in dataclasses.fields(kind)}
                assert any(fields <= names for names in documented), name


def test_the_filters_and_parts_are_all_there() -> None:
    ours = set(PageEnvironment({}).filters) - set(RestrictedEnvironment({}).filters)
    assert {name for row in rows("Filters") if row[0] for name in names(row[0])} == ours
    macros = set(re.findall(r"{% macro (\w+)", (READERS / "parts.html").read_text("utf-8")))
    assert {name for row in rows("Parts") if row[0] for name in names(row[0])} == macros


def test_the_page_in_the_guide_works(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    guide = (ROOT / "docs" / "guides" / "templates.md").read_text("utf-8")
    for path in ("page/readers/find.html", "words/page/en.toml"):
        text = re.search(rf"<!-- file: templates/{path} -->\n```\w+\n(.*?)```", guide, re.DOTALL)
        assert text is not None
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text[1], "utf-8")
    templates = PageTemplates(SITE, [tmp_path])
    form = page_values.Form(action="/find")
    shown = templates.page("readers/find.html", language="en", page=page_values.FindPage(form=form))
    assert caplog.records == []
    assert b'<form method="post" action="/find">' in shown.body
    assert templates.words("en").table["join_button"] == "Count me in"
