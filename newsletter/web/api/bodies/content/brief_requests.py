"""
The bodies of requests about briefs.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Literal

from fastapi import Path
from pydantic import Field

from newsletter.ingest.brief_edits import FIELDS
from newsletter.ingest.written_briefs import WrittenBrief
from newsletter.model.brief import Link, MediaType
from newsletter.model.image import MEDIA_PREFIX
from newsletter.web.api.body import RequestBody
from newsletter.web.api.text import Line
from newsletter.web.api.times import GivenDay

BriefNumber = Annotated[
    int, Path(ge=1, le=2**53, description="The number of the brief", examples=[12])
]
BriefKey = Annotated[
    str,
    Path(
        max_length=200,
        description="The name that the program gave the brief",
        examples=["quay-2026"],
    ),
]
Address = Annotated[str, Field(max_length=2_000)]
Lines = Annotated[list[Line], Field(max_length=50)]
_IMAGE = "An address on the web, or the `image` or `url` of an uploaded image; empty for none"
# What a person can reset or edit, by its name in bodies.
WORDS = {word.replace("-", "_").replace("takeaway", "takeaways"): word for word in FIELDS}
FieldName = Literal[
    "title", "series", "takeaways", "caption", "credit", "image", "image_alt", "date", "url",
    "language", "body",
]  # fmt: skip


class CallToAction(RequestBody):
    """
    The button of a brief.
    """

    label: Annotated[str, Field(min_length=1, max_length=200)]
    url: Address


class BriefToWrite(RequestBody):
    """
    A brief. `body` is Markdown, or HTML if `body_type` says so; what an email cannot show is left
    out of it. Without a call to action its button leads to `url`.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "title": "The Quieter Quay",
        "series": "Harbour",
        "date": "2026-03-04",
        "url": "https://example.org/quay",
        "language": "en",
        "image": "https://example.org/quay.jpg",
        "image_alt": "The quay at dawn",
        "caption": "Nobody waits for the seven o'clock boat",
        "credit": "Photo: A. Byron",
        "takeaways": ["Two boats fewer a day", "The quay stays open"],
        "body": "The harbour board **decided** on Tuesday.",
        "body_type": "markdown",
        "call_to_action": {"label": "Read the plan", "url": "https://example.org/plan"},
        "categories": ["News"],
    }
    title: Annotated[str, Field(min_length=1, max_length=500)]
    series: Line = ""
    date: GivenDay | None = None
    url: Address = Field(default="", description="Where the whole text can be read")
    language: Annotated[str, Field(max_length=35)] = ""
    image: Address = Field(default="", description=_IMAGE)
    image_alt: Line = Field(default="", description="For readers who cannot see the image")
    caption: Line = ""
    credit: Line = ""
    takeaways: Lines = Field(default_factory=list)
    body: Annotated[str, Field(max_length=200_000)] = ""
    body_type: Literal["markdown", "html"] = "markdown"
    call_to_action: CallToAction | None = None
    categories: Lines = Field(default_factory=list)

    def as_written(self, media_url: str) -> WrittenBrief:
        """
        Return what an action takes. *media_url* begins the URLs of uploaded images.
        """
        button = self.call_to_action
        return WrittenBrief(
            title=self.title,
            series=self.series,
            date=self.date,
            url=self.url,
            language=self.language,
            image=_image_address(self.image, media_url),
            image_alt=self.image_alt,
            caption=self.caption,
            credit=self.credit,
            takeaways=tuple(self.takeaways),
            body=self.body,
            body_type=MediaType.HTML if self.body_type == "html" else MediaType.MARKDOWN,
            call_to_action=Link(button.label, button.url) if button else None,
            categories=tuple(self.categories),
        )


class BriefChanges(RequestBody):
    """
    The fields that are to change. What is left out stays as it is; an empty text removes a field.
    The values are kept when the source changes, until they are reset.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"title": "The Quiet Quay", "takeaways": []}
    title: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    series: Line | None = None
    takeaways: Lines | None = None
    caption: Line | None = None
    credit: Line | None = None
    image: Address | None = Field(default=None, description=_IMAGE)
    image_alt: Line | None = None
    date: GivenDay | Literal[""] | None = None
    url: Address | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    body: Annotated[str, Field(max_length=200_000)] | None = Field(
        default=None, description="The text, in Markdown"
    )

    def as_values(self, media_url: str) -> dict[str, Any]:
        """
        Return what an action takes. *media_url* begins the URLs of uploaded images.
        """
        given = self.model_dump(exclude_none=True)
        if isinstance(self.date, dt.date):
            given["date"] = self.date.isoformat()
        if self.image is not None:
            given["image"] = _image_address(self.image, media_url)
        return {WORDS[name]: value for name, value in given.items()}


class BriefFieldsToReset(RequestBody):
    """
    The fields that are to be as the source has them.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"fields": ["title"]}
    fields: Annotated[list[FieldName], Field(min_length=1, max_length=len(FIELDS))]

    def as_words(self) -> list[str]:
        """
        Return what an action takes.
        """
        return [WORDS[name] for name in self.fields]


class BriefHold(RequestBody):
    """
    Why a brief is held.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "waiting for legal"}
    reason: Line = ""


class BriefToJoin(RequestBody):
    """
    Which brief is the same piece of news.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"other": 13}
    other: Annotated[int, Field(ge=1, le=2**53, description="The number of the other brief")]


def _image_address(given: str, media_url: str) -> str:
    if given.startswith(media_url):
        return MEDIA_PREFIX + given.removeprefix(media_url)
    return given
