"""
Find the language in which a mail or a page can be written.
"""

from __future__ import annotations

import re
from collections.abc import Collection


def matching_language(language: str, known: Collection[str]) -> str | None:
    """
    Return the one of *known* that is *language*, else the one that it is a variety of ("pt" for
    "pt-BR"), else None.
    """
    folded = {one.casefold(): one for one in known}
    wanted = language.casefold()
    return folded.get(wanted) or folded.get(re.split("[-_]", wanted)[0])
