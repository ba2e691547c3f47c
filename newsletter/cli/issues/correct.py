"""
`newsletter issue correct`: a draft that sends the readers of an issue its corrected briefs.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.issues.drafts import Number
from newsletter.cli.issues.intro import IntroFile, read_intro
from newsletter.cli.issues.show import people
from newsletter.cli.session import session_of

group = typer.Typer()


@group.command()
def correct(
    context: typer.Context,
    issue_id: Number,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Subject of the correction",
            show_default="“Correction: ” and the subject of the issue",
        ),
    ] = None,
    intro: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Introductory text, in Markdown",
            show_default="a sentence that names the changed briefs",
        ),
    ] = None,
    intro_file: IntroFile = None,
) -> None:
    """
    Make a correction: a draft with the issue's briefs as they are now, for exactly the readers who
    received the issue.

    Example:
        newsletter issue correct 3
    """
    from newsletter.actions.issues import corrections, issues

    session = session_of(context)
    intro = read_intro(intro, intro_file)
    with session.app() as app:
        made = corrections.correct(app, issue_id, subject=subject, intro=intro, by=session.actor)
        for warning in issues.intro_warnings(app, intro, by=session.actor):
            session.say(warning)
    number, readers = made.draft.id, made.readers
    session.show(
        {"id": number, "corrects": issue_id, "readers": readers, "subject": made.draft.subject},
        f"made issue {number} for {people(readers)} of issue {issue_id}; next: "
        f"`newsletter issue preview {number}`, then `newsletter issue send {number}`",
    )
