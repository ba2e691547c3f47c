"""
Rules 5, 6 and 33: no template syntax is left, every merge mark is whole, no name breaks the page.
"""

from __future__ import annotations

import difflib
import functools
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.errors import MergeError
from newsletter.mail.checks.checked_mail import CheckedMail, briefs_json, texts_of
from newsletter.mail.checks.edge_case_readers import EDGE_CASE_READERS
from newsletter.mail.checks.foreign_fields import ForeignField, find_foreign_fields
from newsletter.mail.merge.declared import FORMATS
from newsletter.mail.merge.fields import CompiledMail, compile_mail, find_marks
from newsletter.mail.merge.samples import with_text
from newsletter.model.check import Finding, Level
from newsletter.model.mail import Mail, MergeField, Message, mark_of
from subscribers.text.phrases import joined, phrase

_LEFT_OVER = re.compile(r"\{\{|\{%|%\}|\}\}|%%[A-Za-z]\w*(?:\|[^%\r\n]*)?(?:%%)?|\*\|[A-Z_:]+\|\*")
_FILLER = re.compile(r"\blorem\s+ipsum\b", re.IGNORECASE)
_PLACEHOLDER_WORDS = frozenset({"None", "undefined", "null", "NaN", "[object Object]"})


def placeholders(checked: CheckedMail) -> Iterator[Finding]:
    """
    Find template syntax, missing values and filler text that readers would see.

    Template syntax and words such as None that come from a brief itself are only a warning.
    """
    typed = set[str]()
    for place, written in checked.facts.typed:
        for foreign in find_foreign_fields(written):
            typed.add(foreign.written)
            yield _typed_for_another_product(foreign, place)
    for where, text in _visible_parts(checked):
        rest = functools.reduce(lambda left, each: left.replace(each, ""), typed, text)
        for found in dict.fromkeys(match[0] for match in _LEFT_OVER.finditer(rest)):
            message, advice = phrase("readers would see {found}", found=found), _advice_on(found)
            yield checked.finding("placeholders", message, where, caused_by=found, advice=advice)
        if _FILLER.search(text):
            yield Finding(
                "placeholders",
                Level.ERROR,
                phrase("readers would see lorem ipsum: replace it"),
                where,
            )
    words_of_briefs = _placeholder_words_of_briefs(checked)
    for value in sorted(_placeholder_words(checked.nodes)):
        cause = value if value in words_of_briefs else ""
        message = phrase("readers would see “{value}”", value=value)
        yield checked.finding(
            "placeholders", message, "HTML", caused_by=cause, advice=_FIX_TEMPLATE
        )


def _typed_for_another_product(foreign: ForeignField, place: str) -> Finding:
    ours = foreign.with_fallback(phrase("reader"))
    message = (
        phrase("readers would see {found}: write {ours}", found=foreign.written, ours=ours)
        if ours
        else phrase(
            "readers would see {found}, which is for another product: take it out",
            found=foreign.written,
        )
    )
    level = Level.ERROR if foreign.is_certain else Level.WARNING
    return Finding("placeholders", level, message, place)


_UNCLOSED = re.compile(r"%%[A-Za-z]\w*(?:\|[^%]*)?")
_FIX_TEMPLATE = phrase("fix the template or the text it came from")


def _advice_on(found: str) -> str:
    if _UNCLOSED.fullmatch(found):
        return phrase("close the merge field, {found}%%, or write a single %", found=found)
    return _FIX_TEMPLATE


def _visible_parts(checked: CheckedMail) -> list[tuple[str, str]]:
    # In a URL with a % before a letter beyond ASCII, inlining writes %%E2.
    values = (str(value) for node in checked.nodes for value in node.attributes.values())
    attributes = [unquote(value) for value in values]
    named = {
        "Subject": checked.subject,
        "HTML": "\n".join([checked.visible_text, *attributes]),
        "text": checked.text,
    }
    return [(where, text) for where, text in named.items() if text]


