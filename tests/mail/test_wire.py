"""
Test messages as bytes, parsed by other software, with thousands of subjects and addresses.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from issue_samples import make_message, make_recipient

from newsletter.mail.mime.message import clean_text, message_bytes

SUBJECTS = 5_000
DATE = dt.datetime(2026, 3, 5, 11, 0, tzinfo=dt.UTC)
WORDS = [
    *("Ferries", "the", "harbour", "a", "I", "wall-to-wall", "x" * 74, "supercalifragilistic" * 5),
    *("Größe", "naïve", "Ünterströmung", "ß", "Łódź", "Håndbåret", "İstanbul", "ọ̀rọ̀"),
    *("Паромы", "остаются", "до", "марта", "Щ" * 40, "ферибоат" * 9),
    *("العبّارات", "تواصل", "الإبحار", "הנמל", "שנייה", "یک‌روزه"),
    *("フェリーは運航を継続", "港湾議会", "渡轮继续航行到三月底", "항구", "페리는", "你好，世界！"),
    *("เรือข้ามฟาก", "नौका", "ফেরি", "ფერიბოტი", "პორტი", "Πορθμεία", "Đà"),
    *("🛳️", "👩‍👩‍👧‍👦", "🇳🇴", "é", "𝔘𝔫𝔦", "\u200f", "\u00a0"),
    *("=?utf-8?q?x?=", "=?", "?=", "=", "_", "50%", "%%name%%", "{{ x }}", "<b>", '"', "'", "\\"),
    *("Re:", "a,b;c", "(c)", "[x]", "a@b.example", "\t", "  ", "–", "—", "…", "”", "«"),
]


def subjects() -> list[str]:
    """
    Return subjects of one to fourteen words in any language, always the same ones.
    """
    dice = random.Random(5)
    made: dict[str, None] = {}
    while len(made) < SUBJECTS:
        subject = _subject(dice)
        if clean_text(subject):
            made[subject] = None
    return list(made)


def _subject(dice: random.Random) -> str:
    words = dice.choices(WORDS, k=dice.randint(1, 14))
    return dice.choice([" ", " ", " ", "", "-"]).join(words)


@pytest.fixture(scope="module")
def sent() -> dict[str, bytes]:
    """
    Return the encoded header of a message with this subject.
    """
    return {
        subject: message_bytes(make_message(subject=subject), date=DATE).partition(b"\r\n\r\n")[0]
        for subject in subjects()
    }


def test_thousands_of_subjects_survive_encoding_and_decoding(sent: dict[str, bytes]) -> None:
    assert len(sent) == SUBJECTS
    lost = []
    for subject, head in sent.items():
        modern = str(message_from_bytes(head, policy=policy.default)["Subject"])
        old = str(make_header(decode_header(str(message_from_bytes(head)["Subject"]))))
        if not (modern == old == clean_text(subject)):
            lost.append((subject, modern, old))
    assert lost == []


def test_every_header_line_is_short_enough_and_in_ascii(sent: dict[str, bytes]) -> None:
    assert all(head.isascii() for head in sent.values())
    lines = [line for head in sent.values() for line in head.split(b"\r\n")]
    # RFC 5322 2.1.1: 78 should be the most; a word of ASCII that is longer cannot be folded.
    assert max(len(line) for line in lines) <= 998
    assert max(len(line) for line in lines if b"=?utf-8?" in line.lower()) <= 78


def test_an_unsubscribe_url_of_any_length_can_be_read() -> None:
    whole = "https://news.example.org/u/" + "aZ09-_" * 40
    for length in range(40, 201):
        url = whole[:length]
        headers = (
            ("List-Unsubscribe", f"<{url}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )
        message = make_message(recipient=make_recipient(unsubscribe_url=url), headers=headers)
        raw = message_bytes(message, date=DATE)
        assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in raw
        parsed = message_from_bytes(raw, policy=policy.default)
        assert str(parsed["List-Unsubscribe"]) == f"<{url}>"
        assert len(re.findall(rb"^List-Unsubscribe", raw, re.MULTILINE)) == 2


def test_a_second_way_to_unsubscribe_has_a_line_of_its_own() -> None:
    ways = ["<https://news.example.org/u/T0K3N>", "<mailto:bye@example.org?subject=T0K3N>"]
    message = make_message(headers=(("List-Unsubscribe", ", ".join(ways)),))
    raw = message_bytes(message, date=DATE)
    assert "\r\nList-Unsubscribe: {},\r\n {}\r\n".format(*ways).encode() in raw
    parsed = message_from_bytes(raw, policy=policy.default)
    assert str(parsed["List-Unsubscribe"]) == ", ".join(ways)
