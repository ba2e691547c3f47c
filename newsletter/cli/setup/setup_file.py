"""
The file of `newsletter apply`: lists, sources and schedules as TOML tables, `[schedule.morning]`,
with the names of the options that `add` has for each. `applying` brings it to the database.
"""

from __future__ import annotations

import datetime as dt
import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from newsletter.errors import Refused

# In this order a file is applied: a schedule names lists and sources.
SECTIONS = ("list", "source", "schedule")
Table = dict[str, Any]
Setup = dict[str, dict[str, Table]]
_KINDS = {str: "a text in quotes", bool: "true or false", int: "a number", list: "a list of texts"}
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEAD = """\
# Lists, sources and schedules, as `newsletter apply --export` wrote them: `newsletter apply FILE`
# brings them back. What is not named has its default; secrets are named and never told.
"""


def read_setup(file: Path) -> Setup:
    """
    The tables of *file*, by section and name.

    Raises:
        Refused: it cannot be read, is no TOML, or has a section that nobody knows.
    """
    try:
        told = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read {file}: {getattr(error, 'strerror', error)}") from error
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{file} is not TOML: {error}") from error
    for section, tables in told.items():
        require_known(section, SECTIONS, what=f"{file}: unknown section")
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            raise Refused(f"{file}: write [{section}.NAME], one table for each")
    return {section: told.get(section, {}) for section in SECTIONS}


def require_known(word: str, known: Iterable[str], *, what: str) -> None:
    """
    Passes a *word* that is known.

    Raises:
        Refused: it is not; the line names the nearest.
    """
    words = sorted(known)
    if word in words:
        return
    nearest = difflib.get_close_matches(word, words, n=1)
    advice = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(words)}"
    raise Refused(f"{what} {word}: {advice}")


def require_kinds(table: Table, kinds: Mapping[str, type], *, needed: Iterable[str]) -> None:
    """
    Passes a table whose values are of *kinds*.

    Raises:
        Refused: a key is unknown or missing, or its value of another kind.
    """
    for key, value in table.items():
        require_known(key, kinds, what="unknown key")
        kind = kinds[key]
        are_texts = not isinstance(value, list) or all(isinstance(one, str) for one in value)
        if type(value) is not kind or not are_texts:
            raise Refused(f"{key}: write {_KINDS[kind]}")
    missing = [key for key in needed if key not in table]
    if missing:
        raise Refused(f"{missing[0]} is missing")


def as_toml(setup: Setup) -> str:
    """
    *setup* as text that `read_setup` reads back.
    """
    lines = [_HEAD]
    for section in SECTIONS:
        for name, table in setup.get(section, {}).items():
            lines.append(f"[{section}.{name if _BARE.fullmatch(name) else _quoted(name)}]")
            lines += [f"{key} = {_value(value)}" for key, value in table.items()]
            lines.append("")
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, but for DEL (TOML 1.0, "String").
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def span(length: dt.timedelta) -> str:
    """
    A length of time as `duration` reads it: `15m`, `2h`, `14d`.
    """
    seconds = int(length.total_seconds())
    units = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
    unit, size = next((u for u in units if seconds and seconds % u[1] == 0), units[-1])
    return f"{seconds // size}{unit}"
