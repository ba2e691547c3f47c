"""
Convert plain text, as editors type it, to markup with paragraphs, a title and bullets. `layout`
then finds the brief's fields, as for HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.cleanup import footnotes
from newsletter.ingest.parsing.fields import bullets, dates, headline
from newsletter.model.brief import ReadingRules

_HARD_WRAP = 55
_LONGEST_TITLE = 200
_LONGEST_HEADING = 70
_ENTITY = re.compile(r"&(?!(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\"'=>\w])https?://[^\s<>\"“”]{1,2000}")
_STOPS = '.!?…:;,)”"’»'


def markup_of(
    text: str, rules: ReadingRules, *, has_title: bool, has_fallback: bool = False
) -> str:
    """
    Convert *text* to HTML. If the item has no title (*has_title*), the first line that is not a
    date becomes the title; if there is a fallback title (*has_fallback*), only if it looks like
    one. HTML elements and entities in the text stay.
    """
    pieces = list(_pieces(text, rules))
    if has_fallback and not has_title:
        has_title = not _starts_with_title(pieces, rules)
    return "\n".join(_tagged(pieces, has_title=has_title, rules=rules))


def _pieces(text: str, rules: ReadingRules) -> Iterator[str | list[str]]:
    """
    Yield paragraphs as text, and runs of bullets as lists of items that still have their bullets.
    """
    run: list[str] = []
    for chunk in re.split(r"\n(?:[^\S\n]*\n)+", re.sub(r"<br\s*/?>[^\S\n]*\n", "\n", text)):
        for piece in _of_chunk(chunk.split("\n"), rules):
            if isinstance(piece, list):
                run += piece
                continue
            if run:
                yield run
                run = []
            yield piece
    if run:
        yield run


def _of_chunk(lines: list[str], rules: ReadingRules) -> Iterator[str | list[str]]:
    plain: list[str] = []
    items: list[str] = []
    for line in lines:
        words = bullets.bullet_words(html_tree.plain(line))
        if words is not None:
            yield from _flushed(plain)
            items.append(line.strip())
        elif items and _continues(items[-1], line):
            items[-1] = f"{items[-1]} {line.strip()}"
        else:
            yield from _flushed_items(items)
            if _stands_alone(line, rules):
                yield from _flushed(plain)
                yield line
            else:
                plain.append(line)
    yield from _flushed_items(items)
    yield from _flushed(plain)


def _flushed(lines: list[str]) -> Iterator[str]:
    if lines:
        longest = max(len(line) for line in lines)
        yield (" " if longest >= _HARD_WRAP else "<br>").join(line.strip() for line in lines)
        lines.clear()


def _flushed_items(items: list[str]) -> Iterator[list[str]]:
    if items:
        yield list(items)
        items.clear()


def _continues(item: str, line: str) -> bool:
    return line.startswith((" ", "\t")) or item.rstrip()[-1:] not in _STOPS


def _stands_alone(line: str, rules: ReadingRules) -> bool:
    return (
        footnotes.is_note(line.strip())
        or dates.whole_date(line, day_first=rules.day_first) is not None
        or headline.series_in(line, rules) is not None
    )


def _starts_with_title(pieces: list[str | list[str]], rules: ReadingRules) -> bool:
    """
    Return True if the first piece that is not a date is text that looks like a title.
    """
    for piece in pieces:
        words = "" if isinstance(piece, list) else html_tree.plain(piece)
        if dates.whole_date(words, day_first=rules.day_first) is None:
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
        is_date = dates.whole_date(words, day_first=rules.day_first) is not None
        if not has_title and words and not is_date:
            has_title = True
            if len(words) <= _LONGEST_TITLE:
                yield f"<h1>{_inline(piece)}</h1>"
                continue
        tag = "h2" if _is_heading(words, is_last=index == len(pieces) - 1) else "p"
        yield f"<{tag}>{_inline(piece)}</{tag}>"


def _listed(items: list[str]) -> str:
    if len(items) == 1 and not bullets.is_surely_bullet(html_tree.plain(items[0])):
        return f"<p>{_inline(items[0])}</p>"
    return f"<ul>{''.join(f'<li>{_inline(bullets.without_bullet(i))}</li>' for i in items)}</ul>"


def _is_heading(words: str, *, is_last: bool) -> bool:
    """
    Return True if *words* are a heading: short, without a full stop, and followed by text.
    """
    is_short = 2 < len(words) <= _LONGEST_HEADING and words[-1] not in _STOPS
    is_worded = words[:1].isupper() and not footnotes.is_note(words) and "/" not in words
    return is_short and is_worded and not is_last and "[" not in words


def _inline(text: str) -> str:
    escaped = html_tree.escape_strays(_ENTITY.sub("&amp;", text))
    return _ADDRESS.sub(_linked, escaped) if "<a " not in escaped else escaped


def _linked(found: re.Match[str]) -> str:
    address = found[0].rstrip(".,;:!?)")
    return f'<a href="{address}">{address}</a>{found[0][len(address) :]}'
