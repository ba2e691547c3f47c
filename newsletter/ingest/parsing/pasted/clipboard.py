"""
Read HTML from the clipboard as Markdown: the signs of Word and its like become HTML, which is then
cleaned as that of a source is. It runs in the sandboxed child process.
"""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.cleanup import email_safe
from newsletter.ingest.parsing.cleanup.sanitise import sanitise
from newsletter.ingest.parsing.fields.block import BlockKind
from newsletter.ingest.parsing.fields.split_blocks import blocks_of
from newsletter.ingest.parsing.formats.markdown_writer import write_markdown
from newsletter.ingest.parsing.pasted.office_notes import settle_notes
from newsletter.ingest.parsing.pasted.pasted_lists import settle_lists
from newsletter.ingest.parsing.pasted.styles import settle_styles
from newsletter.ingest.parsing.pasted.wrapped_links import unwrap_links

_FRAGMENT = re.compile(r"<!--\s*StartFragment\s*-->(.*?)(?:<!--\s*EndFragment\s*-->|$)", re.DOTALL)
_ON_THE_WEB = re.compile(r"https?://", re.IGNORECASE)
# Their addresses answer only for whoever wrote the text, and for a short time.
_PRIVATE = re.compile(
    r"https?://(?:[\w-]+\.)*(?:googleusercontent\.com/docs|attachments\.office\.)"
)
_PICTURE = "a picture, which was not on the web: upload it"
_TOP_HEADING, _LAST_HEADING = 3, 6


def warm_up() -> None:
    """
    Load everything that is loaded on first use, since no file can be opened afterwards.
    """
    read_pasted("<p class=MsoNormal>a <b>b</b></p><ul><li>c</ul>")


def read_pasted(markup: str) -> dict[str, Any]:
    """
    Return the `text` of *markup* in Markdown, and what was `left_out` of it, in lines.

    Raises:
        ReadError: it is too large or nested too deeply.
    """
    found = _FRAGMENT.search(markup)
    body = html_tree.body_of(found[1] if found else markup)
    html_tree.unwrap_office_tags(body)
    left_out = _remove_pictures(body)
    settle_styles(body)
    settle_lists(body)
    left_out += settle_notes(body)
    unwrap_links(body)
    fit = email_safe.mailable(html_tree.inner(body), None)
    text = write_markdown(sanitise("\n".join(_markup_of(fit.body))), fit.footnotes)
    return {"text": text, "left_out": [*left_out, *fit.removed, *fit.warnings]}


def _remove_pictures(body: LexborNode) -> list[str]:
    """
    Remove the pictures that are on no site from which readers could load them.
    """
    removed = []
    for image in body.css("img"):
        address = image.attributes.get("src") or ""
        if not _ON_THE_WEB.match(address) or _PRIVATE.match(address):
            html_tree.remove_inline(image)
            removed.append(_PICTURE)
    return removed


def _markup_of(body: LexborNode) -> list[str]:
    """
    Return the markup of each block, with the highest heading as an h3.
    """
    blocks = blocks_of(body)
    top = min((b.level for b in blocks if b.kind is BlockKind.HEADING), default=1)
    made = []
    for block in blocks:
        level = min(block.level - top + _TOP_HEADING, _LAST_HEADING)
        is_heading = block.kind is BlockKind.HEADING
        made.append(f"<h{level}>{block.markup}</h{level}>" if is_heading else block.markup)
    return made
