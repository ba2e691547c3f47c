"""
Load the frozen mail of each issue once per worker, and compute how many copies fit into a call.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from newsletter.errors import NewsletterError
from newsletter.mail.size.budget import mail_bytes, value_bytes
from newsletter.model.delivery import Provider, batch_size
from newsletter.model.issue import Issue, IssueKind
from newsletter.model.mail import Mail
from newsletter.model.notice import NoticeKind, TypedNotice, notice_kind
from newsletter.store.database import Database
from newsletter.store.delivery import freeze
from newsletter.store.issues import issues
from subscribers.text.phrases import phrase

MOST_CACHED = 4


@dataclass(frozen=True, kw_only=True)
class FrozenMail:
    """
    An issue's mail as it was frozen, the epoch of that, its hash, the bytes of one copy and of the
    declared values in it, and the provider that its batches were made for. `notice` is its kind if
    people are added to it, or if it goes to nobody who is suppressed.
    """

    mail: Mail
    epoch: str
    sha256: str
    bytes_a_copy: int
    bytes_of_values: int
    made_for: str
    notice: NoticeKind | TypedNotice | None = None

    def limit_for(self, provider: Provider) -> int:
        """
        Return how many recipients fit into one call of *provider*.
        """
        return batch_size(
            provider.capabilities, self.bytes_a_copy, value_bytes=self.bytes_of_values
        )


@dataclass
class FrozenMails:
    """
    Load frozen mails, and keep the latest few in memory: notices are sent during a long issue.
    """

    database: Database
    _cached: dict[int, FrozenMail] = field(default_factory=dict)

    def of(self, issue_id: int) -> FrozenMail:
        if issue_id not in self._cached:
            with self.database.read() as connection:
                found = freeze.load_mail(connection, issue_id)
                issue = issues.load_issue(connection, issue_id)
            if found is None:
                raise NewsletterError(
                    phrase("issue {issue} is sending but has no frozen mail", issue=issue_id)
                )
            mail, sha256 = found
            while len(self._cached) >= MOST_CACHED:
                del self._cached[next(iter(self._cached))]
            self._cached[issue_id] = FrozenMail(
                mail=mail,
                epoch=issue.frozen_epoch,
                sha256=sha256,
                bytes_a_copy=mail_bytes(mail),
                bytes_of_values=value_bytes(mail),
                made_for=issue.provider,
                notice=_notice_of(issue),
            )
        return self._cached[issue_id]


def _notice_of(issue: Issue) -> NoticeKind | TypedNotice | None:
    if issue.kind is not IssueKind.NOTICE:
        return None
    if issue.template == TypedNotice.MESSAGE:
        return TypedNotice.MESSAGE
    return None if issue.audience.addresses else notice_kind(issue.template)
