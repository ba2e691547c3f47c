"""
`newsletter notice`: previews of the emails that are not issues.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.session import Force, session_of

group = typer.Typer()


@group.command()
def preview(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="Notice: address-changed, approval, ask-again, confirm, erasure, goodbye, "
            "new-address, operator, reminder, settings, welcome, or one of yours",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the three files")],
    force: Force = False,
) -> None:
    """
    Write a notice with sample values as HTML, text and .eml. No database is needed.

    Example:
        newsletter notice preview confirm --out preview
    """
    from newsletter.issues.sample import write_notice

    session = session_of(context)
    written = write_notice(name, out=out, config=session.config, force=force)
    session.show(written, f"{written['bytes']:,} bytes of HTML in {written['html']}")
