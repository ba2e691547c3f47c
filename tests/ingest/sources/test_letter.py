"""
Parsing one mail: which part, which text of it, in which encoding.
"""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mails import APPLE, GMAIL, OUTLOOK, mail

from newsletter.errors import ReadError
from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.mailbox.message import read_letter
from newsletter.model.brief import Brief, MediaType, RawItem, ReadingRules

HEADER = "From: Ed\nSent: Friday, March 15, 2024\nTo: Sam\nSubject: Tolls\n\n"


def content_of(raw: bytes) -> str:
    return read_letter(raw).content


def one_line_of(raw: bytes) -> str:
    """
    Return the key and title of the mail *raw*, or the error.
    """
    try:
        item = read_letter(raw)
    except ReadError as error:
        return str(error)
    return f"{item.key} {item.fallback_title}"


def brief_of(raw: bytes) -> Brief:
    return read(read_letter(raw), ReadingRules())


def test_a_mail_gives_its_identity_subject_and_time() -> None:
    assert read_letter(mail("The text.", subject="Fw: RE: WG: IntelBrief: Tolls")) == RawItem(
        key="<1@example.net>",
        content="The text.",
        media_type=MediaType.TEXT,
        fallback_title="IntelBrief: Tolls",
        fallback_at=dt.datetime(2024, 3, 15, 22, 45, 10, tzinfo=dt.UTC),
    )


def test_a_mail_without_an_id_is_identified_by_its_bytes() -> None:
    one, two = (read_letter(f"Subject: x\n\n{text}".encode()).key for text in ("a", "b"))
    assert one.startswith("sha256:")
    assert one != two


@pytest.mark.parametrize(
    ("end", "subject"),
    [
        ("-- \nDesk Editor\nThe Center", "Tolls"),
        ("--\nDesk Editor", "Tolls"),
        ("On Fri, Mar 15, 2024 at 4:02 PM Ed\n<ed@x.example> wrote:\n> old\n> older", "Re: Tolls"),
        ("Am 15.03.2024 um 16:02 schrieb Ed:\n> alt", "AW: Tolls"),
        ("-----Original Message-----\n" + HEADER + "The old text.", "Re: Tolls"),
        ("CONFIDENTIALITY NOTICE: for the named person only.\nAll of it.", "Tolls"),
        ("This e-mail and any attachments are confidential.", "Tolls"),
        ("Sent from my iPhone", "Tolls"),
    ],
)
def test_text_after_a_brief_is_removed(end: str, subject: str) -> None:
    raw = mail(f"The text.\n\nMore of it.\n\n{end}", subject=subject)
    assert content_of(raw) == "The text.\n\nMore of it."


@pytest.mark.parametrize("subject", ["FW: Tolls", "Tolls", "Fwd: Fw: Tolls", "TR: Tolls"])
@pytest.mark.parametrize("marker", ["", "________________________________\n"])
def test_a_forward_gives_what_was_forwarded(subject: str, marker: str) -> None:
    raw = mail(f"FYI - please run.\n\n{marker}{HEADER}The text.", subject=subject)
    assert content_of(raw) == "The text."


def test_a_forward_of_a_forward_gives_the_innermost() -> None:
    raw = mail(f"FYI\n\n{HEADER}See below.\n\n{HEADER}The text.", subject="FW: Tolls")
    assert content_of(raw) == "The text."


@pytest.mark.parametrize("header", [OUTLOOK, GMAIL, APPLE])
def test_a_forward_in_html_gives_what_was_forwarded(header: str) -> None:
    body = f"<div>FYI</div><div class=gmail_quote>{header}<div><h1>T</h1><p>a</p></div></div>"
    brief = brief_of(mail(body, kind="html", subject="Fwd: Tolls"))
    assert (brief.title, brief.body_html) == ("T", "<p>a</p>")


def test_a_reply_in_html_loses_what_it_quotes() -> None:
    quote = f"<div class=gmail_quote>{GMAIL}<blockquote>old</blockquote></div>"
    raw = mail(f"<p>The text.</p>{quote}", kind="html", subject="Re: Tolls")
    assert content_of(raw) == "<p>The text.</p>"


def test_an_image_inside_a_mail_is_named() -> None:
    brief = brief_of(mail("<p>a</p><div><img src='cid:x@y'></div>", kind="html"))
    assert brief.warnings == ("the image cid:x@y was left out: it did not come with the brief",)


