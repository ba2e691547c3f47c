"""
Merge fields: found in what staff wrote, turned into marks before rendering, filled for each
recipient afterwards. `render` makes the marks; `dispatch` fills them, thousands of times a second.

A mark is letters and digits only (`NL` + nonce + number + `X`), the one form that passes Jinja,
premailer, libxml2 and an address's percent-encoding unharmed.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.errors import MergeError, TemplateError
from newsletter.mail.merge.segments import (
    Fragments,
    HtmlFragments,
    split_at_marks,
    split_html_at_marks,
)
from newsletter.mail.mime.message import clean_text
from newsletter.model.mail import Mail, MergeField, Message, Recipient

KNOWN_FIELDS = ("first_name", "last_name", "name", "email", "unsubscribe_url", "view_url")
# Two of them are known to notices alone: a template names them as values, never as %%review_url%%.
URL_FIELDS = frozenset({"unsubscribe_url", "view_url", "review_url", "confirm_url"})

_FIELD = re.compile(r"%%([A-Za-z][A-Za-z0-9_]*)(?:\|((?:(?!%%)[^\r\n])*))?%%")
_LINE_END = re.compile(r"\r\n?")
_NONCE = re.compile(r"[0-9a-f]{12}")


def find_fields(text: str, place: str = "") -> tuple[MergeField, ...]:
    """
    The merge fields of *text*, each once, in the order they appear, with their line in *place*.
    """
    return tuple(
        dict.fromkeys(
            MergeField(match[1], match[2], f"{place} line {_line(match)}" if place else "")
            for match in _FIELD.finditer(text)
        )
    )


def check_fields(text: str, place: str) -> None:
    """
    Nothing, when every field of *text* is known.

    Raises:
        TemplateError: naming *place*, the line, and the known field nearest to the wrong one.
    """
    for match in _FIELD.finditer(text):
        name = match[1]
        if name in KNOWN_FIELDS:
            continue
        near = difflib.get_close_matches(name, KNOWN_FIELDS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(KNOWN_FIELDS)}"
        raise TemplateError(f"{place} line {_line(match)}: %%{name}%% is no merge field; {hint}")


def marks_for(fields: Sequence[MergeField], nonce: str) -> dict[MergeField, str]:
    """
    The mark of each field; its number is the field's place in *fields*.
    """
    if not _NONCE.fullmatch(nonce):
        raise MergeError(f"a nonce is 12 hex digits in lower case, not {nonce!r}")
    return {field: f"NL{nonce}{number}X" for number, field in enumerate(fields)}


def unmark_fields(text: str, fields: Sequence[MergeField], nonce: str) -> str:
    """
    *text* with the merge fields that its marks stand for, as staff type them.
    """
    # A mail without fields may have no nonce.
    for field, mark in (marks_for(fields, nonce) if fields else {}).items():
        fallback = "" if field.fallback is None else f"|{field.fallback}"
        text = text.replace(mark, f"%%{field.name}{fallback}%%")
    return text


def mark_fields(text: str, marks: Mapping[MergeField, str]) -> str:
    """
    *text* with the mark in place of each merge field.
    """
    return _FIELD.sub(lambda match: marks[_field_of(match)], text)


def find_marks(text: str, nonce: str) -> list[int]:
    """
    The number of each mark in *text*, in order and as often as it stands there.

    Raises:
        MergeError: the nonce stands outside a whole mark.
    """
    found = [int(number) for number in _mark_pattern(nonce).findall(text)] if nonce else []
    if nonce and text.count(nonce) != len(found):
        raise MergeError("a merge field was broken: no filter may cut or change its text")
    return found


# Each call of an issue asks for the same: to look through a mail for its marks takes as long as
# to fill it for a hundred readers.
@functools.lru_cache(maxsize=4)
def compile_mail(mail: Mail) -> CompiledMail:
    """
    *mail* cut at its marks, so that a copy costs one join.

    Raises:
        MergeError: a mark is broken, or has a number no field has.
    """
    texts = (mail.subject, mail.html, mail.text, *(value for _, value in mail.headers))
    used = sorted({number for text in texts for number in find_marks(text, mail.nonce)})
    if used and used[-1] >= len(mail.fields):
        raise MergeError(f"the mail holds mark {used[-1]}, but only {len(mail.fields)} fields")
    pattern = _mark_pattern(mail.nonce)
    subject = split_at_marks(mail.subject, pattern)
    headers = tuple((name, split_at_marks(value, pattern)) for name, value in mail.headers)
    in_lines = [
        number for each in (subject, *(cut for _, cut in headers)) for _, number in each.slots
    ]
    return CompiledMail(
        mail=mail,
        used=tuple((number, mail.fields[number]) for number in used),
        subject=subject,
        html=split_html_at_marks(mail.html, pattern),
        text=split_at_marks(mail.text, pattern),
        headers=headers,
        urls=tuple(number for number in used if mail.fields[number].name in URL_FIELDS),
        in_lines=tuple(dict.fromkeys(in_lines)),
        fixed=clean_text(mail.subject),
    )


@dataclass(frozen=True)
class CompiledMail:
    """
    A mail ready to be filled for one recipient after the other.
    """

    mail: Mail
    used: tuple[tuple[int, MergeField], ...]
    subject: Fragments
    html: HtmlFragments
    text: Fragments
    headers: tuple[tuple[str, Fragments], ...]
    urls: tuple[int, ...]
    in_lines: tuple[int, ...]
    # The subject of a mail whose subject is the same for everybody.
    fixed: str

    def fill(self, recipient: Recipient) -> Message:
        """
        The copy for *recipient*, each value escaped for its place.

        Raises:
            MergeError: a field without a fallback has no value, or a value is not usable.
        """
        values = self.values_of(recipient)
        subject, headers = self.heads(values)
        return Message(
            recipient=recipient,
            subject=subject,
            html=self.html.filled(values),
            text=self.text.filled(values),
            sender=self.mail.sender,
            reply_to=self.mail.reply_to,
            headers=headers,
        )

    def heads(self, values: Mapping[int, str]) -> tuple[str, tuple[tuple[str, str], ...]]:
        """
        The subject and the extra headers with *values*, each on one line.
        """
        lines = {number: clean_text(values[number]) for number in self.in_lines}
        subject = clean_text(self.subject.filled(lines)) if self.subject.slots else self.fixed
        return subject, tuple([(name, pieces.filled(lines)) for name, pieces in self.headers])

    def values_of(self, recipient: Recipient) -> dict[int, str]:
        """
        The value of each field in use, by number.

        Raises:
            MergeError: a field without a fallback has no value, or a value is not usable.
        """
        told = _told(recipient)
        values = {
            number: told.get(field.name) or _fallback(field, recipient)
            for number, field in self.used
        }
        for number in self.urls:
            if values[number] and not values[number].startswith(("https://", "http://")):
                name = self.mail.fields[number].name
                raise MergeError(f"delivery {recipient.delivery_id}: {name} is no http address")
        joined = "\n".join(values.values())
        if self.mail.nonce and self.mail.nonce in joined:
            raise MergeError(f"delivery {recipient.delivery_id}: a value holds the mail's nonce")
        if "\r" in joined:
            return {number: _LINE_END.sub("\n", value) for number, value in values.items()}
        return values


def _line(match: re.Match[str]) -> int:
    return match.string.count("\n", 0, match.start()) + 1


def _field_of(match: re.Match[str]) -> MergeField:
    return MergeField(match[1], match[2])


def _mark_pattern(nonce: str) -> re.Pattern[str]:
    # Without a nonce there is no mark, and nothing is one.
    return re.compile(f"NL{re.escape(nonce)}([0-9]+)X" if nonce else "(?!)()")


def _told(recipient: Recipient) -> dict[str, str | None]:
    told: dict[str, str | None] = dict(recipient.values)
    told["email"] = recipient.email
    told["unsubscribe_url"] = recipient.unsubscribe_url
    if recipient.name:
        told["name"] = recipient.name
    return told


def _fallback(field: MergeField, recipient: Recipient) -> str:
    if field.fallback is None:
        raise MergeError(
            f"delivery {recipient.delivery_id} has no {field.name}; "
            f"write %%{field.name}|fallback%% in {field.place or 'the template'}"
        )
    return field.fallback
