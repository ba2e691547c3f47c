"""
Actions on the text of a brief while staff write it: nothing is stored.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.ingest import brief_body
from newsletter.ingest.brief_body import PastedText
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.brief import Brief


@requires(Permission.BRIEFS_READ, "brief.text", about=shared(ObjectKind.BRIEF))
def text_of(app: App, brief: Brief, *, by: Actor) -> str:
    """
    Return the text of a brief as somebody edits it: as it was typed, or else in Markdown.
    """
    return brief_body.editable_body(app.sandbox, brief)


@requires(Permission.BRIEFS_READ, "brief.put_back", about=shared(ObjectKind.BRIEF))
def with_removed(app: App, typed: str, removed: str, *, by: Actor) -> str:
    """
    Return the text that was *typed*, with a part that was *removed* from the source's at its end.
    """
    return brief_body.with_paragraph(app.sandbox, typed, removed)


@requires(Permission.BRIEFS_READ, "brief.read_pasted", about=shared(ObjectKind.BRIEF))
def read_pasted(app: App, markup: str, *, by: Actor) -> PastedText:
    """
    Return HTML that was pasted from another program as Markdown, and what was left out of it.

    Raises:
        ReadError, SandboxError: it is too large or nested too deeply.
    """
    return brief_body.read_pasted(app.reading_sandbox, markup)
