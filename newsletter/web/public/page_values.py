"""
What each page shows readers. The pages' code fills these in, `PageTemplates` makes plain data of
them, and a template reads them as `page`.

Texts of the program are not in them: a template takes those from its table of words. Names and
texts of newsletters come with their own language.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from newsletter.model.brand import Brand


class FormFieldType(enum.StrEnum):
    """
    How a field of a form is filled in.
    """

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"


@dataclass(frozen=True, kw_only=True)
class FormOption:
    """
    One of the values that a field offers, and what it is called in which language.
    """

    value: str
    label: str
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class FormField:
    """
    One question of a form. `value` is what was typed or is known; `values` the ticked values of
    several choices. `name` is also its id on the page.
    """

    name: str
    label: str
    type: FormFieldType = FormFieldType.TEXT
    value: str = ""
    values: tuple[str, ...] = ()
    options: tuple[FormOption, ...] = ()
    is_required: bool = False
    language: str = ""


@dataclass(frozen=True, kw_only=True)
class FormError:
    """
    What is wrong in the field `name`: the entry `word` of the table of words, with `label` and
    `text` filled in.
    """

    name: str
    word: str
    label: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class HiddenField:
    """
    A field of a form that nobody sees.
    """

    name: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Form:
    """
    A form: where it is sent, what it sends unseen, and what was wrong when it came back.

    `trap` is the name of a field that only programs fill in. `proof_url` is the script that does
    the proof of work, empty if the form asks for none.
    """

    action: str = ""
    hidden: tuple[HiddenField, ...] = ()
    errors: tuple[FormError, ...] = ()
    trap: str = ""
    proof_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Masthead:
    """
    The band at the top: the name of the newsletter or the site, a line below it, where it leads.
    `postal_address` is the newsletter's own, for the footer.
    """

    name: str
    line: str = ""
    language: str = ""
    url: str = "/"
    postal_address: str = ""


@dataclass(frozen=True, kw_only=True)
class NewsletterCard:
    """
    A newsletter to sign up for: its tagline is one line, its description may be a paragraph. While
    it `is_held`, nobody can sign up.
    """

    slug: str
    name: str
    tagline: str = ""
    description: str = ""
    language: str = ""
    brand: Brand | None = None
    join_url: str = ""
    is_held: bool = False


@dataclass(frozen=True, kw_only=True)
class HomePage:
    """
    `readers/home.html`: every public newsletter. `join_url` leads to the form for several.
    """

    newsletters: tuple[NewsletterCard, ...] = ()
    join_url: str = ""


@dataclass(frozen=True, kw_only=True)
class JoinPage:
    """
    `readers/join.html` (the first of `newsletters`) and `readers/join-many.html`: the sign-up form.

    `consent` is the sentence that is kept as proof, else the words' own. `chosen` are the slugs
    that are ticked. `suggested` is the address that was meant if the typed one looks like a slip.
    """

    newsletters: tuple[NewsletterCard, ...]
    form: Form
    email: str = ""
    suggested: str = ""
    name: str = ""
    fields: tuple[FormField, ...] = ()
    chosen: tuple[str, ...] = ()
    consent: str = ""
    consent_language: str = ""
    all_url: str = ""


@dataclass(frozen=True, kw_only=True)
class ContinuePage:
    """
    `readers/continue.html`: a form on another site was sent; one button, and only that joins.
    """

    newsletters: tuple[NewsletterCard, ...]
    form: Form
    email: str
    consent: str = ""
    consent_language: str = ""


class Inbox(enum.StrEnum):
    """
    What the mail is for that a reader is asked to look for.
    """

    JOIN = "join"
    FIND = "find"
    ADDRESS = "address"
    ERASURE = "erasure"


@dataclass(frozen=True, kw_only=True)
class CheckInboxPage:
    """
    `readers/check-inbox.html`, the same for everybody. The mail comes from `sender_name` at
    `sender_address`; `days` is how long its link works, `again_url` the form that was sent. `held`
    are newsletters that were chosen too, but that nobody can sign up for now.
    """

    kind: Inbox
    sender_name: str
    sender_address: str
    days: int
    again_url: str = ""
    held: tuple[NewsletterCard, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConfirmPage:
    """
    `readers/confirm.html`: the button that confirms. `is_on` if it asks whether the reader still
    wants what they get.
    """

    newsletters: tuple[NewsletterCard, ...]
    masked_address: str
    form: Form
    is_on: bool = False


@dataclass(frozen=True, kw_only=True)
class ConfirmedPage:
    """
    `readers/confirmed.html`: the reader is in, or stays if they were on before (`is_on`).
    `settings_url` may be empty.
    """

    newsletters: tuple[NewsletterCard, ...]
    sender_address: str = ""
    settings_url: str = ""
    is_on: bool = False


class LinkProblem(enum.StrEnum):
    """
    Why a link does not work.
    """

    EXPIRED = "expired"
    USED = "used"
    DAMAGED = "damaged"
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class BadLinkPage:
    """
    `readers/bad-link.html`. `form` asks for a new link by mail; `join_url` may be empty.
    """

    reason: LinkProblem
    form: Form | None = None
    join_url: str = ""
    days: int = 0


@dataclass(frozen=True, kw_only=True)
class FindPage:
    """
    `readers/find.html`: the form that asks for a link to one's settings.
    """

    form: Form
    email: str = ""
    days: int = 3


@dataclass(frozen=True, kw_only=True)
class MessagePage:
    """
    `readers/message.html`: the entries `word`_title and `word`_text of the words, with `name`
    filled in, and a link whose label is the entry `link_word`.
    """

    word: str
    name: str = ""
    name_language: str = ""
    link_url: str = ""
    link_word: str = ""
