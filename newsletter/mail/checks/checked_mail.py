"""
Represent the mail that the rules check: the copy of an ordinary reader, its page parsed once, and
what is known about its audience.
"""

from __future__ import annotations

import datetime as dt
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.errors import MergeError
from newsletter.mail.html.css import declarations
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.samples import with_text
from newsletter.mail.mime.message import message_bytes
from newsletter.mail.sample_readers import READER
from newsletter.model.brief import Brief
from newsletter.model.check import Facts, Finding, Level
from newsletter.model.issue import ChosenBrief, ShownAs
from newsletter.model.mail import Mail
from subscribers.text.phrases import joined, phrase

_DATE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
# Invisible characters that pad a preheader: joiners, soft hyphens, spaces of every kind.
_INVISIBLE = re.compile(r"[\s\u00ad\u034f\u061c\u200b-\u200f\u2007\ufeff\u00a0]+")

_NOT_SHOWN = frozenset({"style", "script", "title"})


@dataclass(frozen=True, kw_only=True)
class CheckedMail:
    """
    One mail. A field that is None was not available: a page alone has no subject, text, headers or
    encoded form.

    Only an issue has its `mail` with marks and its `briefs`. `raw` is the encoded message, one
    character for each byte.
    """

    html: str
    text: str | None = None
    subject: str | None = None
    headers: tuple[tuple[str, str], ...] | None = None
    raw: str | None = None
    mail: Mail | None = None
    briefs: tuple[ChosenBrief, ...] | None = None
    facts: Facts = field(default_factory=Facts)

    @cached_property
    def page(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.html)

    @cached_property
    def nodes(self) -> tuple[LexborNode, ...]:
        """
        Return every element, in the order of the page.
        """
        return tuple(self.page.css("*"))

    @cached_property
    def visible_text(self) -> str:
        """
        Return what a reader of the page sees, with single spaces and without a hidden preheader.
        """
        return plain(" ".join(_visible_texts(self.page.body))) if self.page.body else ""

    @cached_property
    def links(self) -> tuple[tuple[LexborNode, str], ...]:
        """
        Return each link of the page with its URL as written.
        """
        return tuple(
            (node, node.attributes.get("href") or "")
            for node in self.nodes
            if node.tag in ("a", "area") and "href" in node.attributes
        )

    def finding(
        self, rule: str, message: str, where: str, *, caused_by: str, advice: str = ""
    ) -> Finding:
        """
        Return an error with *advice*; only a warning that names the brief if the text *caused_by*
        is the brief's own, since nobody here wrote it.
        """
        cause = plain(unquote(caused_by))
        for chosen, own in zip(self.briefs or (), self._texts_of_briefs, strict=True):
            if cause and cause in own:
                said = phrase(
                    "{message}: it is in the text of brief {brief}; use `newsletter brief edit "
                    "{brief}` if it is wrong",
                    message=message,
                    brief=chosen.brief_id,
                )
                return Finding(rule, Level.WARNING, said, where)
        full = joined(": ", [message, advice]) if advice else message
        return Finding(rule, Level.ERROR, full, where)

    @cached_property
    def _texts_of_briefs(self) -> tuple[str, ...]:
        # Inlining writes letters in URLs as %C3%A9.
        texts = ("\n".join(texts_of(each.brief)) for each in self.briefs or ())
        return tuple(plain(f"{text}\n{unquote(text)}") for text in texts)

    def header(self, name: str) -> list[str]:
        """
        Return the values of a header, one for each occurrence.
        """
        return [value for own, value in self.headers or () if own.lower() == name.lower()]

    def styled(self) -> Iterator[tuple[LexborNode, list[tuple[str, str]]]]:
        """
        Yield each element that has a style attribute, with its declarations.
        """
        for node in self.nodes:
            if style := node.attributes.get("style"):
                yield node, declarations(style)


