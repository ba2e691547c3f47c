"""
What the templates of a mail are rendered from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from newsletter.model.field_display import FieldDisplay
from newsletter.model.image import ImageInfo
from newsletter.model.issue import ChosenBrief, Site
from newsletter.model.mail import Sender


@dataclass(frozen=True)
class TypedText:
    """
    A text that staff typed in Markdown, and what it becomes in the two parts of a mail. All three
    contain the merge fields as typed; `html` is safe. `warnings` say what was left out of it.
    """

    typed: str
    html: str
    text: str
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        values = {"typed": self.typed, "html": self.html, "text": self.text}
        return {**values, "warnings": list(self.warnings)}


@dataclass(frozen=True, kw_only=True)
class IssueContent:
    """
    Everything a template is rendered from. `view_url` is the issue in the browser, `list_name` the
    public name of its first list, `other_lists` those of the others, `date` the day on the
    masthead. `images` are the measured images of the briefs, by their addresses there. `fields` are
    the declared fields by name, which can be merge fields.
    """

    site: Site
    briefs: tuple[ChosenBrief, ...]
    sender: Sender
    list_name: str
    list_slug: str
    view_url: str
    date: dt.date
    number: int
    other_lists: tuple[str, ...] = ()
    reply_to: str | None = None
    subject: str | None = None
    preheader: str | None = None
    intro: TypedText | None = None
    is_test: bool = False
    images: Mapping[str, ImageInfo] = field(default_factory=dict)
    fields: Mapping[str, FieldDisplay] = field(default_factory=dict)
