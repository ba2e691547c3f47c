"""
Email links to staff: invitations and password resets.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from newsletter.access.staff_links import new_link
from newsletter.app import App
from newsletter.issues.notices import INVITATION_NOTICE, RESET_NOTICE, queue_notice
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import MergeField
from newsletter.model.staff import Member, StaffLink, StaffLinkKind
from newsletter.store.access import links

_TEMPLATES = {
    StaffLinkKind.INVITATION: INVITATION_NOTICE,
    StaffLinkKind.RESET: RESET_NOTICE,
}


def mail_link(
    app: App,
    kind: StaffLinkKind,
    address: str,
    *,
    language: str,
    find: Callable[[sa.Connection], Member],
    invited_by: str = "",
) -> Member:
    """
    Send a link to *address* and return the member it is for, whom *find* adds or finds in the same
    transaction.

    Raises:
        TemplateError: the email cannot be rendered; nothing was changed.
    """
    made: list[tuple[Member, StaffLink]] = []

    def make(connection: sa.Connection) -> None:
        member = find(connection)
        made.append((member, new_link(connection, kind, member, now=app.clock())))

    values = {
        "list_name": app.site.name,
        "invited_by": invited_by,
        f"{kind}_url": MergeField(f"{kind}_url"),
    }
    with app.database.unit():
        number = queue_notice(
            app.publishing, _notice(app, kind, address), values, language=language, also=make
        )
        member, link = made[0]
        with app.database.write() as connection:
            links.set_notice(connection, link.id, number)
    return member


def make_link(
    app: App, kind: StaffLinkKind, find: Callable[[sa.Connection], Member]
) -> tuple[Member, str]:
    """
    Return a member, whom *find* adds or finds in the same transaction, and the URL of a new link
    for them.
    """
    with app.database.write() as connection:
        member = find(connection)
        link = new_link(connection, kind, member, now=app.clock())
    return member, app.links.staff_link(kind, link.id, link.epoch)


def _notice(app: App, kind: StaffLinkKind, address: str) -> Issue:
    context = app.publishing
    return Issue(
        id=0,
        kind=IssueKind.NOTICE,
        state=IssueState.FREEZING,
        audience=AudienceRule(lists=(), addresses=(address,)),
        template=_TEMPLATES[kind],
        sender=context.default_sender,
        reply_to=context.default_reply_to,
        provider=context.default_provider,
        fallback_provider=context.fallback_provider(None),
    )
