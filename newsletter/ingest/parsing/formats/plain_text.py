"""
Convert plain text, as editors type it, to markup with paragraphs, a title and bullets. `layout`
then finds the brief's fields, as for HTML.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from newsletter.ingest.parsing import captions, html_tree
from newsletter.ingest.parsing.cleanup import footnotes
from newsletter.ingest.parsing.fields import bullets, dateline, headline
from newsletter.ingest.parsing.formats import line_wrap
from newsletter.ingest.parsing.phrases import press_labels, trailers
from newsletter.mail.html.linkify import linkify
from newsletter.model.brief import ReadingRules

_LONGEST_TITLE = 200
_HEADLINE_LINE = 100
_MOST_LINES = 60
_LONGEST_HEADING = 70
_ENTITY = re.compile(r"&(?!(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});)", re.IGNORECASE)
# A tag, or a shortcode: one with attributes, or one that encloses an address.
_TAG = re.compile(
    r"(<[^<>]*>|\[/?embed\]|\[[a-z][\w-]{0,40}\s+[\w-]{1,40}=[\"'“”‘’″′«»][^\[\]<>]{0,2000}\])",
    re.IGNORECASE,
)
# A byline, an address, or a bracket of a shortcode.
_NO_HEADING = re.compile(r"^By |\[|@|www\.")
_LINK_START = re.compile(r"<a[\s>]|\[embed\b", re.IGNORECASE)
_LINK_END = re.compile(r"</a\b|\[/embed\b", re.IGNORECASE)


def markup_of(
    text: str, rules: ReadingRules, *, has_title: bool, has_fallback: bool = False
) -> str:
    """
    Convert *text* to HTML. If the item has no title (*has_title*), the first line that is not a
    date becomes the title; if there is a fallback title (*has_fallback*), only if it looks like
    one. HTML elements and entities in the text stay.
    """
    pieces = list(_pieces(text, rules, has_title=has_title))
    if has_fallback and not has_title:
        has_title = not _starts_with_title(pieces, rules)
    return "\n".join(_tagged(pieces, has_title=has_title, rules=rules))


def _pieces(text: str, rules: ReadingRules, *, has_title: bool) -> Iterator[str | list[str]]:
    """
    Yield paragraphs as text, and runs of bullets as lists of items that still have their bullets.
    """
    run: list[str] = []
    for chunk in re.split(r"\n(?:[^\S\n]*\n)+", re.sub(r"<br\s*/?>[^\S\n]*\n", "\n", text)):
        for piece in _of_chunk(chunk.split("\n"), rules, has_title=has_title):
            if isinstance(piece, list):
                run += piece
                continue
            if run:
                yield run
                run = []
            has_title = has_title or not _is_before_title(piece, rules)
            yield piece
    if run:
        yield run


def _of_chunk(
    lines: list[str], rules: ReadingRules, *, has_title: bool
) -> Iterator[str | list[str]]:
    plain: list[str] = []
    items: list[list[str]] = []
    end = 0
    for index, line in enumerate(lines):
        if index < end:
            continue
        if bullets.bullet_in(line) is not None:
            yield from _flushed(plain)
            items.append([line.rstrip()])
        elif items and _continues(items, line):
            items[-1].append(line.strip())
        else:
            yield from _flushed_items(items)
            near = lines[index : index + _MOST_LINES]
            count = _headline_lines(near, rules, has_title=has_title or bool(plain))
            if not count and not _stands_alone(line, rules):
                plain.append(line)
                continue
            yield from _flushed(plain)
            end = index + max(1, count)
            has_title = has_title or not _is_before_title(line, rules)
            yield line_wrap.in_one(lines[index:end]).strip()
    yield from _flushed_items(items)
    yield from _flushed(plain)


def _flushed(lines: list[str]) -> Iterator[str]:
    if lines:
        yield from line_wrap.paragraphs(lines, belongs=_belongs)
        lines.clear()


def _belongs(text: str, line: str) -> bool:
    """
    Return True if *line* belongs to the *text* before it: the credit of a caption, or the rest of
    an element.
    """
    is_open = text.count("<") > text.count(">")
    caption, credit = (
        captions.split_caption(line) if len(line) <= captions.LONGEST else (None, None)
    )
    return is_open or (caption is None and credit is not None)


def _flushed_items(items: list[list[str]]) -> Iterator[list[str]]:
    if items:
        yield [line_wrap.in_one(lines) for lines in items]
        items.clear()


def _continues(items: list[list[str]], line: str) -> bool:
    """
    Return True if *line* continues the last of *items*, each of which is a list of lines.
    """
    if line.startswith((" ", "\t")):
        return True
    last = items[-1][-1]
    if last.rstrip()[-1:] in line_wrap.STOPS:
        return False
    # Items without full stops end anywhere, so only a wide line or a small letter tells.
    return len(items) == 1 or line_wrap.goes_on(last, line)


def _headline_lines(lines: list[str], rules: ReadingRules, *, has_title: bool) -> int:
    """
    Return how many of *lines* are the headline; 0 if the first line does not start one, or if all
    of them are it.
    """
    named = headline.series_in(lines[0], rules)
    if named is not None and named[1]:
        return line_wrap.headline_lines(lines, is_other=lambda line: _is_other(line, rules))
    if named is not None or has_title or _is_other(lines[0], rules):
        return 0
    text = list(itertools.takewhile(lambda line: not _is_other(line, rules), lines))
    is_text = any(line_wrap.ends_sentence(line) or len(line) > _HEADLINE_LINE for line in text[1:])
    if not is_text or line_wrap.ends_sentence(text[0]) or len(text[0]) > _LONGEST_TITLE:
        return 0
    return line_wrap.headline_lines(text, is_other=lambda _: False)


def _is_before_title(line: str, rules: ReadingRules) -> bool:
    return (
        _is_date(line, rules)
        or trailers.is_rule(line)
        or press_labels.is_press_label(html_tree.plain(line))
    )


def _is_date(line: str, rules: ReadingRules) -> bool:
    return dateline.date_line(html_tree.plain(line), day_first=rules.day_first) is not None


def _is_other(line: str, rules: ReadingRules) -> bool:
    return bullets.bullet_in(line) is not None or _stands_alone(line, rules)


def _stands_alone(line: str, rules: ReadingRules) -> bool:
    return (
        footnotes.is_note(line.strip())
        or trailers.is_rule(line)
        or _is_date(line, rules)
        or headline.series_in(line, rules) is not None
    )


def _starts_with_title(pieces: list[str | list[str]], rules: ReadingRules) -> bool:
    """
    Return True if the first piece that is not a date is text that looks like a title.
    """
    for piece in pieces:
        words = "" if isinstance(piece, list) else html_tree.plain(piece)
        if not _is_before_title(words, rules):
            is_named = headline.series_in(words, rules) is not None
            return is_named or _is_heading(words, is_last=len(pieces) == 1)
    return False


def _tagged(
    pieces: list[str | list[str]], *, has_title: bool, rules: ReadingRules
) -> Iterator[str]:
    for index, piece in enumerate(pieces):
        if isinstance(piece, list):
            yield _listed(piece)
            continue
        words = html_tree.plain(piece)
        if not has_title and words and not _is_before_title(words, rules):
            has_title = True
            if len(words) <= _LONGEST_TITLE:
                yield f"<h1>{_inline(piece)}</h1>"
                continue
        tag = "h2" if _is_heading(words, is_last=index == len(pieces) - 1) else "p"
        yield f"<{tag}>{_inline(piece)}</{tag}>"


def _listed(items: list[str]) -> str:
    lines = [_inline(item) for item in items]
    if len(lines) == 1 and not bullets.is_surely_bullet(lines[0]):
        return f"<p>{lines[0].strip()}</p>"
    return bullets.list_of(lines)


def _is_heading(words: str, *, is_last: bool) -> bool:
    """
    Return True if *words* are a heading: short, without a full stop, and followed by text.
    """
    is_short = 2 < len(words) <= _LONGEST_HEADING and words[-1] not in line_wrap.STOPS
    is_worded = words[:1].isupper() and not footnotes.is_note(words) and "/" not in words
    return is_short and is_worded and not is_last and not _NO_HEADING.search(words)


def _inline(text: str) -> str:
    """
    Return *text* as markup with its addresses as links, except inside tags and links.
    """
    made: list[str] = []
    links = 0
    for part in _TAG.split(html_tree.escape_strays(_ENTITY.sub("&amp;", text))):
        if _LINK_START.match(part):
            links += 1
        elif _LINK_END.match(part):
            links = max(0, links - 1)
        is_text = not links and not _TAG.fullmatch(part)
        made.append(linkify(part) if is_text else part)
    return "".join(made)
