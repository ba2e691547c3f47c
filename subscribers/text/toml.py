"""
Parse TOML that other people wrote.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

# The parser keeps each beginning of a dotted key: 400 KB of them would take all memory.
# A quoted part of a key is looked through for no further than this, so that no text takes long.
_QUOTED = r"""(?:"(?:[^"\\\n]|\\.){0,200}"|'[^'\n]{0,200}')"""
_TOO_DEEP = re.compile(rf"""(?<![\w"'\\-])(?:(?:[\w-]+|{_QUOTED})[ \t]*\.[ \t]*){{200}}""")


def parse_toml(text: str) -> dict[str, Any]:
    """
    Return the tables in a text.

    Raises:
        TOMLDecodeError: it is not TOML, or is nested too deeply.
    """
    too_deep = tomllib.TOMLDecodeError("it is nested too deeply")
    if _TOO_DEEP.search(text):
        raise too_deep
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise too_deep from error
