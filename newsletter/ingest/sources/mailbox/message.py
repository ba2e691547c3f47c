"""
Parse one mail into a raw item: decode the right part, and remove what is not the brief. Mailbox and
folder sources use it; `unwrap` knows how mails are wrapped.
"""

from __future__ import annotations

import datetime as dt
import email.policy
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.message import EmailMessage

from selectolax.lexbor import LexborNode

from newsletter.errors import ReadError
from newsletter.ingest.parsing import characters, html_tree
from newsletter.ingest.parsing.cleanup import hidden, tables
from newsletter.ingest.sources.item_keys import one_line
from newsletter.ingest.sources.mailbox import attachments, merge_tags, parts, sent
from newsletter.ingest.sources.mailbox.announcements import HeaderName
from newsletter.ingest.sources.mailbox.endings import Line, ends_brief
from newsletter.ingest.sources.mailbox.headers import header
from newsletter.ingest.sources.mailbox.subject import (
    SubjectKind,
    split_subject,
    without_list_tag,
)
from newsletter.ingest.sources.mailbox.unwrap import LONGEST_NOTE, header_in, unwrapped
from newsletter.model.brief import MediaType, RawItem
from subscribers.text.phrases import phrase

_SIGNATURES = ".gmail_signature, .moz-signature, #Signature, #ms-outlook-mobile-signature"
_QUOTES = "blockquote[type=cite], .gmail_quote, .gmail_attr, .yahoo_quoted, .moz-cite-prefix"
# The class names of Campaign Monitor and of most templates.
_PREHEADERS = (
    "[class*=preheader i], [id*=preheader i], .snippet, .webversion, [class*=preview-text i]"
)
_LOGO = re.compile(r"(?<![a-z])(?:logo|wordmark|masthead)(?![a-z])", re.IGNORECASE)
_FIRST_IMAGES = 2
_LOGO_BOXES = 5
# Rules and the marks of headings and links in the text parts that Mailchimp makes.
_DRAWN = re.compile(r"^(?:[-=_*~]{8,200}[ \t]{0,9}$|\*\* (?=\S))", re.MULTILINE)
_EXCERPT_CHARS = 80
_WRAPPERS = frozenset({"div", "section", "article", "main", "center", "blockquote", "span", "font"})
_MOST_ATTACHED = 3
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


@dataclass(frozen=True)
class _Content:
    """
    The text of a brief, what the header of a forwarded mail states, what was removed, and what is
    uncertain.
    """

    media_type: MediaType
    content: str
    stated: dict[HeaderName, str]
    removed: list[str] = field(default_factory=list)
    warnings: tuple[str, ...] = ()


def read_letter(raw: bytes) -> RawItem:
    """
    Parse the mail *raw* into a raw item. Its key is the Message-ID, else the hash of its bytes;
    subject and date are used if the content names none.

    Raises:
        ReadError: it contains no text.
    """
    return item_of(message_of(raw), raw)


def message_of(raw: bytes) -> EmailMessage:
    """
    Parse the mail in *raw*; a malformed one is parsed as far as possible.
    """
    try:
        message = email.message_from_bytes(raw, policy=email.policy.default)
    except RecursionError as error:
        raise ReadError(phrase("the email is nested too deeply to be read")) from error
    if not isinstance(message, EmailMessage):
        raise ReadError(phrase("this is not an email"))
    return message


def item_of(message: EmailMessage, raw: bytes) -> RawItem:
    """
    Convert a parsed mail to a raw item, as `read_letter` does.
    """
    letter = _letter_in(message)
    kind, subject = split_subject(one_line(header(letter, "Subject")) or "")
    subject = without_list_tag(subject, header(letter, "List-Id") or "")
    images = attachments.names_of_images(message)
    found = _content(letter, kind, images)
    stated = split_subject(one_line(found.stated.get(HeaderName.SUBJECT)) or "")[1]
    title = merge_tags.without_tags(subject).strip() or merge_tags.without_tags(stated).strip()
    at = sent.sent_at(header(letter, "Date")) or sent.sent_at(header(message, "Date"))
    at = sent.first_sent_at(found.stated.get(HeaderName.DATE, ""), at)
    return RawItem(
        key=_key(message, raw),
        content=found.content,
        media_type=found.media_type,
        fallback_title=title or None,
        fallback_at=at.astimezone(dt.UTC) if at else None,
        fallback_image=attachments.shown_beside(
            message, parts.text_of(letter, "html", images).text
        ),
        images=tuple(dict.fromkeys(images.values())),
        removed=tuple(dict.fromkeys(found.removed)),
        warnings=found.warnings,
    )


def _letter_in(message: EmailMessage) -> EmailMessage:
    """
    Return the mail that *message* forwards as an attachment, if its own text is only a note.
    """
    for _ in range(_MOST_ATTACHED):
        inner = attachments.attached_mail(message)
        if inner is None or not _is_note(message):
            break
        message = inner
    return message


def _is_note(message: EmailMessage) -> bool:
    kind, _ = split_subject(header(message, "Subject") or "")
    try:
        text = html_tree.plain(_content(message, kind, {}).content)
    except ReadError:
        return True
    return kind is not SubjectKind.REPLY and len(text) <= LONGEST_NOTE


def _key(message: EmailMessage, raw: bytes) -> str:
    said = re.sub(r"\s+", "", header(message, "Message-ID") or "")
    # A mail gets the same key from a file (LF) as over the network (CRLF).
    lines = raw.replace(b"\r\n", b"\n")
    return said or f"sha256:{hashlib.sha256(lines).hexdigest()}"


