"""
What stands under a picture, split into the caption and who is credited for the picture.
"""

from __future__ import annotations

import re

from newsletter.reading import hygiene

_WORDS = (
    r"(?:AP|AFP|EPA|Reuters|REUTERS|Getty|dpa|DPA|Xinhua|TASS|Shutterstock|Unsplash|Wikimedia"
    r"|[Pp]hoto(?:graph)?s?|PHOTO|[Ii]mages?|[Ff]oto|[Cc]ourtesy|[Cc]redits?|[Cc]rédit|via)"
)
_IN_BRACKETS = re.compile(r"\s*[(\[](?P<credit>[^()\[\]]{2,160})[)\]]\s*\.?$")
_NAMES_SOMEONE = re.compile(rf"\b{_WORDS}\b")
_BARE = re.compile(
    r"(?:^|(?<=[.!?”\"’)])\s+|\s+[—–|-]\s+)(?P<credit>"
    r"(?:AP|AFP|EPA|Reuters|REUTERS)\s?(?:Photo|/)\s?.{0,80}"
    r"|(?:Photo(?:graph)?s?|Image|Foto|Picture)(?:\s+(?:by|credit|courtesy)\b|\s*:).{2,80}"
    r"|(?:Photo\s+)?(?:Credits?|Crédit(?: photo)?|Courtesy(?: of)?)\s*:.{2,80}"
    r"|[^.]{2,80}?(?:\s?/\s?|\svia\s)(?:AP|AFP|Getty Images|Reuters|EPA)"
    r")\.?$"
)
_LABEL = re.compile(r"^(?:photo\s+|image\s+|picture\s+)?(?:credits?|crédit photo)\s*:\s*", re.I)
LONGEST = 600


def split_caption(text: str) -> tuple[str | None, str | None]:
    """
    The caption and the credit in *text*, each None when there is none. The credit loses its
    brackets, final full stop and the space some desks put after the slash.
    """
    text = hygiene.line(text)
    if len(text) > LONGEST:
        return text, None
    found = _IN_BRACKETS.search(text)
    if found is None or not _NAMES_SOMEONE.search(found["credit"]):
        found = _BARE.search(text)
    if found is None:
        return text or None, None
    return text[: found.start()].strip() or None, _credit(found["credit"])


def _credit(text: str) -> str:
    text = re.sub(r"\s*/\s*", "/", _LABEL.sub("", text))
    return text.strip(" .")
