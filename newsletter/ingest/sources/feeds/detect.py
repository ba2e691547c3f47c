"""
Detect what kind of document a server returned, where its entries end and whether it is truncated,
before `rss_atom` or `json_feed` parses it.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from xml.parsers import expat

from newsletter.errors import SourceError
from newsletter.model.brief import RawItem
from subscribers.text.phrases import phrase

# Unclosed tags are slow in feedparser: a million of them take 11 s.
MAX_DEPTH = 256
_SPACE = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_PROLOG = re.compile(rb"(?:\s+|<!--.*?-->|<\?.*?>|<!DOCTYPE[^>\[]*>)*", re.DOTALL | re.IGNORECASE)
_SUBSET = re.compile(rb"<!DOCTYPE[^>\[]*\[", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:[\w.-]+:)?([\w.-]+)")
# The comment part can match in one way only; with two ways, each comment would double the work. It
# ends before the next comment, so that unclosed ones are searched once.
_END = re.compile(
    rb"</(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>(?:\s|<!--(?:(?!-->|<!--).)*-->)*\Z",
    re.IGNORECASE | re.DOTALL,
)
_WEB_PAGE = re.compile(rb"<!DOCTYPE\s+html\b", re.IGNORECASE)
_ENTRY = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_RAN_OUT = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


@dataclass(frozen=True, kw_only=True)
class ParsedFeed:
    """
    The contents of a feed document. `is_cut` means that the document is truncated; its last,
    incomplete item is not included. `next_url` is the address of the page with older items.
    """

    items: tuple[RawItem, ...]
    notes: tuple[str, ...] = ()
    is_cut: bool = False
    next_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class Extent:
    """
    The part of an XML document to parse. `drop_last` means that the last entry may be incomplete
    and must be dropped after parsing.
    """

    body: bytes
    is_cut: bool = False
    drop_last: bool = False
    is_shortened: bool = False


def without_lead(body: bytes) -> bytes:
    """
    Return *body* without a byte order mark or blank lines at its start: PHP files with a stray line
    break put them before the XML declaration, where XML does not allow them.
    """
    return body.lstrip(_SPACE).removeprefix(_BOM).lstrip(_SPACE)


def root_of(body: bytes, *, host: str) -> str:
    """
    Return the name of the root element in lower case, without its prefix; "html" also if only the
    DOCTYPE says so, and "" if there is no element.

    Raises:
        SourceError: the DOCTYPE contains declarations. No feed needs entities, and they can expand
            a small document to a huge one.
    """
    head = body[:65536]
    prolog = _PROLOG.match(head)
    start = prolog.end() if prolog else 0
    if _SUBSET.match(head, start):
        raise _declares_entities(host)
    if _WEB_PAGE.search(head, 0, start):
        return "html"
    root = _ROOT.match(head, start)
    return root[1].decode("ascii", "replace").lower() if root else ""


def extent_of(body: bytes, *, max_items: int, host: str) -> Extent:
    """
    Find the first *max_items* complete entries of the XML document *body*. The extent returned ends
    there, with the open elements closed, so that the strict parser reads it without the broken
    rest.
    """
    scan = _Scan(max_items, host=host)
    try:
        scan.run(body)
    except expat.ExpatError as error:
        return _extent_of_broken(body, scan, has_run_out=error.code in _RAN_OUT)
    if scan.ended > max_items:
        return Extent(body=scan.closed(body), is_shortened=True)
    return Extent(body=body)


def _extent_of_broken(body: bytes, scan: _Scan, *, has_run_out: bool) -> Extent:
    if scan.is_over:
        return Extent(body=scan.closed(body), is_shortened=scan.ended > scan.most)
    if has_run_out and scan.ended:
        is_shortened = scan.ended > scan.most
        return Extent(body=scan.closed(body), is_cut=True, is_shortened=is_shortened)
    # The lenient parser handles an error in the middle (a bare &).
    is_cut = _END.search(body[-4096:]) is None
    surplus = next(itertools.islice(_ENTRY.finditer(body), scan.most, None), None)
    if surplus:
        return Extent(body=body[: surplus.start()], is_cut=is_cut, is_shortened=True)
    return Extent(body=body, is_cut=is_cut, drop_last=is_cut)


class _Scan:
    """
    One pass of expat over a document that records where its entries end.
    """

    def __init__(self, most: int, *, host: str) -> None:
        self.most = most
        self.ended = 0
        self.is_over = False
        self._host = host
        self._open: list[str] = []
        self._last_end: tuple[int, tuple[str, ...]] | None = None
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._doctype

    def run(self, body: bytes) -> None:
        self._parser.Parse(body, True)

    def closed(self, body: bytes) -> bytes:
        """
        Return *body* up to the end of the last entry wanted, with the elements around it closed.
        """
        if self._last_end is None:
            return body
        place, around = self._last_end
        end = body.index(b">", place) + 1
        return body[:end] + b"".join(f"</{name}>".encode() for name in reversed(around))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) > MAX_DEPTH:
            raise SourceError(
                phrase(
                    "{host} sent elements nested over {limit} deep: ask the site's owner to fix it",
                    host=self._host,
                    limit=MAX_DEPTH,
                )
            )

    def _end(self, name: str) -> None:
        self._open.pop()
        self.is_over = not self._open
        if name.rpartition(":")[2] in ("item", "entry"):
            self.ended += 1
            if self.ended <= self.most:
                self._last_end = self._parser.CurrentByteIndex, tuple(self._open)

    def _doctype(self, name: str, system: str | None, public: str | None, subset: bool) -> None:
        if subset:
            raise _declares_entities(self._host)


def _declares_entities(host: str) -> SourceError:
    return SourceError(
        phrase(
            "{host} sent a DOCTYPE that declares entities: ask the site's owner to remove it",
            host=host,
        )
    )
