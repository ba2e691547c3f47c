"""
Actions on sending an issue again to named people.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.delivery.resend import Resending, plan_resend
from newsletter.errors import Refused
from newsletter.mail.size.budget import mail_bytes, value_bytes
from newsletter.model.access import Actor, Permission
from newsletter.model.delivery import batch_size
from newsletter.store.delivery import finish
from newsletter.store.delivery.appending import append_resent
from newsletter.store.delivery.freeze import load_mail
from newsletter.store.issues.issues import load_issue
from subscribers.history.model import HistoryEvent, HistoryRecord
from subscribers.history.records import record_all
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address, parse_address


@requires(Permission.PEOPLE_READ, "issue.accepted_before", about=the_issue())
def accepted_before(
    app: App, issue_id: int, addresses: Sequence[str], *, by: Actor
) -> Sequence[str]:
    """
    Return those of the people with *addresses* who have accepted the issue before, if all of them
    can be sent it again.

    Raises:
        NotFound: there is no such issue.
        InvalidAddress, UnknownSubscriber: one of the addresses is not valid, or nobody's.
        Refused: it was not sent, or somebody may not get it again; the line says who and why.
    """
    with app.database.read() as connection:
        return _plan(app, connection, issue_id, _parse(addresses)).accepted


@requires(Permission.ISSUES_SEND, "issue.resend", about=the_issue(), in_steps=True)
def resend(
    app: App, issue_id: int, addresses: Sequence[str], *, again: bool = False, by: Actor
) -> int:
    """
    Send the issue again to the people with *addresses*, and return how many they are. With *again*,
    also to those who have accepted it before.

    Raises:
        NotFound: there is no such issue.
        InvalidAddress, UnknownSubscriber: one of the addresses is not valid, or nobody's.
        Refused: it was not sent, or somebody may not get it again; the line says who and why.
    """
    typed = _parse(addresses)
    with app.database.write() as connection:
        issue = load_issue(connection, issue_id)
        plan = _plan(app, connection, issue_id, typed)
        if plan.accepted and not again:
            raise Refused(
                phrase(
                    "{accepted} got issue {issue} already: --again sends it again",
                    accepted=", ".join(plan.accepted),
                    issue=issue_id,
                )
            )
        found = load_mail(connection, issue_id)
        assert found is not None  # A plan was made of it.
        mail, _ = found
        capabilities = app.provider_named(issue.current_provider).capabilities
        now = app.clock()
        records = [
            HistoryRecord(
                what=HistoryEvent.RESENT,
                subscriber_id=who.subscriber_id,
                list_id=who.list_id,
                detail={"issue": issue_id},
            )
            for who in plan.recipients
        ]
        record_all(connection, records, by=by.origin, at=now)
        append_resent(
            connection,
            issue_id,
            plan.recipients,
            batch_size=batch_size(capabilities, mail_bytes(mail), value_bytes=value_bytes(mail)),
            now=now,
        )
        app.on_step("resend.before_commit")
    app.on_step("resend.after")
    return len(plan.recipients)


@requires(Permission.ISSUES_READ, "issue.is_resending", about=the_issue())
def is_resending(app: App, issue_id: int, *, by: Actor) -> bool:
    """
    Return whether the issue is being sent again to somebody, so that cancelling it ends only that.
    """
    with app.database.read() as connection:
        return finish.is_resending(connection, issue_id)


def _parse(addresses: Sequence[str]) -> list[Address]:
    return [parse_address(address) for address in addresses]


def _plan(
    app: App, connection: sa.Connection, issue_id: int, addresses: Sequence[Address]
) -> Resending:
    issue = load_issue(connection, issue_id)
    found = load_mail(connection, issue_id)
    if found is None:
        raise Refused(phrase("issue {issue} was not sent yet: send it first", issue=issue_id))
    return plan_resend(connection, issue, found[0], addresses, now=app.clock())
