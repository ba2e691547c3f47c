"""
Recognise the lines that mail programs write above another mail: "Forwarded message", "On Friday Ed
wrote:", "From: Ed". `unwrap` uses it.

quotequail knows them in seven languages; the tables here have those that it does not know. It is
asked about one line at a time, since it takes every line with a colon below a header for another
header, and its time grows with the square of the number of lines.
"""

from __future__ import annotations

import enum
import functools
import re

import quotequail

_LONGEST = 300
_LONGEST_LABEL = 30


class HeaderName(enum.StrEnum):
    """
    What a line of a forwarded header states.
    """

    FROM = "from"
    TO = "to"
    DATE = "date"
    SUBJECT = "subject"
    OTHER = "other"


class Announcement(enum.StrEnum):
    """
    What a line announces: a forwarded mail, the quoted text of a reply, or something below a RULE.
    """

    FORWARD = "forward"
    REPLY = "reply"
    RULE = "rule"


# Croatian, Czech, Danish, Estonian, Finnish, Greek, Hungarian, Italian, Japanese, Korean,
# Norwegian, Polish, Portuguese, Romanian, Russian, Slovak, Turkish, Ukrainian, Chinese; and what
# is missing in the languages of quotequail.
_LABELS = {
    HeaderName.FROM: (
        "da|mittente|fra|od|odesílatel|nadawca|kimden|gönderen|lähettäjä|отправитель|от|від"
        "|від кого|feladó|de la|expeditor|expeditorul|šalje|saatja|από|差出人|送信者|送信元|发件人"
        "|發件人|寄件者|寄件人|发件者|보낸 사람|보낸사람|afzender|remitente|absender|expéditeur"
        "|remetente"
    ),
    HeaderName.TO: (
        "a|til|do|adresat|komu|pre|kime|vastaanottaja|címzett|către|destinatarul|prima|saaja|προς"
        "|宛先|送信先|收件人|收件者|받는 사람|받는사람|destinataire|destinatario|empfänger"
    ),
    HeaderName.DATE: (
        "data|inviato|data invio|enviado|enviada|enviado em|enviada em|data de envio"
        "|fecha de envío|envoyé|envoyé le|date d'envoi|skickat|verzonden op|gesendet am|dato|sendt"
        "|wysłano|data wysłania|odesláno|odoslané|dátum|tarih|gönderildi|gönderilen"
        "|gönderme tarihi|päivämäärä|päiväys|lähetetty|отправлено|дата отправления|надіслано"
        "|відправлено|elküldve|küldve|dată|trimis|ημερομηνία|日付|日時|送信日時|送信済み|发送时间"
        "|發送時間|日期|时间|時間|傳送時間|寄件日期|날짜|보낸 날짜|보낸 시간|date and time|time"
    ),
    HeaderName.SUBJECT: (
        "oggetto|assunto|emne|temat|předmět|predmet|konu|aihe|teema|tárgy|subiect|subiectul|naslov"
        "|θέμα|件名|主题|主旨|主題|제목"
    ),
    HeaderName.OTHER: (
        "reply-to|kopi|kopio|kópia|másolat|másolatot kap|dw|udw|копия|копія|bilgi|抄送|副本|參照"
        "|참조|odpověď na|svar til|svara till|rispondi a|odpowiedź-do|vastaus|yanıt adresi"
        "|ответ-кому|válaszcím|kopie (cc)|copie à|importance|wichtigkeit|priorität|importancia"
        "|importância|importanza|belang|prioritet|prioriteit|priority|sensitivity|attachments"
        "|anlagen|pièces jointes|adjuntos|datos adjuntos|allegati|anexos|bijlagen|bilagor"
        "|vedhæftede filer|vedlegg|załączniki|přílohy|liitteet|ekler|вложения|附件|添付ファイル"
        "|organization|sender|resent-from|mailed-by|signed-by|list-id|flag status|follow up flag"
    ),
}
_NAMES = {label: name for name, labels in _LABELS.items() for label in labels.split("|")}
_FORWARDED_WORDS = (
    "weitergeleitete nachricht|anfang der weitergeleiteten nachricht|originalnachricht"
    "|début du message transféré|message transmis|message d'origine|message original"
    "|messaggio inoltrato|inizio messaggio inoltrato|messaggio originale|mensagem encaminhada"
    "|mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reencaminhada"
    "|mensagem original|vidarebefordrat mejl|ursprungligt meddelande|videresendt meddelelse"
    "|start på videresendt besked|videresendt besked|oprindelig meddelelse|videresendt melding"
    "|opprinnelig melding|przekazana wiadomość|początek przekazywanej wiadomości"
    "|treść przekazanej wiadomości|wiadomość przesłana dalej|wiadomość oryginalna"
    "|oryginalna wiadomość|начало переадресованного сообщения|перенаправленное сообщение"
    "|исходное сообщение|пересланное сообщение|iletilmiş mesaj|iletilen ileti|iletilen mesaj"
    "|ileti başlangıcı|orijinal mesaj|özgün ileti|přeposlaná zpráva|začátek přeposílané zprávy"
    "|původní zpráva|välitetty viesti|välitetty viesti alkaa|välitetty viesti / fwd.msg"
    "|edelleenlähetetty viesti|alkuperäinen viesti|転送メッセージ|転送されたメッセージ"
    "|メッセージを転送|元のメッセージ|转发邮件|转发的邮件|转发邮件信息|原始邮件|轉寄郵件"
    "|轉寄的郵件|原始郵件|전달된 메일|전달된 메시지|원본 메시지|továbbított üzenet"
    "|továbbított levél kezdete|eredeti üzenet|mesaj redirecționat|începe mesajul redirecționat"
    "|preposlaná správa|začiatok preposlanej správy|pôvodná správa|proslijeđena poruka"
    "|započni proslijeđenu poruku|переслане повідомлення|перенаправлене повідомлення"
    "|початок листа, що пересилається|προωθημένο μήνυμα"
)
_FORWARDED = frozenset(_FORWARDED_WORDS.split("|"))
# The last words of "On 15 March Ed wrote:"; Danish and Norwegian end with the name or the date.
_WROTE = (
    "wrote", "a écrit", "ha scritto", "escribió", "escreveu", "napisał(a)", "napisał", "napisała",
    "napsal(a)", "napsal", "napsala", "napísal(a)", "skrev", "skrev följande", "schreef",
    "geschreven", "yazdı", "kirjoitti", "написал(а)", "написал", "написала", "пише", "ezt írta",
    "a scris", "έγραψε", "写道", "寫道", "님이 작성", "のメール", "schrieb",
)  # fmt: skip
_TIME = re.compile(r"\d{1,2}[:.時h]\s?\d{2}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SENDER = re.compile(r"@[^\s@]{1,200}[)>]\s?[:：]$")
_LABELLED = re.compile(
    r"[\s*]*(?P<label>[^\s:：*][^:：*]{0,29})\*{0,2}\s?[:：]\*{0,2}(?P<value>.*)"
)