def checked_mail(mail: Mail, briefs: Sequence[ChosenBrief] | None, facts: Facts) -> CheckedMail:
    """
    Fill *mail* for an ordinary reader and return it ready to be checked.

    Raises:
        UnusableMail: a mark is broken, a field has no value, or a header is not valid.
    """
    with _unusable_on_merge_error("merge-fields", phrase("merge fields")):
        compiled = compile_mail(mail)
    with _unusable_on_merge_error("personalisation", phrase("merge fields")):
        message = compiled.fill(with_text(READER, mail.fields))
    with _unusable_on_merge_error("mime", "headers"):
        raw = message_bytes(message, date=_DATE).decode("latin-1")
    return CheckedMail(
        html=message.html,
        text=message.text,
        subject=message.subject,
        headers=message.headers,
        raw=raw,
        mail=mail,
        briefs=tuple(briefs) if briefs is not None else None,
        facts=facts,
    )


class UnusableMail(Exception):
    """
    The mail cannot be filled for any reader; `finding` says why.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


@contextmanager
def _unusable_on_merge_error(rule: str, where: str) -> Iterator[None]:
    try:
        yield
    except MergeError as error:
        raise UnusableMail(Finding(rule, Level.ERROR, str(error), where)) from error


def texts_of(brief: Brief) -> list[str]:
    """
    Return every text that a brief brings into a mail, its markup also with entities decoded.
    """
    links = [brief.cta, *brief.links]
    return [
        *(brief.title, brief.series or "", brief.image_alt, brief.image_url or ""),
        *(brief.caption or "", brief.credit or "", brief.url or "", brief.lang or ""),
        *(*brief.takeaways, *brief.footnotes, *brief.categories),
        *(text for link in links if link is not None for text in (link.label, link.url)),
        *(brief.body_text, brief.body_html, html.unescape(brief.body_html)),
    ]


def briefs_json(briefs: Sequence[ChosenBrief]) -> list[dict[str, Any]]:
    """
    Return *briefs* as plain JSON values.
    """
    return [
        {"brief_id": chosen.brief_id, "shown_as": chosen.shown_as, "brief": chosen.brief.as_json()}
        for chosen in briefs
    ]


def briefs_from(values: Sequence[Mapping[str, Any]]) -> tuple[ChosenBrief, ...]:
    """
    Return the briefs that `briefs_json` wrote.
    """
    return tuple(
        ChosenBrief(
            brief_id=value["brief_id"],
            shown_as=ShownAs(value["shown_as"]),
            brief=Brief.from_json(value["brief"]),
        )
        for value in values
    )


def plain(text: str) -> str:
    """
    Return *text* with single spaces and without invisible characters.
    """
    return " ".join(_INVISIBLE.sub(" ", text).split())


def is_hidden(node: LexborNode) -> bool:
    """
    Return whether an element's own style hides it.
    """
    style = (node.attributes.get("style") or "").replace(" ", "").lower()
    return "display:none" in style or "visibility:hidden" in style


def shown_tag(node: LexborNode, name: str = "") -> str:
    """
    Return an element's tag with the start of its attribute *name*, so that a person can find it.
    """
    value = node.attributes.get(name) if name else None
    return f'<{node.tag} {name}="{value[:80]}">' if value else f"<{node.tag}>"


def excerpt_of(node: LexborNode) -> str:
    """
    Return an element's tag and first words.
    """
    words = plain(node.text(deep=True))
    return f"<{node.tag}> “{words[:40]}”" if words else f"<{node.tag}>"


def _visible_texts(body: LexborNode) -> Iterator[str]:
    hidden: set[int] = set()
    for node in body.traverse(include_text=True):
        parent = node.parent
        if parent is not None and parent.mem_id in hidden:
            hidden.add(node.mem_id)
        elif node.tag == "-text":
            yield node.text_content or ""
        elif node.tag in _NOT_SHOWN or is_hidden(node):
            hidden.add(node.mem_id)
