"""
Generate the parts of the reference that the code knows: a page says
`<!-- generated: commands -->` where they go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sphinx.application import Sphinx

from reference_pages.api import describe_api
from reference_pages.commands import describe_commands
from reference_pages.database import describe_database
from reference_pages.providers import describe_providers
from reference_pages.settings import describe_settings

GENERATORS: Mapping[str, Callable[[], str]] = {
    "commands": describe_commands,
    "settings": describe_settings,
    "database": describe_database,
    "providers": describe_providers,
    "api": describe_api,
}
_PLACE = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)


def setup(app: Sphinx) -> dict[str, bool]:
    """
    Have Sphinx fill in a page's generated parts when it reads the page.
    """
    app.connect("source-read", _fill_in)
    return {"parallel_read_safe": True}


def _fill_in(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = _PLACE.sub(lambda place: GENERATORS[place[1]](), source[0])