def header_line(text: str) -> tuple[HeaderName, str] | None:
    """
    Return what the header line *text* states and its value; None if it is not one.
    """
    found = _LABELLED.match(text.replace("\u00a0", " "))
    if found is None:
        return None
    name = _header_name(_folded(found["label"].strip()))
    return (name, found["value"].strip(" \t*")) if name else None


@functools.lru_cache(maxsize=1024)
def _header_name(label: str) -> HeaderName | None:
    if name := _NAMES.get(label):
        return name
    # Two headers are needed to be recognised; the label is that of the one with this value.
    known = quotequail.unwrap(f"Reply-To: a\n{label}: b") or {}
    name = next((name for name, value in known.items() if value == "b"), None)
    if name is None:
        return None
    return HeaderName(name) if name in set(HeaderName) else HeaderName.OTHER


def announcement_in(text: str, following: str = "") -> Announcement | None:
    """
    Return what the line *text* announces, which may be wrapped into the *following* line.
    """
    text, following = map(_bare, (text, following))
    found = _announcement(text)
    if found is None and following and _announcement(following) is None:
        return _announcement(f"{text} {following}")
    return found


def _announcement(text: str) -> Announcement | None:
    if not 3 < len(text) <= _LONGEST or text[-1] not in ":：-–—_=>":
        return None
    if len(text) >= 10 and set(text) <= {"_"}:
        return Announcement.RULE
    words = text.strip("-–—_=:： ")
    folded = _folded(words).replace("’", "'")
    if folded in _FORWARDED:
        return Announcement.FORWARD
    has_time = _TIME.search(text) is not None
    is_dated = has_time or ("@" in text and _YEAR.search(text) is not None)
    is_introduction = folded.endswith(_WROTE) or (has_time and _SENDER.search(text) is not None)
    if text[-1] in ":：" and is_introduction and is_dated:
        return Announcement.REPLY
    known = (quotequail.unwrap(f"{words}:") or {}).get("type")
    if known == "reply":
        return Announcement.REPLY if is_dated else None
    return Announcement.FORWARD if known == "forward" else None


def _folded(text: str) -> str:
    # The lower case of the Turkish dotted capital is an i and a combining dot.
    return text.lower().replace("\u0307", "")


def _bare(line: str) -> str:
    return line.replace("\u00a0", " ").lstrip(" \t>*").rstrip(" \t*")
