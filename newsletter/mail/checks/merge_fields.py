"""
Rules 5, 6 and 33: no template syntax is left over, every mark is whole, and no name breaks a page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.errors import MergeError
from newsletter.mail.checks.checked_mail import CheckedMail, briefs_json
from newsletter.mail.checks.hostile_readers import HARD_READERS
from newsletter.mail.merge.fields import compile_mail, find_marks
from newsletter.model.check import Finding, Level
from newsletter.model.mail import Mail, Message

_LEFT_OVER = re.compile(r"\{\{|\{%|%\}|\}\}|%%[A-Za-z]\w*(?:\|[^%\r\n]*)?%%|\*\|[A-Z_:]+\|\*")
_FILLER = re.compile(r"\blorem\s+ipsum\b", re.IGNORECASE)
_NOTHING = frozenset({"None", "undefined", "null", "NaN", "[object Object]"})


def placeholders(checked: CheckedMail) -> Iterator[Finding]:
    """
    Find what a template left behind.

    If a brief says such a thing itself, it is a warning, unless it is filler text.
    """
    own_words = json.dumps(briefs_json(checked.briefs or ()), ensure_ascii=False)
    for where, text in _read(checked):
        for found in dict.fromkeys(match[0] for match in _LEFT_OVER.finditer(text)):
            is_own = found in own_words
            yield Finding(
                "placeholders",
                Level.WARNING if is_own else Level.ERROR,
                f"{found} stands there for readers to see: " + (_OWN if is_own else _MEND),
                where,
            )
        if _FILLER.search(text):
            yield Finding("placeholders", Level.ERROR, "lorem ipsum: write the text itself", where)
    own_nothings = _briefs_own_nothings(checked)
    for value in sorted(_nothings(checked.nodes)):
        is_own = value in own_nothings
        yield Finding(
            "placeholders",
            Level.WARNING if is_own else Level.ERROR,
            f"“{value}” stands where a value should be: " + (_OWN if is_own else _MEND),
            "HTML",
        )


_OWN = "a brief says so itself; edit it if it should not"
_MEND = "mend the template or the typed text it came from"


def _read(checked: CheckedMail) -> list[tuple[str, str]]:
    attributes = [str(value) for node in checked.nodes for value in node.attributes.values()]
    named = {
        "Subject": checked.subject,
        "HTML": "\n".join([checked.visible_text, *attributes]),
        "text": checked.text,
    }
    return [(where, text) for where, text in named.items() if text]


def _nothings(nodes: Iterable[LexborNode]) -> set[str]:
    found: set[str] = set()
    for node in nodes:
        found.update(value for value in node.attributes.values() if value)
        found.add(" ".join(node.text(deep=False).split()))
    return found & _NOTHING


def _briefs_own_nothings(checked: CheckedMail) -> set[str]:
    """
    Return what looks like a missing value but is a brief's own word: a table cell may say None.
    """
    found: set[str] = set()
    for brief in (chosen.brief for chosen in checked.briefs or ()):
        found |= _nothings(LexborHTMLParser(brief.body_html).css("*"))
        found |= {brief.title, brief.image_alt, brief.caption or "", *brief.takeaways} & _NOTHING
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
        message = "a brief holds the mail's own nonce: render it again with another"
        yield Finding("merge-fields", Level.ERROR, message, "briefs")


def _mark_problem(mail: Mail, text: str) -> str | None:
    try:
        numbers = find_marks(text, mail.nonce)
    except MergeError as error:
        return str(error)
    beyond = [number for number in numbers if number >= len(mail.fields)]
    return (
        f"the mark {beyond[0]} stands for no merge field: render the issue again"
        if beyond
        else None
    )


def personalisation(checked: CheckedMail) -> Iterator[Finding]:
    """
    Fill the mail for twenty hard readers: each page must have the same elements, each subject one
    line.
    """
    if checked.mail is None:
        return
    usual = _shape(checked.html)
    try:
        compiled = compile_mail(checked.mail)
        for reader in HARD_READERS:
            copy = compiled.fill(reader)
            if problem := _problem(copy, usual):
                yield Finding(
                    "personalisation", Level.ERROR, problem, f"a reader called {reader.name!r}"
                )
                return
    except MergeError as error:
        problem_text = re.sub(r"^delivery \d+:? ", "", str(error))
        yield Finding("personalisation", Level.ERROR, problem_text, "one of twenty hard readers")


def _problem(copy: Message, usual: list[str]) -> str | None:
    if _shape(copy.html) != usual:
        return (
            "the name changes the page's elements: a merge field stands where no text belongs; "
            "put it between tags or into quotes"
        )
    if re.search(r"[\r\n]", copy.subject):
        return "the name brings a line end into the subject: take the merge field out of it"
    return None


def _shape(html: str) -> list[str]:
    return [
        f"{node.tag} {' '.join(sorted(node.attributes))}"
        for node in LexborHTMLParser(html).css("*")
    ]
