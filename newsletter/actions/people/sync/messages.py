"""
Actions on messages: a notice with a text of their own, which a program sends to one address.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import InvalidValue, NotFound, Refused
from newsletter.issues.notices import queue_notice
from newsletter.issues.rendering import typed_text
from newsletter.mail.merge.fields import find_fields
from newsletter.mail.templating.translations import language_with_words
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.notice import TypedNotice
from newsletter.store.delivery.status.recipients import RecipientStatus, recipient_statuses
from newsletter.store.issues.issues import load_issue
from subscribers.suppression.model import ALL_LISTS
from subscribers.suppression.records import find_suppressed
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address, parse_address
from subscribers.validation.text_fields import one_line


@dataclass(frozen=True, kw_only=True)
class MessageToSend:
    """
    What is to be sent: a subject, and a text in Markdown. `language` is that of the words around
    it, such as in the footer.
    """

    subject: str
    text: str
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class MessageStatus:
    """
    What became of a message.
    """

    number: int
    recipient: RecipientStatus


@requires(Permission.NOTICES_SEND, "notice.send", about=unlimited(ObjectKind.PERSON, "address"))
def send(app: App, address: str, message: MessageToSend, *, by: Actor) -> MessageStatus:
    """
    Send a message to an address, which need not be a subscriber's, through the site's provider.

    Raises:
        InvalidAddress, InvalidText: the address or the subject is not valid.
        InvalidValue: the text is empty, or has a merge field.
        Refused: the address is suppressed, or was erased.
        TemplateError, ReadError: it cannot be rendered.
    """
    parsed = parse_address(address)
    subject = one_line(message.subject, phrase("subject"), may_be_empty=False)
    _require_no_fields(subject, message.text)
    _require_not_suppressed(app, parsed)
    made = typed_text(app.publishing, message.text)
    if made is None:
        raise InvalidValue(phrase("the text is empty: write what is to be sent"))
    site = app.site
    language = language_with_words(app.settings.template_folders, message.language, site.language)
    values = {
        "list_name": site.name,
        "message_subject": subject,
        "message": {"html": made.html, "text": made.text},
    }
    number = queue_notice(app.publishing, _notice(app, parsed), values, language=language)
    return _status(app, number)


@requires(Permission.PEOPLE_READ, "notice.show", about=unlimited(ObjectKind.PERSON))
def show(app: App, number: int, *, by: Actor) -> MessageStatus:
    """
    Return what became of a message.

    Raises:
        NotFound: there is none of that number.
    """
    return _status(app, number)


def _status(app: App, number: int) -> MessageStatus:
    with app.database.read() as connection:
        found = load_issue(connection, number)
        recipients = recipient_statuses(connection, number, only=None)
    if (found.kind, found.template) != (IssueKind.NOTICE, TypedNotice.MESSAGE) or not recipients:
        raise NotFound(phrase("there is no message {number}", number=number))
    return MessageStatus(number=number, recipient=recipients[0])


def _require_no_fields(*texts: str) -> None:
    for text in texts:
        for field in find_fields(text):
            raise InvalidValue(
                phrase("%%{field}%%: a message has no merge fields: leave it out", field=field.name)
            )


def _require_not_suppressed(app: App, address: Address) -> None:
    with app.database.read() as connection:
        found = find_suppressed(
            connection, [address.key], list_slug=ALL_LISTS, keyring=app.links.keys
        )
    for reason in found.values():
        raise Refused(
            phrase(
                "{address} is suppressed ({reason}): nothing was sent",
                address=address.email,
                reason=reason,
            )
        )


def _notice(app: App, address: Address) -> Issue:
    context = app.publishing
    return Issue(
        id=0,
        kind=IssueKind.NOTICE,
        state=IssueState.FREEZING,
        audience=AudienceRule(lists=(), addresses=(address.email,)),
        template=TypedNotice.MESSAGE,
        sender=context.default_sender,
        reply_to=context.default_reply_to,
        provider=context.default_provider,
        fallback_provider=context.fallback_provider(None),
    )
