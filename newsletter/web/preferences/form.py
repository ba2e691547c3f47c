"""
The form of a reader's settings: what it shows, and what was changed in it.
"""

from __future__ import annotations

import datetime as dt
import json
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.actions.readers.preferences import ReaderSettings, SettingsChanges
from newsletter.issues.settings.consent_sentence import ConsentSentence
from newsletter.web.preferences.timezones import all_timezones
from newsletter.web.public.page_values import FormError, FormField, HiddenField
from newsletter.web.public.questions import question_about, question_name, read_name, read_value
from newsletter.web.public.settings_values import NewsletterSwitch
from newsletter.web.typed_form import TypedForm
from subscribers.fields.model import Field, FieldType
from subscribers.model import Cadence

SHOWN = "shown"
LONGEST_PAUSE = dt.timedelta(days=365)
# The page offers days of UTC, and in some time zones a day begins later.
_LATER_BEGIN = dt.timedelta(days=1)
_CADENCE = "cadence-"
_TEXTS = ("paused_until", "name", "language", "timezone")


@dataclass(frozen=True, kw_only=True)
class SettingsForm:
    """
    The values of the form: as they are stored, or as they were typed. `newsletters` are the slugs
    that are switched on, `paused_until` a date (`2026-12-24`) or empty, `shown_at` when the page
    showed them.
    """

    newsletters: frozenset[str]
    cadences: Mapping[str, str]
    paused_until: str
    name: str
    language: str
    timezone: str
    fields: Mapping[str, tuple[str, ...]]
    shown_at: str = ""

    def as_hidden(self) -> HiddenField:
        """
        Return these values as a field that nobody sees, so that the form tells what was changed in
        it.
        """
        values = {**vars(self), "newsletters": sorted(self.newsletters)}
        return HiddenField(name=SHOWN, value=json.dumps(values))


def stored_form(found: ReaderSettings, *, language: str, now: dt.datetime) -> SettingsForm:
    """
    Return the form with what is stored; *language* is that of the page.
    """
    person = found.person
    pause = person.paused_until
    is_paused = pause is not None and pause > now
    return SettingsForm(
        newsletters=frozenset(each.newsletter.slug for each in found.choices if each.is_on),
        cadences={each.newsletter.slug: each.cadence.value for each in found.choices},
        paused_until=_day(pause, person.timezone).isoformat() if pause and is_paused else "",
        name=person.name,
        language=person.language or language,
        timezone=person.timezone or "",
        fields={each.name: _values(each, found.values.get(each.name, "")) for each in found.fields},
        shown_at=now.isoformat(),
    )


def typed_form(typed: TypedForm, found: ReaderSettings) -> SettingsForm:
    """
    Return the form as it was typed.
    """
    slugs = [each.newsletter.slug for each in found.choices]
    return SettingsForm(
        newsletters=frozenset(typed.many("newsletter")),
        cadences={slug: typed.one(_CADENCE + slug) for slug in slugs},
        paused_until=typed.one("paused_until").strip(),
        name=typed.one("name").strip(),
        language=typed.one("language"),
        timezone=typed.one("timezone"),
        fields={each.name: typed.many(question_name(each)) for each in found.fields},
    )


