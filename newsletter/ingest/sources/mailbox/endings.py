"""
Remove what follows a brief in a mail: the signature, the quoted reply, the legal notice, the line
that a phone adds. `unwrap` uses it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.ingest.sources.mailbox.announcements import Announcement, announcement_in

_SIGNATURE_LINES = 20
_NOTICE = re.compile(
    r"\W{0,9}(?:(?:e-?mail )?(?:confidentiality|legal) (?:notice|note|disclaimer)\b|disclaimer\s?:"
    r"|this (?:e-?mail|message|communication)\b.{0,80}\b(?:confidential|privileged|intended)\b"
    r"|the information (?:contained )?in this (?:e-?mail|message)\b"
    r"|(?:diese|dieses) (?:e-?mail|nachricht|schreiben) .{0,60}vertraulich"
    r"|ce (?:message|courriel|mail)\b.{0,80}\bconfidentiel|este (?:mensaje|correo|mensagem|e-mail)"
    r"\b.{0,80}\bconfiden[ct]ial|questo messaggio\b.{0,80}\b(?:riservat|confidenzial))",
    re.IGNORECASE,
)
# What phones and programs write below a mail, before or after the name of the device.
_SENT_FROM = re.compile(
    r"(?:sent (?:from|via)|enviado (?:desde|do|a partir do|con)|envoyé (?:de|depuis|à partir)"
    r"|inviato da(?:l|lla)?|verzonden (?:vanaf|met|via)|verstuurd vanaf|skickat från|sendt fra"
    r"|wysłan[eoy] z|отправлено (?:с|из)|odesláno z|gesendet (?:von|mit)|von mein(?:em|er)"
    r"|this (?:e-?mail|message) was sent from)\b.{1,60}|(?:lähetetty|发自|發自|從我的).{1,60}"
    r"|(?:\w{1,12} ){1,3}outlook (?:for|für|pour|para|per|voor|för|til|dla|для) \w{3,10}.{0,40}"
    r"|outlook \w{2,4} \w{3,10} (?:downloaden|herunterladen)"
    r"|(?:iphone|ipad|android|samsung|galaxy).{0,30}(?:gönderildi|から送信|에서 보냄)",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"(?:iphon|ipad|ipod|ios|android|outlook|yahoo|galaxy|samsung|blackberry|huawei|xiaomi"
    r"|windows|mail|gmail|proton|smartphone|mobile|handy|phone|telefon|téléphone|móvil|mobil"
    r"|cellulare|celular|aol|hey|spark|thunderbird)",
    re.IGNORECASE,
)
_LONGEST_LINE = 90
_MOST_WORDS = 8


@dataclass(frozen=True)
class Line:
    """
    One line: its markup, which is kept, and its text, which the rules look at.
    """

    markup: str
    text: str


def without_end(lines: Sequence[Line]) -> list[Line]:
    """
    Return *lines* up to the signature, the quoted reply or the legal notice, whichever is first.
    """
    for index, line in enumerate(lines):
        following = lines[index + 1].text if index + 1 < len(lines) else ""
        is_last = _is_signature(lines, index) or ends_brief(line.text, following)
        if is_last and any(before.text.strip() for before in lines[:index]):
            return list(lines[:index])
    stop = len(lines)
    while stop and (lines[stop - 1].text.startswith(">") or _is_blank(lines[stop - 1])):
        stop -= 1
    return list(lines[:stop])


def ends_brief(text: str, following: str = "") -> bool:
    """
    Return True if nothing from the line *text* on belongs to the brief.
    """
    return (
        _NOTICE.match(text) is not None
        or is_sent_from(text)
        or announcement_in(text, following) is Announcement.REPLY
    )


def is_sent_from(text: str) -> bool:
    """
    Return True if *text* is the line that a phone or mail program adds ("Sent from my iPhone").
    """
    text = text.strip(" \t*_-–—>[]")
    if not 3 < len(text) <= _LONGEST_LINE or not _DEVICE.search(text):
        return False
    # "Sent from the phone of a minister, the picture shows the bridge." is no such line.
    if text.endswith((".", "。")) and len(text.split()) > _MOST_WORDS:
        return False
    return _SENT_FROM.fullmatch(text.rstrip(".。! ")) is not None


def _is_blank(line: Line) -> bool:
    return not line.text.strip() and "<img" not in line.markup


def _is_signature(lines: Sequence[Line], index: int) -> bool:
    # RFC 3676, 4.3; some programs remove the space after the two dashes.
    return lines[index].text.rstrip() == "--" and len(lines) - index <= _SIGNATURE_LINES
