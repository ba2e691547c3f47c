"""
Actions of readers who sign up: ask to join, and confirm it by the button in the email.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.app import App
from newsletter.issues.settings.list_identity import list_identity
from newsletter.issues.settings.public_lists import PublicList, lists_as_pages_show_them
from newsletter.issues.standing.notices import standing_notice
from newsletter.model.notice import NoticeKind, NoticeRecipient, StandingNotice
from newsletter.store.delivery.appending import append_notices
from newsletter.store.flow_control import kill_switch
from subscribers.history.model import Origin, OriginKind
from subscribers.model import OptIn
from subscribers.requests.model import CONFIRMING, RequestKind
from subscribers.requests.records import is_open, load_request
from subscribers.signup.confirm import confirm_join
from subscribers.signup.join import join
from subscribers.signup.model import ConfirmOutcome, JoinAnswer, JoinOutcome, SignUp
from subscribers.signup.view import find_join_view
from subscribers.unsubscribe_view import masked


def ask_to_join(
    app: App,
    sign_up: SignUp,
    *,
    language: str,
    sends_welcome: bool,
    admit: Callable[[sa.Connection], bool],
    by: Origin | None = None,
) -> bool:
    """
    Take a sign-up and send the email that answers it, in one transaction; do nothing if *admit*
    returns False. Whether anything is sent to the address is decided later, so that the time tells
    nothing about it. Without *by* it was the reader who asked.
    """
    notices = _answering_notices(app, sign_up, language, sends_welcome=sends_welcome)
    by = by or Origin(kind=OriginKind.READER, through=sign_up.form)
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        if not admit(connection):
            return False
        now = app.clock()
        made = join(connection, sign_up, keyring=app.links.keys, by=by, now=now)
        app.on_step("join.after_request")
        append_notices(connection, notices[made.answer], [_recipient(made)], now=now)
        app.on_step("join.before_commit")
    app.on_step("join.after_commit")
    return True


def _answering_notices(
    app: App, sign_up: SignUp, language: str, *, sends_welcome: bool
) -> Mapping[JoinAnswer, StandingNotice]:
    """
    Return the notice of each answer that this sign-up can get. Where nobody is welcomed, somebody
    who needs no confirmation is added to the notice that asks for one, and skipped by it.
    """
    about = sign_up.lists[0].id if len(sign_up.lists) == 1 else None

    def find(kind: NoticeKind) -> StandingNotice:
        return standing_notice(app.publishing, kind, about, language)

    notices = {
        JoinAnswer.CONFIRM: find(NoticeKind.CONFIRM),
        JoinAnswer.SETTINGS: find(NoticeKind.SETTINGS),
    }
    if any(each.opt_in is OptIn.SINGLE for each in sign_up.lists):
        kind = NoticeKind.WELCOME if sends_welcome else NoticeKind.CONFIRM
        notices[JoinAnswer.WELCOME] = find(kind)
    return notices


def _recipient(made: JoinOutcome) -> NoticeRecipient:
    return NoticeRecipient(
        subscriber_id=made.subscriber_id,
        email=made.address,
        subscription_id=made.subscription_id,
        request_id=made.request_id,
    )


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """
    What the page behind the link of a confirmation shows: the newsletters, the address with all but
    its first letter masked, and the address that the newsletters come from. `is_done` if the button
    was pressed before; then `newsletters` are those that the person gets now. `is_asked` if
    it is staff who asked, then `is_on` if they get it already.
    """

    subscriber_id: int
    newsletters: Sequence[PublicList]
    masked_address: str
    sender_address: str
    language: str | None
    is_done: bool = False
    is_asked: bool = False
    is_on: bool = False


def find_confirmation(app: App, request_id: int) -> Confirmation | None:
    """
    Return what there is to confirm; None if the link is too old, or the person is gone.
    """
    with app.database.read() as connection:
        found = load_request(connection, request_id)
        if found is None or found.kind not in CONFIRMING:
            return None
        view = find_join_view(connection, found)
        is_done = found.done_at is not None
        if view is None or not (is_done or is_open(found, app.clock())):
            return None
        ids = view.active if is_done else found.lists
        context = app.publishing
        newsletters = lists_as_pages_show_them(context, connection, ids)
        sender = context.default_sender
        if newsletters:
            sender = list_identity(context, connection, newsletters[0].id).sender
        return Confirmation(
            subscriber_id=found.subscriber_id,
            newsletters=newsletters,
            sender_address=sender.address,
            masked_address=masked(view.email),
            language=found.language,
            is_done=is_done,
            is_asked=found.kind is RequestKind.ASKED,
            is_on=found.kind is RequestKind.ASKED and bool(view.active),
        )


def confirm(app: App, request_id: int) -> ConfirmOutcome:
    """
    Confirm a sign-up by the button in the email, and welcome the person to each list that does so,
    in one transaction. A second call changes nothing.
    """
    welcomes = _welcomes(app, request_id)
    by = Origin(kind=OriginKind.READER, through="confirmation")
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        now = app.clock()
        done = confirm_join(connection, request_id, keyring=app.links.keys, by=by, now=now)
        app.on_step("confirm.after_join")
        for list_id, notice in welcomes:
            if done.address and done.subscriber_id and list_id in done.joined:
                who = NoticeRecipient(
                    subscriber_id=done.subscriber_id,
                    email=done.address,
                    subscription_id=done.joined[list_id],
                    request_id=request_id,
                )
                append_notices(connection, notice, [who], now=now)
        app.on_step("confirm.before_commit")
    app.on_step("confirm.after_commit")
    return done


def _welcomes(app: App, request_id: int) -> list[tuple[int, StandingNotice]]:
    """
    Return the welcome to each list of the request that sends one, in the order in which people are
    added to several.
    """
    found = find_confirmation(app, request_id)
    if found is None or found.is_done:
        return []
    welcomes = []
    for each in found.newsletters:
        if each.sends_welcome:
            kind = NoticeKind.WELCOME
            notice = standing_notice(app.publishing, kind, each.id, found.language)
            welcomes.append((each.id, notice))
    return sorted(welcomes, key=lambda each: each[1].issue_id)
