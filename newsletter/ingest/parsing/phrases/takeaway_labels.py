"""
Recognise the line above the key takeaways, in the languages that emails can be in.
"""

from __future__ import annotations

import re

_LABELS = (
    # English
    r"(?:the )?bottom line(?: up front)?(?: \(bluf\))?|bluf|(?:the )?key (?:takeaways?|points?"
    r"|findings|messages|facts)|(?:the |main )?takeaways?|at a glance|(?:the )?main points"
    r"|highlights|in brief|in short|tl;?dr|what you need to know|(?:executive )?summary",
    # German
    r"das wichtigste(?: in kürze| auf einen blick| vorab)?|auf einen blick|(?:die )?kernpunkte"
    r"|kernaussagen|(?:die )?wichtigsten (?:punkte|erkenntnisse)|in kürze"
    r"|kurz und knapp|kurzgefasst|zusammenfassung",
    # French
    r"(?:les )?points? (?:clés|essentiels|à retenir)|l['’]essentiel"
    r"|(?:ce qu['’]il faut|à) (?:retenir|savoir)|en bref|(?:en )?résumé|(?:les )?messages clés",
    # Spanish
    r"(?:los )?puntos (?:clave|principales)|(?:las )?claves|lo (?:esencial|más importante)"
    r"|en (?:breve|resumen|síntesis)|(?:las )?ideas clave|conclusiones clave|resumen",
    # Italian
    r"(?:i )?punti (?:chiave|principali|salienti)|l['’]essenziale|in breve|(?:in )?sintesi"
    r"|in pillole",
    # Portuguese
    r"(?:os )?(?:pontos|destaques) (?:principais|chave|essenciais)|pontos-chave|destaques"
    r"|em (?:resumo|síntese)|o (?:essencial|mais importante)|resumo"
    r"|principais (?:pontos|conclusões)",
    # Dutch
    r"(?:de )?(?:kernpunten|hoofdpunten|belangrijkste punten)|het belangrijkste|in het kort"
    r"|in één oogopslag|samenvatting",
    # Polish
    r"najważniejsze(?: (?:punkty|informacje|wnioski))?"
    r"|(?:kluczowe|główne) (?:punkty|wnioski|informacje)"
    r"|w skrócie|najważniejsze w skrócie|streszczenie|podsumowanie",
    # Russian
    r"главное|(?:ключевые|основные) (?:выводы|моменты|тезисы|пункты)|коротко(?: о главном)?"
    r"|вкратце|кратко|резюме",
    # Ukrainian
    r"головне|(?:ключові|основні) (?:висновки|моменти|тези|пункти)|коротко(?: про головне)?"
    r"|стисло|підсумок",
    # Turkish
    r"öne çıkanlar|(?:ana|temel|önemli) (?:noktalar|bulgular|başlıklar)|özet(?:le)?|kısaca",
    # Arabic
    r"(?:أهم|أبرز) (?:النقاط|الاستنتاجات|ما جاء)|النقاط (?:الرئيسية|الأساسية)|الخلاصة|باختصار|ملخص",
    # Hebrew
    r"עיקרי הדברים|(?:ה)?נקודות (?:ה)?(?:עיקריות|מרכזיות)|בקצרה|תקציר|סיכום",
    # Japanese
    r"(?:この記事の)?(?:要点|ポイント)|主な(?:ポイント|要点)|まとめ|概要|要約|サマリー",
    # Chinese
    r"(?:本文|核心|主要)?(?:要点|要點)|(?:核心|主要|关键|關鍵)(?:观点|觀點|内容|內容)"
    r"|(?:内容)?提要|摘要|总结|總結|概要",
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
