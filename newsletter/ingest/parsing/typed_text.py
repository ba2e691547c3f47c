"""
Convert what staff typed in Markdown, such as a letter, to safe HTML and plain text, and the text of
a brief back to Markdown. Merge fields come out as they were typed.

The sandbox for rendering loads this module, so it imports no library that is slow to load.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.cleanup import email_safe
from newsletter.ingest.parsing.cleanup.sanitise import sanitise
from newsletter.ingest.parsing.fields.plain_body import plain_body
from newsletter.ingest.parsing.formats.markdown import render_markdown
from newsletter.ingest.parsing.formats.markdown_writer import write_markdown
from newsletter.mail.merge.fields import URL_FIELDS, find_fields
from newsletter.model.brief import MediaType
from newsletter.model.issue_content import TypedText

_HEADING = re.compile(r"<(/?)h([1-6])\b")
# `sanitise` keeps h3 to h6; the template gives headings their level.
_TOP_HEADING, _LAST_HEADING = 3, 6


def warm_up() -> None:
    """
    Load everything that is loaded on first use, since no file can be opened afterwards.
    """
    read_typed("# A\n\nDear %%first_name|b%%, [c](%%view_url%%) [^1]\n\n- d\n\n[^1]: e")
    write_body("<p>a</p>", ())


def read_typed(typed: str) -> dict[str, Any]:
    """
    Convert *typed* as `read_typed_text` does; for the sandbox, which returns JSON.
    """
    return read_typed_text(typed).as_json()


def read_typed_text(typed: str) -> TypedText:
    """
    Convert *typed* with the same rules as the text of a brief.

    Raises:
        ReadError: it is too large or nested too deeply.
    """
    stand_ins = _stand_ins(typed)
    fit = email_safe.mailable(render_markdown(_replaced(typed, stand_ins)), None)
    notes = "".join(f"<p>{html.escape(note)}</p>" for note in fit.footnotes)
    body = sanitise(_HEADING.sub(_lower, html_tree.inner(fit.body)) + notes)
    fields = {stand_in: field for field, stand_in in stand_ins.items()}
    return TypedText(
        typed=typed,
        html=_replaced(body, fields),
        text=_replaced(plain_body(body), fields),
        warnings=fit.warnings,
    )


def read_body(typed: str, media_type: str) -> dict[str, Any]:
    """
    Convert the body of a brief that was typed, or sent by a program, with the same rules; for the
    sandbox, which returns JSON. Merge fields mean nothing there.

    Raises:
        ReadError: it is too large or nested too deeply.
    """
    markup = typed if media_type == MediaType.HTML else render_markdown(typed)
    fit = email_safe.mailable(markup, None)
    body = sanitise(_HEADING.sub(_lower, html_tree.inner(fit.body)))
    return {
        "body_html": body,
        "body_text": plain_body(body),
        "footnotes": list(fit.footnotes),
        "removed": list(fit.removed),
        "warnings": list(fit.warnings),
    }


def write_body(body_html: str, footnotes: Sequence[str]) -> str:
    """
    Return the text of a brief as Markdown, of which `read_body` makes the same text; if a part of
    it cannot be written so, all of it as HTML.
    """
    written = write_markdown(body_html, footnotes)
    words = "".join(plain_body(body_html).split())
    if "".join(read_body(written, MediaType.MARKDOWN)["body_text"].split()).startswith(words):
        return written
    notes = (f"<p>{html.escape(note)}</p>" for note in footnotes)
    return "\n\n".join([body_html, *notes])


def _stand_ins(typed: str) -> dict[str, str]:
    """
    Return a word for each merge field, which Markdown leaves as it is; for a URL field a URL, so
    that it can be the address of a link.
    """
    word = "field"
    while word in typed:
        word += "q"
    made = {}
    for number, field in enumerate(find_fields(typed)):
        is_url = field.name in URL_FIELDS
        made[field.typed] = f"https://{word}{number}x/" if is_url else f"{word}{number}x"
    return made


def _replaced(text: str, values: dict[str, str]) -> str:
    for old, new in values.items():
        text = text.replace(old, new)
    return text


def _lower(heading: re.Match[str]) -> str:
    level = min(int(heading[2]) + _TOP_HEADING - 1, _LAST_HEADING)
    return f"<{heading[1]}h{level}"
