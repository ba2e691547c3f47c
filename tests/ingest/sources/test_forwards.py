"""
Finding the brief in what people forward and reply, by mail program and language.
"""

from __future__ import annotations

import datetime as dt

import pytest
from forwarded_mails import HTML, TEXTS
from mails import mail

from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.mailbox.message import read_letter
from newsletter.ingest.sources.mailbox.subject import SubjectKind, split_subject
from newsletter.model.brief import Brief, ReadingRules

BODY = "IntelBrief: Tolls\n\nFerries: both stay.\n\nThe toll rises in March."
BODY_HTML = "<p>Ferries: both stay.</p><p>The toll rises in March.</p>"
REPLIES = [
    "On Fri, Mar 15, 2024 at 4:02 PM Ed\n<ed@x.example> wrote:",
    "Am Fr., 15. März 2024 um 16:02 Uhr schrieb Ed <ed@x.example>:",
    "Le ven. 15 mars 2024 à 16:02, Ed <ed@x.example> a écrit\u00a0:",
    "El vie, 15 mar 2024 a las 16:02, Ed (<ed@x.example>) escribió:",
    "Il giorno ven 15 mar 2024 alle ore 16:02 Ed <ed@x.example> ha\nscritto:",
    "Em sex., 15 de mar. de 2024 às 16:02, Ed <ed@x.example> escreveu:",
    "Op vr 15 mrt 2024 om 16:02 schreef Ed <ed@x.example>:",
    "Den fre 15 mars 2024 kl 16:02 skrev Ed <ed@x.example>:",
    "fre. 15. mar. 2024 kl. 16:02 skrev Ed <ed@x.example>:",
    "pt., 15 mar 2024 o 16:02 Ed <ed@x.example> napisał(a):",
    "пт, 15 мар. 2024 г. в 16:02, Ed <ed@x.example>:",
    "15 марта 2024 г., в 16:02, Ed <ed@x.example> написал(а):",
    "Ed <ed@x.example>, 15 Mar 2024 Cum, 16:02 tarihinde şunu yazdı:",
    "pá 15. 3. 2024 v 16:02 odesílatel Ed <ed@x.example> napsal:",
    "pe 15. maalisk. 2024 klo 16.02 Ed (ed@x.example) kirjoitti:",
    "2024年3月15日(金) 16:02 Ed <ed@x.example>:",
    "Ed <ed@x.example> 于2024年3月15日周五 16:02写道：",
]
PHONES = [
    "Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone",
    "Enviado desde mi iPhone", "Inviato da iPhone", "Enviado do meu iPhone",
    "Verstuurd vanaf mijn iPhone", "Skickat från min iPhone", "Sendt fra min iPhone",
    "Wysłane z iPhone'a", "Отправлено с iPhone", "iPhone'umdan gönderildi", "Odesláno z iPhonu",
    "Lähetetty iPhonesta", "iPhoneから送信", "发自我的 iPhone", "從我的 iPhone 傳送",
    "Get Outlook for iOS <https://aka.ms/o0ukef>", "Télécharger Outlook pour iOS",
    "Outlook für Android herunterladen", "Sent from Yahoo Mail on Android",
    "Gesendet von Mail für Windows", "Obtener Outlook para Android", "Hent Outlook til iOS",
    "Outlook voor iOS downloaden",
    "Von meinem Samsung Galaxy Smartphone gesendet.",
]  # fmt: skip


def content_of(text: str, *, subject: str) -> str:
    return read_letter(mail(text, subject=subject)).content


def brief_of(html: str, *, subject: str) -> Brief:
    return read(read_letter(mail(html, kind="html", subject=subject)), ReadingRules())


@pytest.mark.parametrize("subject", ["Fwd: Tolls", "Tolls"])
@pytest.mark.parametrize("name", TEXTS)
def test_a_forwarded_text_is_the_brief(name: str, subject: str) -> None:
    assert content_of(f"FYI, please run.\n\nSam\n\n{TEXTS[name]}{BODY}", subject=subject) == BODY


@pytest.mark.parametrize("name", [name for name in TEXTS if "apple" in name])
def test_a_forwarded_text_that_is_quoted_is_the_brief(name: str) -> None:
    marker, _, header = TEXTS[name].partition("\n\n")
    quoted = "\n".join(f"> {line}".rstrip() for line in f"{header}{BODY}".split("\n"))
    assert content_of(f"FYI\n\n{marker}\n\n{quoted}\n", subject="Fwd: Tolls") == BODY


