"""
Find the labels that a document gives its encoding, as the transport and the document itself declare
it. `encoding` decodes the document by the first one that can be true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from subscribers.text.encoding import codec_of, is_wide

_CHARSET = re.compile(r"charset\s*=[\s\"']*([^\s\"';,]+)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\b[^<>?]*?\bencoding\s*=\s*[\"']\s*([\w.:-]+)", re.IGNORECASE)
# A page is declared in its head; some have long scripts before that.
_HEAD_BYTES = 262_144


def label_in(content_type: str) -> str | None:
    """
    Return the charset that a Content-Type names.
    """
    named = _CHARSET.search(content_type)
    return named[1] if named else None


def is_declared_utf8(raw: bytes) -> bool:
    """
    Return True if an XML document declares no encoding other than UTF-8.
    """
    declared = _XML.match(raw)
    return declared is None or codec_of(declared[1].decode()) == "utf-8"


def labels_of_html(raw: bytes, label: str | None, *, is_xhtml: bool) -> Iterator[str | None]:
    """
    Yield the labels of a page, the *label* of the transport first.
    """
    yield label
    head = raw[:_HEAD_BYTES]
    in_xml = _XML.match(head)
    named = [in_xml[1].decode()] if in_xml else []
    if is_xhtml:
        yield from named
    tree = LexborHTMLParser(head.decode("latin-1"))
    for meta in tree.css("meta[charset], meta[http-equiv=content-type i]"):
        found = meta.attributes.get("charset") or label_in(meta.attributes.get("content") or "")
        yield _of_ascii(found)
    yield from map(_of_ascii, named)


def labels_of_xml(raw: bytes, label: str | None) -> Iterator[str | None]:
    """
    Yield the labels of an XML document, the *label* of the transport first.
    """
    yield label
    named = _XML.match(raw)
    yield _of_ascii(named[1].decode()) if named else None


def _of_ascii(label: str | None) -> str | None:
    """
    Return *label*, which was read as ASCII: a document in UTF-16 could not be read so (WHATWG HTML,
    13.2.3.2).
    """
    codec = codec_of(label)
    return "utf-8" if codec and is_wide(codec) else label
