"""
What the pages show with which readers change and end what they get: settings, own data, leaving.
`page_values` says how they are used.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from newsletter.model.brand import Brand
from newsletter.web.public.page_values import Form, FormField, FormOption


@dataclass(frozen=True, kw_only=True)
class NewsletterSwitch:
    """
    One newsletter in the settings: whether it is sent, and how often. Its box is named
    `newsletter`, its choice `cadence-SLUG`.
    """

    slug: str
    name: str
    tagline: str = ""
    language: str = ""
    brand: Brand | None = None
    is_on: bool = False
    cadence: str = ""
    cadences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TimezoneRegion:
    """
    A part of the world with the time zones of its places.
    """

    name: str
    places: tuple[FormOption, ...]


@dataclass(frozen=True, kw_only=True)
class PreferencesPage:
    """
    `readers/preferences.html`. A permanent link shows a masked address and only the settings; a
    fresh one also leads to `data_url`, `address_form` and `erasure_form`. `to_confirm` are the
    newsletters that the reader gets again once they confirm an email, and `held` are those that
    nobody can sign up for now.

    The names of the fields are `newsletter`, `cadence-SLUG`, `paused_until`, `name`, `language`,
    `timezone`, those of `fields`, and `email` in `address_form`. `timezone` is the one that is
    chosen, if any; it is among those of `timezones` too, unless it has another name by now.
    """

    address: str
    form: Form
    newsletters: tuple[NewsletterSwitch, ...]
    paused_until: dt.date | None = None
    pause_from: dt.date | None = None
    pause_to: dt.date | None = None
    name: str = ""
    languages: tuple[str, ...] = ()
    language: str = ""
    timezones: tuple[TimezoneRegion, ...] = ()
    timezone: FormOption | None = None
    fields: tuple[FormField, ...] = ()
    is_saved: bool = False
    to_confirm: tuple[NewsletterSwitch, ...] = ()
    held: tuple[NewsletterSwitch, ...] = ()
    unsubscribe_form: Form | None = None
    address_form: Form | None = None
    new_address: str = ""
    data_url: str = ""
    data_json_url: str = ""
    erasure_form: Form | None = None
    find_url: str = ""


@dataclass(frozen=True, kw_only=True)
class UnsubscribePage:
    """
    `readers/unsubscribe.html`: the button that ends one newsletter, or all if `has_others`. The
    radio buttons are named `from`, with the values `this` and `all`.
    """

    name: str
    language: str
    masked_address: str
    form: Form
    has_others: bool = False
    settings_url: str = ""


@dataclass(frozen=True, kw_only=True)
class UnsubscribedPage:
    """
    `readers/unsubscribed.html`. `undo_form` is there until `undo_until`; `reason_form` has the
    fields `reason` and `words`, and is gone once the answer was sent.
    """

    name: str
    language: str
    masked_address: str = ""
    is_all: bool = False
    undo_form: Form | None = None
    undo_until: dt.datetime | None = None
    reason_form: Form | None = None
    reasons: tuple[str, ...] = ()
    is_answered: bool = False


@dataclass(frozen=True, kw_only=True)
class NewAddressPage:
    """
    `readers/new-address.html`: the button that moves everything to the new address.
    """

    old_address: str
    new_address: str
    form: Form


@dataclass(frozen=True, kw_only=True)
class ErasePage:
    """
    `readers/erase.html`: the button that deletes everything about a person.
    """

    masked_address: str
    form: Form


@dataclass(frozen=True, kw_only=True)
class DataRow:
    """
    One thing that is known: `word` is an entry of the words, or `label` a name from elsewhere.
    What is known are the entries `words`, then the `value`.
    """

    value: str = ""
    words: tuple[str, ...] = ()
    word: str = ""
    label: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class DataSection:
    """
    A part of a person's data, under the heading that the entry `word` has.
    """

    word: str
    rows: tuple[DataRow, ...]


@dataclass(frozen=True, kw_only=True)
class DataPage:
    """
    `readers/data.html`: everything that is stored about a person.
    """

    address: str
    sections: tuple[DataSection, ...]
    json_url: str = ""
    back_url: str = ""


@dataclass(frozen=True, kw_only=True)
class EmbedPage:
    """
    `readers/embed.html`: the form to copy into another site, as HTML alone and with a script.
    """

    name: str
    language: str
    snippet: str
    script_snippet: str = ""
