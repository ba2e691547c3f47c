"""
Recognise the title of a page that a server sends, often with status 200, in place of one that is
gone. `page.check` uses it.
"""

from __future__ import annotations

import re

_NOT_FOUND = re.compile(
    r"\b404\b|\b(?:page|seite|página|pagina|sidan?|strona|stránka|sayfa)\b.{0,20}(?:not found"
    r"|nicht gefunden|introuvable|non trouvée|no encontrada|non trovata|não encontrada"
    r"|niet gevonden|hittades inte|(?:ble )?ikke funnet|ikke fundet|nie znalezion|nenalezena"
    r"|bulunamadı)|(?:страница|сторінк\w).{0,9} не (?:найдена|знайден)|見つかりません|找不到|未找到"
    r"|찾을 수 없|غير موجودة|नहीं मिला|^not found",
    re.IGNORECASE,
)
_LONGEST = 60


def says_not_found(title: str) -> bool:
    """
    Return True if *title* says that the page was not found.
    """
    return len(title) <= _LONGEST and _NOT_FOUND.search(title) is not None
