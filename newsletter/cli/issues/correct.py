"""
`newsletter issue correct`: a draft that tells the readers of an issue what changed in it since.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.issues.drafts import Number
from newsletter.cli.session import session_of

group = typer.Typer()


@group.command()
def correct(
    context: typer.Context,
    issue_id: Number,
    subject: Annotated[
        str | None, typer.Option(help="Instead of “Correction: ” and the subject it had.")
    ] = None,
    intro: Annotated[
        str | None, typer.Option(help="Instead of a sentence that names the changed briefs.")
    ] = None,
) -> None:
    """
    Make a draft for exactly those who got the issue, with its briefs as they are now.

    Example: newsletter issue correct 3
    """
    from newsletter.actions import issues

    session = session_of(context)
    with session.app() as app:
        made = issues.correct(app, issue_id, subject=subject, intro=intro)
    number, readers = made.draft.id, made.readers
    session.show(
        {"id": number, "corrects": issue_id, "readers": readers, "subject": made.draft.subject},
        f"made issue {number} for {readers} of those who got issue {issue_id}; next: "
        f"`newsletter issue preview {number}`, then `newsletter issue send {number}`",
    )
