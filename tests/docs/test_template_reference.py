"""
The page on template variables has every name that a template can use, and no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from template_samples import issue_in

from newsletter.issues.notices import NOTICES
from newsletter.mail.merge.fields import KNOWN_FIELDS
from newsletter.mail.templating.context import issue_context
from newsletter.mail.templating.environment import RestrictedEnvironment
from newsletter.mail.templating.files import project_templates
from newsletter.mail.templating.translations import read_translations

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "reference" / "template-variables.md").read_text("utf-8")


def section(heading: str) -> str:
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(heading: str) -> Iterator[list[str]]:
    for line in section(heading).split("\n"):
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def names(heading: str, column: int = 0) -> set[str]:
    """
    The names before a bracket or dot, between backticks, in one column of the tables of a section.
    """
    cells = [row[column] for row in rows(heading)]
    return {name for cell in cells for name in re.findall(r"`(\w+)(?:\(.*?\)|\.[\w.]+)?`", cell)}


def defined(kind: str, path: str) -> set[str]:
    text = (project_templates() / path).read_text("utf-8")
    return set(re.findall(rf"{{% {kind} (\w+)", text))


def test_the_values_of_issues_and_briefs_are_all_there() -> None:
    context = issue_context(issue_in("ltr", ["full"]), read_translations((), "en"))
    # The renderer adds the line of the introductory text that holds no merge field.
    assert names("Issues") == {*context, "intro_line"}
    assert names("Briefs") == set(context["briefs"][0])


def test_the_filters_of_our_own_are_all_there() -> None:
    ours = {
        name
        for name, function in RestrictedEnvironment({}).filters.items()
        if function.__module__.startswith("newsletter.")
    }
    assert names("Filters") == ours


def test_the_merge_fields_are_all_there() -> None:
    for name in KNOWN_FIELDS:
        assert f"`{name}`" in section("Merge fields")


def test_blocks_and_parts_are_all_there() -> None:
    blocks = defined("block", "parts/frame.html")
    assert names("Blocks and parts") == blocks | defined("macro", "parts/brief.html")
    inline = set(re.findall(r"`(\w+)(?:\(.*?\))?`", section("Blocks and parts")))
    for kind, path in (
        ("block", "parts/frame.txt"),
        ("block", "parts/notice.html"),
        ("macro", "parts/brief.txt"),
        ("macro", "parts/words.html"),
    ):
        assert defined(kind, path) <= inline


def test_the_fixed_texts_are_there_in_english() -> None:
    english = read_translations((), "en").table
    texts = {
        name: text if isinstance(text, str) else ", ".join(text.values())
        for name, text in english.items()
    }
    assert {row[0].strip("`"): row[1] for row in rows("Words")} == texts


def test_the_languages_are_all_there() -> None:
    for table in (project_templates() / "words").glob("*.toml"):
        assert re.search(rf"\b{table.stem}\b[,.]", section("Words"))


def test_the_notices_and_their_values_are_all_there() -> None:
    values = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[2])) - {"what", "advice"}
        for row in rows("Notices")
    }
    assert values == {name: set(known) for name, known in NOTICES.items()}


@pytest.mark.parametrize("page", ["guides/templates.md", "reference/template-variables.md"])
def test_the_templates_of_issues_are_all_there(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    for folder in (project_templates() / "issue").iterdir():
        assert f"`{folder.name}`" in text
