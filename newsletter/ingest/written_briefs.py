"""
Make a brief of the fields that a program or a person wrote, instead of parsing a text.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from newsletter.errors import InvalidValue
from newsletter.ingest.brief_body import read_body
from newsletter.ingest.brief_edits import edited_brief
from newsletter.ingest.parsing import urls
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Brief, Link, MediaType
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line


@dataclass(frozen=True, kw_only=True)
class WrittenBrief:
    """
    The fields of a brief as somebody wrote them. `body` is Markdown or HTML, as `body_type` says;
    `image` is an address on the web, or `media:ID` of an image that is stored here.
    """

    title: str
    series: str = ""
    date: dt.date | None = None
    url: str = ""
    language: str = ""
    image: str = ""
    image_alt: str = ""
    caption: str = ""
    credit: str = ""
    takeaways: tuple[str, ...] = ()
    body: str = ""
    body_type: MediaType = MediaType.MARKDOWN
    call_to_action: Link | None = None
    categories: tuple[str, ...] = ()


def read_written(written: WrittenBrief, *, sandbox: Sandbox) -> Brief:
    """
    Check the fields and return the brief, its body made safe in the *sandbox*.

    Raises:
        Refused, InvalidText: a field is not valid.
        ReadError, SandboxError: the body is too large or nested too deeply.
    """
    texts = {
        "title": written.title,
        "series": written.series,
        "takeaway": written.takeaways,
        "caption": written.caption,
        "credit": written.credit,
        "image": written.image,
        "image-alt": written.image_alt,
        "date": written.date.isoformat() if written.date else "",
        "url": written.url,
    }
    if written.language:
        texts["language"] = written.language
    made = edited_brief(Brief(title=""), texts)
    names = (one_line(name, phrase("category"), may_be_empty=False) for name in written.categories)
    body = read_body(sandbox, written.body, written.body_type)
    return replace(
        made,
        cta=_call_to_action(written.call_to_action) or made.cta,
        categories=tuple(dict.fromkeys(names)),
        **body,
    )


def _call_to_action(given: Link | None) -> Link | None:
    if given is None:
        return None
    url = urls.absolute(given.url, None, is_link=True)
    if url is None:
        raise InvalidValue(
            phrase("{url} is not a valid address: start it with https:// or http://", url=given.url)
        )
    return Link(one_line(given.label, phrase("call to action"), may_be_empty=False), url)
