"""
Recognise the line above the key takeaways, in the languages that emails can be in.
"""

from __future__ import annotations

import re

_LABELS = (
    # English
    r"(?:the )?bottom line(?: up front)?(?: \(bluf\))?|bluf|(?:the )?key (?:takeaways?|points?"
    r"|findings|messages|facts)|(?:the |main )?takeaways?|at a glance|(?:the )?main points"
    r"|highlights|in brief|in short|tl;?dr|what you need to know|executive summary",
    # German
    r"das wichtigste(?: in kürze| auf einen blick| vorab)?|auf einen blick|(?:die )?kernpunkte"
    r"|kernaussagen|(?:die )?wichtigsten (?:punkte|erkenntnisse)|in kürze"
    r"|kurz und knapp|kurzgefasst",
    # French
    r"(?:les )?points? (?:clés|essentiels|à retenir)|l['’]essentiel"
    r"|(?:ce qu['’]il faut|à) (?:retenir|savoir)|en bref|en résumé|(?:les )?messages clés",
    # Spanish
    r"(?:los )?puntos (?:clave|principales)|(?:las )?claves|lo (?:esencial|más importante)"
    r"|en (?:breve|resumen|síntesis)|(?:las )?ideas clave|conclusiones clave",
    # Italian
    r"(?:i )?punti (?:chiave|principali|salienti)|l['’]essenziale|in (?:breve|sintesi)|in pillole",
    # Portuguese
    r"(?:os )?(?:pontos|destaques) (?:principais|chave|essenciais)|pontos-chave|destaques"
    r"|em (?:resumo|síntese)|o (?:essencial|mais importante)|principais (?:pontos|conclusões)",
    # Dutch
    r"(?:de )?(?:kernpunten|hoofdpunten|belangrijkste punten)|het belangrijkste|in het kort"
    r"|in één oogopslag",
    # Polish
    r"najważniejsze(?: (?:punkty|informacje|wnioski))?"
    r"|(?:kluczowe|główne) (?:punkty|wnioski|informacje)"
    r"|w skrócie|najważniejsze w skrócie",
    # Russian
    r"главное|(?:ключевые|основные) (?:выводы|моменты|тезисы|пункты)|коротко(?: о главном)?"
    r"|вкратце|кратко",
    # Ukrainian
    r"головне|(?:ключові|основні) (?:висновки|моменти|тези|пункти)|коротко(?: про головне)?"
    r"|стисло",
    # Turkish
    r"öne çıkanlar|(?:ana|temel|önemli) (?:noktalar|bulgular|başlıklar)|özetle|kısaca",
    # Arabic
    r"(?:أهم|أبرز) (?:النقاط|الاستنتاجات|ما جاء)|النقاط (?:الرئيسية|الأساسية)|الخلاصة|باختصار",
    # Hebrew
    r"עיקרי הדברים|(?:ה)?נקודות (?:ה)?(?:עיקריות|מרכזיות)|בקצרה|תקציר",
    # Japanese
    r"(?:この記事の)?(?:要点|ポイント)|主な(?:ポイント|要点)|まとめ|概要",
    # Chinese
    r"(?:本文|核心|主要)?(?:要点|要點)|(?:核心|主要|关键|關鍵)(?:观点|觀點|内容|內容)"
    r"|(?:内容)?提要|摘要",
)
_AROUND = r"[^\w\s]{0,4}\s{0,3}"
_LABEL = re.compile(
    rf"{_AROUND}(?:{'|'.join(_LABELS)})\s{{0,3}}[:：]?\s{{0,3}}[^\w\s]{{0,4}}", re.IGNORECASE
)


def is_takeaways_label(text: str) -> bool:
    """
    Return True if *text* is only a heading of key takeaways: `Key takeaways:`.
    """
    return _LABEL.fullmatch(text) is not None
