"""
Apply what a person decides about a brief: the fields they set, and whether schedules may use it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from newsletter.errors import InvalidValue, Refused
from newsletter.ingest.parsing import urls
from newsletter.ingest.parsing.fields import language
from newsletter.model.brief import READ_ON, Brief, Link
from newsletter.model.image import MEDIA_PREFIX
from newsletter.model.issue import EDITABLE
from newsletter.store.content import briefs, edits
from newsletter.store.content.briefs import StoredBrief
from newsletter.store.content.images import find_images
from newsletter.store.issues.corrections import issues_with
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line, parse_language

_STORED_IMAGE = re.compile(rf"{MEDIA_PREFIX}[0-9a-f]{{24}}")
# Each name a person can set, and the fields that change with it (an image's size with the image).
FIELDS: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "series": ("series",),
    "takeaway": ("takeaways",),
    "caption": ("caption",),
    "credit": ("credit",),
    "image": ("image_url", "image_width", "image_height"),
    "image-alt": ("image_alt",),
    "date": ("date", "published_at"),
    "url": ("url", "cta"),
    "language": ("lang", "dir"),
    "body": (
        "body_html", "body_text", "body_typed", "links", "footnotes", "removed", "warnings",
    ),
}  # fmt: skip


def edited_brief(brief: Brief, changes: Mapping[str, Any]) -> Brief:
    """
    Return *brief* with the *changes*, by the names in `FIELDS`; an empty text removes a field. That
    of `body` is what `brief_body.read_body` returns.

    Raises:
        Refused, InvalidText: a value is not valid.
    """
    for word, value in changes.items():
        brief = replace(brief, **_MADE[word](value, brief))
    return brief


def change_brief(
    connection: sa.Connection,
    brief_id: int,
    *,
    values: Mapping[str, Any],
    reset: Collection[str],
    now: dt.datetime,
) -> StoredBrief:
    """
    Reset the fields *reset* to what the brief's source says, then set the *values*; both use the
    names in `FIELDS`. Return the brief.

    Raises:
        NotFound: there is no such brief.
        Refused, InvalidText: a name is not known, or its value is not valid.
    """
    stored = briefs.load_brief(connection, brief_id)
    if reset:
        edits.reset_brief(connection, brief_id, fields_of(reset), now=now)
        stored = briefs.load_brief(connection, brief_id)
    if values:
        edited = edited_brief(stored.brief, values)
        require_stored_image(connection, edited)
        # A source's next text must not come under ours, nor its date beside ours.
        together = [set(_MADE[word](value, stored.brief)) for word, value in values.items()]
        edits.edit_brief(connection, brief_id, edited, together=together, now=now)
    return briefs.load_brief(connection, brief_id)


def require_stored_image(connection: sa.Connection, brief: Brief) -> None:
    """
    Check that the image of *brief* is stored, if its address says that it is stored here.

    Raises:
        InvalidValue: it is not.
    """
    address = brief.image_url
    if address and address.startswith(MEDIA_PREFIX) and not find_images(connection, [address]):
        raise InvalidValue(phrase("there is no image {address}: upload it first", address=address))


def hold_brief(
    connection: sa.Connection, brief_id: int, *, reason: str, by: str | None = None
) -> tuple[StoredBrief, list[int]]:
    """
    Hold a brief for the person *by*, if they have a name, so that schedules do not use it, and
    return it with the numbers of the drafts it stays in.

    Raises:
        NotFound: there is no such brief.
    """
    briefs.load_brief(connection, brief_id)
    briefs.hold_brief(connection, brief_id, reason=reason, by=by)
    drafts = [number for number, state in issues_with(connection, brief_id) if state in EDITABLE]
    return briefs.load_brief(connection, brief_id), drafts


def free_brief(connection: sa.Connection, brief_id: int) -> StoredBrief:
    """
    Release a held or recorded brief for issues, and return it.

    Raises:
        NotFound: there is no such brief.
    """
    briefs.load_brief(connection, brief_id)
    briefs.release_brief(connection, brief_id)
    return briefs.load_brief(connection, brief_id)


def pin_brief(connection: sa.Connection, brief_id: int, *, pinned: bool) -> StoredBrief:
    """
    Pin a brief so that it comes first in the next issue that uses it, or unpin it, and return it.

    Raises:
        NotFound: there is no such brief.
    """
    briefs.load_brief(connection, brief_id)
    briefs.set_pinned(connection, brief_id, pinned=pinned)
    return briefs.load_brief(connection, brief_id)


def words_of(names: Collection[str]) -> list[str]:
    """
    Return the names that people use for the fields *names*, in order.
    """
    return [word for word, fields in FIELDS.items() if not set(fields).isdisjoint(names)]


def fields_of(words: Collection[str]) -> set[str]:
    """
    Return the fields that belong to the names *words*; `all` means every one.

    Raises:
        Refused: there is no such name.
    """
    unknown = [word for word in words if word not in (*FIELDS, "all")]
    if unknown:
        raise Refused(
            phrase(
                "{name} cannot be reset: use {fields} or all",
                name=unknown[0],
                fields=", ".join(FIELDS),
            )
        )
    wanted = FIELDS if "all" in words else words
    return {name for word in wanted for name in FIELDS[word]}


def _line(name: str) -> Callable[[str, Brief], dict[str, Any]]:
    return lambda value, _: {name: one_line(value, name) or None}


def _image(value: str, _: Brief) -> dict[str, Any]:
    # An image that is stored here has been measured, and is found by its address.
    address = value if _STORED_IMAGE.fullmatch(value) else _address(value)
    return {"image_url": address, "image_width": None, "image_height": None}


def _date(value: str, _: Brief) -> dict[str, Any]:
    try:
        day = dt.date.fromisoformat(value) if value else None
    except ValueError as error:
        raise Refused(
            phrase("{value} is not a valid date: write it as 2026-11-24", value=value)
        ) from error
    return {"date": day, "published_at": None}


def _url(value: str, brief: Brief) -> dict[str, Any]:
    """
    Return the address, along with the button that links to it unless the button has its own label.
    """
    url = _address(value)
    if brief.has_own_action:
        return {"url": url}
    return {"url": url, "cta": Link(READ_ON, url) if url else None}


def _language(value: str, _: Brief) -> dict[str, Any]:
    tag = parse_language(value)
    return {"lang": tag, "dir": language.direction_of(tag)}


def _address(value: str) -> str | None:
    found = urls.absolute(value, None)
    if value and found is None:
        raise Refused(
            phrase("{value} is not a valid address: start it with https:// or http://", value=value)
        )
    return found


_MADE: Mapping[str, Callable[[Any, Brief], dict[str, Any]]] = {
    "title": lambda value, _: {"title": one_line(value, phrase("title"), may_be_empty=False)},
    "series": _line("series"),
    "takeaway": lambda value, _: {
        "takeaways": tuple(
            filter(None, (one_line(takeaway, phrase("takeaway")) for takeaway in value))
        )
    },
    "caption": _line("caption"),
    "credit": _line("credit"),
    "image": _image,
    "image-alt": lambda value, _: {"image_alt": one_line(value, phrase("image-alt"))},
    "date": _date,
    "url": _url,
    "language": _language,
    "body": lambda value, _: {"links": (), **value},
}
