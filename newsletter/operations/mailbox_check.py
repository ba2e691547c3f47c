"""
Check the mailboxes in which bounces and emails to unsubscribe arrive.
"""

from __future__ import annotations

from pathlib import Path

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.ingest.sources.imap.location import is_imap
from newsletter.mail.checks.unsubscribe import LONGEST_FOLDED
from newsletter.mail.mime.list_headers import mailto_url
from newsletter.settings import ProviderSettings
from subscribers.text.phrases import joined, phrase


def check_bounces(app: App) -> str:
    """
    Return where providers send bounces that they report by mail, and what reads them.
    """
    mailboxes = []
    for name, own in app.settings.provider.items():
        if own.kind == "smtp" and not own.bounce_address and not own.events:
            raise NewsletterError(
                phrase(
                    "[provider.{name}] bounce_address is missing, so bounces go to the sender "
                    "and are not processed: set an address whose mailbox this program can "
                    "read, or set events if a provider with webhooks runs the server",
                    name=name,
                )
            )
        if own.bounce_mailbox and not is_imap(own.bounce_mailbox):
            key = f"[provider.{name}] bounce_mailbox"
            _require_maildir(key, app.settings.path(Path(own.bounce_mailbox)))
        if own.bounce_address:
            reads = (
                phrase("read from {mailbox}", mailbox=own.bounce_mailbox)
                if own.bounce_mailbox
                else phrase("read by `newsletter bounces read`")
            )
            mailboxes.append(
                phrase(
                    "{name}: to {address}, {reads}",
                    name=name,
                    address=own.bounce_address,
                    reads=reads,
                )
            )
    none = phrase("no configured provider sends bounces by email")
    return joined("; ", mailboxes) if mailboxes else none


def check_unsubscribe_emails(app: App) -> str:
    """
    Return where readers send an email to unsubscribe, and what reads it.
    """
    delivery = app.settings.delivery
    address, mailbox = delivery.unsubscribe_address, delivery.unsubscribe_mailbox
    if not address:
        return phrase("not set; readers unsubscribe by link")
    if mailbox and not is_imap(mailbox):
        _require_maildir("[delivery] unsubscribe_mailbox", app.settings.path(Path(mailbox)))
    token = app.links.unsubscribe(10**9).rpartition("/")[2]
    header = f"<{mailto_url(address, token)}>"
    if len(header) > LONGEST_FOLDED:
        raise NewsletterError(
            phrase(
                "[delivery] unsubscribe_address is too long: it makes links of {number} "
                "characters, and {limit} is the maximum",
                number=len(header),
                limit=LONGEST_FOLDED,
            )
        )
    mailboxes = [mailbox] if mailbox else [p.bounce_mailbox for p in _with_mailbox(app)]
    reads = " and ".join(map(str, mailboxes))
    if not reads:
        return phrase("to {address}, read by `newsletter bounces read`", address=address)
    return phrase("to {address}, read from {mailboxes}", address=address, mailboxes=reads)


def _with_mailbox(app: App) -> list[ProviderSettings]:
    providers = app.settings.provider.values()
    return [own for own in providers if own.bounce_address and own.bounce_mailbox]


def _require_maildir(key: str, folder: Path) -> None:
    if not all((folder / part).is_dir() for part in ("new", "cur")):
        raise NewsletterError(
            phrase(
                "{key}: {folder} is not a Maildir, so its emails are not processed: let "
                "the mail system deliver to one, with the folders new and cur",
                key=key,
                folder=folder,
            )
        )
