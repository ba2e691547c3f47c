"""
Recognise the line above a press release that says what it is, in the languages that emails can be
in.
"""

from __future__ import annotations

import re

_LABELS = (
    r"for immediate release|for release(?: immediately)?"
    r"|(?:press|media|news) (?:release|statement)",
    r"zur sofortigen veröffentlichung"
    r"|(?:presse|medien)(?:mitteilung|information|erklärung|meldung)",
    r"pour diffusion immédiate|communiqué(?: de presse)?|para (?:su )?publicación inmediata",
    r"(?:nota|comunicado) de prensa|comunicato stampa|per pubblicazione immediata",
    r"(?:nota|comunicado) (?:de|à) imprensa|para divulgação imediata|persbericht",
    r"(?:informacja|notatka) prasowa|komunikat prasowy|do natychmiastowej publikacji",
    r"пресс?-?релиз|пресреліз|прес-реліз|для немедленной публикации|basın (?:bülteni|açıklaması)",
    r"(?:بيان|بلاغ) صحفي|للنشر الفوري|הודעה לעיתונות|לפרסום מיידי",
    r"プレス\s?リリース|ニュース\s?リリース|報道(?:発表)?資料|報道関係者?(?:各位|の皆様へ?)|新闻(?:稿|通稿)|新聞稿|보도\s?자료",
)
_LABEL = re.compile(rf"[^\w\s]{{0,4}}\s?(?:{'|'.join(_LABELS)})\s?[^\w\s]{{0,4}}", re.IGNORECASE)
_IN_BRACKETS = re.compile(rf"[\[【［](?:{'|'.join(_LABELS)})[\]】］]\s{{0,4}}(?=\S)", re.IGNORECASE)


def is_press_label(text: str) -> bool:
    """
    Return True if *text* only says that a press release follows: `FOR IMMEDIATE RELEASE`.
    """
    return _LABEL.fullmatch(text.strip()) is not None


def without_press_label(title: str) -> str:
    """
    Return *title* without such a label in brackets before it.
    """
    found = _IN_BRACKETS.match(title)
    return title[found.end() :] if found else title
