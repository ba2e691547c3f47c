"""
Items that come back under new ids: each is the brief it was, and too many of them hold the source.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from installation import Installation
from scripted_source import NOW, Site, item, polls_of

from newsletter.actions.content import source_pauses
from newsletter.actions.content import sources as source_actions
from newsletter.errors import Refused
from newsletter.model.access import OPERATOR
from newsletter.model.brief import RawItem
from newsletter.model.source import CollectReport, FirstPoll
from newsletter.operations.doctor import run_checks


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    return Site(installation)


def post(number: int, key: str, **values: object) -> RawItem:
    defaults: dict[str, object] = {
        "title": f"Matter {number}",
        "content": f"<p>Ship {number} came in with the tide, and left again at night.</p>",
        "url": f"https://site.example/posts/{number}",
        "published_at": NOW - dt.timedelta(hours=number),
    }
    return item(key, **(defaults | values))


def posts(prefix: str, numbers: range, **values: object) -> list[RawItem]:
    return [post(number, f"{prefix}{number}", **values) for number in numbers]


def taken(report: CollectReport) -> int:
    return len(report.new) + len(report.held) + len(report.recorded)


def titles(site: Site) -> list[str]:
    return sorted(brief.brief.title for brief in site.installation.stored_briefs())


def test_an_item_with_a_new_id_and_the_same_link_is_the_same_brief(site: Site) -> None:
    site.poll(polls_of(post(1, "old")))
    edited = post(1, "new", content="<p>Ship 1 came in, and stayed.</p>")
    report = site.poll(polls_of(edited))
    assert (taken(report), report.changed) == (0, ("old",))
    assert taken(site.poll(polls_of(edited))) == 0
    assert titles(site) == ["Matter 1"]


@pytest.mark.parametrize(
    "link",
    [
        "http://www.site.example/posts/1/",
        "https://site.example/posts/1?utm_source=feed#more",
    ],
)
def test_a_link_written_in_another_way_is_the_same_link(site: Site, link: str) -> None:
    site.poll(polls_of(post(1, "old")))
    edited = post(1, "new", url=link, content="<p>Ship 1 came in, and stayed.</p>")
    assert taken(site.poll(polls_of(edited))) == 0


def test_an_item_with_a_new_id_and_the_same_title_and_text_is_the_same_brief(site: Site) -> None:
    site.poll(polls_of(post(1, "old")))
    moved = post(1, "new", url="https://new.example/1", image_url="https://cdn.example/1.jpg")
    assert taken(site.poll(polls_of(moved))) == 0
    assert titles(site) == ["Matter 1"]


def test_a_new_post_that_repeats_title_and_text_of_another_day_is_held_and_not_lost(
    site: Site,
) -> None:
    site.poll(polls_of(post(1, "old", published_at=NOW - dt.timedelta(days=1))))
    report = site.poll(polls_of(post(1, "new", url="https://site.example/posts/2")))
    assert report.notes == (
        "new: held, it has the title and text of “Matter 1” but another date and link",
    )


def test_a_first_poll_that_records_does_so_with_what_repeats_title_and_text(
    installation: Installation,
) -> None:
    site = Site(installation, first_poll=FirstPoll.RECORD)
    again = post(
        1, "2", url="https://site.example/posts/2", published_at=NOW - dt.timedelta(days=1)
    )
    report = site.poll(polls_of(post(1, "1"), again))
    assert (report.held, len(report.recorded)) == ((), 2)


def test_a_source_that_gives_all_items_new_ids_links_and_dates_is_held(site: Site) -> None:
    site.poll(polls_of(*posts("old", range(1, 9), published_at=NOW - dt.timedelta(days=9))))
    moved = [post(n, f"new{n}", url=f"https://new.example/{n}") for n in range(1, 9)]
    report = site.poll(polls_of(*moved))
    assert (taken(report), (report.error or "").partition(",")[0]) == (
        0,
        "held: 8 of 8 known items have new ids",
    )


def test_a_link_that_several_items_share_tells_nothing(site: Site) -> None:
    shared = "https://site.example/news"
    site.poll(polls_of(post(1, "1", url=shared), post(2, "2", url=shared)))
    report = site.poll(polls_of(post(2, "2", url=shared), post(3, "3", url=shared)))
    assert report.new == ("3",)


def test_a_new_item_with_the_link_of_an_earlier_one_is_held(site: Site) -> None:
    shared = "https://site.example/today"
    earlier = post(1, "1", url=shared, published_at=NOW - dt.timedelta(days=1))
    site.poll(polls_of(earlier))
    report = site.poll(polls_of(post(2, "2", url=shared)))
    assert report.notes == ("2: held, it has the link of “Matter 1” but another date and text",)
    assert site.poll(polls_of(post(3, "3", url=shared))).new == ("3",)


def test_an_item_beside_one_with_the_same_title_stays_a_brief_of_its_own(site: Site) -> None:
    site.poll(polls_of(post(1, "1", title="Report")))
    report = site.poll(polls_of(post(1, "1", title="Report"), post(2, "2", title="Report")))
    assert report.new == ("2",)


def test_a_source_that_gives_all_items_new_ids_is_held_and_takes_nothing(site: Site) -> None:
    site.poll(polls_of(*posts("old", range(1, 9))))
    unknown = [post(number, f"new{number}") for number in range(20, 25)]
    report = site.poll(polls_of(*posts("new", range(1, 9)), *unknown))
    assert taken(report) == 0
    assert report.error == (
        "held: 8 of 8 known items have new ids, and nothing was taken; if the source is in order, "
        "run `newsletter source resume site`"
    )
    assert len(titles(site)) == 8
    settings = site.settings()
    assert settings.held_since == site.installation.now
    assert settings.failures == 0


def test_a_held_source_is_not_asked_until_it_is_resumed(site: Site) -> None:
    site.poll(polls_of(*posts("old", range(1, 9))))
    site.poll(polls_of(*posts("new", range(1, 9))))
    assert (site.poll(polls_of(post(30, "30"))).error or "").startswith("held since 2026-03-04")
    assert len(titles(site)) == 8


def test_a_third_of_new_ids_is_no_reason_to_hold(site: Site) -> None:
    site.poll(polls_of(*posts("old", range(1, 10))))
    mixed = [*posts("new", range(1, 4)), *posts("old", range(4, 10))]
    report = site.poll(polls_of(*mixed, post(11, "11")))
    assert (report.error, report.new) == (None, ("11",))


def test_two_new_ids_are_too_few_to_hold(site: Site) -> None:
    site.poll(polls_of(*posts("old", range(1, 3))))
    assert site.poll(polls_of(*posts("new", range(1, 3)))).error is None


def test_a_resumed_source_takes_its_items_as_known_under_their_new_ids(site: Site) -> None:
    """
    An item that is not recognised, and is dated before the ids changed, is recorded, not sent.
    """
    site.poll(polls_of(*posts("old", range(1, 9))))
    rewritten = post(30, "new30", published_at=NOW - dt.timedelta(days=2))
    undated = post(31, "new31", published_at=None)
    later = post(32, "new32", published_at=NOW + dt.timedelta(hours=4))
    again = polls_of(*posts("new", range(1, 9)), rewritten, undated, later)
    site.installation.now = NOW + dt.timedelta(hours=5)
    site.poll(again)
    source_pauses.resume(site.installation.app, "site", by=OPERATOR)
    report = site.poll(again)
    assert (report.error, report.recorded) == (None, ("new30",))
    assert (report.held, report.new) == (("new31",), ("new32",))
    assert taken(site.poll(again)) == 0
    assert site.poll(polls_of(post(33, "33", published_at=None))).new == ("33",)


def test_a_held_source_is_named_by_source_list_show_and_doctor(site: Site) -> None:
    site.poll(polls_of(*posts("old", range(1, 9))))
    site.poll(polls_of(*posts("new", range(1, 9))))
    app = site.installation.app
    found = source_actions.standing(app, "site", by=OPERATOR)
    assert [found] == source_actions.standings(app, by=OPERATOR)
    assert found.problem == (
        "held since 2026-03-04 12:00 UTC: 8 of 8 known items have new ids; if it is in order, run "
        "`newsletter source resume site`"
    )
    assert found.as_json()["next_poll"] is None
    [check] = [check for check in run_checks(app) if check.name == "sources"]
    assert (check.ok, check.detail) == (False, f"site {found.problem}")
    source_pauses.resume(app, "site", by=OPERATOR)
    with pytest.raises(Refused, match="source site is neither held nor paused"):
        source_pauses.resume(app, "site", by=OPERATOR)


def test_a_first_poll_that_records_is_never_held(installation: Installation) -> None:
    site = Site(installation, first_poll=FirstPoll.RECORD)
    report = site.poll(polls_of(*posts("old", range(1, 9))))
    assert (report.error, len(report.recorded)) == (None, 8)
