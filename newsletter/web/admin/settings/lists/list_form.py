"""
Read the form of a list: what was changed in it, whether that is valid, and whether somebody else
has changed the same since the form was shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from newsletter.errors import NewsletterError
from newsletter.issues.settings.lists import ListValues
from newsletter.settings.brand import BrandSettings
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.settings.lists.list_checks import FieldCheck, checks
from newsletter.web.admin.settings.lists.list_fields import ASK, BRAND, TICKED, TICKS
from newsletter.web.admin.settings.lists.list_look import links_in, own_value
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.typed_form import TypedForm
from subscribers.errors import SubscribersError

# The field that has what the form was shown with.
WAS = "was"
_PLAIN = (
    "slug",
    "name",
    "description",
    "language",
    "visibility",
    "reply_to",
    "provider",
    "fallback_provider",
    "postal_address",
    "second_person_above",
    "quiet",
    "timezone",
    "tagline",
    "consent",
    "origins",
    "joined_url",
    "confirmed_url",
    "left_url",
)
_SWITCHES = tuple(name for name in TICKS if name != "needs_confirmation")


@dataclass(frozen=True, kw_only=True)
class ListForm:
    """
    A form of a list as it was sent: `stored` is what is stored now, `was` what the form was shown
    with, `typed` what is in it. The three have the same fields.
    """

    stored: Mapping[str, str]
    was: Mapping[str, str]
    typed: Mapping[str, str]

    @property
    def changed(self) -> dict[str, str]:
        """
        Return what was changed in the form.
        """
        return {name: text for name, text in self.typed.items() if text != self.was[name]}

    @property
    def merged(self) -> dict[str, str]:
        """
        Return what is stored with what was changed in the form.
        """
        return {**self.stored, **self.changed}

    @property
    def conflicts(self) -> list[str]:
        """
        Return the fields that were changed here and, since the form was shown, by somebody else.
        """
        return [
            name
            for name, text in self.changed.items()
            if self.stored[name] not in (self.was[name], text)
        ]


def read_form(typed: TypedForm, stored: Mapping[str, str]) -> ListForm:
    """
    Read what was sent. A field that is in no form of a list is left out.
    """
    was = {**stored, **_shown_with(typed.one(WAS), stored)}
    given = {name: _same_lines(typed.one(name)) for name in stored}
    ticked = {name: TICKED if given[name] else "" for name in TICKS}
    return ListForm(stored=stored, was=was, typed={**given, **ticked})


def _same_lines(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _shown_with(text: str, stored: Mapping[str, str]) -> dict[str, str]:
    try:
        values = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {name: str(value) for name, value in values.items() if name in stored}


def faults_of(form: ListForm, site: BrandSettings, words: StaffWords) -> list[FieldError]:
    """
    Return what is wrong with the fields that were changed.
    """
    fields = form.merged
    found = []
    for check in checks(words, site):
        if form.changed.keys() & set(check.needs) and not _is_valid(check, fields):
            found.append(FieldError(name=check.name, text=check.text(fields)))
    return found


def _is_valid(check: FieldCheck, fields: Mapping[str, str]) -> bool:
    try:
        return check.is_valid(fields)
    except (NewsletterError, SubscribersError):
        return False


def values_of(form: ListForm, site: BrandSettings) -> ListValues:
    """
    Return what an action has to change for the form.
    """
    changed, fields = form.changed, form.merged
    given: dict[str, Any] = {name: changed[name] for name in _PLAIN if name in changed}
    given |= {name: bool(changed[name]) for name in _SWITCHES if name in changed}
    if "needs_confirmation" in changed:
        given["opt_in"] = "double" if changed["needs_confirmation"] else "single"
    if changed.keys() & {"sender_name", "sender_address"}:
        address = fields["sender_address"]
        given["sender"] = f"{fields['sender_name']} <{address}>" if address else ""
    if brand := _brand(form, site):
        given["brand"] = brand
    return ListValues(**given, **_asked(changed))


def _brand(form: ListForm, site: BrandSettings) -> dict[str, Any]:
    fields = form.merged
    brand: dict[str, Any] = {
        name: own_value(fields, name, site) for name in BRAND if name in form.changed
    }
    if "social" in form.changed:
        removed = dict.fromkeys(links_in(form.stored["social"]), "")
        brand["social"] = {**removed, **links_in(fields["social"])}
    return brand


def _asked(changed: Mapping[str, str]) -> dict[str, Any]:
    chosen = {name.removeprefix(ASK): how for name, how in changed.items() if name.startswith(ASK)}
    if not chosen:
        return {}
    return {
        "asks": {name: how == "required" for name, how in chosen.items() if how},
        "asks_not": tuple(name for name, how in chosen.items() if not how),
    }
