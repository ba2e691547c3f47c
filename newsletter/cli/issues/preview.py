"""
`newsletter issue preview`: write an issue to a folder, as different screens and readers see it.
"""

from __future__ import annotations

import os
import shutil
import sys
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

    from newsletter.issues.release_conditions.shown_images import with_images
    from newsletter.issues.rendering import render_issue
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
        if _has_browser():
            typer.launch(found["index"])
        else:
            session.say(
                "there is no browser on this machine: open index.html in "
                f"{written.folder} on another"
            )
    said = [*written.problems, *map(str, mail.shortened)]
    if screenshots and written.no_screenshots:
        said.append(written.no_screenshots)
    session.show(found, "\n".join([found["subject"], found["index"], *said]))


def _has_browser() -> bool:
    """
    Return True if there is a screen and a program that opens a page on it; a server has neither.
    """
    if sys.platform in ("darwin", "win32"):
        return True
    has_screen = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    return has_screen and shutil.which("xdg-open") is not None
