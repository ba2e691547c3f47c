"""
The front matter of a Markdown file, YAML, TOML or JSON, and what a brief takes from it.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from newsletter.errors import ReadError
from newsletter.reading import fragment

_LARGEST = 64 * 1024
_YAML = re.compile(r"\s*---[ \t]*\n(?P<head>.*?)(?:^|\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TOML = re.compile(r"\s*\+\+\+[ \t]*\n(?P<head>.*?)(?:^|\n)\+\+\+[ \t]*(?:\n|$)", re.DOTALL)
_MOST = 50


@dataclass(frozen=True)
class FrontMatter:
    """
    The values of a file's head and the text under it.
    """

    values: Mapping[str, Any]
    content: str

    def words(self, *names: str) -> str | None:
        """
        The first of *names* that holds a scalar, as one plain line.
        """
        for name in names:
            value = self.values.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                return fragment.plain(str(value)) or None
        return None

    def several(self, *names: str) -> tuple[str, ...]:
        """
        The plain lines under *names* together: each a list of scalars, or words with commas
        between.
        """
        found: list[str] = []
        for name in names:
            value = self.values.get(name)
            listed = value.split(",") if isinstance(value, str) else value
            if isinstance(listed, list):
                found += [str(one) for one in listed[:_MOST] if isinstance(one, str | int | float)]
        return tuple(filter(None, (fragment.plain(one) for one in found)))

    def lines(self, name: str) -> tuple[str, ...]:
        """
        The plain lines of the list *name*; commas mean nothing in them.
        """
        value = self.values.get(name)
        listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return tuple(fragment.plain(one) for one in listed[:_MOST] if isinstance(one, str))

    def when(self, *names: str) -> str | None:
        """
        The first of *names* that holds a date or time, in ISO 8601 where it was one.
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
        The mapping under *name*, empty when it is none.
        """
        value = self.values.get(name)
        return FrontMatter(value if isinstance(value, dict) else {}, "")

    @property
    def is_draft(self) -> bool:
        return self.values.get("draft") is True or self.values.get("published") is False


def split_front_matter(text: str) -> FrontMatter:
    """
    The front matter of *text*, empty when it has none, and the rest.

    Raises:
        ReadError: it cannot be read; the line says where.
    """
    try:
        values, content = _split(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 2}" if mark is not None else "the YAML"
        raise ReadError(f"The front matter cannot be read at {where}: mend its YAML.") from error
    except (ValueError, RecursionError) as error:
        line = " ".join(str(error).split())[:120]
        raise ReadError(f"The front matter cannot be read: {line}.") from error
    return FrontMatter({str(k): v for k, v in values.items()}, content)


def _split(text: str) -> tuple[Mapping[Any, Any], str]:
    if found := _YAML.match(text):
        values = yaml.safe_load(_head(found))
    elif found := _TOML.match(text):
        values = tomllib.loads(_head(found))
    elif text.lstrip().startswith("{") and not text.lstrip().startswith(("{%", "{{", "{:")):
        start = len(text) - len(text.lstrip())
        values, end = json.JSONDecoder().raw_decode(text[: start + _LARGEST], start)
        return values, text[end:]
    else:
        return {}, text
    return (values if isinstance(values, dict) else {}), text[found.end() :]


def _head(found: re.Match[str]) -> str:
    if len(found["head"]) > _LARGEST:
        raise ValueError("it is over 64 KB")
    return f"{found['head']}\n"
