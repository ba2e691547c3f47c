"""
`newsletter issue correct`: a draft that tells the readers of an issue what changed in it since.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.issues.drafts import Number
from newsletter.cli.issues.send import group
from newsletter.cli.session import session_of

__all__ = ["group"]


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
    from newsletter.delivery.freeze import count_audience
    from newsletter.issues.corrections import make_correction
    from newsletter.store.issues.issues import load_issue
    from subscribers.validation.text_fields import one_line

    session = session_of(context)
    with session.app() as app:
        subject = None if subject is None else one_line(subject, "subject")
        made = make_correction(app.publishing, issue_id, subject=subject, intro=intro)
        with app.database.read() as connection:
            draft = load_issue(connection, made)
            readers = count_audience(connection, draft.audience)
    session.show(
        {"id": made, "corrects": issue_id, "readers": readers, "subject": draft.subject},
        f"made issue {made} for {readers} of those who got issue {issue_id}; next: "
        f"`newsletter issue preview {made}`, then `newsletter issue send {made}`",
    )
