"""
Remove what a mailing list writes around its content: "View in browser", the links to unsubscribe
and to change preferences, and the footer with the postal address. `compose` uses it before the
layout.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.fields.block import Block, BlockKind

# In the languages of the product's own emails: Arabic, Chinese, Dutch, English, French, German,
# Hebrew, Italian, Japanese, Polish, Portuguese, Russian, Spanish, Turkish, Ukrainian.
_UNSUBSCRIBE = re.compile(
    r"unsubscrib|opt[ -]?out|(?:manage|update|change|edit|email|e-mail|subscription"
    r"|communication)(?: (?:your|my|e-?mail|subscription|newsletter"
    r"|notification)){0,3} (?:preferences|profile|settings|subscriptions?)|abbestell|abmeld"
    r"|austragen|newsletter-?einstellungen|(?:profil|einstellungen|daten) (?:ändern|aktualisieren"
    r"|verwalten|anpassen)|désabonn|désinscri|(?:gérer|modifier|mettre à jour) (?:vos|mes|votre"
    r"|mon) (?:préférences|profil|abonnement)|dar(?:me|se|te) de baja|(?:cancelar|anular|gestionar"
    r"|actualizar|editar|gerenciar|atualizar)(?: (?:la|mi|tu|su|a|sua|minha|o|seu|mis|tus|sus|as"
    r"|suas)){0,2} (?:suscripci|inscri|assinatura|subscri|preferencias|preferências|perfil)"
    r"|descadastr|(?:annulla|cancella|gestisci|aggiorna)\w{0,3} (?:l.|la |le |il |tue |tuo "
    r"|tua ){0,2}(?:iscrizion|preferenze|profilo|sottoscrizion)|disiscri|cancellati|afmeld"
    r"|uitschrijv|(?:wijzig|beheer)\w{0,2} (?:je |uw |jouw )?(?:voorkeur|profiel|gegevens"
    r"|inschrijving)|wypisz|wypisać|rezygn\w{1,6} z|zarządzaj (?:subskr|preferen)|отпис"
    r"|(?:настройк|управл)\w{1,5} (?:рассыл|подписк)|відпис|(?:керувати|налашт)\w{0,9} підписк"
    r"|abonelikten|aboneliğ\w{1,5} (?:iptal|sonlandır)|tercihlerini|إلغاء الاشتراك|تفضيلات|הסר(?:ה"
    r"|ת)? (?:מ|מרשימ)|להסרה|退订|取消订阅|退訂|取消訂閱|配信停止|購読.?(?:解除|停止|中止)"
    r"|登録解除|(?:配信|登録).{0,6}変更",
    re.IGNORECASE,
)
_UNSUBSCRIBE_URL = re.compile(
    r"unsubscri|opt-?out(?:[/?.]|$)|list-manage\d?\.com/(?:unsub|profile|about|vcard)"
    r"|/(?:email-?)?(?:manage-?)?preferences?(?:[/?]|$)|manage-?(?:subscription|preferences|email)"
    r"|subscription-?(?:center|preferences|management)|[?&]action=unsub|/disable_email|/desabonn"
    r"|/abmeld|/uitschrij",
    re.IGNORECASE,
)
_WEB_COPY = re.compile(
    r"browser|navegador|navigateur|przegląda|tarayıcı|браузер|المتصفح|דפדפן|浏览器|瀏覽器|ブラウザ"
    r"|web ?(?:version|versie)|online[ -]?version|version (?:en ligne|web)|versión (?:web|on|en l)"
    r"|versão (?:web|on)|versione (?:web|on)|wersj\w (?:on|internetow)|(?:онлайн|веб)-?\s?верс"
    r"|(?:view|read|see|open)(?: (?:this|the|it|e-?mail|message|newsletter|issue"
    r"|in)){0,4} (?:online|on the web|in (?:the )?app)|online (?:ansehen|lesen|anzeigen|bekijken"
    r"|lezen|oku)|lire en ligne|voir en ligne|leer en línea|ver (?:en línea|online)|ler online"
    r"|leggi online|czytaj online|читать онлайн|читати онлайн|网页版|網頁版|ウェブ版|web版",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    r"\W{0,9}(?:you(?:['’]re| are| have)? (?:currently )?(?:receiv|getting|subscribed|opted)"
    r"|this (?:e-?mail|message|newsletter|mailing) (?:was|is|has been) (?:sent|intended|delivered)"
    r"|our (?:mailing |postal )?address|want to change how|copyright|©|\(c\) ?\d{4}"
    r"|all rights reserved|(?:don['’]t|no longer) (?:want|wish)|sent (?:to|by|with) |powered by"
    r"|add us to your|(?:was this|did someone|forwarded? this|received this)\b.{0,40}(?:forward"
    r"|e-?mail|friend)|sie (?:erhalten|bekommen) diese|du (?:erhältst|bekommst) diese"
    r"|diese e-?mail wurde|unsere anschrift|impressum|vous recevez ce|cet e-?mail|notre adresse"
    r"|(?:has )?recib\w{1,4} este|este (?:correo|mensaje|e-?mail) (?:fue|ha|foi)"
    r"|(?:você )?(?:está )?receb\w{1,4} est|(?:hai |stai )?ricev\w{1,5} questa|questa e-?mail|(?:u"
    r"|je) ontvangt (?:deze|dit)|deze (?:e-?mail|nieuwsbrief) (?:is|werd)"
    r"|otrzyma?u?j\w{1,4} t[eęy]|otrzymał\w{1,3} t[eęy]|(?:вы )?получ\w{2,5} эт|это письмо"
    r"|(?:ви )?отрим\w{2,6} ц|цей лист|bu (?:e-?posta|ileti|bülten)|(?:تلقيت|تتلقى|وصلتك|تصلك) هذ"
    r"|קיבלת|(?:您|你)(?:之所以)?收到|此(?:邮件|郵件|电子)|このメール|本メール)",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"//(?:[\w-]{1,20}\.)?(?:facebook|fb|twitter|x|instagram|linkedin|youtube|threads|tiktok|bsky"
    r"|pinterest|t|wa|whatsapp|mastodon|telegram)\.(?:com|net|me|app|social|org)(?:/|$)"
    r"|forward-to-friend|/forward\?",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"(?:click |press )?here|this link|link|hier|ici|aqu[ií]|qui|tutaj|здесь|тут|buraya|هنا|כאן"
    r"|点击(?:这里|此处)|这里|此处|こちら|https?://\S{1,2000}|<\S{1,200}>",
    re.IGNORECASE,
)
_EDGES = "|·•–—-/\\ \u00a0:,()[]"
_LONGEST_LINE = 200
_LONGEST_FOOTER_BLOCK = 500
_MOST_FOOTER_BLOCKS = 25
_LONGEST_FOOTER = 3000
_COMMON_FOOTER = 800
_LONE = 30
_EXCERPT_CHARS = 80


@dataclass(frozen=True)
class ListLines:
    """
    The blocks that are content, and what was removed.
    """

    blocks: list[Block]
    removed: list[str]


def without_list_lines(blocks: Sequence[Block]) -> ListLines:
    """
    Remove from *blocks* what is about the mailing list; the links to unsubscribe wherever they are.
    """
    footer = _footer_start(blocks)
    end = len(blocks) if footer is None else _above(blocks, footer)
    removed: list[str] = []
    kept: list[Block] = []
    for block in blocks[:end]:
        left = _content_of(block)
        if left is not block:
            removed.append(block.text[:_EXCERPT_CHARS])
        if left is not None:
            kept.append(left)
    removed += [block.text[:_EXCERPT_CHARS] for block in blocks[end:] if block.text]
    return ListLines(kept, removed)


def _content_of(block: Block) -> Block | None:
    """
    Return *block* without links of the list; None if nothing else is left of it.
    """
    if "<a" not in block.markup:
        return None if _is_about_list(block) else block
    body = html_tree.body_of(block.markup)
    listed = [anchor for anchor in body.css("a") if _is_of_list(anchor, block)]
    is_web_copy = len(block.text) <= _LONGEST_LINE and _WEB_COPY.search(block.text) is not None
    if not listed and not is_web_copy:
        return block
    if listed and len(block.text) <= _LONGEST_FOOTER_BLOCK:
        return None
    for anchor in listed or body.css("a"):
        anchor.decompose()
    text = html_tree.text_of(body).strip(_EDGES)
    if not text or text.rstrip(". ").endswith("?") or _WEB_COPY.search(text):
        return None
    if block.kind is BlockKind.PARAGRAPH and is_web_copy:
        return replace(block, markup=f"<p>{html_tree.shown(text)}</p>", text=text)
    return replace(block, markup=html_tree.inner(body), text=text)


def _is_about_list(block: Block) -> bool:
    """
    Return True if all of *block* is the label of such a link, whose address is missing.
    """
    if block.kind is BlockKind.IMAGE or len(block.text) > _LONE:
        return False
    return _UNSUBSCRIBE.search(block.text) is not None or _WEB_COPY.search(block.text) is not None


def _is_of_list(anchor: LexborNode, block: Block) -> bool:
    words = html_tree.text_of(anchor)
    if len(words) > _LONGEST_LINE:
        return False
    if _UNSUBSCRIBE_URL.search(anchor.attributes.get("href") or ""):
        return True
    if len(words) <= _EXCERPT_CHARS and _UNSUBSCRIBE.search(words):
        return True
    is_here = _HERE.fullmatch(words) is not None and len(block.text) <= _LONGEST_LINE
    return is_here and _UNSUBSCRIBE.search(block.text) is not None


def _unsubscribes(block: Block) -> bool:
    anchors = html_tree.body_of(block.markup).css("a") if "<a" in block.markup else []
    return any(_is_of_list(anchor, block) for anchor in anchors) or (
        len(block.text) <= _LONE and _UNSUBSCRIBE.search(block.text) is not None
    )


def _footer_start(blocks: Sequence[Block]) -> int | None:
    """
    Return where the footer of a mailing list begins: at a line about the list, with a link to
    unsubscribe in or below it and only short lines after it.
    """
    first = len(blocks)
    size = 0
    while first and len(blocks) - first < _MOST_FOOTER_BLOCKS:
        block = blocks[first - 1]
        size += len(block.text)
        if len(block.text) > _LONGEST_FOOTER_BLOCK or size > _LONGEST_FOOTER:
            break
        first -= 1
    above = sum(len(block.text) for block in blocks[:first])
    has_link = [_unsubscribes(block) for block in blocks[first:]]
    for index in range(first, len(blocks)):
        below = sum(len(block.text) for block in blocks[index:])
        is_about_list = has_link[index - first] or _FOOTER.match(blocks[index].text)
        is_below = below <= above or (below <= _COMMON_FOOTER and _has_paragraph(blocks[:index]))
        if is_about_list and any(has_link[index - first :]) and is_below:
            return index
        above += len(blocks[index].text)
    return None


def _has_paragraph(blocks: Sequence[Block]) -> bool:
    return any(
        block.kind is BlockKind.PARAGRAPH
        and len(block.text) > _LONE
        and _content_of(block) is block
        for block in blocks
    )


def _above(blocks: Sequence[Block], footer: int) -> int:
    """
    Return where the rules and links to social networks directly above the *footer* begin.
    """
    while footer and (_is_rule(blocks[footer - 1]) or _is_social(blocks[footer - 1])):
        footer -= 1
    return footer


def _is_rule(block: Block) -> bool:
    return block.kind is BlockKind.OTHER and not block.text


def _is_social(block: Block) -> bool:
    body = html_tree.body_of(block.markup)
    anchors = body.css("a")
    if not anchors or len(block.text) > _LONGEST_LINE:
        return False
    if not all(_SOCIAL.search(anchor.attributes.get("href") or "") for anchor in anchors):
        return False
    for anchor in anchors:
        anchor.decompose()
    return not html_tree.text_of(body).strip(_EDGES)
