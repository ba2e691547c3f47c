"""
The file of `newsletter apply`: fields, lists, sources, segments and schedules as TOML tables such
as `[schedule.morning]`. The keys are named like the options of `add`.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from newsletter.errors import Refused
from newsletter.operations.config_as_code.tables import Table, require_known
from subscribers.text.toml import parse_toml

# The order in which a file is applied: a list names fields, a segment fields and lists, and a
# schedule all but fields.
SECTIONS = ("field", "list", "source", "segment", "schedule")
Setup = dict[str, dict[str, Table]]
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_HEAD = """\
# Fields, lists, sources, segments and schedules, as `newsletter apply --export` wrote them:
# `newsletter apply FILE` restores them. A key that is missing has its default; secrets are only
# named.
"""


def read_setup(file: Path) -> Setup:
    """
    Read the tables of *file*, by section and name.

    Raises:
        Refused: it cannot be read, is not TOML, or has an unknown section.
    """
    try:
        sections = parse_toml(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"cannot read {file}: {getattr(error, 'strerror', error)}") from error
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{file} is not valid TOML: {error}") from error
    for section, tables in sections.items():
        require_known(section, SECTIONS, what=f"{file}: unknown section")
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            raise Refused(f"{file}: write [{section}.NAME], one table for each")
    return {section: sections.get(section, {}) for section in SECTIONS}


def as_toml(setup: Setup) -> str:
    """
    Write *setup* as text that `read_setup` reads back.
    """
    lines = [_HEAD]
    for section in SECTIONS:
        for name, table in setup.get(section, {}).items():
            lines.append(f"[{section}.{_key(name)}]")
            lines += [f"{key} = {_value(value)}" for key, value in table.items()]
            lines.append("")
    return "\n".join(lines)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        pairs = (f"{_key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return _quoted(value) if isinstance(value, str) else str(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    # A JSON string is also a TOML basic string, except for DEL (TOML 1.0, "String").
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
