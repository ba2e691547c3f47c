"""
Define the mail: an issue rendered once, its merge fields, and the copy of one recipient.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from newsletter.model.field_display import FieldDisplay


@dataclass(frozen=True)
class Sender:
    """
    The From identity. `name` may be empty.
    """

    name: str
    address: str


@dataclass(frozen=True)
class MergeField:
    """
    `%%name%%` or `%%name|fallback%%`: filled for each recipient. Without a fallback the
    recipient must have a value. `place` is the file and line where it was read, for staff.

    A declared field has a `display`, and may have a `format`: `%%name|format|fallback%%`.
    """

    name: str
    fallback: str | None = None
    place: str = field(default="", compare=False)
    format: str = ""
    display: FieldDisplay | None = field(default=None, compare=False)

    @functools.cached_property
    def key(self) -> str:
        """
        The key of its value among a recipient's values.
        """
        return f"{self.name}|{self.format}" if self.format else self.name

    @property
    def typed(self) -> str:
        """
        The field as staff type it.
        """
        return f"%%{self.key}%%" if self.fallback is None else f"%%{self.key}|{self.fallback}%%"

    def as_json(self) -> dict[str, Any]:
        """
        Return the field without its place, because a mail is the same no matter where its fields
        were written.
        """
        values: dict[str, Any] = {"name": self.name, "fallback": self.fallback}
        if self.display is not None:
            values |= {"format": self.format, "display": self.display.as_json()}
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> MergeField:
        """
        Return the field that `as_json` wrote.
        """
        display = values.get("display")
        return cls(
            **{**values, "display": None if display is None else FieldDisplay.from_json(display)}
        )


def mark_of(nonce: str, number: int) -> str:
    """
    Return what stands for the merge field with that number in a mail with that nonce.
    """
    return f"NL{nonce}{number}X"


class Shortening(enum.StrEnum):
    """
    How a brief was shortened so that its issue fits into a mail.

    CUT: its text was cut, with a link to the full text. LINE: it is shown as one line.
    """

    CUT = "cut"
    LINE = "line"

    @property
    def description(self) -> str:
        """
        Return a sentence for staff.
        """
        done = {Shortening.CUT: "its text is shortened", Shortening.LINE: "it is shown as one line"}
        return f"{done[self]} to keep the email small enough"


@dataclass(frozen=True)
class Shortened:
    """
    A brief that its issue shows shorter than staff or the schedule asked for.
    """

    brief_id: int
    title: str
    how: Shortening

    def __str__(self) -> str:
        return f"brief {self.brief_id} “{self.title}”: {self.how.description}"

    def as_json(self) -> dict[str, Any]:
        """
        Return the fields as plain JSON values.
        """
        return dataclasses.asdict(self)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """
    An issue rendered once.

    Subject, HTML, text and the values of `headers` have a mark in place of each merge field:
    `nonce` and a number, only letters and digits; `fields` lists the fields by that number. The
    rest is the same for every recipient, byte for byte. `shortened` lists for staff the briefs that
    were shortened, in order; `whole` is then the HTML with nothing shortened, for the browser.
    """

    subject: str
    html: str
    text: str
    sender: Sender
    reply_to: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    nonce: str = ""
    fields: tuple[MergeField, ...] = ()
    shortened: tuple[Shortened, ...] = ()
    whole: str | None = None

    def as_json(self) -> dict[str, Any]:
        """
        Return the mail as plain JSON values.
        """
        return {**dataclasses.asdict(self), "fields": [each.as_json() for each in self.fields]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Mail:
        """
        Return the mail that `as_json` wrote, identical byte for byte.
        """
        return cls(
            **{
                **values,
                "sender": Sender(**values["sender"]),
                "headers": tuple((name, value) for name, value in values["headers"]),
                "fields": tuple(MergeField.from_json(field) for field in values["fields"]),
                "shortened": tuple(
                    Shortened(each["brief_id"], each["title"], Shortening(each["how"]))
                    for each in values["shortened"]
                ),
            }
        )


class Recipient(NamedTuple):
    """
    A subscriber as frozen into an issue, with the value of every merge field they have, as it is
    shown, by the field's key.

    `message_id` is the Message-ID with its angle brackets, the same at every attempt.
    `unsubscribe_url` is None for a mail nobody can unsubscribe from (a notice).

    A tuple like `Message`, and for the same reason.
    """

    delivery_id: int
    email: str
    message_id: str
    name: str = ""
    unsubscribe_url: str | None = None
    values: Mapping[str, str] = MappingProxyType({})


class Message(NamedTuple):
    """
    One recipient's copy, with every mark filled in, ready for a provider that accepts whole bodies.
    `headers` are the extra ones (List-Unsubscribe and so on), without From, To and Subject.

    A tuple, because one is made for each reader and it takes half the time of a frozen dataclass.
    """

    recipient: Recipient
    subject: str
    html: str
    text: str
    sender: Sender
    reply_to: str | None
    headers: tuple[tuple[str, str], ...]
