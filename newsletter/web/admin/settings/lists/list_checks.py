"""
What is checked of the form of a list, field by field, and what the page says if it is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from babel.numbers import format_decimal

from newsletter.issues.settings.lists import (
    MAX_CONSENT,
    MAX_READERS,
    parse_landing_page,
    parse_origins,
)
from newsletter.scheduling.quiet_hours import parse_quiet
from newsletter.settings.brand import BrandSettings
from newsletter.settings.list_brand import check_list_brand
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.settings.lists.list_fields import COLOURS, DARK_COLOURS, FONTS, LOGO
from newsletter.web.admin.settings.lists.list_look import (
    is_colour,
    links_in,
    own_value,
    read_colour,
)
from subscribers.validation.address import parse_address
from subscribers.validation.text_fields import one_line
from subscribers.validation.timezones import parse_timezone

Fields = Mapping[str, str]
_LANDING = ("joined_url", "confirmed_url", "left_url")
_LINES = ("description", "tagline", "consent", "postal_address", "sender_name")


@dataclass(frozen=True, kw_only=True)
class FieldCheck:
    """
    A check of the field *name*, which is made if one of `needs` was changed. `is_valid` may also
    raise an error of ours; `text` says what to write instead.
    """

    name: str
    needs: tuple[str, ...]
    is_valid: Callable[[Fields], bool]
    text: Callable[[Fields], str]


def checks(words: StaffWords, site: BrandSettings) -> list[FieldCheck]:
    """
    Return every check, in the order of the form.
    """
    return [*_texts(words), *_addresses(words), *_rules(words), *_look(words, site)]


def _check(name: str, is_valid: Callable[[Fields], bool], text: str) -> FieldCheck:
    return FieldCheck(name=name, needs=(name,), is_valid=is_valid, text=lambda _: text)


def _texts(words: StaffWords) -> list[FieldCheck]:
    _ = words.gettext
    long = _("Write one line of at most %(n)s characters.", n=MAX_CONSENT)

    def is_line(name: str) -> Callable[[Fields], bool]:
        return lambda fields: len(one_line(fields[name], name)) <= MAX_CONSENT

    return [
        _check("name", lambda f: bool(one_line(f["name"], "name")), _("Write a name in one line.")),
        *(_check(name, is_line(name), long) for name in _LINES),
    ]


def _addresses(words: StaffWords) -> list[FieldCheck]:
    text = words.gettext("This is not an email address.")

    def is_address(name: str) -> Callable[[Fields], bool]:
        return lambda fields: not fields[name] or bool(parse_address(fields[name]))

    needs_one = words.gettext("A sender's name needs an address, too.")
    return [
        *(_check(name, is_address(name), text) for name in ("sender_address", "reply_to")),
        FieldCheck(
            name="sender_name",
            needs=("sender_name", "sender_address"),
            is_valid=lambda f: not f["sender_name"] or bool(f["sender_address"]),
            text=lambda _: needs_one,
        ),
    ]


def _rules(words: StaffWords) -> list[FieldCheck]:
    _ = words.gettext
    return [
        _check(
            "quiet",
            lambda f: not f["quiet"] or bool(parse_quiet(f["quiet"])),
            _("Write two times of day, such as 22:00-07:00."),
        ),
        _check(
            "timezone",
            lambda f: bool(parse_timezone(f["timezone"])),
            _("This time zone is not known."),
        ),
        _check(
            "second_person_above",
            lambda f: not f["second_person_above"] or _is_count(f["second_person_above"]),
            _("Write a number of readers, such as 1000."),
        ),
        _check(
            "origins",
            lambda f: parse_origins(f["origins"]) is not None,
            _("Write at most 20 addresses such as https://www.example.org, without a path."),
        ),
        *(
            _check(name, _is_page(name), _("Write an address that begins with https://."))
            for name in _LANDING
        ),
    ]


def _is_page(name: str) -> Callable[[Fields], bool]:
    return lambda fields: not fields[name] or bool(parse_landing_page(fields[name]))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text[:20]) <= MAX_READERS


def _look(words: StaffWords, site: BrandSettings) -> list[FieldCheck]:
    _ = words.gettext

    def is_key(name: str) -> Callable[[Fields], bool]:
        def is_valid(fields: Fields) -> bool:
            value = own_value(fields, name, site)
            return not value or bool(check_list_brand({name: value}))

        return is_valid

    fonts = _("Write the names of fonts, with commas between them.")
    colours = [
        FieldCheck(name=name, needs=(name,), is_valid=is_key(name), text=_colour_text(name, words))
        for name in (*COLOURS, *DARK_COLOURS)
    ]
    return [
        *colours,
        FieldCheck(
            name="logo",
            needs=LOGO,
            is_valid=lambda f: _has_valid_logo(f, site),
            text=lambda _f: _(
                "A logo needs an address that begins with https://, and a width up to 576 and a "
                "height up to 300 pixels."
            ),
        ),
        *(_check(name, is_key(name), fonts) for name in FONTS),
        _check(
            "social",
            lambda f: bool(check_list_brand({"social": links_in(f["social"])})),
            _("Write one link in each line: a name, and an address that begins with https://."),
        ),
    ]


def _has_valid_logo(fields: Fields, site: BrandSettings) -> bool:
    given = {name: own_value(fields, name, site) for name in LOGO}
    values = {name: value for name, value in given.items() if value}
    if set(values) & {"logo_width", "logo_height"} and "logo" not in values:
        return False
    return not values or bool(check_list_brand(values))


def _colour_text(name: str, words: StaffWords) -> Callable[[Fields], str]:
    _ = words.gettext

    def text(fields: Fields) -> str:
        colour = fields[name].lower()
        if not is_colour(colour):
            return _("This is not a colour: write it as #b3261e.")
        found = read_colour(name, colour)
        shown = format_decimal(found.contrast, format="0.0", locale=words.locale)
        return _(
            "%(colour)s is hard to read here: its contrast is %(contrast)s. The nearest colour "
            "that can be read is %(nearest)s.",
            colour=colour,
            contrast=shown,
            nearest=found.nearest,
        )

    return text
