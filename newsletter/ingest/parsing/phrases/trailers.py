"""
Recognise the lines that sites put below an article: contact, copyright, "follow us", "first
appeared in", marks of the end. In the languages that emails can be in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_NETWORKS = (
    "twitter|x|facebook|instagram|linkedin|mastodon|bluesky|threads|youtube|telegram|whatsapp"
    "|tiktok|pinterest|reddit|e-?mail|print|rss|vk|xing|tumblr|pocket|copy link|line|weibo|wechat"
)
_TEXT = (
    r"(?:article|post|story|page|entry|piece|essay|column|op-ed|report|analysis|interview|brief)"
)
_HAVE = "(?:was |is |has been |had )?"
_FIRST = "(?:first|originally|initially|previously)"
_FOLLOW = (
    r"(?:follow|find|like|join|connect with) (?:us|me)(?:[\s:!.]{0,3}| (?:on|at|via|in|@).{1,100})",
    r"(?:please )?follow @\w{1,50}(?:\W.{0,100})?",
    rf"follow [^.!?]{{1,80}} on (?:{_NETWORKS})\b.{{0,80}}",
    r"(?:folgen sie uns|folge uns|suivez[- ]nous|s[ií]guenos|síganos|seguici|siga-nos|siga nos"
    r"|volg ons|obserwuj nas|śledź nas|стежте за нами|עקבו אחרינו|تابعونا|تابعنا"
    r"|关注我们|關注我們|欢迎关注|歡迎關注)\b.{0,100}",
    r"(?:подписывайтесь|подпишитесь|підписуйтесь|підписуйтеся) на .{1,100}",
    r"bizi .{0,60}takip ed(?:in|iniz).{0,40}",
    r".{0,40}フォローして(?:ください|ね).{0,20}",
)
_SHARE = (
    rf"(?:please )?share this(?: {_TEXT}| newsletter| issue| email| link)?"
    r"(?: (?:on|with|via)\b.{1,80})?[.:!]?",
    rf"(?:share|tweet|like)(?: this)?(?: {_TEXT})?:?|share (?:on|via) (?:{_NETWORKS})",
    rf"(?:{_NETWORKS}|share)(?:[\s|·•/,]{{1,5}}(?:{_NETWORKS}|share)){{1,12}}",
    r"(?:diesen |den )?(?:artikel|beitrag) teilen.{0,60}|partager (?:cet article|sur).{0,60}",
    r"compart(?:e|ir|a|ilhe|ilhar) est[ea] (?:art[ií](?:culo|go)|nota|not[ií]cia).{0,60}",
    r"condividi(?: (?:questo articolo|l’articolo|su .{1,40}))?|deel dit (?:artikel|bericht).{0,60}",
    r"udostępnij(?: ten artykuł)?(?: na .{1,40})?"
    r"|(?:поделиться|поділитися)(?: ссылкой| в соцсетях)?",
    r"(?:bu (?:yazıyı|haberi) )?paylaş(?:ın)?|شارك (?:هذا )?(?:المقال|المقالة|الخبر).{0,40}",
    r"שתפו(?: את הכתבה)?.{0,40}|(?:この記事を)?シェア(?:する)?|分享(?:本文|此文|到.{1,20})?",
)
_RESERVED = (
    "all rights reserved|alle rechte vorbehalten|tous droits réservés"
    "|todos los derechos reservados|tutti i diritti (?:sono )?riservati"
    "|todos os direitos reservados|alle rechten voorbehouden|wszelkie prawa zastrzeżone"
    "|все права защищены|(?:усі|всі) права захищен[оі]|tüm hakları saklıdır"
    "|جميع الحقوق محفوظة|כל הזכויות שמורות|無断転載(?:を)?禁じます|無断転載禁止|版权所有|版權所有"
)
_RIGHTS = (
    r"(?:©|\(c\)\s?(?:copyright\b|by\b|\d{4})|copyright\b\s*(?:©|\(c\)|\d{4})).{0,200}",
    rf"(?:{_RESERVED})[^!?]{{0,60}}|[^!?]{{0,120}}(?:{_RESERVED})\W{{0,5}}",
)
_END_MARKS = (
    r"[-–—*#=~_(（\[\s]{0,6}(?:-\s?30\s?-|[-–—]\s?(?:ends?|ende|fin|koniec|конец)\s?[-–—]|#ends?#)"
    r"[-–—*#=~_)）\]\s]{0,6}",
    r"[(（](?:ends?|ende|fin|more|segue|完|了|終|终|끝)[)）]\.?"
    r"|(?:ends?|ende|the end|fin|fine|fim|einde|koniec|конец|кінець|son|النهاية|انتهى|סוף|hết|끝"
    r"|以上|完|終わり|全文完)[.。]?|[∎■◼♦◆⬥●]",
    # The sign of an agency: "(ANSA)."
    r"(?-i:\([A-ZА-ЯІЇЄ]{2,8}\)|\(dpa\))\.?",
)
# Journalists' marks of the end, which are above the notes to editors in a press release.
_PRESS_END = re.compile(
    r"(?:#\s{0,4}){3}|[-–—*~\s]{0,6}(?:-\s?30\s?-|[-–—]\s?(?:ends?|ende|fin)\s?[-–—]|ends|#ends?#)"
    r"[-–—*~\s]{0,6}",
    re.IGNORECASE,
)
_APPEARED = (
    rf"(?:an? (?:\w+ )?version of )?(?:this {_TEXT}|the (?:article|post|essay)) {_HAVE}(?:{_FIRST}"
    r" (?:appeared|published|posted|ran|cross-?posted)|appeared (?:first|originally)|republished)\b"
    r" (?:[^.!?]|[.!?](?=\w)){1,160}[.!]?(?: read the original (?:article|post)\.?)?",
    rf"{_FIRST} (?:published|appeared|posted) (?:in|on|at|by) (?:[^.!?]|[.!?](?=\w)){{1,120}}[.!]?",
    r"the post .{1,300} (?:appeared first|first appeared) on .{1,100}",
    r"(?:dieser|der) (?:artikel|beitrag|text) (?:erschien|ist).{0,60}"
    r"(?:zuerst|erstmals|ursprünglich).{1,160}",
    r"cet (?:article|texte).{0,20} (?:publié|paru).{1,200}",
    r"este (?:artículo|texto) (?:se publicó|apareció|fue publicado).{1,200}",
    r"questo articolo è (?:originariamente )?(?:apparso|stato .{0,20}pubblicato).{1,200}",
    r"este artigo foi (?:originalmente )?publicado.{1,200}"
    r"|dit artikel (?:verscheen|is eerder).{1,200}",
    r"(?:ten )?artykuł (?:pierwotnie )?(?:ukazał się|został opublikowany).{1,200}",
    r"(?:эта )?статья (?:впервые|первоначально).{1,200}|(?:ця )?стаття вперше.{1,200}",
    r"bu (?:yazı|makale) ilk (?:kez|olarak).{1,200}|本文(?:首发|最初发表|首發|原載).{1,160}",
)
_OTHERS = (
    # What Notes puts in place of an attachment, in the language of the program.
    r"\[[^\W\d_]{3,20}(?: [^\W\d_]{3,20})? [\"“„«][^\"”“»\]]{1,200}[\"”“»]"
    r" [^\]\"/]{1,60}/[^\]\"]{1,120}\]",
    r"for tailored research and analysis,? please contact:?.{0,120}",
    r"(?:download|view|read|open) (?:the |this |a )?(?:full |printable )?(?:\w+ )?(?:as )?(?:a )?"
    r"pdf\b.{0,60}",
    r"(?:click here )?to (?:download|view) .{0,60}pdf\b.{0,60}",
    r"(?:subscribe|sign up)\b.{0,60}(?:newsletter|mailing list|inbox|email updates)\b.{0,80}",
    r"(?:newsletter abonnieren|abonnez-vous à|suscr[ií]bete a|iscriviti alla newsletter"
    r"|assine (?:a )?nossa newsletter|abonneer je op|zapisz się (?:do|na) newsletter"
    r"|bültenimize abone olun|订阅我们的|訂閱我們的).{0,100}",
)
_READ_ON = (
    r"(?:(?:continue|keep) reading(?: (?:on|at|in) .{1,120})?"
    r"|read (?:more|full topic|the full (?:post|story|article))"
    r"|weiterlesen|mehr lesen|lire la suite|leer más|seguir leyendo|continua a leggere|leggi tutto"
    r"|continuar (?:a ler|lendo)|leia mais|lees (?:verder|meer)|czytaj (?:dalej|więcej)"
    r"|читать (?:далее|дальше)|читати далі|devamını oku|اقرأ المزيد|קרא עוד|続きを読む"
    r"|阅读全文|閱讀全文)[\s»→›>….]{0,5}",
)
# Medium, Reddit, Discourse and GovDelivery.
_SYSTEMS = (
    r"[^\n]{1,200} was originally published in [^\n]{1,100} on medium, where people are .{1,120}",
    r"submitted by\s{1,3}/?u/[\w-]{1,40}(?:\s{1,3}to\s{1,3}/?r/\w{1,40})?"
    r"\s{1,3}\[link\]\s{1,3}\[comments\]",
    r"\d{1,6} posts? - \d{1,6} participants?",
    r"update your subscriptions, .{1,300}",
)
_KNOWN = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        *_FOLLOW,
        *_SHARE,
        *_RIGHTS,
        *_END_MARKS,
        *_APPEARED,
        *_OTHERS,
        *_READ_ON,
        *_SYSTEMS,
    )
)
_RULE = re.compile(r"--|(?:[-_*=~–—─━═#•·]\s{0,4}){3,300}")
_DOTS = re.compile(r"[.\s·]{1,6}")
_MAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}\w{2,20}")
_PHONE = re.compile(
    r"(?:[+(]\d|\b0\d\d)(?:[ ()./-]{0,3}\d){6,14}\b|\b\d{3}[ .-]\d{3}[ .-]\d{4}\b"
    r"|\b0\d-\d{3}[ -]?\d{4}\b"
)
_SITE = re.compile(
    r"(?:https?://|www\.)\S{1,300}|\b(?:[\w-]{1,63}\.){1,3}(?:com|org|net|eu|info)\b"
)
# A colon, a line of its own, a name, or an address; a sentence goes on with a word.
_LABEL_END = r"(?=\s?[:：|–-]|\s{1,3}(?:[+(\d]|[\w.+-]{1,64}@)|\s?$)"
_ASKING = re.compile(
    r"for (?:more|further|media|press|additional|general|all|any|editorial|interview|booking)\b"
    r".{0,100}(?:contact|e-?mail|call|write to|reach)\b"
    r"|to (?:contact|reach) (?:us|me|the (?:author|editor)s?)\b"
    r"|(?:please )?contact (?:us|me|the (?:author|editor)s?)\b"
    r"|(?:[\w/&-]{1,20} ){0,3}(?:contacts?|enquiries|inquiries|queries)(?: person| details)?\s?:"
    r"|(?:(?:presse?|medien)?kontakt\w{0,12}|rückfragen|ansprechpartner(?:in)?|contactos?"
    rf"|contatt[oi]|contatos?|iletişim|контакт[ыи]?)\b{_LABEL_END}|contact(?:s| presse)?\s?:"
    r"|для связи|для зв’язку"
    r"|للتواصل|للاتصال"
    r"|للاستفسار|ליצירת קשר|לפרטים נוספים|문의|连络|联系|聯絡|聯繫|連絡先|お問い?合わせ|問い合わせ",
    re.IGNORECASE,
)
# The heading of an address, or the words above a signature.
_HEADING = re.compile(
    r"(?:(?:press |media )?contacts?|contact us|follow us|stay in touch|connect with us|share this"
    r"|kontakt|contacto|contatti|contato|контакты|контакти|iletişim|連絡先|联系我们"
    r"|(?:best|kind|warm) (?:regards|wishes)|regards|sincerely|mit freundlichen grüßen"
    r"|cordialement|saludos|cordiali saluti|atenciosamente|met vriendelijke groet|z poważaniem"
    r"|с уважением|з повагою|saygılarımla|مع تحياتي|בברכה|敬具|此致)\s?[:,،]?",
    re.IGNORECASE,
)
_LABELS = re.compile(
    r"\b(?:tel|telephone|phone|fon|mobile?|mob|fax|e-?mail|mail|web|website|www|call|t|m|e|f|w)\b",
    re.IGNORECASE,
)
_LETTER = re.compile(r"[^\W_]")
_LONGEST_DETAILS = 240
_LONGEST_LINE = 60
_MOST_LINES = 8
_FEWEST_WORDS = 5


def is_rule(text: str) -> bool:
    """
    Return True if *text* is a line drawn with characters: `* * *`, `____`, or `--` above a
    signature.
    """
    return _RULE.fullmatch(text.strip()) is not None


def is_separator(text: str) -> bool:
    """
    Return True if *text* is a drawn line or lone dots.
    """
    return is_rule(text) or _DOTS.fullmatch(text) is not None


def is_end_of_release(text: str) -> bool:
    """
    Return True if *text* is a mark of the end as press releases have it: `###`, `- ENDS -`.
    """
    return _PRESS_END.fullmatch(text.strip()) is not None


def is_trailer(text: str, lines: Sequence[str]) -> bool:
    """
    Return True if *text*, which consists of *lines*, is one that sites put below an article.
    """
    return any(pattern.fullmatch(text) for pattern in _KNOWN) or _is_contact(text, lines)


def is_heading(text: str) -> bool:
    """
    Return True if *text* is the heading of a trailer, such as "Contact:", or the words above a
    signature.
    """
    return _HEADING.fullmatch(text) is not None


def _is_contact(text: str, lines: Sequence[str]) -> bool:
    """
    Return True if *text* says where to reach somebody: it asks for it, or has nothing but names and
    addresses on short lines.
    """
    if len(text) > _LONGEST_DETAILS or not (_MAIL.search(text) or _PHONE.search(text)):
        return False
    if _ASKING.match(text) or _is_details(text):
        return True
    return len(lines) > 1 and any(map(_is_details, lines)) and is_signature(lines)


def is_signature(lines: Sequence[str]) -> bool:
    """
    Return True if all *lines* are short and none is a sentence.
    """
    is_short = len(lines) <= _MOST_LINES and all(len(line) <= _LONGEST_LINE for line in lines)
    return is_short and not any(map(_is_sentence, lines))


def _is_sentence(line: str) -> bool:
    return line.endswith((".", "!", "?", "。")) and len(line.split()) > _FEWEST_WORDS


def _is_details(text: str) -> bool:
    """
    Return True if *text* consists of email addresses, telephone numbers and web addresses.
    """
    if not (_MAIL.search(text) or _PHONE.search(text)):
        return False
    for pattern in (_MAIL, _SITE, _PHONE, _LABELS):
        text = pattern.sub(" ", text)
    return _LETTER.search(text) is None
