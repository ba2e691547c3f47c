"""
Describe the decisions of a poll for people. `collect` calls it once the decisions are saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from newsletter.ingest.intake_rules import category_note
from newsletter.model.brief import Brief, BriefStatus
from newsletter.model.decision import (
    MISSING_WHY,
    Decision,
    Held,
    Missing,
    New,
    Reappeared,
    Renamed,
    Unchanged,
    Unparsable,
    Updated,
)
from newsletter.model.source import CollectReport, SourceSettings


def report_poll(
    settings: SourceSettings,
    decisions: Sequence[Decision],
    *,
    notes: Iterable[str],
    briefs: Sequence[Brief],
    drafts: Mapping[int, Sequence[int]],
    to_correct: Mapping[int, Sequence[int]],
) -> CollectReport:
    """
    Report what a poll of *briefs* decided, after the *notes* of the source. *drafts* are the
    numbers of the drafts that contain a missing brief, by the id of the brief; *to_correct* those
    of the sent issues whose content differs from an updated one.
    """
    new = [decision for decision in decisions if isinstance(decision, New)]
    by_category = category_note(settings, briefs)
    return CollectReport(
        source=settings.name,
        recorded=_keys(new, BriefStatus.RECORDED),
        new=_keys(new, BriefStatus.NEW),
        held=_keys(new, BriefStatus.HELD),
        changed=tuple(d.key for d in decisions if isinstance(d, Updated)),
        unchanged=tuple(d.key for d in decisions if isinstance(d, Unchanged)),
        notes=(
            *notes,
            *(note for d in decisions for note in _notes(d, drafts, to_correct)),
            *([by_category] if by_category else []),
        ),
    )


def _keys(new: Iterable[New], status: BriefStatus) -> tuple[str, ...]:
    return tuple(str(decision.item.key) for decision in new if decision.status is status)


def _notes(
    decision: Decision,
    drafts: Mapping[int, Sequence[int]],
    to_correct: Mapping[int, Sequence[int]],
) -> Iterable[str]:
    """
    Return the notes about one decision.
    """
    match decision:
        case Unparsable(key=key, reason=reason):
            return [reason if key in reason else f"{key}: {reason}"]
        case New():
            return _new_notes(decision)
        case Renamed(old_key=old_key, key=key):
            return [f"{key}: renamed from {old_key}"]
        case Reappeared(key=key):
            return [f"{key}: is back in the source, released for issues"]
        case Updated(brief_id=brief_id):
            return _updated_notes(decision, to_correct.get(brief_id, ()))
        case Held(key=key, why=why):
            return [f"{key}: held, {why}"]
        case Missing(brief_id=brief_id, key=key):
            return [
                f"{key}: held, {MISSING_WHY}",
                *(
                    f"{key}: still in draft {number}; see `newsletter issue edit {number}`"
                    for number in drafts.get(brief_id, ())
                ),
            ]
    return []


def _new_notes(new: New) -> Iterator[str]:
    yield from (f"{new.item.key}: {warning}" for warning in new.warnings)
    if new.status is BriefStatus.HELD:
        yield f"{new.item.key}: held, {new.why}"


def _updated_notes(updated: Updated, to_correct: Iterable[int]) -> Iterator[str]:
    yield from (f"{updated.item.key}: {warning}" for warning in updated.warnings)
    for number in to_correct:
        yield (
            f"{updated.key}: changed after issue {number} was sent; "
            f"send a correction with `newsletter issue correct {number}`"
        )
