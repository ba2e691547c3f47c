"""
Requests under data protection law: list, show, record and close them.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.actions.people import privacy
from newsletter.actions.people.sync import request_pages
from newsletter.model.access import Permission
from newsletter.web.api.bodies.people.privacy_requests import (
    PrivacyRequestBody,
    PrivacyRequestOutcome,
    PrivacyRequestToAdd,
    RequestNumber,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit

noun = Noun("privacy requests", "What people asked for under data protection law.")

_REQUEST = "/privacy-requests/{number}"
OnlyOpen = Annotated[bool, Query(description="Only those that are open")]


@noun.get("/privacy-requests", Permission.PEOPLE_READ)
def list_privacy_requests(
    call: Call, open: OnlyOpen = False, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[PrivacyRequestBody]:
    """
    List the requests, the oldest first.
    """
    after = call.after(cursor, int, 0)
    found = request_pages.page(call.app, is_open=open, after=after, limit=limit + 1, by=call.actor)
    return call.page(found, limit, key=lambda each: each.id, show=PrivacyRequestBody.of)


@noun.post("/privacy-requests", Permission.PEOPLE_WRITE, status=201)
def add_privacy_request(call: Call, body: PrivacyRequestToAdd) -> PrivacyRequestBody:
    """
    Record a request that was received.
    """
    added = privacy.add(call.app, body.address, body.kind, received=body.received, by=call.actor)
    call.made(f"{PREFIX}/privacy-requests/{added.id}")
    return PrivacyRequestBody.of(added)


@noun.get(_REQUEST, Permission.PEOPLE_READ)
def show_privacy_request(call: Call, number: RequestNumber) -> PrivacyRequestBody:
    """
    Show a request.
    """
    return PrivacyRequestBody.of(request_pages.find(call.app, number, by=call.actor))


@noun.post(f"{_REQUEST}/done", Permission.PEOPLE_WRITE, version_of=_REQUEST)
def close_privacy_request(
    call: Call, number: RequestNumber, body: PrivacyRequestOutcome
) -> PrivacyRequestBody:
    """
    Close a request, with what was done.
    """
    return PrivacyRequestBody.of(
        privacy.done(call.app, number, outcome=body.outcome, by=call.actor)
    )
