"""
Put a picture that staff uploaded into the text of a draft, in Markdown.
"""

from __future__ import annotations

import re

from newsletter.actions.content import media
from newsletter.app import App
from newsletter.errors import ReadError
from newsletter.mail.templating.images import media_address
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.refusals import line_of
from newsletter.web.admin.routes import StaffRequest
from newsletter.web.admin.staff_pages import FieldError

# What the script of the composer writes where the cursor is.
_MARK = "![](picture)"


def add_picture(app: App, staff_request: StaffRequest, intro: str) -> tuple[str, FieldError | None]:
    """
    Store the picture of a form, and return *intro* with it: where it is marked, else at the end; or
    what is wrong with it, and the text without the mark.
    """
    without = intro.replace(_MARK, "")
    typed, words = staff_request.typed, staff_request.words
    file = typed.files.get("picture")
    description = _in_markdown(typed.one("description"))
    if error := _missing(has_file=file is not None, description=description, words=words):
        return without, error
    assert file is not None
    try:
        image = media.upload(app, file.content, by=staff_request.actor)
    except ReadError as refused:
        return without, FieldError(name="picture", text=line_of(refused, words))
    shown = f"![{description}]({media_address(app.site.base_url, image.id)})"
    if _MARK in intro:
        return intro.replace(_MARK, shown, 1).replace(_MARK, ""), None
    return f"{intro}\n\n{shown}".strip("\n"), None


def _missing(*, has_file: bool, description: str, words: StaffWords) -> FieldError | None:
    if not has_file:
        return FieldError(name="picture", text=words.gettext("Choose a file first."))
    if not description:
        text = words.gettext("Say what the picture shows.")
        return FieldError(name="description", text=text)
    return None


def _in_markdown(description: str) -> str:
    """
    Return a description as one line in which nothing means anything in Markdown.
    """
    return re.sub(r"([\\\[\]*_`<>!&%])", r"\\\1", " ".join(description.split()))
