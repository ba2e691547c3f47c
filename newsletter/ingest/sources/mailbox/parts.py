"""
Find the text of a mail among its parts: Apple Mail splits it at each image and attachment.
`message` uses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.message import EmailMessage
from urllib.parse import quote

from newsletter.ingest.parsing.formats.encoding import Decoded, decode_html, decode_text
from newsletter.model.image import CID_PREFIX

_MOST_PIECES = 100


def text_of(message: EmailMessage, kind: str, images: Mapping[int, str]) -> Decoded:
    """
    Return the text of that *kind*, `html` or `plain`, which is empty if there is none. *images* are
    the names of images by the `id` of their parts; one between two pieces of an HTML text is shown
    there.
    """
    found: list[Decoded] = []
    between: list[str] = []
    # A malformed header can raise almost any exception (cpython #81284); such a part is ignored.
    with suppress(Exception):
        for part in _pieces(message, kind):
            if part.get_content_type() == f"text/{kind}":
                piece = _decoded(part, kind)
                found.append(piece._replace(text="".join([*between, piece.text])))
                between = []
            elif found and kind == "html" and id(part) in images:
                between.append(f'<p><img src="{CID_PREFIX}{quote(images[id(part)])}"></p>')
    if not found:
        return decode_text(b"", None)
    warning = next((piece.warning for piece in found if piece.warning), None)
    return Decoded("\n".join(piece.text for piece in found), found[0].codec, warning)


def _pieces(message: EmailMessage, kind: str) -> Iterator[EmailMessage]:
    """
    Yield the body of that *kind*, and what is beside it in a multipart/mixed: more text and images.
    """
    body = message.get_body(preferencelist=(kind,))
    if not isinstance(body, EmailMessage):
        return
    yield body
    for part in _after(message, body):
        is_file = part.get_content_disposition() == "attachment"
        is_named_text = part.get_content_maintype() == "text" and part.get_filename()
        if not is_file and not is_named_text:
            yield part


def _after(message: EmailMessage, body: EmailMessage) -> list[EmailMessage]:
    for outer in message.walk():
        if outer.get_content_type() == "multipart/mixed" and outer.is_multipart():
            inside = [part for part in outer.iter_parts() if isinstance(part, EmailMessage)]
            index = next((i for i, part in enumerate(inside) if part is body), None)
            if index is not None:
                return inside[index + 1 : index + _MOST_PIECES]
    return []


def _decoded(part: EmailMessage, kind: str) -> Decoded:
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    return decode_html(raw, charset) if kind == "html" else decode_text(raw, charset)
