"""
The options that `issue new` and `issue edit` share.
"""

from __future__ import annotations

from typing import Annotated

import typer

from newsletter.cli.issues.intro import CONTENT
from newsletter.model.issue import ShownAs
from subscribers.model import Cadence

AUDIENCE = "Audience"
Cadences = Annotated[
    list[Cadence] | None,
    typer.Option(
        "--cadence",
        help="Send to the readers who chose to get the newsletter this often",
        show_default="each",
        rich_help_panel=AUDIENCE,
    ),
]
Segment = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Send only to the readers in this segment",
        show_default="all readers",
        rich_help_panel=AUDIENCE,
    ),
]
Subject = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="Subject line",
        show_default="the template's",
        rich_help_panel=CONTENT,
    ),
]
Preheader = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        help="Preview line that inboxes show after the subject",
        show_default="the template's",
        rich_help_panel=CONTENT,
    ),
]
Template = Annotated[
    str | None,
    typer.Option(
        metavar="TEMPLATE",
        help="Template to use",
        show_default="intelbrief for one brief, digest for several, letter for none",
        rich_help_panel=CONTENT,
    ),
]
Show = Annotated[
    ShownAs | None,
    typer.Option(
        help="Show every brief in this form",
        show_default="the template's",
        rich_help_panel=CONTENT,
    ),
]
