"""
`newsletter render`: turn brief files into an email on disk, without a database.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.content.brief import Files
from newsletter.cli.session import Force, session_of


def render(
    context: typer.Context,
    paths: Files,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the three files")],
    template: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE",
            help="Template to use",
            show_default="intelbrief for one brief, digest for several",
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL", help="Base of relative addresses in the files", show_default="none"
        ),
    ] = None,
    force: Force = False,
) -> None:
    """
    Turn brief files into issue.html, issue.txt and issue.eml. No database is needed.

    Example:
        newsletter render monday.txt --out preview
    """
    from newsletter.issues.sample import write_sample

    session = session_of(context)
    written = write_sample(
        paths,
        base_url=base_url,
        template=template,
        out=out,
        config=session.config,
        force=force,
    )
    words = [f"{written['bytes']:,} bytes of HTML in {written['html']}"]
    words += [f"warning: {warning}" for warning in written["warnings"]]
    session.show(written, "\n".join(words))
