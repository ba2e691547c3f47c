"""
Read and store what publishing adds to a mailing list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from newsletter.errors import InvalidValue
from newsletter.issues.context import PublishingContext
from newsletter.issues.settings.list_identity import require_providers
from newsletter.model.mail import Sender
from newsletter.scheduling.quiet_hours import parse_quiet
from newsletter.settings.list_brand import check_list_brand, require_brand_keys
from newsletter.store.issues.list_settings import (
    ListSettings,
    load_list_settings,
    set_list_settings,
)
from subscribers.fields.asked import asked_fields, set_asked_fields
from subscribers.fields.declare import find_field
from subscribers.fields.model import AskedField
from subscribers.model import MailingList, OptIn, Visibility
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address
from subscribers.validation.text_fields import one_line
from subscribers.validation.timezones import parse_timezone

MAX_CONSENT = 1_000
MAX_READERS = 1_000_000_000
MAX_ORIGINS = 20
# Browsers write an origin like this (RFC 6454 section 6.2). Without https, only one's own machine.
_NAME = r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"
_ORIGIN = re.compile(
    rf"(https://{_NAME}|http://(localhost|127\.0\.0\.1|\[::1\]))(:[1-9][0-9]{{0,4}})?"
)
_PAGE = re.compile(rf"https://(?i:{_NAME})(:[1-9][0-9]{{0,4}})?([/?#][!-~]*)?")


@dataclass(frozen=True, kw_only=True)
class ListValues:
    """
    The entered values of a list; None if not given. An empty text means the site's, or none.

    `brand` has the keys of `[brand]` to change; an empty value means the site's again. `asks` are
    the fields that its form asks for in addition, each with whether it is required; `asks_not` are
    those that it does not ask for any more.
    """

    slug: str | None = None
    name: str | None = None
    description: str | None = None
    opt_in: str | None = None
    visibility: str | None = None
    language: str | None = None
    sender: str | None = None
    reply_to: str | None = None
    provider: str | None = None
    fallback_provider: str | None = None
    postal_address: str | None = None
    brand: Mapping[str, Any] | None = None
    needs_approval: bool | None = None
    second_person_above: str | None = None
    quiet: str | None = None
    timezone: str | None = None
    tagline: str | None = None
    consent: str | None = None
    confirms_on_open: bool | None = None
    needs_proof_of_work: bool | None = None
    sends_welcome: bool | None = None
    sends_goodbye: bool | None = None
    origins: str | None = None
    joined_url: str | None = None
    confirmed_url: str | None = None
    left_url: str | None = None
    asks: Mapping[str, bool] | None = None
    asks_not: tuple[str, ...] | None = None


def parse_opt_in(word: str) -> OptIn:
    """
    Parse how people join a list.

    Raises:
        InvalidValue: the word is neither double nor single.
    """
    if word not in list(OptIn):
        raise InvalidValue(
            phrase("opt-in {word!r} is not valid: write double or single", word=word)
        )
    return OptIn(word)


def parse_visibility(word: str) -> Visibility:
    """
    Parse who can join a list.

    Raises:
        InvalidValue: the word is not public, unlisted or private.
    """
    if word not in list(Visibility):
        raise InvalidValue(
            phrase("visibility {word!r} is not valid: write public, unlisted or private", word=word)
        )
    return Visibility(word)


def parse_sender(text: str) -> Sender:
    """
    Parse `Name <address>`, or only an address, as a sender.

    Raises:
        InvalidAddress: there is no valid address in it.
        InvalidText: the name is longer than one line.
    """
    name, opened, address = text.strip().removesuffix(">").rpartition("<")
    name = one_line(name.strip(" ").strip('"'), phrase("sender's name"))
    return Sender(name, _email(address if opened else text))


def parse_origins(text: str) -> str:
    """
    Parse the addresses of sites, and return them with single spaces between them.

    Raises:
        InvalidValue: one has a path or is not https, or there are too many.
    """
    found = list(dict.fromkeys(text.lower().replace(",", " ").split()))
    for each in found:
        if not _ORIGIN.fullmatch(each):
            raise InvalidValue(
                phrase(
                    "{text!r} is not the address of a site: write one such as "
                    "https://www.example.org, without a path",
                    text=each,
                )
            )
    if len(found) > MAX_ORIGINS:
        raise InvalidValue(
            phrase(
                "{number} sites are too many: write at most {limit}",
                number=len(found),
                limit=MAX_ORIGINS,
            )
        )
    return " ".join(found)


def parse_landing_page(text: str) -> str:
    """
    Parse the address of a page that readers land on.

    Raises:
        InvalidValue: it is not an https address.
    """
    if len(text) > MAX_CONSENT or not _PAGE.fullmatch(text.strip()):
        raise InvalidValue(
            phrase(
                "{text!r} is not the address of a page: write one that begins with https://",
                text=text.strip(),
            )
        )
    return text.strip()


def _email(address: str) -> str:
    return parse_address(address).email


def _text(what: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        line = one_line(text, what)
        if len(line) > MAX_CONSENT:
            raise InvalidValue(
                phrase(
                    "the {what} has {number} characters: write at most {limit}",
                    what=what,
                    number=len(line),
                    limit=MAX_CONSENT,
                )
            )
        return line

    return parse


def _readers(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_READERS:
        raise InvalidValue(
            phrase("{text!r} is not a number of readers: write one such as 1000", text=text)
        )
    return int(text)


# The settings that an empty text removes, and how another text is read.
_REMOVABLE: Mapping[str, Callable[[str], Any]] = {
    "sender": parse_sender,
    "reply_to": _email,
    "quiet": parse_quiet,
    "second_person_above": _readers,
    "provider": _text(phrase("provider")),
    "fallback_provider": _text(phrase("fallback provider")),
    "postal_address": _text(phrase("postal address")),
    "joined_url": parse_landing_page,
    "confirmed_url": parse_landing_page,
    "left_url": parse_landing_page,
}
# Those that are stored as they are read.
_READ: Mapping[str, Callable[[Any], Any]] = {
    "timezone": parse_timezone,
    "tagline": _text(phrase("tagline")),
    "consent": _text(phrase("consent sentence")),
    "needs_approval": bool,
    "confirms_on_open": bool,
    "needs_proof_of_work": bool,
    "sends_welcome": bool,
    "sends_goodbye": bool,
    "origins": parse_origins,
}


def change_list_settings(
    context: PublishingContext,
    connection: sa.Connection,
    mailing_list: MailingList,
    values: ListValues,
) -> None:
    """
    Set what publishing adds to a list; None leaves a value as it is. Another consent sentence gets
    the next version.

    Raises:
        InvalidAddress, InvalidText, InvalidValue: a value is not valid.
        Refused, UnknownTimezone: the quiet hours or the time zone are not valid.
        SettingsError: a provider is not in the settings, or a key of the brand is not valid.
        UnknownField: there is no field of a name that its form is to ask for.
    """
    before = load_list_settings(connection, mailing_list.id)
    changed = replace(before, **_given(values))
    if values.brand is not None:
        changed = replace(changed, brand=_changed_brand(before, values.brand))
    if changed.consent != before.consent:
        changed = replace(changed, consent_version=before.consent_version + 1)
    if values.provider is not None or values.fallback_provider is not None:
        require_providers(context, mailing_list.slug, changed)
    set_list_settings(connection, mailing_list.id, changed)
    if values.asks is not None or values.asks_not is not None:
        _change_asked(connection, mailing_list.id, values.asks or {}, values.asks_not or ())


def _given(values: ListValues) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, parse in _REMOVABLE.items():
        text = getattr(values, name)
        if text is not None:
            given[name] = parse(text) if text else None
    for name, parse in _READ.items():
        value = getattr(values, name)
        if value is not None:
            given[name] = parse(value)
    return given


def _changed_brand(before: ListSettings, given: Mapping[str, Any]) -> dict[str, Any]:
    require_brand_keys(given)
    merged = {**before.brand, **given}
    if "social" in given:
        links = {**before.brand.get("social", {}), **given["social"]}
        merged["social"] = {name: url for name, url in links.items() if url} or ""
    return check_list_brand({key: value for key, value in merged.items() if value != ""})


def _change_asked(
    connection: sa.Connection,
    list_id: int,
    asks: Mapping[str, bool],
    asks_not: tuple[str, ...],
) -> None:
    for name in asks_not:
        find_field(connection, name)
    asked = {each.field.name: each for each in asked_fields(connection, [list_id]).get(list_id, ())}
    for name, is_required in asks.items():
        found = find_field(connection, name)
        asked[name] = AskedField(field=found, is_required=is_required)
    wanted = [each for name, each in asked.items() if name not in asks_not]
    set_asked_fields(connection, list_id, wanted)