def _content(message: EmailMessage, kind: SubjectKind, images: Mapping[int, str]) -> _Content:
    """
    Return the HTML part if any text is left after unwrapping, else the text part.
    """
    html, text = parts.text_of(message, "html", images), parts.text_of(message, "plain", images)
    is_fit = len(html.text) <= html_tree.MAX_BYTES or not text.text
    if html.text and is_fit and (found := _unwrapped_html(html.text, kind)):
        return replace(found, warnings=html.warnings)
    if text.text and (found := _unwrapped_text(text.text, kind)):
        return replace(found, warnings=(*text.warnings, *characters.unread(text.text)))
    raise ReadError(phrase("the email contains no text; is the brief an attachment?"))


def _unwrapped_text(text: str, kind: SubjectKind) -> _Content | None:
    if len(text) > html_tree.MAX_BYTES:
        raise ReadError(html_tree.TOO_LARGE)
    lines = [Line(line, line) for line in characters.scrub(text).split("\n")]
    found = unwrapped(lines, kind)
    cleaned = merge_tags.remove_tags(found.lines)
    content = _DRAWN.sub("", "\n".join(line.markup for line in cleaned.lines)).strip()
    return _Content(MediaType.TEXT, content, found.stated, cleaned.removed) if content else None


def _unwrapped_html(markup: str, kind: SubjectKind) -> _Content | None:
    """
    Return *markup* without what is wrapped around the brief; None if no text is left.
    """
    body = html_tree.body_of(markup)
    html_tree.unwrap_office_tags(body)
    removed = [*hidden.take_out_hidden_of_mail(body), *_take_out_preheader(body)]
    tables.open_layout_tables(body)
    for node in body.css(f"{_SIGNATURES}, head, title, style, script"):
        node.decompose()
    lines = list(_lines(body))
    if kind is SubjectKind.REPLY or header_in(lines) is None:
        for quote in body.css(_QUOTES):
            quote.decompose()
        lines = list(_lines(body))
    found = unwrapped(lines, kind)
    cleaned = merge_tags.remove_tags(found.lines)
    if not any(line.text for line in cleaned.lines):
        return None
    content = "\n".join(line.markup for line in cleaned.lines)
    return _Content(MediaType.HTML, content, found.stated, [*removed, *cleaned.removed])


def _take_out_preheader(body: LexborNode) -> list[str]:
    """
    Remove the teaser above a newsletter and its logo, and return what was removed.
    """
    removed = []
    for node in body.css(_PREHEADERS):
        text = html_tree.text_of(node)
        if node.parent is not None and 0 < len(text) <= LONGEST_NOTE and not node.css("h1, h2"):
            removed.append(text[:_EXCERPT_CHARS])
            node.decompose()
    for image in body.css("img")[:_FIRST_IMAGES]:
        address = image.attributes.get("src") or ""
        is_logo = _LOGO.search(f"{image.attributes.get('alt') or ''} {address}") is not None
        is_logo = is_logo or any(map(_LOGO.search, _names_around(image)))
        if is_logo and not body.css_first("figure"):
            removed.append(f"the image {address}")
            image.decompose()
    return removed


def _names_around(image: LexborNode) -> Iterator[str]:
    """
    Yield the class names and ids of *image* and of the boxes that it is alone in.
    """
    node: LexborNode | None = image
    for _ in range(_LOGO_BOXES):
        if node is None or len(node.css("img")) > 1 or html_tree.text_of(node):
            return
        yield f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
        node = node.parent


def _lines(body: LexborNode) -> Iterator[Line]:
    for markup in _blocks(body):
        inside = html_tree.body_of(markup)
        lines = [Line(text, text) for text in html_tree.lines_of(inside)]
        rows = [_row(row) for row in inside.css("tr")]
        if rows and header_in(rows) is not None:
            yield from rows
        elif header_in(lines) is not None or any(ends_brief(line.text) for line in lines[1:]):
            yield from _at_breaks(inside)
        else:
            yield Line(markup, " ".join(line.text for line in lines))


def _row(row: LexborNode) -> Line:
    cells = [html_tree.text_of(cell) for cell in row.iter() if cell.tag in ("td", "th")]
    return Line(f"<p>{html_tree.inner(row)}</p>", " ".join(cells))


def _at_breaks(block: LexborNode) -> Iterator[Line]:
    """
    Yield the lines of *block*, split at each `<br>`; what follows a header in it stays whole.
    """
    pieces = _BREAK.split(html_tree.inner(block.first_child or block))
    lines = [Line(f"<p>{piece}</p>", html_tree.plain(piece)) for piece in pieces]
    header = header_in(lines)
    if header is None or any(ends_brief(line.text) for line in lines[header.lines.stop :]):
        yield from lines
        return
    stop = header.lines.stop
    yield from lines[:stop]
    rest = "<br>".join(pieces[stop:])
    yield Line(f"<p>{rest}</p>", html_tree.plain(rest))


def _blocks(node: LexborNode) -> Iterator[str]:
    """
    Yield the markup of each block in *node*, descending into wrappers; text between blocks becomes
    a block of its own.
    """
    run: list[str] = []
    for child in html_tree.children(node):
        if child.is_comment_node:
            continue
        is_wrapper = child.tag in _WRAPPERS and (
            child.tag not in ("span", "font") or _is_mixed(child)
        )
        if not is_wrapper and child.tag not in html_tree.BLOCKS:
            run.append(child.html or "")
            continue
        yield from _flushed(run)
        if is_wrapper:
            yield from _blocks(child)
        else:
            yield child.html or ""
    yield from _flushed(run)


def _is_mixed(node: LexborNode) -> bool:
    return any(inside.tag in html_tree.BLOCKS for inside in node.css("*"))


def _flushed(run: list[str]) -> Iterator[str]:
    markup = "".join(run)
    run.clear()
    if markup.strip():
        yield f"<div>{markup}</div>"
