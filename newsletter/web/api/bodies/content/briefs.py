"""
The bodies of responses about briefs.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from newsletter.actions.content.written_briefs import KEY_PREFIX
from newsletter.ingest.brief_edits import words_of
from newsletter.model.brief import BriefStatus, Link
from newsletter.store.content.briefs import StoredBrief
from newsletter.web.api.bodies.content.brief_requests import WORDS
from newsletter.web.api.body import Resource, ResponseBody
from newsletter.web.api.text import Explanation, Explanations
from newsletter.web.api.times import Moment


class LinkBody(ResponseBody):
    """
    A link with its label.
    """

    label: str
    url: str


class BriefSummaryBody(ResponseBody):
    """
    A brief in a list. `key` is its name in its source, or the one that a program gave it.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 12,
        "source": "by hand",
        "key": "quay-2026-03-04",
        "status": "new",
        "status_reason": "",
        "pinned": False,
        "title": "The Quieter Quay",
        "series": "Harbour",
        "date": "2026-03-04",
        "url": "https://example.org/quay",
        "first_seen_at": "2026-03-04T12:00:00Z",
        "changed_at": "2026-03-04T12:00:00Z",
    }
    id: int
    source: str
    key: str
    status: BriefStatus
    status_reason: Explanation
    pinned: bool
    title: str
    series: str | None
    date: dt.date | None
    url: str | None
    first_seen_at: Moment
    changed_at: Moment


class BriefBody(BriefSummaryBody, Resource):
    """
    A brief. `body` is its text in Markdown, if staff or a program wrote it so. `edited` names the
    fields that a person set; `removed` and `warnings` say what was left out of its text, and what
    email programs will not show.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **BriefSummaryBody.EXAMPLE,
        "edited": [],
        "language": "en",
        "image": "media:0123456789abcdef01234567",
        "image_alt": "The quay at dawn",
        "caption": "Nobody waits for the seven o'clock boat",
        "credit": "Photo: A. Byron",
        "takeaways": ["Two boats fewer a day", "The quay stays open"],
        "body": "The harbour board **decided** on Tuesday.",
        "body_html": "<p>The harbour board <strong>decided</strong> on Tuesday.</p>",
        "body_text": "The harbour board decided on Tuesday.",
        "call_to_action": {"label": "Read the plan", "url": "https://example.org/plan"},
        "links": [],
        "footnotes": [],
        "categories": ["News"],
        "removed": [],
        "warnings": [],
    }
    edited: list[str]
    language: str | None
    image: str | None
    image_alt: str
    caption: str | None
    credit: str | None
    takeaways: list[str]
    body: str | None
    body_html: str
    body_text: str
    call_to_action: LinkBody | None
    links: list[LinkBody]
    footnotes: list[str]
    categories: list[str]
    removed: list[str]
    warnings: Explanations


def brief_summary(stored: StoredBrief) -> BriefSummaryBody:
    """
    Return the body of a brief in a list.
    """
    return BriefSummaryBody(**_of_both(stored))


def brief_body(stored: StoredBrief) -> BriefBody:
    """
    Return the body of a brief.
    """
    brief = stored.brief
    names = {word: name for name, word in WORDS.items()}
    return BriefBody(
        **_of_both(stored),
        edited=[names[word] for word in words_of(stored.edited)],
        language=brief.lang,
        image=brief.image_url,
        image_alt=brief.image_alt,
        caption=brief.caption,
        credit=brief.credit,
        takeaways=list(brief.takeaways),
        body=brief.body_typed,
        body_html=brief.body_html,
        body_text=brief.body_text,
        call_to_action=_link(brief.cta) if brief.cta else None,
        links=[_link(link) for link in brief.links],
        footnotes=list(brief.footnotes),
        categories=list(brief.categories),
        removed=list(brief.removed),
        warnings=list(brief.warnings),
    )


def _of_both(stored: StoredBrief) -> dict[str, Any]:
    brief = stored.brief
    return {
        "id": stored.id,
        "source": stored.source,
        "key": stored.key.removeprefix(KEY_PREFIX),
        "status": stored.status,
        "status_reason": stored.status_reason,
        "pinned": stored.is_pinned,
        "title": brief.title,
        "series": brief.series,
        "date": brief.date,
        "url": brief.url,
        "first_seen_at": stored.first_seen_at,
        "changed_at": stored.changed_at,
    }


def _link(link: Link) -> LinkBody:
    return LinkBody(label=link.label, url=link.url)
