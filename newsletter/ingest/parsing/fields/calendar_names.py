"""
The names of months and weekdays in many languages, from dateparser's tables. `written_date` looks
words up here.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from functools import cache

# Thai is left out, since Thai sites count Buddhist years.
_LANGUAGES = (
    "af ar ar-LB az be bg bn ca cs da de de-AT el en es et eu fa fi fil fr ga gl he hi hr hu hy id "
    "is it ja ka kk ko lt lv mk mr ms nb nl nn pl pt ro ru sk sl sq sr sr-Latn sv sw ta tr uk ur "
    "vi zh"
)
# The keys of dateparser's tables.
_MONTHS = "january february march april may june july august september october november december"
_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday"
# Abbreviations end in a full stop, an apostrophe, a geresh or the Devanagari sign.
_ENDS = ".'׳॰"
# Signs that are written in several ways, or left out.
_VARIANTS = str.maketrans(
    {"’": "'", "ʼ": "'", "ı": "i", "ۀ": "ه", "ی": "ي", "ک": "ك"}
    | dict.fromkeys("\u0307\u0654\u200c")
)
# In CLDR, but not in dateparser 1.5.
_ALSO = {"july": (("fr", "juill"),), "october": (("hi", "अक्टू"),)} | {
    day: (("sv", name),)
    for day, name in zip(
        _WEEKDAYS.split(),
        ["måndagen", "tisdagen", "onsdagen", "torsdagen", "fredagen", "lördagen", "söndagen"],
        strict=True,
    )
}
_ACCENTS = re.compile("[\u0300-\u036f]")
# Roman numerals and initials, which are names of months in some tables.
_SHORTEST = 2


Named = Mapping[int, frozenset[str]]


def months_of(name: str) -> Named:
    """
    Return the months that *name* can mean, from 1 on, each with the languages; empty if it is not a
    month.
    """
    return _names_of(_MONTHS).get(_compared(name), {})


def weekdays_of(name: str) -> Named:
    """
    Return the weekdays that *name* can mean, Monday being 1, each with the languages; empty if it
    is not a weekday.
    """
    return _names_of(_WEEKDAYS).get(_compared(name), {})


def load_names() -> None:
    """
    Load the names, which needs files.
    """
    _names_of(_MONTHS)
    _names_of(_WEEKDAYS)


@cache
def _names_of(keys: str) -> Mapping[str, Named]:
    """
    Return the names of the months or weekdays *keys*.
    """
    # Imported here, since it costs every command that reads no date 50 ms.
    from dateparser.languages.loader import default_loader

    found: dict[str, dict[int, frozenset[str]]] = defaultdict(lambda: defaultdict(frozenset))
    for language in _LANGUAGES.split():
        info = default_loader.get_locale(language).info
        for number, key in enumerate(keys.split(), start=1):
            also = [name for spoken, name in _ALSO.get(key, ()) if spoken == language]
            for name in map(_compared, [*info.get(key, ()), *also]):
                if len(name) >= _SHORTEST or not name.isascii():
                    found[name][number] |= {language}
    for name, numbers in list(found.items()):
        for typed in (_bare(name), name.replace("ä", "ae")):
            found.setdefault(typed, numbers)
    return dict(found)


def _compared(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold()).translate(_VARIANTS).rstrip(_ENDS)


def _bare(name: str) -> str:
    """
    Return *name* without accents, as in capital letters and on foreign keyboards.
    """
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", name)))
