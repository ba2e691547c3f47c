"""
Recognise the words in front of a date on a line of its own, such as "Published on". `dates` reads
what follows; the small words inside a date are in `written_date`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ENGLISH_LABELS = (
    "published", "date published", "first published", "publication date", "posted", "date posted",
    "issued", "released", "release date", "dated", "date", "updated", "last updated",
    "last modified", "modified", "created", "added", "date added", "uploaded",
)  # fmt: skip
_LABELS = (
    *_ENGLISH_LABELS,
    "veröffentlicht", "erschienen", "erstellt", "eingestellt", "datum", "stand", "aktualisiert",
    "zuletzt aktualisiert", "publikationsdatum", "veröffentlichungsdatum",
    "publié", "publiée", "paru", "mis en ligne", "mis à jour", "date de publication", "posté",
    "publicado", "publicada", "actualizado", "fecha", "fecha de publicación", "publicado em",
    "pubblicato", "pubblicata", "aggiornato", "data", "data di pubblicazione",
    "atualizado", "data de publicação", "postado", "gepubliceerd", "geplaatst", "bijgewerkt",
    "publicatiedatum", "opublikowano", "opublikowane", "data publikacji", "dodano", "aktualizacja",
    "publikováno", "zveřejněno", "vydáno", "aktualizováno", "publikované", "zverejnené", "dátum",
    "publicerad", "publicerat", "publicerades", "uppdaterad", "publiceret", "udgivet",
    "offentliggjort", "dato", "opdateret", "publisert", "oppdatert", "lagt ut",
    "julkaistu", "päivitetty", "päivämäärä", "yayın tarihi", "yayınlanma tarihi", "yayınlandı",
    "yayınlanma", "yayımlanma tarihi", "yayımlandı",
    "tarih", "güncelleme", "опубликовано", "дата публикации", "дата", "обновлено", "размещено",
    "опубліковано", "дата публікації", "оновлено", "публикувано", "објављено", "objavljeno",
    "δημοσιεύτηκε", "δημοσιεύθηκε", "δημοσίευση", "ημερομηνία", "publicat", "publicat pe",
    "actualizat", "közzétéve", "megjelent", "frissítve", "publikálva",
    "نشر", "نُشر", "نشر في", "نُشر في", "تاريخ النشر", "التاريخ", "פורסם", "תאריך", "עודכן",
    "منتشر شده در", "تاریخ انتشار", "تاریخ", "تاریخ اشاعت", "प्रकाशित", "दिनांक", "तारीख",
    "diterbitkan", "dipublikasikan", "diposting", "tanggal", "diperbarui", "ngày đăng", "đăng ngày",
    "发布于", "发表于", "发布时间", "发布日期", "日期", "更新时间",
    "發佈於", "發表於", "發布日期", "更新於",
    "公開日", "投稿日", "掲載日", "更新日", "公開", "日付",
    "게시일", "작성일", "등록일", "등록", "입력", "수정", "발행일",
)  # fmt: skip
_LABEL = re.compile(
    rf"(?P<name>{'|'.join(map(re.escape, sorted(_LABELS, key=len, reverse=True)))})"
    r"(?:(?:\s(?:on|le|el|il|am|em|op|den|la|pe|pada|dne|på|в))?\s?[:：]\s?|\s?[–—|]\s|\s-\s"
    r"|\s|(?=\d))",
    re.IGNORECASE,
)


class DateLabel(NamedTuple):
    """
    The label at the start of a line: its length with what separates it from the date, and whether
    it is English.
    """

    length: int
    is_english: bool


def label_before(text: str) -> DateLabel | None:
    """
    Return the label that *text* starts with; None if it starts with none.
    """
    found = _LABEL.match(text)
    if found is None:
        return None
    return DateLabel(found.end(), found["name"].casefold() in _ENGLISH_LABELS)
