"""
`newsletter issue preview`: write an issue to a folder, as different screens and readers see it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.issues.drafts import Number
from newsletter.cli.session import Force, session_of

group = typer.Typer()


@group.command()
def preview(
    context: typer.Context,
    issue_id: Number,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder to write", show_default="previews/issue-ISSUE"),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser")] = False,
    screenshots: Annotated[
        bool, typer.Option(help="Take screenshots, if the extra `preview` is installed")
    ] = True,
    force: Force = False,
) -> None:
    """
    Write the issue to a folder as it would be sent now: HTML, text and .eml, screenshots of a phone
    and a desktop, and a page that shows them side by side.

    Example:
        newsletter issue preview 3 --open
    """
    from functools import partial

    from newsletter.issues.rendering import render_issue, with_images
    from newsletter.settings.output_files import output_files
    from newsletter.web.preview.folder import write_preview

    session = session_of(context)
    with session.app() as app:
        mail = render_issue(app.publishing, issue_id)
        # Only a preview is written to its usual folder, so the next one replaces it.
        files = output_files(app.settings, session.config, force=force or out is None)
        written = write_preview(
            mail,
            out or app.settings.path(Path("previews") / f"issue-{issue_id}"),
            files=files,
            site=app.site,
            fetcher=app.source_registry.fetcher if screenshots else None,
            now=app.clock(),
            shown=partial(with_images, app.publishing),
        )
    found = written.as_json()
    if open_it:
        typer.launch(found["index"])
    said = [*written.problems, *map(str, mail.shortened)]
    if screenshots and written.no_screenshots:
        said.append(written.no_screenshots)
    session.show(found, "\n".join([found["subject"], found["index"], *said]))
