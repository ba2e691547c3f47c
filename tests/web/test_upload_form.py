"""
Bodies of forms with files.
"""

from __future__ import annotations

import pytest

from newsletter.web.typed_form import FormFile
from newsletter.web.upload_form import parse_body

TYPE = 'multipart/form-data; boundary="x-x"'
DISPOSITION = "Content-Disposition: form-data; "


def body(*parts: tuple[str, bytes]) -> bytes:
    made = [b"--x-x\r\n" + DISPOSITION.encode() + head.encode() + b"\r\n\r\n" + content + b"\r\n"
            for head, content in parts]  # fmt: skip
    return b"".join(made) + b"--x-x--\r\n"


def test_fields_and_files_are_read_as_they_were_sent() -> None:
    content = bytes(range(256)) + b"\r\n--x-\r\n"
    typed = parse_body(
        body(
            ('name="title"', "Ålesund\r\ntwice".encode()),
            ('name="tick"', b"1"),
            ('name="tick"', b"2"),
            ('name="picture"; filename="a %22b%22.png"\r\nContent-Type: image/png', content),
            ('name="other"; filename=""', b""),
        ),
        TYPE,
    )
    assert typed.one("title") == "Ålesund\r\ntwice"
    assert typed.many("tick") == ("1", "2")
    assert typed.files == {"picture": FormFile(name='a "b".png', content=content)}


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (b"", TYPE),
        (b"\xff\x00--x-x", TYPE),
        (b"--x-x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x-x--", TYPE),
        (b"--x-x\r\nno end", TYPE),
        (body(('name="a"', b"b")), "multipart/form-data"),
        (body(('name="a"', b"b")), "multipart/form-data; boundary=y"),
    ],
)
def test_what_cannot_be_read_is_left_out(sent: bytes, kind: str) -> None:
    typed = parse_body(sent, kind)
    assert (typed.values, typed.files) == ({}, {})


def test_a_form_without_files_is_read_as_before() -> None:
    typed = parse_body(b"a=1&a=2", "application/x-www-form-urlencoded")
    assert typed.many("a") == ("1", "2")


def test_a_blank_field_is_sent_too_and_nothing_is_picked_by_it() -> None:
    for typed in (
        parse_body(b"name=&as=&as=note", "application/x-www-form-urlencoded"),
        parse_body(body(('name="name"', b""), ('name="as"', b""), ('name="as"', b"note")), TYPE),
    ):
        assert typed.values == {"name": [""], "as": ["", "note"]}
        assert typed.many("as") == ("note",)
