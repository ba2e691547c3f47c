"""
Remove what sites append to a brief: contact lines, rules, lone dots, "follow us", the "appeared
first" line of SEO plug-ins. It works backwards from the end, so that prose is never removed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.ingest.parsing import html_tree, urls
from newsletter.ingest.parsing.cleanup import footnotes
from newsletter.ingest.parsing.fields.block import Block, BlockKind
from newsletter.model.brief import ReadingRules

_KNOWN = re.compile(
    r"for tailored research and analysis,? please contact:?.{0,120}"
    r"|[.\s·]{1,6}|[-_*=~–—#\s]{3,200}"
    r"|(?:follow|like|find) us\b.{0,100}"
    r"|(?:share|like) this(?: \w+)?:?"
    r"|(?:download|view|read|open) (?:the |this |a )?(?:full |printable )?(?:\w+ )?(?:as )?(?:a )?"
    r"pdf\b.{0,60}"
    r"|(?:click here )?to (?:download|view) .{0,60}pdf\b.{0,60}"
    r"|the post .{1,300} (?:appeared first|first appeared) on .{1,100}",
    re.IGNORECASE,
)
_LONGEST = 600


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
    Remove boilerplate and footnotes from the end of *blocks*. A video after boilerplate belongs to
    it and is removed too; its address is in `films`.
    """
    end = len(blocks)
    while end and _is_of_tail(blocks[end - 1], rules, url):
        end -= 1
    tail = blocks[end:]
    notes = [block.text for block in tail if footnotes.is_note(block.text)]
    trailers = [block.text for block in tail if is_trailer(block, rules, url) and block.text]
    first = next((i for i, b in enumerate(tail) if is_trailer(b, rules, url)), len(tail))
    kept = [*blocks[:end], *(block for block in tail[:first] if block.kind is BlockKind.FILM)]
    films = tuple(_addresses(b)[0] for b in tail[first:] if b.kind is BlockKind.FILM)
    return Tail(tuple(_without_note_heading(kept, notes)), tuple(notes), tuple(trailers), films)


def _is_of_tail(block: Block, rules: ReadingRules, url: str | None) -> bool:
    return (
        block.kind is BlockKind.FILM
        or footnotes.is_note(block.text)
        or is_trailer(block, rules, url)
    )


def is_trailer(block: Block, rules: ReadingRules, url: str | None) -> bool:
    """
    Return whether *block*, at the end of a brief, is boilerplate. `rules.trailers` are the first
    words of the site's own boilerplate.
    """
    if block.kind is BlockKind.OTHER:
        return not block.text and block.markup.startswith("<hr")
    if block.kind not in (BlockKind.PARAGRAPH, BlockKind.HEADING) or len(block.text) > _LONGEST:
        return False
    text = block.text.casefold()
    return (
        bool(_KNOWN.fullmatch(block.text))
        or any(text.startswith(own.strip().casefold()) for own in rules.trailers if own.strip())
        or _says_where_it_appeared(block, url)
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


def _without_note_heading(blocks: list[Block], notes: list[str]) -> list[Block]:
    is_headed = notes and blocks and footnotes.HEADING.match(blocks[-1].text)
    return blocks[:-1] if is_headed else blocks
