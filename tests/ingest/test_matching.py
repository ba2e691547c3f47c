"""
The rules of matching, without a database: how each item of a poll matches the known briefs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from scripted_source import NOW, item

from newsletter.ingest.matching import match_items
from newsletter.ingest.parsing.read import read
from newsletter.ingest.poll_report import report_poll
from newsletter.ingest.prepared_items import prepare_items
from newsletter.model.brief import BriefStatus, RawItem, ReadingRules, StatusCause
from newsletter.model.decision import (
    Decision,
    Missing,
    New,
    Reappeared,
    Renamed,
    Unchanged,
    Updated,
)
from newsletter.model.known_item import (
    ItemKey,
    KnownBrief,
    KnownItems,
    KnownKey,
    MissingItem,
    ParsedItem,
)
from newsletter.model.source import CollectReport, SourceSettings

SITE = SourceSettings(
    id=1, name="site", kind="feed", location="https://example.org/feed",
    first_polled_at=NOW - dt.timedelta(days=30),
)  # fmt: skip
NOTHING = KnownItems()


def match(
    *items: RawItem, known: KnownItems = NOTHING, settings: SourceSettings = SITE
) -> list[Decision]:
    parsed = [read(raw, ReadingRules()) for raw in items]
    prepared = prepare_items(settings, items, parsed, now=NOW)
    return match_items(settings, prepared, known, now=NOW)


def report(*items: RawItem, settings: SourceSettings = SITE) -> CollectReport:
    decisions = match(*items, settings=settings)
    briefs = [read(raw, ReadingRules()) for raw in items]
    return report_poll(settings, decisions, notes=(), briefs=briefs, drafts={}, to_correct={})


def known_brief(parsed: ParsedItem, number: int = 1, **values: object) -> KnownBrief:
    defaults: dict[str, object] = {
        "id": number,
        "source": parsed.key.source,
        "key": str(parsed.key),
        "status": BriefStatus.NEW,
        "cause": None,
        "content_hash": parsed.content_hash,
        "dated_at": parsed.dated_at,
        "title": parsed.brief.title,
        "url": parsed.brief.url,
        "date": parsed.brief.date,
    }
    return KnownBrief(**(defaults | values))  # type: ignore[arg-type]


def stored(decisions: Sequence[Decision]) -> KnownItems:
    """
    Return what is known after *decisions* were saved.
    """
    new = [decision.item for decision in decisions if isinstance(decision, New)]
    numbered = list(enumerate(new, start=1))
    return KnownItems(
        briefs={number: known_brief(parsed, number) for number, parsed in numbered},
        keys=tuple(
            KnownKey(key=parsed.key, brief_id=number, is_new=True) for number, parsed in numbered
        ),
    )


def parsed_item(raw: RawItem) -> ParsedItem:
    [prepared] = prepare_items(SITE, [raw], [read(raw, ReadingRules())], now=NOW)
    assert isinstance(prepared, ParsedItem)
    return prepared


def missing(**values: object) -> KnownItems:
    """
    Return what is known with one stored brief, key `a`, that the source no longer has.
    """
    gone = parsed_item(item("a"))
    return KnownItems(missing=(MissingItem(key=gone.key, brief=known_brief(gone, **values)),))


def test_two_files_without_a_fallback_key_are_two_briefs() -> None:
    decisions = match(item("a"), item("b", title="The Loud Quay"))
    found = [(d.brief_id, d.item.key.key) for d in decisions if isinstance(d, New)]
    assert (found, len(decisions)) == ([(-1, "a"), (-2, "b")], 2)


def test_the_same_item_again_is_unchanged() -> None:
    assert match(item(), known=stored(match(item()))) == [Unchanged(brief_id=1, key="a")]


def test_an_edit_updates_the_known_brief() -> None:
    edited = item(title="The Quieter Quay")
    [decision] = match(edited, known=stored(match(item())))
    assert decision == Updated(brief_id=1, key="a", item=parsed_item(edited))


def test_a_site_that_moved_to_https_adds_no_new_brief() -> None:
    known = stored(match(item("http://x.example/?p=1", fallback_key="/?p=1")))
    decisions = match(item("https://x.example/?p=1", fallback_key="/?p=1"), known=known)
    assert decisions[-1] == Unchanged(brief_id=1, key="http://x.example/?p=1")
    assert not any(isinstance(decision, New) for decision in decisions)


def test_an_old_item_never_seen_is_held_with_the_reason() -> None:
    found = report(item(published_at=NOW - dt.timedelta(days=105)))
    assert found.held == ("a",)
    assert found.notes == ("a: held, dated 2025-11-19, more than 14 days ago",)


def wanting(*categories: str) -> SourceSettings:
    return SourceSettings(
        id=1, name="site", kind="feed", location="https://example.org/feed",
        first_polled_at=NOW, categories=categories,
    )  # fmt: skip


def test_only_wanted_categories_are_accepted() -> None:
    other = item("b", title="Another", categories=("Events",))
    found = report(item("a", categories=("intelbrief",)), other, settings=wanting("IntelBrief"))
    assert found.new == ("a",)


def test_a_poll_counts_the_briefs_of_each_category() -> None:
    given = [("a", ("ports",)), ("b", ("ports", "Tolls")), ("c", ("News",)), ("d", ())]
    items = [item(key, title=f"Brief {key}", categories=tags) for key, tags in given]
    found = report(*items, settings=wanting("Ports", "Tolls", "Fish"))
    assert (found.new, found.notes) == (
        ("a", "b"),
        ("by category: 2 Ports, 1 Tolls, 0 Fish; 2 left out",),
    )


def test_an_item_may_match_a_brief_from_an_earlier_item_of_its_poll() -> None:
    decisions = match(item("a", site_key="x?p=1"), item("b", site_key="x?p=1", title="Another"))
    kinds = [type(decision).__name__ for decision in decisions]
    assert kinds == ["New", "KeyAdded", "Updated"]
    assert {getattr(decision, "brief_id", None) for decision in decisions} == {-1}


def test_a_missing_item_under_another_key_is_renamed() -> None:
    renamed, unchanged = match(item("b"), known=missing())
    old, new = ItemKey(source="site", key="a"), ItemKey(source="site", key="b")
    assert renamed == Renamed(brief_id=1, old_key=old, key=new)
    assert unchanged == Unchanged(brief_id=1, key="b")


def test_a_missing_item_is_held_unless_a_person_released_its_brief() -> None:
    held = Missing(brief_id=1, key=ItemKey(source="site", key="a"))
    assert match(known=missing()) == [held]
    assert match(known=missing(cause=StatusCause.FREED)) == []
    assert match(known=missing(status=BriefStatus.USED)) == []


def test_only_a_brief_held_as_missing_is_released_when_it_is_back() -> None:
    known = stored(match(item()))
    for cause, restores in ((StatusCause.ITEM_MISSING, True), (None, False)):
        held = known_brief(parsed_item(item()), status=BriefStatus.HELD, cause=cause)
        decisions = match(item(), known=KnownItems(briefs={1: held}, keys=known.keys))
        assert any(isinstance(decision, Reappeared) for decision in decisions) is restores