@pytest.mark.parametrize("subject", ["TR: Tolls", "Tolls"])
@pytest.mark.parametrize("name", HTML)
def test_a_forwarded_html_mail_is_the_brief(name: str, subject: str) -> None:
    brief = brief_of(f"<div>FYI, please run.</div>{HTML[name] % BODY_HTML}", subject=subject)
    assert brief.title == "Tolls"
    assert brief.body_html.replace("\n", "") == BODY_HTML


def test_a_thread_in_a_forward_gives_the_mail_that_was_forwarded() -> None:
    older = (
        "\n\n-----Original Message-----\nFrom: Al\nSent: 1 March 2024\nSubject: Re: Tolls\n\nOld."
    )
    long = f"{BODY}\n\n{'The toll rises in March, the council said. ' * 12}".strip()
    text = (
        "FYI\n\n-----Original Message-----\nFrom: Ed [mailto:ed@x.example]\nSent: 15 March 2024\n"
    )
    raw = f"{text}To: Sam\nSubject: Tolls\n\n{long}{older}"
    assert content_of(raw, subject="FW: Tolls") == long


@pytest.mark.parametrize("name", TEXTS)
def test_a_reply_is_what_stands_above_the_quoted_mail(name: str) -> None:
    assert content_of(f"{BODY}\n\n{TEXTS[name]}The old text.", subject="Re: Tolls") == BODY


@pytest.mark.parametrize("line", REPLIES)
def test_a_quoted_reply_is_left_out(line: str) -> None:
    assert content_of(f"{BODY}\n\n{line}\n\n> old\n> older", subject="Re: Tolls") == BODY


@pytest.mark.parametrize("line", REPLIES)
def test_a_quoted_reply_in_html_is_left_out(line: str) -> None:
    escaped = line.replace("<", "&lt;").replace(">", "&gt;")
    brief = brief_of(f"{BODY_HTML}<div>{escaped}<br><div>old</div></div>", subject="Tolls")
    assert brief.body_html.replace("\n", "") == BODY_HTML


@pytest.mark.parametrize("line", PHONES)
def test_the_line_of_a_phone_is_left_out(line: str) -> None:
    assert content_of(f"{BODY}\n\n{line}\n", subject="Tolls") == BODY


@pytest.mark.parametrize(
    "line",
    [
        "From: Paris\nTo: Rome\nDate: 5 March",
        "Data: the new oil",
        "In 2019 the minister wrote:",
        "The phone was sent from Berlin to Rome.",
        "Sent from the phone of a minister, the picture showed the bridge.",
        "Temat: mosty",
        "Original message:",
        "Contact for the press in 2024 (press@quay.example):",
        "Die Mail wurde nie gesendet.",
        "Descargar la app para Android",
        "Sent to the council by phone and mail in 2019, the letter was lost",
        "Outlook for the spring is good: 3 of 4 banks say so",
    ],
)
def test_a_line_of_the_brief_that_looks_like_a_header_is_kept(line: str) -> None:
    assert content_of(f"{BODY}\n\n{line}\n\nLast.", subject="Tolls").endswith(f"{line}\n\nLast.")


@pytest.mark.parametrize(
    ("subject", "kind", "bare"),
    [
        ("Fwd: a", SubjectKind.FORWARD, "a"),
        ("FW: Re: a", SubjectKind.FORWARD, "a"),
        ("WG: AW: a", SubjectKind.FORWARD, "a"),
        ("TR : a", SubjectKind.FORWARD, "a"),
        ("RV: a", SubjectKind.FORWARD, "a"),
        ("I: R: a", SubjectKind.FORWARD, "a"),
        ("ENC: RES: a", SubjectKind.FORWARD, "a"),
        ("Doorst: Antw: a", SubjectKind.FORWARD, "a"),
        ("VB: SV: a", SubjectKind.FORWARD, "a"),
        ("PD: Odp: a", SubjectKind.FORWARD, "a"),
        ("İLT: YNT: a", SubjectKind.FORWARD, "a"),
        ("VL: VS: a", SubjectKind.FORWARD, "a"),
        ("VS: a", SubjectKind.NEW, "a"),
        ("转发：回复： a", SubjectKind.FORWARD, "a"),
        ("転送: a", SubjectKind.FORWARD, "a"),
        ("Re[2]: a", SubjectKind.REPLY, "a"),
        ("[EXTERNAL] Fwd: a", SubjectKind.FORWARD, "a"),
        ("Bridges: a toll", SubjectKind.NEW, "Bridges: a toll"),
        ("", SubjectKind.NEW, ""),
    ],
)
def test_the_prefixes_of_mail_programs_are_not_part_of_the_title(
    subject: str, kind: SubjectKind, bare: str
) -> None:
    assert split_subject(subject) == (kind, bare)


