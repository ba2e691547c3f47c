"""
Messages to one person: send one, and show what became of it.
"""

from __future__ import annotations

from newsletter.actions.people.sync import messages
from newsletter.model.access import Permission
from newsletter.web.api.bodies.people.notices import NoticeBody, NoticeNumber, NoticeToSend
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun

noun = Noun("notices", "Emails to one person that are no issue, such as about an order.")


@noun.post("/notices", Permission.NOTICES_SEND, status=201)
def send_notice(call: Call, body: NoticeToSend) -> NoticeBody:
    """
    Send an email to one address, which need not be a subscriber's.

    Nothing is sent to an address that is suppressed, or was erased. Send an idempotency key, so
    that a repeated request sends no second email.
    """
    sent = messages.send(call.app, body.address, body.as_message(), by=call.actor)
    call.made(f"{PREFIX}/notices/{sent.number}")
    return NoticeBody.of(sent)


@noun.get("/notices/{number}", Permission.PEOPLE_READ)
def show_notice(call: Call, number: NoticeNumber) -> NoticeBody:
    """
    Show what became of a message.
    """
    return NoticeBody.of(messages.show(call.app, number, by=call.actor))
