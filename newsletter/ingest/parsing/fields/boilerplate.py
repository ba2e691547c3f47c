"""
Remove what sites append to a brief: contact lines, rules, lone dots, "follow us", the "appeared
first" line of SEO plug-ins. It works backwards from the end, so that prose is never removed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from newsletter.ingest.parsing import html_tree, urls
from newsletter.ingest.parsing.cleanup import footnotes
from newsletter.ingest.parsing.fields.block import Block, BlockKind
from newsletter.ingest.parsing.phrases import trailers
from newsletter.model.brief import ReadingRules

_WORDED = (BlockKind.PARAGRAPH, BlockKind.HEADING)
_LONGEST = 600
# Unknown lines below known ones: a motto, the name of a series. A paragraph is longer.
_MOST_UNKNOWN = 3
_LONGEST_UNKNOWN = 160


@dataclass(frozen=True)
class Tail:
    """
    A brief's blocks without boilerplate at the end, with the footnotes found there, the boilerplate
    removed and the addresses of videos removed (`films`).
    """

    blocks: tuple[Block, ...]
    footnotes: tuple[str, ...]
    removed: tuple[str, ...]
    films: tuple[str, ...]


def cut_tail(blocks: list[Block], rules: ReadingRules, url: str | None) -> Tail:
    """
    Remove boilerplate and footnotes from the end of *blocks*, also above a few short lines that
    are not known, which stay. A video after boilerplate belongs to it and is removed too; its
    address is in `films`.
    """
    end = _signature(blocks)
    while end and _is_of_tail(blocks[end - 1], rules, url):
        end -= 1
    tail = blocks[end:]
    first = next((i for i, b in enumerate(tail) if not _is_kept_in_tail(b)), len(tail))
    cut = {end + i for i, b in enumerate(tail) if i >= first or b.kind is not BlockKind.FILM}
    cut |= _above_unknown(blocks, end, url)
    cut |= _headings(blocks, cut)
    cut |= _below_end(blocks)
    notes = [_note(blocks[i]) for i in sorted(cut) if footnotes.is_note(blocks[i].text)]
    films = tuple(_addresses(blocks[i])[0] for i in sorted(cut) if blocks[i].kind is BlockKind.FILM)
    removed = [blocks[i].text for i in sorted(cut) if _is_listed(blocks[i])]
    kept = tuple(block for i, block in enumerate(blocks) if i not in cut)
    return Tail(_ended_with_text(kept), tuple(notes), tuple(removed), films)


def _note(block: Block) -> str:
    return footnotes.note_text(html_tree.body_of(block.markup), None)


def _ended_with_text(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """
    Return *blocks* with a heading at the end as a paragraph: a greeting that was taken for the
    heading of the boilerplate below it.
    """
    if len(blocks) < 2 or blocks[-1].kind is not BlockKind.HEADING:
        return blocks
    markup = f"<p>{blocks[-1].markup}</p>"
    return (*blocks[:-1], replace(blocks[-1], kind=BlockKind.PARAGRAPH, markup=markup))


def _is_kept_in_tail(block: Block) -> bool:
    return block.kind is BlockKind.FILM or footnotes.is_note(block.text)


def _is_listed(block: Block) -> bool:
    is_note = footnotes.is_note(block.text) or footnotes.HEADING.match(block.text)
    return bool(block.text) and block.kind is not BlockKind.FILM and not is_note


def _is_of_tail(block: Block, rules: ReadingRules, url: str | None) -> bool:
    return (
        block.kind is BlockKind.FILM
        or footnotes.is_note(block.text)
        or _is_trailer(block, url)
        or _is_own(block, rules)
        or _is_separator(block)
    )


def _signature(blocks: list[Block]) -> int:
    """
    Return the index of the line `--` above a signature at the end, or the number of *blocks*.
    """
    lines: list[str] = []
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        if block.text == "--":
            return index
        lines += html_tree.lines_of(html_tree.body_of(block.markup))
        if block.kind not in _WORDED or not trailers.is_signature(lines):
            break
    return len(blocks)


def _below_end(blocks: list[Block]) -> set[int]:
    """
    Return the indexes of the one mark of the end that a press release has and of what is below it,
    unless that is over half as long as the text above:
    then the mark divides texts.
    """
    marks = [i for i, b in enumerate(blocks) if trailers.is_end_of_release(b.text)]
    if len(marks) != 1:
        return set()
    above, below = (
        sum(len(block.text) for block in part) for part in (blocks[: marks[0]], blocks[marks[0] :])
    )
    return set(range(marks[0], len(blocks))) if 2 * below <= above else set()


def _above_unknown(blocks: list[Block], end: int, url: str | None) -> set[int]:
    """
    Return the indexes of boilerplate and footnotes that have only few short lines below them.
    """
    cut: set[int] = set()
    unknown = 0
    # The first block is the headline or its date.
    for index in range(end - 1, 0, -1):
        block = blocks[index]
        is_drawn = _is_separator(block)
        is_known = footnotes.is_note(block.text) or _is_trailer(block, url)
        if is_known or (is_drawn and index + 1 in cut):
            cut.add(index)
        elif not is_drawn:
            unknown += 1
            is_line = block.kind in _WORDED and len(block.text) <= _LONGEST_UNKNOWN
            if not is_line or unknown > _MOST_UNKNOWN:
                break
    return cut


def _headings(blocks: list[Block], cut: set[int]) -> set[int]:
    """
    Return the indexes of the headings of what is *cut*: `Notes`, `Contact`.
    """
    found = set()
    for index in cut:
        above = blocks[index - 1] if index and index - 1 not in cut else None
        if above is None or above.kind not in _WORDED:
            continue
        if footnotes.is_note(blocks[index].text):
            is_heading = footnotes.HEADING.fullmatch(above.text) is not None
        else:
            is_heading = trailers.is_heading(above.text)
        if is_heading:
            found.add(index - 1)
    return found


def _is_separator(block: Block) -> bool:
    if block.kind is BlockKind.OTHER:
        return not block.text and block.markup.startswith("<hr")
    return block.kind in _WORDED and trailers.is_separator(block.text)


def _is_trailer(block: Block, url: str | None) -> bool:
    if block.kind not in _WORDED or len(block.text) > _LONGEST:
        return False
    lines = html_tree.lines_of(html_tree.body_of(block.markup))
    return trailers.is_trailer(block.text, lines) or _says_where_it_appeared(block, url)


def _is_own(block: Block, rules: ReadingRules) -> bool:
    """
    Return True if *block* starts with the first words of boilerplate of its own site.
    """
    text = block.text.casefold()
    is_short = block.kind in _WORDED and len(text) <= _LONGEST
    return is_short and any(
        text.startswith(own.strip().casefold()) for own in rules.trailers if own.strip()
    )


def _says_where_it_appeared(block: Block, url: str | None) -> bool:
    """
    Return True if *block* contains exactly a link to the brief and one to its site, as Yoast's line
    does in any language.
    """
    found = _addresses(block)
    if url is None or len(found) != 2:
        return False
    return urls.same_place(found[0], url) and _is_site_of(found[1], url)


def _is_site_of(site: str, url: str) -> bool:
    return urls.host(site) == urls.host(url) and not urls.same_place(site, url)


def _addresses(block: Block) -> list[str]:
    anchors = html_tree.body_of(block.markup).css("a[href]")
    return [anchor.attributes.get("href") or "" for anchor in anchors]
