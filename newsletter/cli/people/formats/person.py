"""
A person as the commands print one, in words and as JSON.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from subscribers.fields.words import in_words, row_in_words

if TYPE_CHECKING:
    from newsletter.actions.people.person import PersonDetails
    from subscribers.fields.json_values import FieldValue
    from subscribers.model import Consent, Subscriber, Subscription
    from subscribers.tags.notes import Note

_CADENCES = {"each": "every issue", "weekly": "once a week", "monthly": "once a month"}
# The row of an import, which the JSON has whole.
_MOST_EVIDENCE = 80


def state_of(person: Subscriber, subscription: Subscription) -> str:
    """
    Return the state of a subscription in words; "suppressed" if that holds it back.
    """
    return "suppressed" if person.suppression_of(subscription) else subscription.state


def states_of(person: Subscriber) -> dict[str, Any]:
    """
    Return the lists of a person and their states, as the commands that change them print it.
    """
    return {
        "address": person.email,
        "lists": [{"slug": s.list_slug, "state": s.state} for s in person.subscriptions],
    }


def full(
    person: Subscriber, values: Mapping[str, FieldValue], tags: Sequence[str]
) -> dict[str, Any]:
    """
    Return a person with the *values* of their fields and their *tags* in the shape of `subscriber
    list --json`.
    """
    return {
        "address": person.email,
        "name": person.name,
        "language": person.language,
        "timezone": person.timezone,
        "created_at": _iso(person.created_at),
        "last_active_at": _iso(person.last_active_at),
        "paused_until": _iso(person.paused_until),
        "fields": dict(values),
        "tags": list(tags),
        "lists": [
            {
                "slug": s.list_slug,
                "state": s.state,
                "since": s.since.isoformat(),
                "cadence": s.cadence,
            }
            for s in person.subscriptions
        ],
        "suppressions": [
            {"reason": x.reason, "scope": x.scope, "since": x.since.isoformat()}
            for x in person.suppressions
        ],
    }


def all_about(found: PersonDetails) -> dict[str, Any]:
    """
    Return a person as JSON values, with the consents behind each subscription and the notes.
    """
    value = full(found.person, found.values, found.tags)
    for subscription, each in zip(found.person.subscriptions, value["lists"], strict=True):
        each["consents"] = [_consent_as_json(c) for c in found.consents[subscription.id]]
    value["notes"] = [note_as_json(note) for note in found.notes]
    return value


def note_as_json(note: Note) -> dict[str, Any]:
    """
    Return a note as JSON values.
    """
    return {"text": note.text, "by": note.by_name, "written_at": note.written_at.isoformat()}


def lines_about(found: PersonDetails, now: dt.datetime) -> list[str]:
    """
    Return everything that is known about a person, in groups of lines.
    """
    person = found.person
    lines = [f"{person.email}  {person.name}".rstrip()]
    lines += [f"  language: {person.language}"] if person.language else []
    lines += [f"  time zone: {person.timezone}"] if person.timezone else []
    lines.append(f"  known since: {person.created_at:%Y-%m-%d}")
    if person.paused_until and person.paused_until > now:
        lines.append(f"  gets nothing until: {person.paused_until:%Y-%m-%d %H:%M} UTC")
    lines += [f"  tags: {', '.join(found.tags)}"] if found.tags else []
    lines += ["fields"] if found.values else []
    lines += [f"  {name}: {in_words(value)}" for name, value in found.values.items()]
    lines += ["lists"] if person.subscriptions else []
    for s in person.subscriptions:
        held = person.suppression_of(s)
        since = held.since if held else s.since
        when = "on" if s.state == "ended" else "since"
        often = "" if s.state == "ended" else f", {_CADENCES[s.cadence]}"
        lines.append(f"  {s.list_slug}: {state_of(person, s)} {when} {since:%Y-%m-%d}{often}")
        lines += [f"    {_consent_in_words(consent)}" for consent in found.consents[s.id]]
    lines += ["suppressions"] if person.suppressions else []
    lines += [
        f"  {f'list {x.scope}' if x.scope else 'all lists'}: {x.reason} since {x.since:%Y-%m-%d}"
        for x in person.suppressions
    ]
    lines += ["notes"] if found.notes else []
    lines += [
        f"  {note.written_at:%Y-%m-%d}, {note.by_name}: {' '.join(note.text.split())}"
        for note in found.notes
    ]
    return lines


def _consent_in_words(consent: Consent) -> str:
    given = (
        f"agreed on {consent.given_at:%Y-%m-%d}" if consent.given_at else "agreed, no time known"
    )
    through = f", {consent.source}" if consent.source else ""
    evidence = " ".join(row_in_words(consent.evidence or "").split())
    if len(evidence) > _MOST_EVIDENCE:
        evidence = f"{evidence[:_MOST_EVIDENCE]}…"
    return f"{given}{through}: “{consent.text}”" + (f" ({evidence})" if evidence else "")


def _consent_as_json(consent: Consent) -> dict[str, Any]:
    return {
        "text": consent.text,
        "source": consent.source,
        "given_at": _iso(consent.given_at),
        "recorded_at": _iso(consent.recorded_at),
        "evidence": consent.evidence,
    }


def _iso(time: dt.datetime | None) -> str | None:
    return time.isoformat() if time else None