def shown_form(typed: TypedForm, stored: SettingsForm) -> SettingsForm:
    """
    Return the form as the page showed it before it was changed; as it is *stored* now, if that
    cannot be read.
    """
    try:
        values = json.loads(typed.one(SHOWN))
        return SettingsForm(
            newsletters=frozenset(map(str, values["newsletters"])),
            cadences={str(slug): str(word) for slug, word in values["cadences"].items()},
            fields={str(name): tuple(map(str, each)) for name, each in values["fields"].items()},
            shown_at=str(values.get("shown_at", "")),
            **{name: str(values[name]) for name in _TEXTS},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return stored


def changes_in(
    typed: SettingsForm,
    shown: SettingsForm,
    found: ReaderSettings,
    *,
    consents: Mapping[str, ConsentSentence],
    languages: Collection[str],
    now: dt.datetime,
) -> tuple[SettingsChanges, tuple[FormError, ...]]:
    """
    Return what was changed in the form since it was *shown*, and what is wrong in it. *consents*
    has the sentence that goes with the switch of each list, *languages* those to choose from.
    """
    errors: list[FormError] = []
    person: dict[str, Any] = {}
    if typed.name != shown.name:
        person["name"] = read_name(typed.name, errors)
    if typed.language != shown.language:
        person["language"] = typed.language
        if typed.language not in languages:
            errors.append(FormError(name="language", word="error_language"))
    if typed.timezone != shown.timezone:
        person["timezone"] = typed.timezone or None
        if typed.timezone and typed.timezone not in all_timezones():
            errors.append(FormError(name="timezone", word="error_timezone"))
    if typed.paused_until != shown.paused_until:
        zone = typed.timezone if typed.timezone in all_timezones() else found.person.timezone
        person["paused_until"] = _read_pause(typed.paused_until, zone, now)
        if typed.paused_until and person["paused_until"] is None:
            errors.append(FormError(name="paused_until", word="error_pause"))
    fields = _changed_fields(typed, shown, found.fields, errors)
    joined = typed.newsletters - shown.newsletters
    changes = SettingsChanges(
        join={slug: consents[slug] for slug in sorted(joined) if slug in consents},
        leave=shown.newsletters - typed.newsletters,
        shown_at=_shown_at(shown, now),
        cadences=_changed_cadences(typed, shown),
        person=person,
        fields=fields,
    )
    return changes, tuple(errors)


def switches(form: SettingsForm, found: ReaderSettings) -> tuple[NewsletterSwitch, ...]:
    """
    Return the newsletters as the page shows them.
    """
    return tuple(
        NewsletterSwitch(
            slug=each.newsletter.slug,
            name=each.newsletter.name,
            tagline=each.newsletter.tagline,
            language=each.newsletter.language,
            brand=each.newsletter.brand,
            is_on=each.newsletter.slug in form.newsletters,
            cadence=form.cadences.get(each.newsletter.slug, ""),
            cadences=tuple(word.value for word in each.cadences),
        )
        for each in found.choices
    )


def form_fields(
    form: SettingsForm, fields: Sequence[Field], *languages: str
) -> tuple[FormField, ...]:
    """
    Return the declared fields with the values of the form, labelled in the first of *languages*
    that they have.
    """
    return tuple(
        question_about(each, form.fields.get(each.name, ()), *languages) for each in fields
    )


def _shown_at(shown: SettingsForm, now: dt.datetime) -> dt.datetime:
    """
    Return when the page was shown; *now*, if it does not say.
    """
    try:
        at = dt.datetime.fromisoformat(shown.shown_at)
    except ValueError:
        return now
    return now if at.tzinfo is None else min(at, now)


def _changed_cadences(typed: SettingsForm, shown: SettingsForm) -> dict[str, Cadence]:
    return {
        slug: Cadence(word)
        for slug, word in typed.cadences.items()
        if word in list(Cadence) and word != shown.cadences.get(slug)
    }


def _changed_fields(
    typed: SettingsForm, shown: SettingsForm, fields: Sequence[Field], errors: list[FormError]
) -> dict[str, str]:
    changed = {}
    for each in fields:
        now, before = typed.fields.get(each.name, ()), shown.fields.get(each.name, ())
        if tuple(filter(None, now)) == tuple(filter(None, before)):
            continue
        value = read_value(each, now, typed.language, errors)
        if value is not None:
            changed[each.name] = value
    return changed


def _read_pause(text: str, zone: str | None, now: dt.datetime) -> dt.datetime | None:
    """
    Return the beginning of a day in a time zone, from tomorrow on and at most a year ahead; None
    for anything else.
    """
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    until = dt.datetime.combine(day, dt.time(), tzinfo=zoneinfo.ZoneInfo(zone or "UTC"))
    latest = now + LONGEST_PAUSE + _LATER_BEGIN
    return until.astimezone(dt.UTC) if now < until <= latest else None


def _day(time: dt.datetime, zone: str | None) -> dt.date:
    return time.astimezone(zoneinfo.ZoneInfo(zone or "UTC")).date()


def _values(field: Field, stored: str) -> tuple[str, ...]:
    if field.type is FieldType.CHOICES:
        return tuple(json.loads(stored)) if stored else ()
    return (stored,) if stored else ()
