"""
Two briefs that are one piece of news are joined: later versions of either update the kept one.
"""

from __future__ import annotations

import datetime as dt

import pytest
from installation import Installation
from scripted_source import Site, item, polls_of

from newsletter.actions.content import briefs
from newsletter.errors import Refused, UnknownBrief
from newsletter.model.access import OPERATOR
from newsletter.model.brief import BriefStatus, RawItem
from newsletter.store.content.briefs import StoredBrief, set_status


def quay(**values: object) -> RawItem:
    own = {"key": "a", "title": "The Quiet Quay", "url": "https://example.org/a"}
    return item(**{**own, **values})  # type: ignore[arg-type]


def ferry(**values: object) -> RawItem:
    own = {
        "title": "A Ferry Less",
        "content": "<p>One ferry fewer sails from Tuesday, and the captain is sorry.</p>",
        "url": "https://example.org/b",
        "published_at": dt.datetime(2026, 3, 3, 9, tzinfo=dt.UTC),
    }
    return item("b", **{**own, **values})


def by_number(installation: Installation) -> dict[int, StoredBrief]:
    return {each.id: each for each in installation.stored_briefs()}


def join(installation: Installation, kept: int, other: int) -> StoredBrief:
    return briefs.join(installation.app, kept, other=other, by=OPERATOR)


def test_later_versions_of_either_update_the_kept_brief(installation: Installation) -> None:
    site = Site(installation)
    site.poll(polls_of(quay(), ferry()))
    join(installation, 1, 2)
    for _ in range(2):
        report = site.poll(polls_of(quay(), ferry()))
        assert (report.new, report.changed, report.held) == ((), (), ())
        assert by_number(installation)[1].brief.title == "The Quiet Quay"
    site.poll(polls_of(quay(), ferry(title="Two Ferries Less")))
    assert by_number(installation)[1].brief.title == "Two Ferries Less"
    report = site.poll(polls_of(quay(), ferry(title="Two Ferries Less")))
    assert report.changed == ()
    site.poll(polls_of(quay(title="The Loud Quay"), ferry(title="Two Ferries Less")))
    assert by_number(installation)[1].brief.title == "The Loud Quay"
    assert len(by_number(installation)) == 2
    assert by_number(installation)[2].brief.title == "A Ferry Less"


def test_a_brief_of_another_source_updates_the_kept_one_too(installation: Installation) -> None:
    site, other = Site(installation), Site(installation, name="other")
    site.poll(polls_of(quay()))
    other.poll(polls_of(ferry()))
    join(installation, 1, 2)
    other.poll(polls_of(ferry(title="Two Ferries Less")))
    site.poll(polls_of(quay()))
    assert by_number(installation)[1].brief.title == "Two Ferries Less"
    assert len(by_number(installation)) == 2


def test_what_a_person_edited_stays_in_a_joined_brief(installation: Installation) -> None:
    site = Site(installation)
    site.poll(polls_of(quay(), ferry()))
    briefs.edit(installation.app, 1, values={"title": "Ours"}, by=OPERATOR)
    join(installation, 1, 2)
    changed = "<p>Two ferries fewer sail from Tuesday, and both captains are sorry.</p>"
    site.poll(polls_of(quay(), ferry(content=changed)))
    kept = by_number(installation)[1].brief
    assert (kept.title, "both captains" in kept.body_text) == ("Ours", True)


def test_the_other_brief_is_held_and_no_schedule_takes_it(installation: Installation) -> None:
    Site(installation).poll(polls_of(quay(), ferry()))
    kept = join(installation, 1, 2)
    other = by_number(installation)[2]
    assert kept.status is BriefStatus.NEW
    assert (other.status, other.status_reason) == (BriefStatus.HELD, "joined with brief 1")


def test_an_item_of_a_joined_brief_with_a_new_id_is_still_that_brief(
    installation: Installation,
) -> None:
    site = Site(installation)
    http = "http://example.org/?p=1"
    site.poll(polls_of(quay(key=http, fallback_key="example.org/?p=1"), ferry()))
    join(installation, 1, 2)
    moved = quay(key="https://example.org/?p=1", fallback_key="example.org/?p=1")
    for _ in range(2):
        report = site.poll(polls_of(moved, ferry()))
        assert (report.new, report.changed) == ((), ())
    assert len(by_number(installation)) == 2


def test_three_briefs_are_joined_one_after_the_other(installation: Installation) -> None:
    site = Site(installation)
    third = item("c", title="No Ferry", content="<p>From Tuesday on, nobody sails at all.</p>")
    site.poll(polls_of(quay(), ferry(), third))
    join(installation, 2, 3)
    join(installation, 1, 2)
    assert site.poll(polls_of(quay(), ferry(), third)).changed == ()
    assert by_number(installation)[1].brief.title == "The Quiet Quay"


@pytest.mark.parametrize(("kept", "other"), [(1, 9), (9, 1)])
def test_a_brief_that_does_not_exist_is_not_joined(
    installation: Installation, kept: int, other: int
) -> None:
    Site(installation).poll(polls_of(quay(), ferry()))
    with pytest.raises(UnknownBrief):
        join(installation, kept, other)


def test_a_brief_is_not_joined_with_itself(installation: Installation) -> None:
    Site(installation).poll(polls_of(quay()))
    with pytest.raises(Refused, match="name two briefs"):
        join(installation, 1, 1)


def test_of_two_briefs_the_one_that_was_sent_is_kept(installation: Installation) -> None:
    Site(installation).poll(polls_of(quay(), ferry()))
    with installation.app.database.write() as connection:
        set_status(connection, [2], BriefStatus.USED, reason="")
    with pytest.raises(Refused, match="`newsletter brief join 2 1`"):
        join(installation, 1, 2)
    assert join(installation, 2, 1).id == 2


def test_a_brief_in_a_draft_is_not_joined_to_another(installation: Installation) -> None:
    installation.add_list()
    issue = installation.add_issue("In a draft")
    Site(installation).poll(polls_of(quay()))
    with pytest.raises(Refused, match=f"brief 1 is in issue {issue}: take it out of that first"):
        join(installation, 2, 1)
