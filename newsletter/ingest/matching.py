"""
Where the items of a poll meet the stored briefs: each is a new one, an edit, a renamed one, or not
wanted, and what is no longer there is kept out of issues.

`collect` calls it in the transaction of a poll; the rules themselves are in `verdicts`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from newsletter.ingest.intake_rules import (
    accepts_unsolicited,
    category_note,
    classify_new,
    has_reused_id,
)
from newsletter.model.brief import Brief, BriefStatus, Poll, RawItem
from newsletter.model.issue import EDITABLE
from newsletter.model.source import CollectReport, SourceKind, SourceSettings
from newsletter.store.content import briefs, edits, item_keys
from newsletter.store.content.briefs import FREED, StoredBrief
from newsletter.store.content.fingerprints import content_hash, dated_at
from newsletter.store.content.item_keys import REUSED, ItemKey, Missing
from newsletter.store.issues import corrections as changes

GONE = "its file is gone"


@dataclass(kw_only=True)
class _Tally:
    """
    The decisions of one poll while they are being made.
    """

    keys: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, decision: str, key: str) -> None:
        self.keys.setdefault(decision, []).append(key)

    def report(self, source: str) -> CollectReport:
        def decided(word: str) -> tuple[str, ...]:
            return tuple(self.keys.get(word, ()))

        return CollectReport(
            source=source,
            recorded=decided("recorded"),
            new=decided("new"),
            changed=decided("changed"),
            unchanged=decided("unchanged"),
            held=decided("held"),
            notes=tuple(self.notes),
        )


def decide(
    connection: sa.Connection,
    settings: SourceSettings,
    poll: Poll,
    read: Sequence[Brief | str],
    now: dt.datetime,
) -> CollectReport:
    """
    What became of each item of *poll*, *read* into a brief or the line that says why it is none.
    """
    tally = _Tally(notes=list(poll.notes))
    missing = _missing(connection, settings, poll)
    for item, brief in zip(poll.items, read, strict=True):
        if isinstance(brief, str):
            tally.notes.append(brief if item.key in brief else f"{item.key}: {brief}")
            continue
        seen = _item_key(settings, item)
        known = briefs.find_known(connection, seen)
        if known is not None and has_reused_id(known.brief, brief):
            seen = ItemKey(source=settings.name, key=f"{item.key}{REUSED}{brief.url}")
            first_use, known = known.brief.title, briefs.find_known(connection, seen)
            if known is None:
                why = f"its id was used before, for “{first_use}”"
                _hold(connection, settings, seen, brief, why=why, tally=tally, now=now)
                continue
        if known is None and (gone := _renamed(missing, content_hash(brief))):
            missing = [other for other in missing if other.brief_id != gone.brief_id]
            item_keys.rename(connection, gone, seen)
            tally.notes.append(f"{seen.key}: renamed from {gone.key}")
            known = briefs.load_brief(connection, gone.brief_id)
        if known is None:
            _meet(connection, settings, seen, brief, tally=tally, now=now)
        else:
            # Where its page is not here again, what was read from it stands.
            digest = known.content_hash if item.is_kept else content_hash(brief)
            _meet_again(
                connection, settings, seen, brief, known=known, digest=digest, tally=tally, now=now
            )
    _leave_out(connection, missing, tally)
    told = category_note(settings, [brief for brief in read if isinstance(brief, Brief)])
    tally.notes += [told] if told else []
    return tally.report(settings.name)


def news_in(
    connection: sa.Connection,
    settings: SourceSettings,
    poll: Poll,
    read: Sequence[Brief | str],
    now: dt.datetime,
) -> dict[int, Brief]:
    """
    Those of what was *read* that will be stored, new or edited, for an issue to show, by their
    places.
    """
    return {
        place: one
        for place, (item, one) in enumerate(zip(poll.items, read, strict=True))
        if isinstance(one, Brief) and _is_news(connection, settings, item, one, now)
    }


def _is_news(
    connection: sa.Connection,
    settings: SourceSettings,
    item: RawItem,
    brief: Brief,
    now: dt.datetime,
) -> bool:
    known = briefs.find_known(connection, _item_key(settings, item))
    if known is not None:
        return not item.is_kept and known.content_hash != content_hash(brief)
    verdict = classify_new(settings, brief, dated_at(brief, settings.timezone, now), now)
    return verdict is not None and verdict[0] is not BriefStatus.RECORDED


def _item_key(settings: SourceSettings, item: RawItem) -> ItemKey:
    return ItemKey(
        source=settings.name,
        key=item.key,
        fallback_key=item.fallback_key,
        site_key=item.site_key,
    )


def _missing(connection: sa.Connection, settings: SourceSettings, poll: Poll) -> list[Missing]:
    """
    The briefs whose items are gone; none where the source cannot tell.
    """
    if poll.present is None:
        return []
    return item_keys.missing_briefs(connection, settings.name, poll.present)


def _renamed(missing: Sequence[Missing], digest: str) -> Missing | None:
    """
    The one of *missing* with the same content.
    """
    return next((gone for gone in missing if gone.content_hash == digest), None)


def _leave_out(connection: sa.Connection, missing: Iterable[Missing], tally: _Tally) -> None:
    """
    Holds those of *missing* that were still to be sent, unless a person freed them.
    """
    for gone in missing:
        if gone.status is BriefStatus.NEW and gone.why != FREED:
            briefs.set_status(connection, gone.brief_id, BriefStatus.HELD, why=GONE)
            tally.notes.append(f"{gone.key}: held, {GONE}")
            tally.notes += [
                f"{gone.key}: it stays in draft {number}; see `newsletter issue edit {number}`"
                for number, state in changes.issues_with(connection, gone.brief_id)
                if state in EDITABLE
            ]


def _meet(
    connection: sa.Connection,
    settings: SourceSettings,
    seen: ItemKey,
    brief: Brief,
    *,
    tally: _Tally,
    now: dt.datetime,
) -> None:
    when = dated_at(brief, settings.timezone, now)
    verdict = classify_new(settings, brief, when, now)
    if verdict is None:
        return
    status, why = verdict
    briefs.add_brief(
        connection,
        brief,
        seen=seen,
        content_hash=content_hash(brief),
        status=status,
        why=why,
        dated_at=when,
        now=now,
    )
    tally.add(status.value, seen.key)
    _pass_on(settings, seen, brief, tally)
    if status is BriefStatus.HELD:
        tally.notes.append(f"{seen.key}: held, {why}")


def _pass_on(settings: SourceSettings, seen: ItemKey, brief: Brief, tally: _Tally) -> None:
    """
    Notes what reading warned of, where the file is staff's own and they can mend it.
    """
    if settings.kind is SourceKind.FOLDER:
        tally.notes += [f"{seen.key}: {warning}" for warning in brief.warnings]


def _hold(
    connection: sa.Connection,
    settings: SourceSettings,
    seen: ItemKey,
    brief: Brief,
    *,
    why: str,
    tally: _Tally,
    now: dt.datetime,
) -> None:
    briefs.add_brief(
        connection,
        brief,
        seen=seen,
        content_hash=content_hash(brief),
        status=BriefStatus.HELD,
        why=why,
        dated_at=dated_at(brief, settings.timezone, now),
        now=now,
    )
    tally.add(BriefStatus.HELD.value, seen.key)
    tally.notes.append(f"{seen.key}: held, {why}")


def _meet_again(
    connection: sa.Connection,
    settings: SourceSettings,
    seen: ItemKey,
    brief: Brief,
    *,
    known: StoredBrief,
    digest: str,
    tally: _Tally,
    now: dt.datetime,
) -> None:
    """
    A brief that is stored already: through this source, or first seen here through another.
    *digest* is the hash of its content now.
    """
    if not item_keys.has_key(connection, seen):
        _join(connection, settings, seen, brief, known=known, now=now)
    if known.status is BriefStatus.HELD and known.why == GONE:
        briefs.set_status(connection, known.id, BriefStatus.NEW, why="")
        tally.notes.append(f"{seen.key}: there again, and free for issues")
    if known.content_hash == digest:
        tally.add("unchanged", known.key)
        return
    if known.source != settings.name:
        # Two doors of one site word the same post differently: the first door's words stand.
        tally.add("unchanged", known.key)
        return
    edits.change_brief(connection, known.id, brief, content_hash=digest, now=now)
    tally.add("changed", known.key)
    _pass_on(settings, seen, brief, tally)
    if known.status is BriefStatus.NEW and accepts_unsolicited(settings):
        why = "came by mail once more, in other words"
        briefs.set_status(connection, known.id, BriefStatus.HELD, why=why)
        tally.notes.append(f"{known.key}: held, {why}")
    tally.notes += [
        f"{known.key}: changed after issue {issue_id} was sent; "
        f"`newsletter issue correct {issue_id}` tells its readers"
        for issue_id in changes.issues_to_correct(connection, known.id)
    ]


def _join(
    connection: sa.Connection,
    settings: SourceSettings,
    seen: ItemKey,
    brief: Brief,
    *,
    known: StoredBrief,
    now: dt.datetime,
) -> None:
    """
    Notes a new key of a known brief. What a source once showed as no news stays no news there.
    """
    is_new = item_keys.was_new(connection, known.id, settings.name)
    if is_new is None:
        verdict = classify_new(settings, brief, known.dated_at, now)
        is_new = verdict is not None and verdict[0] is BriefStatus.NEW
        if is_new and known.status is BriefStatus.RECORDED:
            why = f"new in {settings.name}"
            briefs.set_status(connection, known.id, BriefStatus.NEW, why=why)
    item_keys.add_item_key(connection, known.id, seen, is_new=is_new)
