"""
Put a link to the newsroom where a text names a command, which nobody can run in a browser.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from markupsafe import Markup, escape

from newsletter.web.admin.places.command_places import PLACES
from newsletter.web.api.refusals.command_names import PLACEHOLDERS, parse_command

_NAMED = re.compile(r"`newsletter ([^`]+)`")
_IN_PATH = re.compile(r"\{\w+\}")


def place_of(text: str) -> str | None:
    """
    Return the path at which staff do what the command in *text* does; None if there is none. *text*
    is without `newsletter`: "issue resume 5".
    """
    command = parse_command(text)
    if command is None or command.name not in PLACES:
        return None
    path = PLACES[command.name]
    if not _IN_PATH.search(path):
        return path
    if not command.argument or command.argument in PLACEHOLDERS:
        return path.partition("/{")[0]
    return _IN_PATH.sub(lambda _: quote(command.argument, safe=""), path)


def with_places(text: str) -> Markup:
    """
    Return *text* as HTML in which each command that has a place is a link to it. Others stay as
    they are.
    """
    found: list[Markup] = []
    end = 0
    for match in _NAMED.finditer(text):
        found.append(escape(text[end : match.start()]))
        found.append(_link(match[1]) or escape(match[0]))
        end = match.end()
    return Markup("").join([*found, escape(text[end:])])


def _link(command: str) -> Markup | None:
    path = place_of(command)
    if path is None:
        return None
    shown = path.removeprefix("/admin/").replace("/", " › ")
    return Markup('<a href="{}">{}</a>').format(path, shown)
