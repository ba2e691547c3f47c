"""
Whatever others wrote into attributes, titles and captions, no value stops an issue, and readers see
it as it was written.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import html
import itertools
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from foreign_values import HARMLESS, PLACES, values
from installation import Installation
from selectolax.lexbor import LexborHTMLParser

from newsletter.errors import ReadError
from newsletter.ingest.parsing import characters
from newsletter.ingest.parsing.read import read
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.drafts import new_issue
from newsletter.issues.preflight import render_and_check
from newsletter.mail.html.css import COMMENT
from newsletter.model.brief import Brief, ReadingRules
from newsletter.model.check import Level
from newsletter.model.issue import AudienceRule, ShownAs
from newsletter.model.mail import Mail
from newsletter.store.content.manual_briefs import store_by_hand
from newsletter.store.issues import issues

# Of 2,000 values, each fourth; `make foreign-values` tries them all.
EVERY = int(os.environ.get("EVERY", "4"))
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "templates"
NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
SITE = {
    "name": "The Institute",
    "base_url": "https://news.example.org",
    "postal_address": "12 Quay Street, Harbourtown",
    "templates": str(EXAMPLES),
}
# As many as stay under the size at which briefs are shortened to lines.
AT_ONCE = 16
TEMPLATES = ("digest", "mjml-digest")


@pytest.fixture
def press(sqlite_template: Path, tmp_path: Path, warm_sandbox: Sandbox) -> Iterator[Press]:
    file = tmp_path / "newsletter.db"
    shutil.copy(sqlite_template, file)
    url = f"sqlite:///{file}"
    installation = Installation(tmp_path, url, now=NOW, sandbox=warm_sandbox, site=SITE)
    installation.add_list()
    installation.add_readers(1)
    yield Press(installation)
    installation.close()


class Press:
    """
    Makes issues of briefs, and mails of issues, as for a provider that reaches people.
    """

    def __init__(self, installation: Installation) -> None:
        self.app = installation.app
        self.context = replace(
            installation.app.publishing, is_on_this_machine=lambda provider: False
        )
        self._keys = itertools.count()
        self.shown = 0

    def mail_of(self, briefs: Iterable[Brief], template: str) -> Mail:
        """
        Return the mail of a new issue, which must have no error; `shown` is its number of briefs.
        """
        with self.app.database.write() as connection:
            stored = [
                store_by_hand(connection, brief, key=f"{next(self._keys)}", now=NOW)
                for brief in briefs
            ]
            audience = AudienceRule(lists=("daily",))
            draft = new_issue(self.context, connection, audience=audience, template=template)
            # Two files with the same text are one brief.
            shown = [(number, ShownAs.FULL) for number in dict.fromkeys(each.id for each in stored)]
            self.shown = len(shown)
            issue = issues.load_issue(
                connection, issues.add_issue(connection, draft, shown, now=NOW)
            )
        rendered, found = render_and_check(self.context, issue)
        errors = [each for each in found if each.level is Level.ERROR]
        assert (rendered is None, errors) == (False, [])
        assert rendered is not None
        return rendered.mail


def briefs_of(found: Sequence[str], place: str) -> list[Brief]:
    """
    Return the brief of an item for each value that can be read.
    """
    briefs = []
    for number, value in enumerate(found):
        with contextlib.suppress(ReadError):
            briefs.append(read(PLACES[place](value, f"brief {number}"), ReadingRules()))
    return briefs


class Attributes(HTMLParser):
    """
    The texts in attributes of a markup, read by another parser than ours.
    """

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: Counter[tuple[str, str]] = Counter()
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.update(
            (name, " ".join((value or "").split()))
            for name, value in attrs
            if name in ("alt", "title")
        )


def lost_texts(page: str, brief: Brief) -> set[object]:
    """
    Return the texts in attributes of a brief that its mail does not have, and its title.
    """
    wanted = set(Attributes(brief.body_html).found)
    if brief.image_url and brief.image_alt:
        wanted.add(("alt", " ".join(brief.image_alt.split())))
    lost: set[object] = wanted - set(Attributes(page).found)
    headings = {" ".join(node.text().split()) for node in LexborHTMLParser(page).css("h1, h2, h3")}
    return lost | ({" ".join(brief.title.split())} - headings)


def tags(page: str) -> list[str]:
    return [node.tag or "" for node in LexborHTMLParser(page).css("*")]


def check(press: Press, found: Sequence[str], place: str, template: str) -> None:
    """
    Check the mails of *found* in issues of several, each against the mail of harmless values.
    """
    for start in range(0, len(found), AT_ONCE):
        briefs = briefs_of(found[start : start + AT_ONCE], place)
        mail = press.mail_of(briefs, template)
        page = mail.whole or mail.html
        # A picture is shown for the lead only.
        briefs[1:] = [replace(brief, image_url=None) for brief in briefs[1:]]
        assert [lost for brief in briefs if (lost := lost_texts(page, brief))] == []
        assert [brief.title for brief in briefs if not is_in(mail.text, brief.title)] == []
        assert "\n" not in mail.subject
        if place in ("attributes", "text"):
            harmless = [f"{HARMLESS} {number}" for number in range(press.shown)]
            alike = press.mail_of(briefs_of(harmless, place), template)
            other = alike.whole or alike.html
            assert COMMENT.findall(page) == COMMENT.findall(other)
        if place == "attributes":
            assert tags(page) == tags(other)


def is_in(text: str, title: str) -> bool:
    return letters(title) in letters(text)


def letters(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("place", PLACES)
def test_no_value_of_others_stops_an_issue(press: Press, place: str, template: str) -> None:
    check(press, values(2_000)[:: 2_000 // 32], place, template)


@pytest.mark.ci
@pytest.mark.parametrize("place", PLACES)
def test_none_of_many_values_stops_an_issue(press: Press, place: str) -> None:
    check(press, values(2_000)[::EVERY], place, "digest")


@pytest.mark.ci
@pytest.mark.parametrize("place", PLACES)
def test_none_of_many_values_stops_an_issue_in_mjml(press: Press, place: str) -> None:
    check(press, values(2_000)[:: 5 * EVERY], place, "mjml-digest")


@pytest.mark.ci
@pytest.mark.parametrize("place", PLACES)
def test_none_of_many_values_stops_an_issue_of_its_own(press: Press, place: str) -> None:
    for brief in briefs_of(values(200)[::EVERY], place):
        mail = press.mail_of([brief], "intelbrief")
        assert lost_texts(mail.whole or mail.html, brief) == set()


def test_a_description_is_what_its_author_wrote() -> None:
    found = [value for value in values(2_000) if len(value) < 900]
    briefs = [*itertools.chain.from_iterable(briefs_of([value], "attributes") for value in found)]
    assert len(briefs) == len(found)
    for value, brief in zip(found, briefs, strict=True):
        written = " ".join(characters.line(html.unescape(html.escape(value))).split())
        shown = Attributes(brief.body_html).found
        assert shown["title", written] == 2 or not written
        assert ("alt", written) in shown or ("alt", "") in shown
