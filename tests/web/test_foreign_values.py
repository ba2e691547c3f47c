"""
Files with values of others, from the folder of a source to the editors' page, the readers'
mailboxes and the public page.
"""

from __future__ import annotations

import html
import os
import re

from drafts import EDITORS, SLOT, draft, prepared, readers, tick_at, why
from foreign_values import ATOMS, in_attributes, in_fields, in_text
from installation import Installation
from selectolax.lexbor import LexborHTMLParser
from starlette.testclient import TestClient

from newsletter.mail.html.css import COMMENT
from newsletter.mail.mime.message import clean_text
from newsletter.model.issue import DeadlineAction, IssueState

MADE = {".md": in_fields, ".html": in_text, ".htm": in_attributes}
# Elements and attributes that run something.
ACTIVE = "script, iframe, object, embed, form, svg, math, style + p, [onload], [onerror], [onclick]"
VALUES = ATOMS[::24]


def put_files(installation: Installation) -> None:
    for number, value in enumerate(VALUES):
        for ending, made in MADE.items():
            item = made(value, f"brief {number}{ending}")
            heading = (
                "" if ending == ".md" else f"<h1>{number} {html.escape(item.title or '')}</h1>"
            )
            file = installation.folder / "briefs" / f"{number}{ending}"
            file.write_bytes(f"{heading}{item.content}".encode("utf-8", "replace"))
            os.utime(file, (0, 0))


def active_in(page: str) -> list[str]:
    return [node.html or "" for node in LexborHTMLParser(page).css(ACTIVE)]


def test_files_with_values_of_others_are_shown_approved_and_sent(
    installation: Installation, pages: TestClient
) -> None:
    prepared(installation, editors=EDITORS, at_deadline=DeadlineAction.HOLD)
    put_files(installation)
    tick_at(installation, SLOT)
    briefs = installation.stored_briefs()
    assert "left out" not in why(installation)
    assert len(briefs) > 2 * len(VALUES)
    asking = installation.mails()[0].get_body(("plain",))
    assert asking is not None
    (link,) = set(re.findall(r"/r/[\w.-]+", asking.get_content()))
    review, preview = pages.get(link), pages.get(f"{link}/mail")
    assert (review.status_code, preview.status_code) == (200, 200)
    assert active_in(preview.text) == []
    (shown,) = re.findall(r'name="shown" value="(\w{64})"', review.text)
    assert pages.post(f"{link}/approve", data={"shown": shown}).status_code == 200
    tick_at(installation, installation.now)
    assert draft(installation).state == IssueState.SUBMITTED
    assert len(readers(installation)) == 3
    # Decoded: in quoted-printable a line may end within a URL.
    bodies = [mail.get_body(("html",)) for mail in installation.mails()[len(EDITORS) :]]
    (view,) = {
        found
        for body in bodies
        for found in re.findall(r"https://news\.example\.org(/v/[\w.-]+)", body.get_content())
    }
    page = pages.get(view)
    assert page.status_code == 200
    assert active_in(page.text) == []
    texts = {" ".join(node.text().split()) for node in LexborHTMLParser(page.text).css("h1,h2,h3")}
    assert [b.id for b in briefs if clean_text(b.brief.title) not in texts] == []
    for mail in installation.mails()[len(EDITORS) :]:
        assert "Bcc" not in mail
        body = mail.get_body(("html",)).get_content()
        assert active_in(body) == []
        assert all("[if" in found or "[endif]" in found for found in COMMENT.findall(body))
