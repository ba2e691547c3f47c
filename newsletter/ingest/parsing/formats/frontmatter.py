"""
Parse the front matter of a Markdown file (YAML, TOML or JSON) and read its values.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from newsletter.errors import ReadError
from newsletter.ingest.parsing import html_tree
from subscribers.text.phrases import phrase
from subscribers.text.toml import parse_toml

_LARGEST = 64 * 1024
_YAML = re.compile(r"\s*---[ \t]*\n(?P<head>.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TOML = re.compile(r"\s*\+\+\+[ \t]*\n(?P<head>.*?)(?:^|\n)\+\+\+[ \t]*(?:\n|$)", re.DOTALL)
# The opening mark, followed by a line with `name:` or `name =`; a horizontal rule has no such line.
_OPENED = re.compile(r"\s*(?P<mark>---|\+\+\+)[ \t]*\n[\w-]+[ \t]*[:=](?:\s|$)")
_MOST = 50

KEYS = (
    "title",
    "subject",
    "series",
    "date",
    "publish_date",
    "publishDate",
    "image",
    "image_alt",
    "caption",
    "credit",
    "takeaways",
    "categories",
    "tags",
    "cta",
    "url",
    "canonical_url",
    "lang",
    "draft",
    "published",
)
# How similar an unknown key must be to a known one: `titel` is a misspelling, `subtitle` is not.
_LIKE = 0.78


@dataclass(frozen=True)
class FrontMatter:
    """
    The values in the front matter of a file, and the text after it.
    """

    values: Mapping[str, Any]
    content: str

    def words(self, *names: str) -> str | None:
        """
        Return the value of the first of *names* that is a scalar, as one plain line.
        """
        for name in names:
            value = self.values.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return html_tree.plain(str(value)) or None
        return None

    def several(self, *names: str) -> tuple[str, ...]:
        """
        Return the values of all *names* together as plain lines; each is a list of scalars or text
        separated by commas.
        """
        found: list[str] = []
        for name in names:
            value = self.values.get(name)
            listed = value.split(",") if isinstance(value, str) else value
            if isinstance(listed, list):
                found += [
                    str(entry) for entry in listed[:_MOST] if isinstance(entry, str | int | float)
                ]
        return tuple(filter(None, (html_tree.plain(entry) for entry in found)))

    def lines(self, name: str) -> tuple[str, ...]:
        """
        Return the values of the list *name* as plain lines; commas do not separate values.
        """
        value = self.values.get(name)
        listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return tuple(html_tree.plain(text) for text in listed[:_MOST] if isinstance(text, str))

    def when(self, *names: str) -> str | None:
        """
        Return the first of *names* that has a date or text; a date is returned in ISO 8601.
        """
        for name in names:
            value = self.values.get(name)
            if isinstance(value, dt.date):
                return value.isoformat()
            if isinstance(value, str) and value.strip():
                return value.strip()
        return None

    def part(self, name: str) -> FrontMatter:
        """
        Return the mapping *name*; empty if it is not a mapping.
        """
        value = self.values.get(name)
        return FrontMatter(value if isinstance(value, dict) else {}, "")

    @property
    def is_draft(self) -> bool:
        return self.values.get("draft") is True or self.values.get("published") is False


def split_front_matter(text: str) -> FrontMatter:
    """
    Split *text* into its front matter, which may be empty, and the rest.

    Raises:
        ReadError: the front matter cannot be parsed; the message says where.
    """
    try:
        values, content = _split(text)
    except RecursionError as error:
        raise ReadError(phrase("the front matter is nested too deeply: simplify it")) from error
    return FrontMatter({str(k): v for k, v in values.items()}, content)


def misspelt_keys(front: FrontMatter) -> tuple[str, ...]:
    """
    Return a warning for each unknown key of *front* that looks like a misspelt known one.
    """
    found = []
    for key in front.values:
        near = difflib.get_close_matches(key.lower(), KEYS, n=1, cutoff=_LIKE)
        if key not in KEYS and near and near[0] not in front.values:
            found.append(f"unknown key {key} in the front matter: did you mean {near[0]}?")
    return tuple(found)


def _split(text: str) -> tuple[Mapping[Any, Any], str]:
    if found := _YAML.match(text):
        return _yaml(found, text)
    if found := _TOML.match(text):
        return _toml(found), text[found.end() :]
    if opened := _OPENED.match(text):
        line, mark = _line_of(text, opened.start("mark")), opened["mark"]
        raise ReadError(
            phrase(
                "the front matter opened at line {line} is never closed: put {mark} on a line "
                "below it",
                line=line,
                mark=mark,
            )
        )
    if text.lstrip().startswith("{") and not text.lstrip().startswith(("{%", "{{", "{:")):
        return _json(text)
    return {}, text


def _yaml(found: re.Match[str], text: str) -> tuple[Mapping[Any, Any], str]:
    head, start = _head(found), _line_of(text, found.start("head"))
    try:
        values = yaml.safe_load(head)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = (
            phrase("line {line}", line=start + mark.line)
            if mark is not None
            else phrase("a character")
        )
        raise _refusal(where, language="YAML") from error
    except ValueError as error:
        line = start + _line_with_no_value(head)
        raise _refusal(
            phrase("line {line} ({why})", line=line, why=error), language="YAML"
        ) from error
    if isinstance(values, dict) or values is None:
        return values or {}, text[found.end() :]
    if head.startswith("\n"):
        # Two horizontal rules with text between them, not front matter.
        return {}, text
    raise _refusal(phrase("line {line} (there is no `name: value`)", line=start), language="YAML")


def _line_with_no_value(head: str) -> int:
    """
    Return the index of the first line whose value looks like a date but is not valid.
    """
    for number, line in enumerate(head.splitlines()):
        try:
            yaml.safe_load(line)
        except yaml.YAMLError:
            continue
        except ValueError:
            return number
    return 0


def _toml(found: re.Match[str]) -> Mapping[str, Any]:
    try:
        return parse_toml(_head(found))
    except tomllib.TOMLDecodeError as error:
        why, _, where = str(error).partition(" (at ")
        line_number = re.match(r"line (\d+)", where)
        within = int(line_number[1]) - 1 if line_number else found["head"].count("\n")
        line = _line_of(found.string, found.start("head")) + within
        place = phrase("line {line} ({why})", line=line, why=why.lower())
        raise _refusal(place, language="TOML") from error


def _json(text: str) -> tuple[Mapping[str, Any], str]:
    start = len(text) - len(text.lstrip())
    try:
        values, end = json.JSONDecoder().raw_decode(text[: start + _LARGEST], start)
    except ValueError as error:
        where = getattr(error, "lineno", 1)
        why = getattr(error, "msg", str(error)).lower()
        raise _refusal(
            phrase("line {line} ({why})", line=where, why=why), language="JSON"
        ) from error
    return values, text[end:]


def _refusal(where: str, *, language: str) -> ReadError:
    return ReadError(
        phrase(
            "the front matter cannot be read at {where}: fix its {language}",
            where=where,
            language=language,
        )
    )


def _line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _head(found: re.Match[str]) -> str:
    if len(found["head"]) > _LARGEST:
        raise ReadError(phrase("the front matter is over 64 KB: shorten it"))
    return f"{found['head']}\n"