def test_without_text_in_the_html_the_text_part_is_used() -> None:
    raw = (
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nThe text.\n"
        b"--b\nContent-Type: text/html\n\n<div><img src='https://t.example/p'></div>\n--b--\n"
    )
    assert (read_letter(raw).media_type, content_of(raw)) == (MediaType.TEXT, "The text.")


@pytest.mark.parametrize(
    "said", ["windows-1252", "iso-8859-1", "us-ascii", "utf-8", "x-none", "punycode", "base64"]
)
def test_windows_quotes_are_decoded_despite_a_wrong_charset(said: str) -> None:
    raw = mail("“four” permits", charset="windows-1252").replace(
        b"=windows-1252", f"={said}".encode()
    )
    assert content_of(raw) == "“four” permits"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: x\n\n",
        b"Content-Type: application/pdf\n\n%PDF",
        b"Content-Type: multipart/mixed; boundary=b\n\n--b--\n",
        mail("<p>&nbsp;</p>", kind="html"),
    ],
)
def test_a_mail_without_text_is_refused_in_one_line(raw: bytes) -> None:
    with pytest.raises(ReadError, match=r"^the email contains no text; [^\n]+$"):
        read_letter(raw)


def test_if_the_html_is_too_large_the_text_part_is_used() -> None:
    html = b"<p>" + b"x" * 600_000
    raw = (
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nThe text.\n"
        b"--b\nContent-Type: text/html\n\n" + html + b"\n--b--\n"
    )
    assert content_of(raw) == "The text."
    with pytest.raises(ReadError, match="over 512 KB"):
        read_letter(b"Content-Type: text/html\n\n" + html)


def test_a_text_of_many_empty_lines_is_refused_at_once() -> None:
    with pytest.raises(ReadError, match="over 512 KB"):
        read_letter(b"\na" + b"\n" * 5_000_000)
    assert content_of(b"\na" + b"\n" * 500_000) == "a"


def test_a_mail_nested_without_end_is_refused() -> None:
    layers = (
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)
    )
    with pytest.raises(ReadError, match=r"^the email [^\n]+$"):
        read_letter(b"".join(layers))


@given(st.binary(max_size=300), st.binary(max_size=200))
def test_any_bytes_give_an_item_or_one_line(head: bytes, body: bytes) -> None:
    line = one_line_of(head + b"\n\n" + body)
    assert line
    assert "\n" not in line


def encoded_word(text: str, codec: str, label: str) -> str:
    return f"=?{label}?B?{base64.b64encode(text.encode(codec)).decode()}?="


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [
        ("gb2312", "gb18030", "朱镕基说旧桥明年关闭"),
        ("iso-8859-1", "cp1252", "“Déjà vu” – it’s €5"),
        ("us-ascii", "cp1252", "It’s €5"),
        ("ks_c_5601-1987", "cp949", "낡은 다리 펲"),
        ("Shift_JIS", "cp932", "髙橋①は春まで"),
        ("iso-2022-jp", "iso2022_jp", "古い橋、春まで通行止めに"),
        ("windows-1251", "cp1251", "Мост закрыт"),
        ("unicode-1-1-utf-8", "utf-8", "Zoë"),
    ],
)
def test_a_mail_is_read_by_what_its_labels_mean_to_browsers(
    label: str, codec: str, text: str
) -> None:
    packed = base64.b64encode(text.encode(codec)).decode()
    raw = (
        f"Subject: {encoded_word(text, codec, label)}\nContent-Type: text/plain; charset={label}\n"
        f"Content-Transfer-Encoding: base64\n\n{packed}\n"
    ).encode()
    item = read_letter(raw)
    assert (item.fallback_title, item.content, item.warnings) == (text, text, ())


def test_a_character_that_is_split_between_encoded_words_is_read() -> None:
    raw = "旧桥".encode("gb18030")
    words = [f"=?gb2312?B?{base64.b64encode(part).decode()}?=" for part in (raw[:1], raw[1:])]
    item = read_letter("Subject: {}\n {}\n\nThe text.".format(*words).encode())
    assert item.fallback_title == "旧桥"


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Мост закрыт до весны".encode(), "Мост закрыт до весны"),
        ("Мост закрыт до весны".encode("cp1251"), "Мост закрыт до весны"),
        ("Müller: ".encode("cp1252") + b"=?utf-8?q?caf=C3=A9?=", "Müller: café"),
        (b"a =?x-none?q?b=93c?= d", "a b“c d"),
        (b"=?utf-8?b?!?=", ""),
    ],
)
def test_a_subject_of_raw_bytes_is_read(subject: bytes, title: str) -> None:
    assert (read_letter(b"Subject: " + subject + b"\n\nThe text.").fallback_title or "") == title


