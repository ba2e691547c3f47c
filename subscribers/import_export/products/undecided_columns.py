"""
The columns of files that no product is known of that may say who must not be emailed: by parts of
their names, or by their cells. A person decides what they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from subscribers.import_export.cells import looks_like_time
from subscribers.import_export.products.state_headings import STATE_HEADINGS, UNSURE_HEADINGS
from subscribers.import_export.products.status_columns import (
    CellMeaning,
    IfFilled,
    StatusWords,
    Undecided,
    YesOrNo,
    is_blank,
)
from subscribers.import_export.status_words import NO, WORDS, YES, RowStatus, plain

_S = RowStatus
# Wherever they are in the name of a column.
_OFF = (
    "inactiv inaktiv inactif inattiv inativ nieaktyw неактив unsub optout optedout suppress "
    "blacklist blocklist denylist blocked bounce undeliver complain spam donot deactiv "
    "deaktiv desactiv désactiv disattiv desativ dezaktyw disabl suspend terminat cancel "
    "cancell annul abgemeld abmeld abbestell gekündigt kündig gesperrt sperr austrag "
    "ausgetrag austritt widerruf widersp unzustell stillgeleg désabonn desabonn désinscri "
    "desinscri résili radiation désist dadodebaja desuscri anulad bloque bloqué bloccat "
    "disiscri revoc uitgeschrev uitschrijf afgemeld afmeld opgezegd opzegg geblokk "
    "descadastr removid bloquead wypis rezygn zablok anulow wstrzym отпис отказ заблок удал "
    "отключ відпис відмов заблок видал вимкн pasif engel iptal ayrıl yasak محظور إلغاء ملغ "
    "معطل توقف منسحب חסום הסר ביטול מושהה מושבת 退会 解除 停止 無効 禁止 ブロック 除外 退订 "
    "取消 停用 禁用 屏蔽 黑名单 无效 拒收 nomail noemail nonewsletter keinemail "
    "keinnewsletter unreachable invalid ungültig erased geloescht gelöscht muted quiesc"
)
_OFF_PARTS = tuple(_OFF.split())
# As words of the name of a column: in longer words they mean something else.
_OFF_SHORT = (
    "dnc dne dnm dnd hold ban banned stop stopped mute block blocks off left leave quit gone "
    "ex former paused pause baja removed deleted dead deceased lapsed expired churned closed "
    "frozen ended end until bis fin fine eind exit austritt ende aus weg stopp"
)
_OFF_WORDS = frozenset(_OFF_SHORT.split())
_ON = (
    "aktiv activ actif attiv ativo ativa aktyw актив enabl habilit abilit włącz включ увімкн "
    "etkin subscri abonn abonné suscri iscri inscri ingeschrev subskry zapisan подпис підпис "
    "abone aktif optin optedin consent einwillig zustimm permission allow erlaub opted "
    "accept mailable emailable contactable reachable نشط فعال مشترك פעיל מנוי 有効 購読 配信 "
    "登録 有效 启用 订阅 接收 zgod соглас згод izin toestemm consenti consens confirm "
    "bestätig verified verifi approv member"
)
_ON_PARTS = tuple(_ON.split())
_STATUS_PARTS = ("status", "statut", "zustand", "статус", "durum", "حالة", "סטטוס", "状態", "状态")
_MAIL = (
    "mail newsletter rundbrief mailing verteiler courriel correo boletin boletín nieuwsbrief "
    "wiadomo письм рассыл лист розсил posta bülten رسائل بريد מייל ניוזלטר メール 邮件 "
    "marketing werbung contact kontakt notif receiv recv wants send"
)
_MAIL_PARTS = tuple(_MAIL.split())
# Of columns that have such a part, or word, and are not about mail as well.
_OTHER_PARTS = (
    "activity", "aktivität", "activité", "actividad", "attività", "atividade", "aktywność",
    "sms", "whatsapp", "phone", "cookie", "tracking", "photo", "foto", "optinip", "confirmip",
    "unsubscribes",
)  # fmt: skip
_OTHER_WORDS = frozenset(
    ["number", "count", "rate", "total", "link", "url", "ip", "campaign", "template"]
)
_SINGLE_LETTERS = frozenset(["t", "f", "д", "н"])
# Status words that are about other things as well.
_OTHER = "contact left ended regular premium gifted enabled transactional archived removed invalid"
_OFTEN_OTHER = frozenset(_OTHER.split())
_MAX_WORD = 40
_FLAGS: CellMeaning = StatusWords(
    {**WORDS, **dict.fromkeys(YES, _S.ACTIVE), **dict.fromkeys(NO, _S.UNSUBSCRIBED)}
)
_SHORT_WORD = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def undecided_meaning(
    header: str, cells: Sequence[str], *, has_name: bool = True
) -> Undecided | None:
    """
    Return the meaning of the column *header* if its name or its filled *cells* look like a state;
    None if they do not. Of a column that has no name in the file, zeros and ones do.
    """
    column = plain(header)
    if any("@" in cell for cell in cells) or _is_about_other(header):
        return None
    if "bounce" in column and all(map(str.isdecimal, cells)) and any(int(n) > 1 for n in cells):
        return None  # how many emails came back
    if column in UNSURE_HEADINGS or _has_off(header):
        are_free = bool(cells) and not any(map(_may_be_state, cells)) and _are_many(cells)
        return None if are_free else Undecided(meaning_as_status(header))
    if any(part in column for part in _ON_PARTS):
        may_be = not cells or any(_may_be_flag(cell) for cell in cells)
        return Undecided(_FLAGS) if may_be else None
    if any(part in column for part in (*_STATUS_PARTS, *_MAIL_PARTS)):
        may_be = any(_may_be_flag(cell) for cell in cells)
        return Undecided(_FLAGS) if may_be else None
    return Undecided(_FLAGS) if _are_states(cells, may_be_digits=not has_name) else None


def meaning_as_status(header: str) -> CellMeaning:
    """
    Return what the cells of a column mean of which a person says that it is a status.
    """
    column = plain(header)
    if column in UNSURE_HEADINGS:
        return IfFilled(_S.UNSUBSCRIBED)
    return YesOrNo(yes=_S.UNSUBSCRIBED) if _has_off(header) else _FLAGS


def _is_about_other(header: str) -> bool:
    column = plain(header)
    is_other = any(part in column for part in _OTHER_PARTS)
    is_other = is_other or not _OTHER_WORDS.isdisjoint(_words_in(header))
    return is_other and not ("mail" in column or "newsletter" in column)


def _has_off(header: str) -> bool:
    column = plain(header)
    is_off = any(part in column for part in _OFF_PARTS)
    return is_off or not _OFF_WORDS.isdisjoint(_words_in(header))


def _words_in(header: str) -> set[str]:
    return {plain(word) for word in _SHORT_WORD.findall(_HUMP.sub(" ", header))}


def _may_be_flag(cell: str) -> bool:
    word = plain(cell)
    return word in YES or word in NO or _is_state_word(cell)


def _may_be_state(cell: str) -> bool:
    return is_blank(cell) or _may_be_flag(cell) or looks_like_time(cell)


def _is_state_word(cell: str) -> bool:
    if len(cell) > _MAX_WORD:
        return False
    return plain(cell) in WORDS or plain(cell) in STATE_HEADINGS or _has_off(cell)


def _are_many(cells: Sequence[str]) -> bool:
    """
    Return True for cells that are texts, each another one.
    """
    return len(cells) >= 5 and len(set(cells)) > len(cells) / 2


def _are_states(cells: Sequence[str], *, may_be_digits: bool) -> bool:
    """
    Return True if all cells are flags, in words unless they *may be digits*, or words for a status.
    """
    filled = {cell for cell in cells if not is_blank(cell)}
    flags = {word for word in map(plain, filled) if word in YES or word in NO}
    states = {plain(cell) for cell in filled if plain(cell) not in flags}
    if not all(plain(cell) in flags or _is_state_word(cell) for cell in filled):
        return False
    are_words = may_be_digits or any(not word.isdigit() for word in flags)
    return bool(flags and are_words and not flags <= _SINGLE_LETTERS) or not states <= _OFTEN_OTHER
