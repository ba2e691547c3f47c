"""
Keep a slash inside one part of a path, such as that of an email address, apart from those between
the parts: servers decode both.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from starlette.types import Scope

# For private use in Unicode, and in no address or name.
_STAND_IN = "\ue02f"
_ENCODED = quote(_STAND_IN).encode("ascii")


def separate(scope: Scope) -> None:
    """
    Put a stand-in for each encoded slash into the path, by which the route is found.
    """
    raw = scope.get("raw_path") or b""
    path, found = re.subn(b"%2f", _ENCODED, raw.partition(b"?")[0], flags=re.IGNORECASE)
    if found:
        scope["path"] = unquote(path.decode("latin-1"))


def restore(scope: Scope) -> None:
    """
    Put the slashes back, into the path and the parameters that were found in it.
    """
    scope["path"] = scope["path"].replace(_STAND_IN, "/")
    found = scope["path_params"].items()
    scope["path_params"] = {name: value.replace(_STAND_IN, "/") for name, value in found}