def test_a_raw_subject_is_read_like_the_text_of_its_mail() -> None:
    raw = b"Subject: " + "Őszi".encode("cp1250") + b"\nContent-Type: text/plain; charset="
    assert read_letter(raw + b"windows-1250\n\nThe text.").fallback_title == "Őszi"


@pytest.mark.parametrize("kind", ["plain", "html"])
def test_a_part_without_a_charset_is_guessed(kind: str) -> None:
    text = "Городской совет решил отложить ремонт набережной до весны."
    raw = f"Content-Type: text/{kind}\n\n<p>{text}</p>".encode("cp1251")
    item = read_letter(raw)
    assert (item.content, item.warnings) == (f"<p>{text}</p>", ())


def test_an_html_part_without_a_charset_is_read_as_its_meta_declares() -> None:
    page = "Content-Type: text/html\n\n<head><meta charset=windows-1250></head><p>Őszi Jiří</p>"
    assert read_letter(page.encode("cp1250")).content.endswith("<p>Őszi Jiří</p>")


def test_an_uncertain_guess_is_a_warning_of_the_mail() -> None:
    (warning,) = read_letter("\nJiří".encode("cp1250")).warnings
    assert warning.startswith("the encoding of the text is unknown and was guessed")


def body_of(content: str, kind: str = "html") -> str:
    return read(read_letter(mail(content, kind=kind)), ReadingRules()).body_html


def test_the_name_of_a_mailing_list_is_no_part_of_the_title() -> None:
    for subject, title in (
        ("[Canals] Tolls rise", "Tolls rise"),
        ("Fwd: [canals] Re: Tolls rise", "Tolls rise"),
        ("[Update] Tolls rise", "[Update] Tolls rise"),
    ):
        raw = mail("Text.", subject=subject, headers="List-Id: <canals.lists.example.net>\n")
        assert read_letter(raw).fallback_title == title


def test_an_image_in_the_box_of_a_logo_is_not_the_lead_image() -> None:
    logo = '<div class="logo emb-logo"><div align=center><img src="https://x.example/a.png"></div>'
    quay = '<p><img src="https://x.example/quay.png"></p>'
    found = read(
        read_letter(mail(f"{logo}</div>{quay}<p>They rise.</p>", kind="html")), ReadingRules()
    )
    assert found.image_url == "https://x.example/quay.png"
    assert "the image https://x.example/a.png" in found.removed


def test_the_rules_of_a_hidden_style_sheet_are_not_told_as_text() -> None:
    styled = '<style style="display:none"> P {margin:0} </style><p>They rise.</p>'
    assert read_letter(mail(styled, kind="html")).removed == ()


def test_what_programs_put_in_place_of_images_and_attachments_is_left_out() -> None:
    text = "They rise.\n\n[image: quay.png]\n\n[cid:image001.png@01DC4D5A]\n\nThey fall.\n"
    assert body_of(text, "plain") == "<p>They rise.</p>\n<p>They fall.</p>"
    for line in (
        '[Anhang "Plan.pdf" gelöscht von Ute Kern/Amt/DE]',
        '[attachment "Plan.pdf" deleted by Ute Kern/Office/DE]',
        '[pièce jointe "Plan.pdf" supprimée par Ute Kern/Office/DE]',
    ):
        assert body_of(f"They rise.<br><br>They fall.<br><br>{line}<br>").endswith("fall.</p>")


def test_a_greeting_above_the_footer_of_a_list_is_no_heading() -> None:
    footer = (
        f"{'_' * 40}\nCanals mailing list -- c@l.example\n"
        "To unsubscribe send an email to c-leave@l.example\nhttps://l.example/lists/c/\n"
    )
    text = f"They rise.\n\nThey fall in May.\n\nGreetings,\nTom\n{footer}"
    assert body_of(text, "plain").endswith("<p>Greetings,<br>Tom</p>")
