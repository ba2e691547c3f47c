"""
A digest under headings: what a screen reader hears, and what stands in the text part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from issue_samples import NONCE, make_brief, make_content

from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.render import RENDER_MODULES, render_mail
from newsletter.mail.templating.context import issue_context
from newsletter.mail.templating.translations import read_translations
from newsletter.model.issue import ChosenBrief, ShownAs
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(RENDER_MODULES) as running:
        yield running


def grouped(*placed: tuple[str, str | None, str]) -> IssueContent:
    """
    An issue of briefs by title, heading and how each is shown.
    """
    bare = {"body_html": "<p>Nobody left the quay.</p>", "takeaways": ("The ferries stay.",)}
    briefs = tuple(
        ChosenBrief(
            brief_id=number,
            shown_as=ShownAs(how),
            heading=heading,
            brief=make_brief(title=title, **bare),
        )
        for number, (title, heading, how) in enumerate(placed)
    )
    return make_content(briefs=briefs)


GROUPED = grouped(
    ("Lead", None, "full"),
    ("Quay", "Water & ice", "takeaways"),
    ("Dam", "Water & ice", "line"),
    ("Toll", "Law", "line"),
    ("Rest", None, "takeaways"),
)


def digest(content: IssueContent, sandbox: Sandbox) -> Mail:
    return render_mail(content, "digest", folders=(), sandbox=sandbox, nonce=NONCE)


def outline(html: str) -> list[tuple[int, str]]:
    found = re.findall(r"<h([1-6])[^>]*>(.*?)</h", html, re.DOTALL)
    return [(int(level), re.sub("<[^>]+>", "", words)) for level, words in found]


def test_headings_stand_above_their_briefs_in_levels_without_a_gap(sandbox: Sandbox) -> None:
    assert outline(digest(GROUPED, sandbox).html) == [
        (1, "Lead"), (2, "Key takeaways"),
        (2, "Water &amp; ice"), (3, "Quay"), (4, "Key takeaways"), (3, "Dam"),
        (2, "Law"), (3, "Toll"),
        (2, "More stories"), (3, "Rest"), (4, "Key takeaways"),
    ]  # fmt: skip


def test_without_headings_briefs_are_second_and_lines_come_last(sandbox: Sandbox) -> None:
    plain = grouped(("Lead", None, "full"), ("Dam", None, "line"), ("Quay", None, "excerpt"))
    assert outline(digest(plain, sandbox).html) == [
        (1, "Lead"), (2, "Key takeaways"), (2, "Quay"), (2, "Also in this issue"), (3, "Dam"),
    ]  # fmt: skip


def test_the_text_says_a_heading_whenever_it_changes(sandbox: Sandbox) -> None:
    lines = digest(GROUPED, sandbox).text.split("\n")
    underlined = [
        (lines[place - 1], line[0])
        for place, line in enumerate(lines)
        if re.match(r"(-+|=+)$", line)
    ]
    assert [(words, rule) for words, rule in underlined if words] == [
        ("Lead", "="), ("Water & ice", "-"), ("Quay", "="), ("Dam", "="), ("Law", "-"),
        ("Toll", "="), ("More stories", "-"), ("Rest", "="),
    ]  # fmt: skip


def test_a_lead_with_a_heading_of_its_own_stands_without_it(sandbox: Sandbox) -> None:
    moved = grouped(("Quay", "Water", "full"), ("Dam", "Water", "line"))
    headings = [words for level, words in outline(digest(moved, sandbox).html) if level < 3]
    assert headings == ["Quay", "Key takeaways", "Water"]


def test_sections_are_runs_after_the_lead() -> None:
    sections = issue_context(GROUPED, read_translations((), "en"))["sections"]
    assert [(one["heading"], [b["title"] for b in one["briefs"]]) for one in sections] == [
        ("Water & ice", ["Quay", "Dam"]), ("Law", ["Toll"]), (None, ["Rest"]),
    ]  # fmt: skip
