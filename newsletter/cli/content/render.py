"""
`newsletter render`: brief files to a mail on disk, with no database.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.session import session_of


def render(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Text, Markdown or HTML files.")],
    out: Annotated[Path, typer.Option(help="The folder for the three files.")],
    template: Annotated[
        str | None, typer.Option(help="Default: intelbrief for one brief, digest for more.")
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Where relative addresses in the files start.")
    ] = None,
) -> None:
    """
    Turn brief files into issue.html, issue.txt and issue.eml. No database is touched.

    Example: newsletter render monday.txt --out preview
    """
    from newsletter.issues.sample import write_sample

    session = session_of(context)
    written = write_sample(
        paths, base_url=base_url, template=template, out=out, config=session.config
    )
    words = [f"{written['bytes']:,} bytes of HTML in {written['html']}"]
    words += [f"warning: {warning}" for warning in written["warnings"]]
    session.show(written, "\n".join(words))
