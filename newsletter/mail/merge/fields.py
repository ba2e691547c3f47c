"""
Find merge fields in what staff wrote, replace them with marks before rendering, and fill them for
each recipient afterwards, thousands of times a second.

A mark has only letters and digits (`NL` + nonce + number + `X`), the one form that Jinja,
premailer, libxml2 and percent-encoding all leave unchanged.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from newsletter.errors import MergeError, TemplateError
from newsletter.mail.merge.declared import parse_field
from newsletter.mail.merge.fragments import (
    Fragments,
    HtmlFragments,
    split_at_marks,
    split_html_at_marks,
)
from newsletter.mail.mime.message import clean_text
from newsletter.model.field_display import FieldDisplay
from newsletter.model.mail import Mail, MergeField, Message, Recipient, mark_of
from subscribers.text.phrases import phrase

KNOWN_FIELDS = (
    "first_name",
    "last_name",
    "name",
    "email",
    "unsubscribe_url",
    "preferences_url",
    "view_url",
)
# Only notices use the others, as template values and never as %%review_url%%.
URL_FIELDS = frozenset(
    {
        "unsubscribe_url",
        "view_url",
        "review_url",
        "invitation_url",
        "reset_url",
        "confirm_url",
        "settings_url",
        "preferences_url",
        "new_address_url",
        "erasure_url",
    }
)

_FIELD = re.compile(r"%%([A-Za-z][A-Za-z0-9_]*)(?:\|((?:(?!%%)[^\r\n])*))?%%")
_LINE_END = re.compile(r"\r\n?")
_NONCE = re.compile(r"[0-9a-f]{12}")
_NONE_DECLARED: Mapping[str, FieldDisplay] = MappingProxyType({})


def find_fields(
    text: str, place: str = "", declared: Mapping[str, FieldDisplay] = _NONE_DECLARED
) -> tuple[MergeField, ...]:
    """
    Return the merge fields of *text*, each once, in order of appearance.

    If *place* is given, each field has it with its line number. *declared* are the declared fields,
    which may have a format.
    """
    found = (
        parse_field(
            match[1],
            match[2],
            None if match[1] in KNOWN_FIELDS else declared.get(match[1]),
            f"{place} line {_line(match)}" if place else "",
        )
        for match in _FIELD.finditer(text)
    )
    return tuple(dict.fromkeys(found))


def check_fields(
    text: str, place: str, declared: Mapping[str, FieldDisplay] = _NONE_DECLARED
) -> None:
    """
    Check that every merge field of *text* is known, by itself or as one of *declared*.

    Raises:
        TemplateError: a field is unknown; the message names *place*, the line, and
            the most similar known field.
    """
    known = (*KNOWN_FIELDS, *declared)
    for match in _FIELD.finditer(text):
        name = match[1]
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = (
            phrase("did you mean {name}?", name=near[0])
            if near
            else phrase("choose from {names}", names=", ".join(known))
        )
        where, field = f"{place} line {_line(match)}", f"%%{name}%%"
        text = phrase(
            "{where}: unknown merge field {field}; {hint}", where=where, field=field, hint=hint
        )
        raise TemplateError(text)


def marks_for(fields: Sequence[MergeField], nonce: str) -> dict[MergeField, str]:
    """
    Return the mark of each field; its number is the field's place in *fields*.
    """
    if not _NONCE.fullmatch(nonce):
        raise MergeError(f"a nonce must be 12 lower-case hex digits, not {nonce!r}")
    return {field: mark_of(nonce, number) for number, field in enumerate(fields)}


def unmark_fields(text: str, fields: Sequence[MergeField], nonce: str) -> str:
    """
    Replace the marks in *text* with their merge fields, as staff type them.
    """
    # A mail without fields may have no nonce.
    for field, mark in (marks_for(fields, nonce) if fields else {}).items():
        text = text.replace(mark, field.typed)
    return text


def mark_fields(text: str, marks: Mapping[MergeField, str]) -> str:
    """
    Replace each merge field in *text* with its mark. What only looks like one, because its signs
    were escaped in Markdown, stays.
    """
    by_text = {field.typed: mark for field, mark in marks.items()}
    return _FIELD.sub(lambda match: by_text.get(match[0], match[0]), text)


def find_marks(text: str, nonce: str) -> list[int]:
    """
    Return the number of each mark in *text*, in order, once for each occurrence.

    Raises:
        MergeError: the nonce occurs outside a whole mark.
    """
    found = [int(number) for number in _mark_pattern(nonce).findall(text)] if nonce else []
    if nonce and text.count(nonce) != len(found):
        raise MergeError("a merge field was broken: filters must not cut or change its text")
    return found


# Cached, because every call of an issue needs the same, and searching a mail for its marks takes as
# long as filling it for a hundred readers.
@functools.lru_cache(maxsize=4)
def compile_mail(mail: Mail) -> CompiledMail:
    """
    Split *mail* at its marks, so that filling a copy costs one join.

    Raises:
        MergeError: a mark is broken, or its number has no field.
    """
    texts = (mail.subject, mail.html, mail.text, *(value for _, value in mail.headers))
    used = sorted({number for text in texts for number in find_marks(text, mail.nonce)})
    if used and used[-1] >= len(mail.fields):
        raise MergeError(f"the email has merge mark {used[-1]}, but only {len(mail.fields)} fields")
    pattern = _mark_pattern(mail.nonce)
    subject = split_at_marks(mail.subject, pattern)
    headers = tuple((name, split_at_marks(value, pattern)) for name, value in mail.headers)
    in_headers = [
        number
        for fragments in (subject, *(fragments for _, fragments in headers))
        for _, number in fragments.slots
    ]
    return CompiledMail(
        mail=mail,
        used=tuple((number, mail.fields[number]) for number in used),
        subject=subject,
        html=split_html_at_marks(mail.html, pattern),
        text=split_at_marks(mail.text, pattern),
        headers=headers,
        url_fields=tuple(number for number in used if mail.fields[number].name in URL_FIELDS),
        in_headers=tuple(dict.fromkeys(in_headers)),
        fixed_subject=clean_text(mail.subject),
    )


def declared_fields_of(mail: Mail) -> tuple[MergeField, ...]:
    """
    Return the declared fields that *mail* shows to its readers.
    """
    if not any(field.display for field in mail.fields):
        return ()
    return tuple(field for _, field in compile_mail(mail).used if field.display)


@dataclass(frozen=True)
class CompiledMail:
    """
    A mail that can be filled for one recipient after another.
    """

    mail: Mail
    used: tuple[tuple[int, MergeField], ...]
    subject: Fragments
    html: HtmlFragments
    text: Fragments
    headers: tuple[tuple[str, Fragments], ...]
    url_fields: tuple[int, ...]
    in_headers: tuple[int, ...]
    # The subject if it is the same for everybody.
    fixed_subject: str

    def fill(self, recipient: Recipient) -> Message:
        """
        Fill the copy of *recipient*, with each value escaped for its place.

        Raises:
            MergeError: a field without a fallback has no value, or a value is not usable.
        """
        values = self.values_of(recipient)
        subject, headers = self.subject_and_headers(values)
        return Message(
            recipient=recipient,
            subject=subject,
            html=self.html.fill(values),
            text=self.text.fill(values),
            sender=self.mail.sender,
            reply_to=self.mail.reply_to,
            headers=headers,
        )

    def missing_for(self, recipient: Recipient) -> dict[int, MergeField]:
        """
        Return the fields without a fallback that the recipient has no value for, by number.
        """
        own = _recipient_values(recipient)
        return {n: each for n, each in self.used if each.fallback is None and not own.get(each.key)}

    def subject_and_headers(
        self, values: Mapping[int, str]
    ) -> tuple[str, tuple[tuple[str, str], ...]]:
        """
        Fill *values* into the subject and the extra headers, each on one line.
        """
        cleaned = {number: clean_text(values[number]) for number in self.in_headers}
        subject = (
            clean_text(self.subject.fill(cleaned)) if self.subject.slots else self.fixed_subject
        )
        return subject, tuple([(name, fragments.fill(cleaned)) for name, fragments in self.headers])

    def values_of(self, recipient: Recipient) -> dict[int, str]:
        """
        Return the recipient's value of each field in use, by number.

        Raises:
            MergeError: a field without a fallback has no value, or a value is not usable.
        """
        own = _recipient_values(recipient)
        values = {
            number: own.get(field.key) or _fallback(field, recipient) for number, field in self.used
        }
        for number in self.url_fields:
            if values[number] and not values[number].startswith(("https://", "http://")):
                reason = f"{self.mail.fields[number].name} is not an http URL"
                raise MergeError(f"delivery {recipient.delivery_id}: {reason}", reason=reason)
        joined = "\n".join(values.values())
        if self.mail.nonce and self.mail.nonce in joined:
            reason = "a value contains the email's nonce"
            raise MergeError(f"delivery {recipient.delivery_id}: {reason}", reason=reason)
        if "\r" in joined:
            return {number: _LINE_END.sub("\n", value) for number, value in values.items()}
        return values


def _line(match: re.Match[str]) -> int:
    return match.string.count("\n", 0, match.start()) + 1


def _mark_pattern(nonce: str) -> re.Pattern[str]:
    # Without a nonce there are no marks, so the pattern matches nothing.
    return re.compile(f"NL{re.escape(nonce)}([0-9]+)X" if nonce else "(?!)()")


def _recipient_values(recipient: Recipient) -> dict[str, str | None]:
    values: dict[str, str | None] = dict(recipient.values)
    values["email"] = recipient.email
    values["unsubscribe_url"] = recipient.unsubscribe_url
    if recipient.unsubscribe_url is not None:
        values["unsubscribe_token"] = recipient.unsubscribe_url.rpartition("/")[2]
    if recipient.name:
        values["name"] = recipient.name
    return values


def _fallback(field: MergeField, recipient: Recipient) -> str:
    if field.fallback is None:
        place = field.place or "the template"
        reason = f"has no {field.name}; write %%{field.key}|fallback%% in {place}"
        raise MergeError(f"delivery {recipient.delivery_id} {reason}", reason=reason)
    return field.fallback
