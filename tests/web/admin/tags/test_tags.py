"""
The page of tags.
"""

from __future__ import annotations

import html

from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.people import bulk, segments, subscribers, tags
from newsletter.actions.people.bulk import BulkRun
from newsletter.model.access import OPERATOR, Role
from subscribers.bulk.targets import Targets

TAGS, MOST_STATEMENTS = "/admin/tags", 12
HOSTILE = '<b>"onmouseover=x / ?&'


def tag_people(installation: Installation, *names: str) -> None:
    installation.add_list("daily")
    added = [
        subscribers.add(installation.app, address, "daily", by=OPERATOR, consent="by post")[1].id
        for address in ("ada@example.org", "bo@example.org")
    ]
    bulk.tag(installation.app, Targets(numbers=added), BulkRun(by=OPERATOR), add=names, remove=[])


def test_a_tag_is_renamed_and_removed_after_a_question_with_the_number_of_people(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    assert "Nobody has a tag yet" in browser.get(TAGS).text
    tag_people(installation, "press", HOSTILE)
    segments.add(installation.app, "press", "tag has press", by=OPERATOR)
    with counted(installation.app) as statements:
        page = browser.get(TAGS).text
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "2 tags" in page
    assert "Rename it for 2 people" in page
    assert HOSTILE not in page
    for wrong in (HOSTILE, "a, b", ""):
        answer = browser.post(f"{TAGS}/rename", on=TAGS, tag="press", name=wrong)
        assert answer.status_code == 422
        assert html.escape(wrong, quote=False).partition('"')[0] in answer.text
    browser.post(f"{TAGS}/rename", on=TAGS, tag="press", name="Media")
    assert "The tag of 2 people is renamed." in browser.get(TAGS).text
    (segment,) = segments.show_all(installation.app, by=OPERATOR)
    assert segment.rule == 'tag has "media"'
    used = browser.post(f"{TAGS}/remove", on=TAGS, tag="media", expected="2")
    assert used.headers["location"] == TAGS
    assert "Segment press uses tag media" in browser.get(TAGS).text
    asked = browser.post(f"{TAGS}/remove", on=TAGS, tag=HOSTILE).text
    assert "Remove the tag from 2 people" in asked
    browser.post(f"{TAGS}/remove", on=TAGS, tag=HOSTILE, expected="2")
    assert tags.count_all(installation.app, by=OPERATOR) == {"media": 2}


def test_who_is_limited_to_a_list_is_told_why_they_see_no_tags(
    installation: Installation, browser: StaffBrowser
) -> None:
    tag_people(installation, "press")
    add_member(installation, "bob@example.org", role=Role.PEOPLE, lists=["daily"])
    add_member(installation, role=Role.OBSERVER)
    browser.log_in("bob@example.org")
    page = browser.get(TAGS).text
    assert "only staff who see all lists" in page
    assert "press</bdi>" not in page
    for member in ("bob@example.org", "eve@example.org"):
        browser.log_in(member)
        for act in ("rename", "remove"):
            sent = browser.post(f"{TAGS}/{act}", on=TAGS, tag="press", name="x", expected="2")
            assert sent.status_code in (403, 404)
    assert 'action="/admin/tags/rename"' not in browser.get(TAGS).text
    assert tags.count_all(installation.app, by=OPERATOR) == {"press": 2}
