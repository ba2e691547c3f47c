"""
Encode a mail's HTML and text as JSON once, for providers that accept whole messages as JSON.

Most of the cost of such a copy is finding the characters that JSON escapes. The rest is copying,
which happens only when the call is joined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from newsletter.mail.merge.fields import CompiledMail
from newsletter.mail.merge.fragments import escape_in_tag, escape_in_text
from newsletter.model.mail import Recipient, Sender


class JsonCopy(NamedTuple):
    """
    One recipient's copy, like `Message` but with HTML and text as chunks of JSON strings.
    """

    recipient: Recipient
    subject: str
    html: Sequence[bytes]
    text: Sequence[bytes]
    sender: Sender
    reply_to: str | None
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class JsonText:
    """
    A JSON string with its quotes, split at its marks.

    Each of `slots` has a place in `chunks`, the number of its field, and a function that escapes
    the value for this place.
    """

    chunks: tuple[bytes, ...]
    slots: tuple[tuple[int, int, Callable[[str], str]], ...]

    def fill(self, values: Mapping[int, str]) -> list[bytes]:
        """
        Return the chunks of the JSON string with each value in its place.

        Raises:
            orjson.JSONEncodeError: a value contains a lone surrogate, which UTF-8 cannot encode.
        """
        chunks = list(self.chunks)
        for place, number, escape in self.slots:
            chunks[place] = _to_json(escape(values[number]))
        return chunks


@dataclass(frozen=True)
class JsonMail:
    """
    A mail that can be filled for one recipient after another.
    """

    compiled: CompiledMail
    html: JsonText
    text: JsonText

    def fill(self, recipient: Recipient) -> JsonCopy:
        """
        Fill the copy of *recipient*, with the same bytes as the JSON of `CompiledMail.fill`.

        Raises:
            MergeError: a field without a fallback has no value, or a value is not usable.
            orjson.JSONEncodeError: a value contains a lone surrogate.
        """
        values, mail = self.compiled.values_of(recipient), self.compiled.mail
        subject, headers = self.compiled.subject_and_headers(values)
        html, text = self.html.fill(values), self.text.fill(values)
        return JsonCopy(recipient, subject, html, text, mail.sender, mail.reply_to, headers)


def to_json_copies(compiled: CompiledMail) -> JsonMail:
    """
    Encode the mail's own text as JSON.

    Raises:
        orjson.JSONEncodeError: the text contains a lone surrogate.
    """
    html, text = compiled.html, compiled.text
    in_html = [(*slot, escape_in_text) for slot in html.in_text]
    in_html += [(*slot, escape_in_tag) for slot in html.in_tags]
    return JsonMail(
        compiled=compiled,
        html=_to_json_text(html.texts, in_html),
        text=_to_json_text(text.texts, [(*slot, str) for slot in text.slots]),
    )


def _to_json_text(
    texts: Sequence[str], slots: Sequence[tuple[int, int, Callable[[str], str]]]
) -> JsonText:
    chunks = [_to_json(text) for text in texts]
    # Marks are between texts, so the first and the last chunk are never values.
    chunks[0] = b'"' + chunks[0]
    chunks[-1] += b'"'
    return JsonText(tuple(chunks), tuple(slots))


def _to_json(text: str) -> bytes:
    return orjson.dumps(text)[1:-1]
