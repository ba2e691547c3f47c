"""
Make the text of a brief of what staff or a program wrote, and write that of a source as Markdown.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from newsletter.errors import SandboxError
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Brief, MediaType

PASTED_MODULES = ("newsletter.ingest.parsing.pasted.clipboard",)
_PARSER = "newsletter.ingest.parsing.typed_text"


@dataclass(frozen=True, kw_only=True)
class PastedText:
    """
    What was pasted, in Markdown, and what was left out of it, in lines.
    """

    text: str
    left_out: tuple[str, ...] = ()


def read_body(
    sandbox: Sandbox, typed: str, media_type: MediaType = MediaType.MARKDOWN
) -> dict[str, Any]:
    """
    Return the fields of a brief that follow from its text, made safe in the *sandbox*.

    Raises:
        ReadError, SandboxError: the text is too large or nested too deeply.
    """
    read = sandbox.call(f"{_PARSER}:read_body", typed, media_type.value)
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in read.items()}
    return {**fields, "body_typed": None if media_type is MediaType.HTML else typed}


def editable_body(sandbox: Sandbox, brief: Brief) -> str:
    """
    Return the text of *brief* as it was typed; that of a source as Markdown, or as HTML if it takes
    too long to write.
    """
    if brief.body_typed is not None:
        return brief.body_typed
    try:
        return str(sandbox.call(f"{_PARSER}:write_body", brief.body_html, list(brief.footnotes)))
    except SandboxError:
        return brief.body_html


def with_paragraph(sandbox: Sandbox, typed: str, text: str) -> str:
    """
    Return the Markdown *typed* with the plain *text* as another paragraph at its end.
    """
    added = str(sandbox.call(f"{_PARSER}:write_body", f"<p>{html.escape(text)}</p>", []))
    return "\n\n".join(filter(None, (typed.rstrip(), added)))


def read_pasted(sandbox: Sandbox, markup: str) -> PastedText:
    """
    Return HTML that was pasted as Markdown. *sandbox* has loaded PASTED_MODULES.

    Raises:
        ReadError, SandboxError: it is too large or nested too deeply.
    """
    read = sandbox.call(f"{PASTED_MODULES[0]}:read_pasted", markup)
    return PastedText(text=read["text"], left_out=tuple(dict.fromkeys(read["left_out"])))
