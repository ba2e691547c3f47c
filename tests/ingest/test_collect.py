"""
What a poll decides about each item: new, changed, held, recorded, and why.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from installation import Installation
from scripted_source import NOW, Scripted, Site, item, polls_of

from newsletter.errors import SourceError
from newsletter.ingest.collect import collect_source
from newsletter.ingest.intake_rules import AHEAD, classify_new
from newsletter.model.brief import Brief, BriefStatus, Poll
from newsletter.model.issue import AudienceRule
from newsletter.model.source import FirstPoll, SourceSettings
from newsletter.store.content import briefs, edits
from newsletter.store.content.fingerprints import content_hash, dated_at


@pytest.fixture
def site(installation: Installation) -> Iterator[Site]:
    return Site(installation)


def test_an_edit_changes_the_brief_and_does_not_add_another(site: Site) -> None:
    site.poll(polls_of(item()))
    report = site.poll(polls_of(item(title="The Quieter Quay")))
    assert report.changed == ("a",)
    assert [b.brief.title for b in site.installation.stored_briefs()] == ["The Quieter Quay"]


def test_a_brief_with_a_used_id_is_held_and_the_first_stays(site: Site) -> None:
    first = item("a", url="https://x.example/1", published_at=NOW - dt.timedelta(days=2))
    other = item("a", url="https://x.example/2", title="Another Matter", published_at=NOW)
    site.poll(polls_of(first))
    reports = [site.poll(polls_of(other)), site.poll(polls_of(other))]
    assert [report.held for report in reports] == [("a | https://x.example/2",), ()]
    assert reports[0].notes == (
        "a | https://x.example/2: held, its id was already used for “The Quiet Quay”",
    )
    stored = {brief.brief.title: brief.status for brief in site.installation.stored_briefs()}
    assert stored == {"The Quiet Quay": "new", "Another Matter": "held"}


def test_an_id_similar_to_a_used_one_is_another_brief(site: Site) -> None:
    first = item("a", url="https://x.example/1", published_at=NOW - dt.timedelta(days=2))
    other = item("a", url="https://x.example/2", title="Another Matter", published_at=NOW)
    third = item("a | https://x.example/2", title="A Third Matter")
    site.poll(polls_of(first))
    site.poll(polls_of(other))
    assert site.poll(polls_of(third)).new == ("a | https://x.example/2",)
    assert len(site.installation.stored_briefs()) == 3


def test_a_persons_edit_stays_when_the_source_changes_other_fields(site: Site) -> None:
    site.poll(polls_of(item()))
    [stored] = site.installation.stored_briefs()
    with site.installation.app.database.write() as connection:
        edited = replace(stored.brief, title="By Hand")
        edits.edit_brief(connection, stored.id, edited, now=NOW)
    report = site.poll(polls_of(item(title="The Quieter Quay", content="<p>All left.</p>")))
    [kept] = site.installation.stored_briefs()
    assert (kept.brief.title, kept.brief.body_text) == ("By Hand", "All left.")
    assert (kept.edited, report.changed) == (("title",), ("a",))


def test_a_reset_field_is_what_the_source_says_now(site: Site) -> None:
    site.poll(polls_of(item()))
    [stored] = site.installation.stored_briefs()
    with site.installation.app.database.write() as connection:
        edited = replace(stored.brief, title="By Hand", caption="Mine")
        edits.edit_brief(connection, stored.id, edited, now=NOW)
    site.poll(polls_of(item(title="The Quieter Quay")))
    with site.installation.app.database.write() as connection:
        edits.reset_brief(connection, stored.id, ["title"], now=NOW)
    [kept] = site.installation.stored_briefs()
    assert (kept.brief.title, kept.brief.caption) == ("The Quieter Quay", "Mine")
    assert kept.edited == ("caption",)


def source_site(installation: Installation, name: str, **settings: object) -> Site:
    return Site(installation, name=name, **settings)


def test_one_post_from_two_sources_is_one_brief(installation: Installation) -> None:
    feed, api = source_site(installation, "feed"), source_site(installation, "api")
    feed.poll(polls_of(item("http://x.example/?p=310", site_key="x.example?p=310")))
    report = api.poll(polls_of(item("310", site_key="x.example?p=310", title="THE QUIET QUAY")))
    assert (report.new, report.unchanged) == ((), ("http://x.example/?p=310",))
    assert [brief.brief.title for brief in installation.stored_briefs()] == ["The Quiet Quay"]


def free_for(installation: Installation, source: str) -> list[str]:
    with installation.app.database.read() as connection:
        found = briefs.candidates(
            connection,
            sources=[source],
            schedule_id=1,
            readers=AudienceRule(lists=("daily",)),
            repeats=False,
        )
    return [brief.brief.title for brief in found]


def test_a_second_source_releases_only_what_was_new_there(installation: Installation) -> None:
    feed, api = (
        source_site(installation, "feed"),
        source_site(installation, "api", first_poll=FirstPoll.RECORD),
    )
    feed.poll(polls_of(item("a", site_key="x.example?p=1")))
    api.poll(polls_of(item("1", site_key="x.example?p=1")))
    api.poll(polls_of(item("2", site_key="x.example?p=2", title="The Loud Quay")))
    feed.poll(polls_of(item("b", site_key="x.example?p=2", title="The Loud Quay")))
    assert free_for(installation, "api") == ["The Loud Quay"]
    assert sorted(free_for(installation, "feed")) == ["The Loud Quay", "The Quiet Quay"]


def test_a_brief_that_was_not_new_stays_so_with_a_new_key(installation: Installation) -> None:
    feed, api = (
        source_site(installation, "feed"),
        source_site(installation, "api", first_poll=FirstPoll.RECORD),
    )
    feed.poll(polls_of(item("a", site_key="x.example?p=1")))
    api.poll(polls_of(item("1", fallback_key="/1", site_key="x.example?p=1")))
    api.poll(polls_of(item("https://x.example/1", fallback_key="/1", site_key="x.example?p=1")))
    assert free_for(installation, "api") == []


def test_a_first_poll_records_and_the_next_finds_new(installation: Installation) -> None:
    site = Site(installation, first_poll=FirstPoll.RECORD)
    first = site.poll(polls_of(item("a")))
    second = site.poll(polls_of(item("a"), item("b", title="The Loud Quay")))
    assert (first.recorded, second.new, second.unchanged) == (("a",), ("b",), ("a",))


@pytest.mark.parametrize("part", ["is_cut", "is_waiting"])
def test_a_first_poll_that_left_something_out_is_followed_by_another(
    installation: Installation, part: str
) -> None:
    site = Site(installation, first_poll=FirstPoll.RECORD)
    site.poll(polls_of(item("a"), **{part: True}))
    second = site.poll(polls_of(item("a"), item("b", title="The Loud Quay")))
    third = site.poll(polls_of(item("c", title="The Third Quay")))
    assert (second.recorded, second.new, third.new) == (("b",), (), ("c",))


def test_an_item_that_cannot_be_read_is_noted_and_the_rest_is_kept(site: Site) -> None:
    report = site.poll(polls_of(item("bad", title=None, content=" "), item("good")))
    assert report.new == ("good",)
    assert report.notes[0].startswith("bad: ")


def test_a_failed_poll_is_reported_and_waits_longer_each_time(site: Site) -> None:
    report = site.poll(SourceError("the site is down"))
    assert report.error == "the site is down"
    site.poll(SourceError("the site is down"))
    assert site.settings().next_poll_at == NOW + dt.timedelta(minutes=30)
    assert site.settings().failures == 2


def test_a_line_of_the_log_names_the_source(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "newsletter.ingest.collect"):
        site.poll(polls_of(item()))
        site.poll(polls_of(item()))
        site.poll(SourceError("away"))
    assert [record.getMessage() for record in caplog.records] == [
        "collected source site: 1 new",
        "collected source site: nothing new",
        "source site cannot be read: away",
    ]


def test_a_failed_poll_keeps_the_validators_of_the_last_good_one(site: Site) -> None:
    site.poll(polls_of(item(), state={"etag": "1"}))
    site.poll(SourceError("down"))
    scripted = Scripted([polls_of()])
    site.poll(polls_of(), source=scripted)
    assert scripted.asked_with == [{"etag": "1"}]


def test_a_server_that_asks_to_wait_is_left_alone(site: Site) -> None:
    site.poll(SourceError("busy", retry_after_s=7200))
    assert site.settings().next_poll_at == NOW + dt.timedelta(hours=2)


def test_a_source_that_crashes_is_a_failed_poll_and_stops_nothing(site: Site) -> None:
    class Broken:
        name = "site"

        def fetch(self, state: Mapping[str, str]) -> Poll:
            raise UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed")

    report = collect_source(
        site.installation.app.database,
        site.settings(),
        Broken(),
        sandbox=site.installation.app.sandbox,
        illustrator=site.installation.app.illustrator,
        now=site.installation.now,
    )
    assert report.error is not None
    assert report.error.startswith("reading it crashed: UnicodeEncodeError: ")
    assert re.search(r" \(\w+\.py, line \d+\)$", report.error)


def test_a_brief_that_came_by_mail_is_held() -> None:
    settings = SourceSettings(id=1, name="post", kind="mailbox", location="x", first_polled_at=NOW)
    verdict = classify_new(settings, Brief(title="x"), NOW, NOW)
    assert verdict == (BriefStatus.HELD, "came by email, which anybody can send")


def test_a_source_that_is_gone_is_not_polled_again(site: Site) -> None:
    site.poll(SourceError("gone", is_gone=True))
    assert site.settings().is_gone is True


def test_a_time_a_few_hours_ahead_counts_as_now_except_where_a_person_typed_it() -> None:
    brief = Brief(title="x", published_at=NOW + dt.timedelta(hours=2))
    assert dated_at(brief, "UTC", NOW, ahead=AHEAD) == NOW
    assert dated_at(brief, "UTC", NOW) == brief.published_at


def test_a_date_without_a_time_starts_in_the_time_zone_of_the_source() -> None:
    brief = Brief(title="x", date=dt.date(2026, 3, 4))
    expected = dt.datetime(2026, 3, 4, 5, 0, tzinfo=dt.UTC)
    assert dated_at(brief, "America/New_York", NOW) == expected


def test_an_image_with_a_new_query_is_not_an_edit() -> None:
    one, two = (Brief(title="x", image_url=f"https://x.example/a.jpg?ver={n}") for n in (1, 2))
    assert content_hash(one) == content_hash(two)


def test_a_new_word_is_an_edit() -> None:
    one, two = (Brief(title="x", body_text=text) for text in ("a b", "a c"))
    assert content_hash(one) != content_hash(two)


def test_a_first_poll_that_accepts_everything_accepts_old_briefs_too() -> None:
    settings = SourceSettings(id=1, name="s", kind="folder", location="x", first_poll=FirstPoll.NEW)
    verdict = classify_new(settings, Brief(title="x"), NOW - dt.timedelta(days=2000), NOW)
    assert verdict == (BriefStatus.NEW, "first poll")


def test_a_partial_item_changes_only_the_text_of_its_brief(site: Site) -> None:
    whole = item(
        image_url="https://x.example/quay.jpg",
        image_alt="The quay",
        image_caption="At dawn",
        image_credit="Ann Bee",
        categories=("Ferries",),
    )
    site.poll(polls_of(whole))
    same = site.poll(polls_of(item(is_partial=True)))
    [before] = site.installation.stored_briefs()
    text = "<p><img src='https://x.example/other.jpg' alt=Other></p><p>Everybody left.</p>"
    edited = site.poll(polls_of(item(is_partial=True, content=text)))
    again = site.poll(polls_of(replace(whole, content="<p>Everybody left.</p>")))
    [after] = site.installation.stored_briefs()
    assert [report.changed for report in (same, edited, again)] == [(), ("a",), ()]
    assert (before.brief.image_url, before.brief.caption) == (whole.image_url, "At dawn")
    assert after.brief == replace(
        before.brief, body_html="<p>Everybody left.</p>", body_text="Everybody left."
    )


def test_a_partial_item_gives_a_brief_without_an_image_its_first_one(site: Site) -> None:
    site.poll(polls_of(item()))
    text = "<p><img src='https://x.example/a.jpg'></p><p>Everybody left.</p>"
    site.poll(polls_of(item(is_partial=True, content=text, categories=("Ferries",))))
    [stored] = site.installation.stored_briefs()
    assert (stored.brief.image_url, stored.brief.categories) == (
        "https://x.example/a.jpg",
        ("Ferries",),
    )


def test_a_partial_item_leaves_what_a_person_set(site: Site) -> None:
    site.poll(polls_of(item(image_url="https://x.example/quay.jpg", image_caption="At dawn")))
    [stored] = site.installation.stored_briefs()
    with site.installation.app.database.write() as connection:
        edits.edit_brief(connection, stored.id, replace(stored.brief, caption="Mine"), now=NOW)
    site.poll(polls_of(item(is_partial=True, content="<p>Everybody left.</p>")))
    [kept] = site.installation.stored_briefs()
    with site.installation.app.database.write() as connection:
        edits.reset_brief(connection, stored.id, ["caption"], now=NOW)
    [reset] = site.installation.stored_briefs()
    assert (kept.brief.caption, kept.brief.body_text) == ("Mine", "Everybody left.")
    assert reset.brief.caption == "At dawn"
