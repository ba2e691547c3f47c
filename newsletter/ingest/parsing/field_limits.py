"""
Make every field of a brief one clean line, no longer than an email can show. The values of front
matter, feeds and APIs are not part of the markup that was cleaned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from newsletter.ingest.parsing import characters
from newsletter.ingest.parsing.cleanup.sanitise import LONGEST_TEXT
from newsletter.model.brief import Brief, Link

_NAMES = {
    "title": "headline",
    "series": "series",
    "caption": "caption",
    "credit": "credit",
    "image_alt": "alternative text of the lead image",
}
_NEVER_NONE = ("title", "image_alt")
_LONGEST = {
    "title": 300,
    "series": 120,
    "caption": LONGEST_TEXT,
    "credit": 300,
    "image_alt": LONGEST_TEXT,
}
# The longest key takeaway or footnote, which may be a paragraph; category or button; warning.
_LONGEST_PARAGRAPH = 2_000
_LONGEST_LABEL = 120
_LONGEST_NOTE = 500


def within_limits(brief: Brief) -> Brief:
    """
    Return *brief* with clean fields, and a warning for each text that was shortened.
    """
    warnings = list(brief.warnings)
    texts = {name: _text(brief, name, most, warnings) for name, most in _LONGEST.items()}
    brief = replace(brief, **texts)  # type: ignore[arg-type]  # each has the type it had
    cta = brief.cta and Link(_shortened(brief.cta.label, _LONGEST_LABEL), brief.cta.url)
    return replace(
        brief,
        takeaways=_paragraphs("key takeaway", brief.takeaways, warnings),
        footnotes=_paragraphs("footnote", brief.footnotes, warnings),
        cta=cta if cta and cta.label else None,
        links=tuple(Link(_shortened(link.label, LONGEST_TEXT), link.url) for link in brief.links),
        categories=_lines(brief.categories, _LONGEST_LABEL),
        removed=_lines(brief.removed, _LONGEST_NOTE),
        warnings=_lines(warnings, _LONGEST_NOTE),
    )


def _text(brief: Brief, name: str, most: int, warnings: list[str]) -> str | None:
    said: str | None = getattr(brief, name)
    line = characters.line(said or "")
    if len(line) > most:
        warnings.append(f"the {_NAMES[name]} was shortened: it has {len(line):,} characters")
    return characters.shortened(line, most) or ("" if name in _NEVER_NONE else None)


def _paragraphs(what: str, said: Iterable[str], warnings: list[str]) -> tuple[str, ...]:
    lines = [characters.line(text) for text in said]
    if any(len(line) > _LONGEST_PARAGRAPH for line in lines):
        warnings.append(f"a {what} was shortened: it has over {_LONGEST_PARAGRAPH:,} characters")
    return _lines(lines, _LONGEST_PARAGRAPH)


def _lines(said: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (_shortened(text, most) for text in said))))


def _shortened(text: str, most: int) -> str:
    return characters.shortened(characters.line(text), most)
