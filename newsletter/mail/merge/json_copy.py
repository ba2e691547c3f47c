"""
A mail's HTML and text written as JSON once, for providers that take whole messages as JSON: most of
what such a copy costs is to look for what JSON escapes, and the rest is to copy it, which is left
to whoever puts the call together. `merge` compiles the mail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from newsletter.mail.merge.fields import CompiledMail
from newsletter.mail.merge.segments import escaped_in_tag, escaped_in_text
from newsletter.model.mail import Recipient, Sender


class JsonCopy(NamedTuple):
    """
    One recipient's copy like `Message`, its HTML and text as the pieces of the JSON strings they
    become.
    """

    recipient: Recipient
    subject: str
    html: Sequence[bytes]
    text: Sequence[bytes]
    sender: Sender
    reply_to: str | None
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class QuotedText:
    """
    A JSON string, quotes and all, cut at its marks: `slots` says which field's value goes to which
    place of `pieces`, and how it is escaped there before it becomes JSON.
    """

    pieces: tuple[bytes, ...]
    slots: tuple[tuple[int, int, Callable[[str], str]], ...]

    def filled(self, values: Mapping[int, str]) -> list[bytes]:
        """
        The JSON string's pieces with each value.

        Raises:
            orjson.JSONEncodeError: a value holds a lone surrogate, which UTF-8 has not.
        """
        pieces = list(self.pieces)
        for place, number, escape in self.slots:
            pieces[place] = _quoted(escape(values[number]))
        return pieces


@dataclass(frozen=True)
class JsonMail:
    """
    A mail ready to be filled for one recipient after the other.
    """

    compiled: CompiledMail
    html: QuotedText
    text: QuotedText

    def fill(self, recipient: Recipient) -> JsonCopy:
        """
        The copy for *recipient*, the same to the byte as the JSON of what `CompiledMail` fills.

        Raises:
            MergeError: a field without a fallback has no value, or a value is not usable.
            orjson.JSONEncodeError: a value holds a lone surrogate.
        """
        values, mail = self.compiled.values_of(recipient), self.compiled.mail
        subject, headers = self.compiled.heads(values)
        html, text = self.html.filled(values), self.text.filled(values)
        return JsonCopy(recipient, subject, html, text, mail.sender, mail.reply_to, headers)


def to_json_copies(compiled: CompiledMail) -> JsonMail:
    """
    The mail with its own text written as JSON.

    Raises:
        orjson.JSONEncodeError: it holds a lone surrogate.
    """
    html, text = compiled.html, compiled.text
    in_html = [(*slot, escaped_in_text) for slot in html.in_text]
    in_html += [(*slot, escaped_in_tag) for slot in html.in_tags]
    return JsonMail(
        compiled=compiled,
        html=_quoted_text(html.pieces, in_html),
        text=_quoted_text(text.pieces, [(*slot, str) for slot in text.slots]),
    )


def _quoted_text(
    pieces: Sequence[str], slots: Sequence[tuple[int, int, Callable[[str], str]]]
) -> QuotedText:
    quoted = [_quoted(piece) for piece in pieces]
    # Marks are between pieces, so the first and the last are the text's own.
    quoted[0] = b'"' + quoted[0]
    quoted[-1] += b'"'
    return QuotedText(tuple(quoted), tuple(slots))


def _quoted(text: str) -> bytes:
    return orjson.dumps(text)[1:-1]