def _placeholder_words(nodes: Iterable[LexborNode]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        found.update(value for value in node.attributes.values() if value)
        found.add(" ".join(node.text(deep=False).split()))
    return found & _PLACEHOLDER_WORDS


def _placeholder_words_of_briefs(checked: CheckedMail) -> set[str]:
    """
    Return the words that look like a missing value but are a brief's own, such as a cell "None".
    """
    found: set[str] = set()
    for brief in (chosen.brief for chosen in checked.briefs or ()):
        found |= _placeholder_words(LexborHTMLParser(brief.body_html).css("*"))
        found |= _PLACEHOLDER_WORDS.intersection(texts_of(brief))
    return found


def merge_fields(checked: CheckedMail) -> Iterator[Finding]:
    mail = checked.mail
    if mail is None:
        return
    parts = {"Subject": mail.subject, "HTML": mail.html, "text": mail.text}
    for where, text in {**parts, **dict(mail.headers)}.items():
        if problem := _mark_problem(mail, text):
            yield Finding("merge-fields", Level.ERROR, problem, where)
    if mail.nonce and mail.nonce in json.dumps(briefs_json(checked.briefs or ())):
        message = phrase("a brief contains the email's own nonce: render the issue again")
        yield Finding("merge-fields", Level.ERROR, message, "briefs")
    for name in checked.facts.staff_fields:
        message = phrase(
            "readers would see what staff know about them: take %%{name}%% out, or "
            "make the field public with `newsletter field edit {name} --public`",
            name=name,
        )
        yield Finding("merge-fields", Level.WARNING, message, name)
    yield from _shown_bars(mail)


def _shown_bars(mail: Mail) -> Iterator[Finding]:
    """
    Find fallbacks with a bar: readers without a value would see the format that was misspelt.
    """
    for field in dict.fromkeys(mail.fields):
        typed, bar, rest = (field.fallback or "").partition("|")
        if not bar:
            continue
        formats = FORMATS[field.display.type] if field.display else ()
        near = difflib.get_close_matches(typed.lower(), formats, n=1, cutoff=0.5)
        advice = (
            phrase("its formats are {formats}", formats=", ".join(formats))
            if formats
            else phrase("take the | out")
        )
        if near:
            advice = phrase(
                "did you mean %%{field}|{near}|{rest}%%?", field=field.name, near=near[0], rest=rest
            )
        message = phrase(
            "readers without {field} would see “{fallback}”: {advice}",
            field=field.name,
            fallback=field.fallback,
            advice=advice,
        )
        yield Finding("merge-fields", Level.WARNING, message, field.name)


def _mark_problem(mail: Mail, text: str) -> str | None:
    try:
        numbers = find_marks(text, mail.nonce)
    except MergeError as error:
        return str(error)
    unknown = [number for number in numbers if number >= len(mail.fields)]
    return (
        phrase(
            "merge mark {unknown} has no merge field: render the issue again", unknown=unknown[0]
        )
        if unknown
        else None
    )


def personalisation(checked: CheckedMail) -> Iterator[Finding]:
    """
    Fill the mail for twenty edge-case readers: each page must have the same elements, each subject
    must be one line.
    """
    if checked.mail is None:
        return
    expected = _shape(checked.html)
    try:
        compiled = compile_mail(checked.mail)
        if missing := list(_missing_fallbacks(checked.mail, compiled)):
            yield from missing
            return
        for reader in EDGE_CASE_READERS:
            copy = compiled.fill(with_text(reader, checked.mail.fields))
            if problem := _problem(copy, expected):
                yield Finding(
                    "personalisation",
                    Level.ERROR,
                    problem,
                    phrase("reader {reader!r}", reader=reader.name),
                )
                return
    except MergeError as error:
        yield Finding("personalisation", Level.ERROR, error.reason, phrase("an edge-case reader"))


def _missing_fallbacks(mail: Mail, compiled: CompiledMail) -> Iterator[Finding]:
    """
    Find each merge field that has neither a fallback nor a value for every reader.
    """
    # The title of the page is the subject.
    head, _, body = mail.html.partition("</head>")
    parts = {
        phrase("the subject"): mail.subject,
        phrase("the HTML"): body or head,
        phrase("the text"): mail.text,
    }
    missing: dict[int, MergeField] = {}
    for reader in EDGE_CASE_READERS:
        missing |= compiled.missing_for(with_text(reader, mail.fields))
    for number, field in sorted(missing.items()):
        mark = mark_of(mail.nonce, number)
        where = _places([place for place, text in parts.items() if mark in text])
        message = phrase(
            "has no {field}; write %%{key}|fallback%% in {where}",
            field=field.name,
            key=field.key,
            where=where,
        )
        yield Finding("personalisation", Level.ERROR, message, phrase("an edge-case reader"))


def _places(found: list[str]) -> str:
    *first, last = found or [phrase("the template")]
    if not first:
        return last
    return phrase("{places} and {last}", places=joined(" and ", first), last=last)


def _problem(copy: Message, expected: list[str]) -> str | None:
    if _shape(copy.html) != expected:
        return phrase(
            "the name changes the HTML elements: a merge field is where text does not "
            "belong; put it between tags or in quotes"
        )
    if re.search(r"[\r\n]", copy.subject):
        return phrase("the name adds a line break to the subject: remove the merge field")
    return None


def _shape(html: str) -> list[str]:
    return [
        f"{node.tag} {' '.join(sorted(node.attributes))}"
        for node in LexborHTMLParser(html).css("*")
    ]
