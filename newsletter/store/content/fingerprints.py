"""
Compute the content hash and the date by which a stored brief is compared with its new version.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import orjson

from newsletter.model.brief import Brief
from newsletter.model.image import MEDIA_PREFIX, images_in


def content_hash(brief: Brief) -> str:
    """
    Return the SHA-256 of what a reader would see, so that a change of a page's markup, counters or
    dates does not count as an edit.
    """
    image = urlsplit(brief.image_url)._replace(query="").geturl() if brief.image_url else None
    seen = [
        brief.title,
        brief.takeaways,
        brief.body_text,
        brief.caption,
        brief.credit,
        image,
        brief.footnotes,
        [link.url for link in brief.links],
        brief.cta.label if brief.cta else None,
        # Only images whose copies we store: those elsewhere on the web are not fetched again.
        [img.src for img in images_in(brief.body_html) if img.src.startswith(MEDIA_PREFIX)],
    ]
    return hashlib.sha256(orjson.dumps(seen)).hexdigest()


def text_hash(brief: Brief) -> str | None:
    """
    Return the SHA-256 of title and text without case and spacing, by which a brief is recognised
    under another id; None if there is no text.
    """
    text = " ".join(brief.body_text.split()).casefold()
    if not text:
        return None
    title = " ".join(brief.title.split()).casefold()
    return hashlib.sha256(orjson.dumps([title, text])).hexdigest()


def dated_at(
    brief: Brief, timezone: str, now: dt.datetime, *, ahead: dt.timedelta = dt.timedelta(0)
) -> dt.datetime:
    """
    Return when a brief counts as published: its time, else the start of its day in *timezone*, else
    *now*. A time up to *ahead* after *now* counts as now, because clocks and time zones of sites
    are often wrong; a brief dated later waits until then.
    """
    when = brief.published_at
    if when is None and brief.date is not None:
        when = dt.datetime.combine(brief.date, dt.time(), ZoneInfo(timezone))
    if when is None or now < when <= now + ahead:
        return now
    return when
