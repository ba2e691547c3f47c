"""
Read the tags in a cell, which products join in different ways.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from subscribers.text.normal_form import normal_form

MAX_TAG = 60
_MAX_TAGS = 100
# What a tag may have before it is shortened, such as marks that become one letter with another.
_MOST_LETTERS = 4 * MAX_TAG
# Tags of people have neither, because files join them by one or the other.
_SEPARATORS = str.maketrans(",;", "  ")


@functools.lru_cache(maxsize=4_096)
def read_tags(cell: str, separator: str = "") -> tuple[str, ...]:
    """
    Return the tags in *cell*, a JSON array of them or joined by *separator* if it is there, else by
    a semicolon or comma. A tag in double quotes may contain separators.
    """
    if cell.lstrip().startswith("[") and (found := _json_texts(cell)) is not None:
        return clean_tags(found)
    usual = ";" if ";" in cell else ","
    joined_by = separator if separator and separator in cell else usual
    try:
        parts = next(csv.reader([cell], delimiter=joined_by, skipinitialspace=True), [])
    except csv.Error:
        parts = cell.split(joined_by)
    return clean_tags(parts)


def _json_texts(cell: str) -> list[str] | None:
    try:
        found = orjson.loads(cell)
    except orjson.JSONDecodeError:
        return None
    is_list = isinstance(found, list) and all(isinstance(each, str) for each in found)
    return found if is_list else None


def tags_among(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """
    Return the tags in a person's attributes: `{"tags": ["press", "board"]}`.
    """
    found = attributes.get("tags")
    if isinstance(found, str):
        return read_tags(found)
    return clean_tags(map(str, found)) if isinstance(found, list) else ()


def clean_tags(words: Iterable[str]) -> tuple[str, ...]:
    """
    Return *words* as tags: in lower case, on one line, without commas and semicolons.
    """
    # Bounded before anything else looks at them.
    bounded = (word[:_MOST_LETTERS].translate(_SEPARATORS) for word in words if word)
    normal = (normal_form("NFC", word) for word in bounded)
    words = (" ".join(word.split()).lower() for word in normal)
    printable = ("".join(filter(str.isprintable, word)) for word in words)
    tags = (" ".join(word.split())[:MAX_TAG].strip() for word in printable)
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:_MAX_TAGS]
