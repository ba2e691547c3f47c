"""
What a list got already: singles, pins and headings in the pipeline from the store to the readers.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from itertools import pairwise

import pytest
from installation import Installation

from newsletter import pipeline
from newsletter.model.brief import MediaType, Poll, RawItem
from newsletter.model.issue import AudienceRule, ChosenBrief, IssueState
from newsletter.model.schedule import Group, IssueRules
from newsletter.model.source import FirstPoll
from newsletter.store.content import briefs, sent_briefs
from newsletter.store.issues import issues
from newsletter.store.issues.listing import latest_issues
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick

MORNING = dt.datetime(2026, 3, 5, 11, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


class Desk:
    """
    A installation with a source of the named posts, and mornings to let pass.
    """

    name = "site"

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.posts: list[tuple[str, tuple[str, ...]]] = []
        installation.add_list()
        installation.add_readers(1)
        feed = "https://site.example/feed"
        installation.add_source(
            "site", "feed", feed, first_poll=FirstPoll.NEW, settle=dt.timedelta(0)
        )

    def fetch(self, state: Mapping[str, str]) -> Poll:
        return Poll(items=tuple(_item(title, tags) for title, tags in self.posts))

    def write(self, *titles: str, tags: tuple[str, ...] = ()) -> None:
        self.posts += [(title, tags) for title in titles]

    def at(self, now: dt.datetime) -> None:
        """
        Send everything that is due by then.
        """
        self.installation.now = now
        tick(
            dataclasses.replace(self.installation.app.publishing, open_source=lambda settings: self)
        )
        self.installation.submit_all()

    def id_of(self, title: str) -> int:
        return next(
            found.id for found in self.installation.stored_briefs() if found.brief.title == title
        )

    def send_by_hand(self, *titles: str, slug: str = "daily") -> int:
        issue_id = self.draft_by_hand(*titles, slug=slug)
        pipeline.publish_issue(self.installation.app.publishing, issue_id)
        return issue_id

    def draft_by_hand(self, *titles: str, slug: str = "daily") -> int:
        from newsletter.issues.drafts import new_issue
        from newsletter.issues.selection import shown, template_for

        audience = AudienceRule(lists=(slug,))
        template = template_for(None, len(titles))
        with self.installation.app.database.write() as connection:
            draft = new_issue(
                self.installation.app.publishing, connection, audience=audience, template=template
            )
            chosen = shown([self.id_of(title) for title in titles])
            return issues.add_issue(connection, draft, chosen, now=self.installation.now)

    def reason(self, name: str = "morning") -> str:
        with self.installation.app.database.read() as connection:
            rule = schedules.find_schedule(connection, name)
            return schedules.last_slots(connection, rule.id, most=1)[0].reason

    def chosen(self) -> tuple[ChosenBrief, ...]:
        """
        The briefs of the newest issue.
        """
        with self.installation.app.database.read() as connection:
            (newest,) = latest_issues(connection, most=1)
            return issues.chosen_briefs(connection, newest.id)


def _item(title: str, tags: tuple[str, ...]) -> RawItem:
    content = f"<p>The council met and spoke of “{title}”, and of nothing besides.</p>"
    return RawItem(
        key=title, title=title, content=content, media_type=MediaType.HTML, categories=tags
    )


@pytest.fixture
def desk(installation: Installation) -> Desk:
    return Desk(installation)


def test_a_digest_leaves_out_what_a_person_sent_alone(desk: Desk) -> None:
    desk.installation.add_schedule()
    desk.write("The Quiet Quay", "The Loud Quay", "The Old Quay")
    desk.at(MORNING - dt.timedelta(hours=1))
    desk.send_by_hand("The Quiet Quay")
    desk.at(MORNING)
    assert sorted(one.brief.title for one in desk.chosen()) == ["The Loud Quay", "The Old Quay"]
    assert desk.reason() == "2 briefs; 1 already sent on their own"


def test_a_slot_whose_only_brief_went_singly_is_skipped_and_says_so_once(desk: Desk) -> None:
    desk.installation.add_schedule()
    desk.write("The Loud Quay")
    desk.at(MORNING)
    desk.write("The Quiet Quay")
    desk.at(MORNING + DAY - dt.timedelta(hours=1))
    desk.send_by_hand("The Quiet Quay")
    desk.at(MORNING + DAY)
    only = "none of 1 new brief matches the rules of the schedule; 1 already sent on their own"
    assert desk.reason() == only
    assert len(desk.installation.mails()) == 2


def test_a_schedule_may_send_what_went_singly_when_it_says_so(desk: Desk) -> None:
    desk.installation.add_schedule(rules=IssueRules(skip_singles=False))
    desk.write("The Quiet Quay")
    desk.at(MORNING - dt.timedelta(hours=1))
    desk.send_by_hand("The Quiet Quay")
    desk.at(MORNING)
    assert (desk.reason(), len(desk.installation.mails())) == ("1 brief", 2)


def test_repeating_brings_what_other_digests_sent_but_not_what_each_sent(desk: Desk) -> None:
    desk.installation.add_schedule("daily", timezone="UTC", cron="0 6 * * *")
    each = IssueRules(categories=("Alert",))
    desk.installation.add_schedule(
        "alerts", timezone="UTC", cron="0 7 * * *", each=True, rules=each
    )
    desk.installation.add_schedule("weekly", timezone="UTC", cron="0 8 * * *", repeat=True)
    desk.write("The Quiet Quay")
    desk.at(MORNING.replace(hour=6))
    desk.write("The Burst Dam", tags=("Alert",))
    desk.at(MORNING.replace(hour=7))
    desk.at(MORNING.replace(hour=8))
    assert [one.brief.title for one in desk.chosen()] == ["The Quiet Quay"]
    assert desk.reason("weekly") == "1 brief; 1 already sent on their own"


def test_a_schedule_leaves_out_what_a_person_sent_in_an_issue_of_several(desk: Desk) -> None:
    desk.installation.add_schedule()
    desk.write("The Quiet Quay", "The Loud Quay", "The Old Quay")
    desk.at(MORNING - dt.timedelta(hours=1))
    desk.send_by_hand("The Quiet Quay", "The Loud Quay")
    desk.at(MORNING)
    assert [one.brief.title for one in desk.chosen()] == ["The Old Quay"]


def test_a_schedule_that_repeats_takes_what_a_person_sent_in_an_issue_of_several(
    desk: Desk,
) -> None:
    desk.installation.add_schedule(repeat=True)
    desk.write("The Quiet Quay", "The Loud Quay")
    desk.at(MORNING - dt.timedelta(hours=1))
    desk.send_by_hand("The Quiet Quay", "The Loud Quay")
    desk.at(MORNING)
    assert len(desk.chosen()) == 2
    assert desk.reason() == "2 briefs"


def test_a_draft_of_several_briefs_by_hand_takes_none_of_them_yet(desk: Desk) -> None:
    desk.installation.add_schedule()
    desk.write("The Quiet Quay", "The Loud Quay")
    desk.at(MORNING - dt.timedelta(hours=1))
    desk.draft_by_hand("The Quiet Quay", "The Loud Quay")
    desk.at(MORNING)
    assert desk.reason() == "2 briefs"


def singles(desk: Desk, slug: str = "daily") -> list[int]:
    with desk.installation.app.database.read() as connection:
        return list(sent_briefs.sent_singly(connection, AudienceRule(lists=(slug,))))


def test_a_single_counts_for_its_own_list_and_when_it_is_really_going(desk: Desk) -> None:
    desk.installation.add_list("other")
    desk.installation.add_readers(1, "other")
    draft = desk.installation.add_issue("The Draft")
    pair = desk.installation.add_issue("The Quay", "The Other Quay")
    gone = desk.installation.add_issue("The Quiet Quay", lists=["other"])
    for issue_id in (pair, gone):
        pipeline.publish_issue(desk.installation.app.publishing, issue_id)
    assert desk.installation.state(draft) == "draft"
    assert (singles(desk), singles(desk, "other")) == ([], [desk.id_of("The Quiet Quay")])


def test_a_single_cancelled_before_anything_left_gives_its_brief_back(desk: Desk) -> None:
    issue_id = desk.installation.add_issue("The Quiet Quay")
    pipeline.publish_issue(desk.installation.app.publishing, issue_id)
    assert singles(desk) == [desk.id_of("The Quiet Quay")]
    with desk.installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.CANCELLED)
    assert singles(desk) == []


def test_a_pin_holds_for_one_issue(desk: Desk) -> None:
    desk.installation.add_schedule()
    desk.write("The Quiet Quay", "The Loud Quay", "The Old Quay")
    desk.at(MORNING - dt.timedelta(hours=1))
    last = [found.brief.title for found in desk.installation.stored_briefs()][-1]
    with desk.installation.app.database.write() as connection:
        briefs.set_pinned(connection, desk.id_of(last), pinned=True)
    desk.at(MORNING)
    assert desk.chosen()[0].brief.title == last
    assert [found.is_pinned for found in desk.installation.stored_briefs()] == [False] * 3


def test_each_makes_issues_in_the_order_briefs_came_whatever_is_pinned(desk: Desk) -> None:
    desk.installation.add_schedule(each=True)
    for title in ("First", "Second", "Third"):
        desk.write(title)
        desk.installation.now += dt.timedelta(minutes=20)
        desk.at(desk.installation.now)
    with desk.installation.app.database.write() as connection:
        briefs.set_pinned(connection, desk.id_of("Third"), pinned=True)
    desk.at(MORNING)
    with desk.installation.app.database.read() as connection:
        made = [issues.chosen_briefs(connection, i.id) for i in latest_issues(connection, most=9)]
    assert [one.brief.title for (one,) in reversed(made)] == ["First", "Second", "Third"]


def test_a_grouped_digest_reaches_the_reader_under_its_headings(desk: Desk) -> None:
    desk.installation.add_schedule(rules=IssueRules(group=Group.CATEGORY, lead="Lead"))
    desk.write("The Quiet Quay", tags=("Lead", "Water"))
    desk.write("The Loud Quay", "The Old Quay", tags=("Water",))
    desk.write("The Plain Quay")
    desk.at(MORNING)
    assert [one.heading for one in desk.chosen()] == [None, "Water", "Water", None]
    (mail,) = desk.installation.mails()
    text = mail.get_body(("plain",))
    assert text is not None
    lines = text.get_content().splitlines()
    headings = [line for line, rule in pairwise(lines) if line and rule == "-" * len(line)]
    assert headings == ["Water", "More stories"]


def test_a_schedule_that_is_made_anew_sends_nothing_again(installation: Installation) -> None:
    desk = Desk(installation)
    installation.add_schedule()
    desk.write("The Quiet Harbour")
    desk.at(MORNING)
    with installation.app.database.write() as connection:
        schedules.remove_schedule(connection, schedules.find_schedule(connection, "morning").id)
    installation.add_schedule()
    desk.write("The Loud Harbour")
    desk.at(MORNING + DAY)
    assert [mail["Subject"] for mail in installation.mails()] == [
        "The Quiet Harbour",
        "The Loud Harbour",
    ]
