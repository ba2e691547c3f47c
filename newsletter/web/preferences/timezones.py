"""
The time zones that readers choose from: places by continent, called as in the language of the page.
"""

from __future__ import annotations

import functools
import unicodedata
import zoneinfo
from collections.abc import Mapping

import babel
from babel.core import get_global

from newsletter.mail.templating.translations import locale_of
from newsletter.web.public.page_values import FormOption
from newsletter.web.public.settings_values import TimezoneRegion

# The codes that Unicode's CLDR has for continents (UN M49), by the first part of a zone's name.
_CONTINENTS = {
    "Africa": "002",
    "America": "019",
    "Antarctica": "AQ",
    "Asia": "142",
    "Australia": "009",
    "Europe": "150",
    "Pacific": "009",
}
# The islands of the two oceans are with the continent that people would look under.
_ISLANDS: Mapping[str, tuple[str, ...]] = {
    "Africa": (
        "Atlantic/Cape_Verde",
        "Atlantic/St_Helena",
        "Indian/Antananarivo",
        "Indian/Comoro",
        "Indian/Mahe",
        "Indian/Mauritius",
        "Indian/Mayotte",
        "Indian/Reunion",
    ),
    "America": ("Atlantic/Bermuda", "Atlantic/South_Georgia", "Atlantic/Stanley"),
    "Antarctica": ("Indian/Kerguelen",),
    "Asia": ("Indian/Chagos", "Indian/Christmas", "Indian/Cocos", "Indian/Maldives"),
    "Europe": (
        "Atlantic/Azores",
        "Atlantic/Canary",
        "Atlantic/Faroe",
        "Atlantic/Jan_Mayen",
        "Atlantic/Madeira",
        "Atlantic/Reykjavik",
    ),
}
# CLDR keeps the names that these places had at first.
_CLDR_NAMES = {
    "Africa/Asmara": "Africa/Asmera",
    "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
    "America/Argentina/Catamarca": "America/Catamarca",
    "America/Argentina/Cordoba": "America/Cordoba",
    "America/Argentina/Jujuy": "America/Jujuy",
    "America/Argentina/Mendoza": "America/Mendoza",
    "America/Atikokan": "America/Coral_Harbour",
    "America/Indiana/Indianapolis": "America/Indianapolis",
    "America/Kentucky/Louisville": "America/Louisville",
    "America/Nuuk": "America/Godthab",
    "Asia/Ho_Chi_Minh": "Asia/Saigon",
    "Asia/Kathmandu": "Asia/Katmandu",
    "Asia/Kolkata": "Asia/Calcutta",
    "Asia/Yangon": "Asia/Rangoon",
    "Atlantic/Faroe": "Atlantic/Faeroe",
    "Europe/Kyiv": "Europe/Kiev",
    "Pacific/Chuuk": "Pacific/Truk",
    "Pacific/Kanton": "Pacific/Enderbury",
    "Pacific/Pohnpei": "Pacific/Ponape",
}
_OF_ISLANDS = {zone: _CONTINENTS[name] for name, zones in _ISLANDS.items() for zone in zones}
_MOST_LANGUAGES = 64


@functools.cache
def all_timezones() -> frozenset[str]:
    """
    Return the time zones that can be chosen. A place has one, whatever other names it had.
    """
    known = zoneinfo.available_timezones()
    current = get_global("zone_aliases")
    renamed = {zone for zone in known if current.get(zone, zone) in known - {zone}}
    return frozenset(zone for zone in known - renamed if _continent(zone))


@functools.lru_cache(_MOST_LANGUAGES)
def timezone_regions(language: str) -> tuple[TimezoneRegion, ...]:
    """
    Return the time zones by continent, both sorted by what they are called in *language*.
    """
    locale = locale_of(language)
    places: dict[str, list[FormOption]] = {}
    for zone in all_timezones():
        places.setdefault(_continent(zone), []).append(timezone_option(zone, language))
    regions = [
        TimezoneRegion(
            name=locale.territories.get(code, code),
            places=tuple(sorted(options, key=lambda each: _sorting(each.label))),
        )
        for code, options in places.items()
    ]
    return tuple(sorted(regions, key=lambda each: _sorting(each.name)))


def timezone_option(zone: str, language: str) -> FormOption:
    """
    Return a time zone with the name of its place in *language*.
    """
    return FormOption(value=zone, label=_place(zone, locale_of(language)))


def _continent(zone: str) -> str:
    first, slash, _ = zone.partition("/")
    return _OF_ISLANDS.get(zone) or (_CONTINENTS.get(first, "") if slash else "")


def _place(zone: str, locale: babel.Locale) -> str:
    for name in (zone, _CLDR_NAMES.get(zone, zone)):
        if city := locale.time_zones.get(name, {}).get("city"):
            return str(city)
    # CLDR has no name where it is that of the zone: America/New_York.
    return zone.rpartition("/")[2].replace("_", " ")


def _sorting(text: str) -> str:
    folded = unicodedata.normalize("NFD", text.casefold())
    return "".join(one for one in folded if not unicodedata.combining(one))