def with_attached(note: str, inner: bytes, *, subject: str = "Fwd: Tolls") -> bytes:
    head = (
        f"Subject: {subject}\nDate: Mon, 18 Mar 2024 09:00:00 +0100\nMessage-ID: <o@x.example>\n"
        f"Content-Type: multipart/mixed; boundary=o{len(inner)}\n\n"
    )
    note = f"--o{len(inner)}\nContent-Type: text/plain\n\n{note}\n"
    attached = f"--o{len(inner)}\nContent-Type: message/rfc822\n\n"
    return f"{head}{note}{attached}".encode() + inner + f"\n--o{len(inner)}--\n".encode()


def test_a_mail_forwarded_as_an_attachment_is_the_brief() -> None:
    item = read_letter(with_attached("FYI", mail(BODY, subject="Re: The tolls")))
    assert item.key == "<o@x.example>"
    assert (item.content, item.fallback_title) == (BODY, "The tolls")
    assert item.fallback_at == dt.datetime(2024, 3, 15, 22, 45, 10, tzinfo=dt.UTC)


def test_a_mail_in_an_attached_mail_is_the_brief() -> None:
    inner = with_attached("See below.", mail(BODY))
    assert read_letter(with_attached("FYI", inner)).content == BODY


def test_a_brief_with_a_mail_attached_is_the_brief() -> None:
    long = "The toll rises in March, the council decided. " * 12
    assert read_letter(with_attached(long, mail("Other."))).content == long.strip()


def test_a_forward_has_the_date_of_the_mail_that_was_forwarded() -> None:
    item = read_letter(mail(f"FYI\n\n{TEXTS['thunderbird de']}{BODY}", subject="Fwd: Tolls"))
    assert item.fallback_at == dt.datetime(2024, 3, 15, 15, 2, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize("name", [*TEXTS, *HTML])
def test_the_date_of_a_forwarded_mail_is_read_in_any_language(name: str) -> None:
    is_text = name in TEXTS
    content = f"{TEXTS[name]}{BODY}" if is_text else HTML[name] % BODY_HTML
    raw = mail(content, subject="Fwd: Tolls", kind="plain" if is_text else "html")
    at = read_letter(raw.replace(b"15 Mar 2024 17:45:10", b"18 Mar 2024 17:45:10")).fallback_at
    assert at is not None
    assert at.date() == dt.date(2024, 3, 15)


def test_a_forward_with_an_unreadable_or_later_date_has_its_own() -> None:
    own = dt.datetime(2024, 3, 15, 22, 45, 10, tzinfo=dt.UTC)
    for said in ("soon", "Fri, 15 Mar 2030 16:02:10 +0100", "x" * 200):
        header = TEXTS["thunderbird de"].replace("Fri, 15 Mar 2024 16:02:10 +0100", said)
        assert read_letter(mail(f"{header}{BODY}", subject="Fwd: Tolls")).fallback_at == own


@pytest.mark.parametrize(
    ("said", "hour"),
    [("14:00:00 +0100", 13), ("14:00:00 CET", 13), ("14:00:00 EST", 19), ("14:00:00", 14)],
)
def test_the_date_header_is_read_with_its_time_zone(said: str, hour: int) -> None:
    raw = f"Subject: Tolls\nDate: Tue, 5 Mar 2019 {said}\n\n{BODY}".encode()
    assert read_letter(raw).fallback_at == dt.datetime(2019, 3, 5, hour, tzinfo=dt.UTC)


def test_a_time_after_noon_in_the_header_of_a_forward_is_after_noon() -> None:
    header = "From: Ed\nSent: Friday, March 15, 2024 4:02 PM\nTo: Sam\nSubject: Tolls\n\n"
    item = read_letter(mail(f"{header}{BODY}", subject="Fwd: Tolls"))
    assert item.fallback_at == dt.datetime(2024, 3, 15, 21, 2, tzinfo=dt.UTC)
