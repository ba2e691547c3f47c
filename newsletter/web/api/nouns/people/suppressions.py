"""
Suppressions: list, show, add and remove them, and import a file of them.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query

from newsletter.actions.people import suppressions
from newsletter.actions.people.files.uploads import temporary_files
from newsletter.actions.people.sync import suppression_pages
from newsletter.model.access import Permission
from newsletter.web.api.bodies.people.suppressions import (
    SuppressedBody,
    SuppressedInPath,
    SuppressionBody,
    SuppressionImportBody,
    SuppressionsToImport,
    SuppressionToAdd,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from newsletter.web.api.requests.request_limits import RateClass
from subscribers.suppression.pages import NumberedSuppression
from subscribers.suppression.rules import shown_rule

noun = Noun("suppressions", "Addresses, domains and hashes that get no email.")

_SUPPRESSED = "/suppressions/{address}"
ScopeFilter = Annotated[str, Query(max_length=60, description="Of this list alone")]
ListToFree = Annotated[str, Query(max_length=60, description="For this list, and not for all")]
Why = Annotated[str, Query(max_length=1_000, description="Why, in words; needed after a complaint")]


@noun.get("/suppressions", Permission.SUPPRESSIONS_READ)
def list_suppressions(
    call: Call, list: ScopeFilter = "", limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[SuppressionBody]:
    """
    List the suppressions, the oldest first.
    """
    after, seen = call.after_seen(cursor)
    found = suppression_pages.page(
        call.app, list_slug=list, after=after, seen=seen, limit=limit + 1, by=call.actor
    )
    return call.page(
        found, limit, key=lambda each: f"{each.id} {seen + limit}", show=_numbered_body
    )


@noun.post("/suppressions", Permission.SUPPRESSIONS_WRITE, status=201)
def add_suppression(call: Call, body: SuppressionToAdd) -> SuppressedBody:
    """
    Suppress an address, a domain or the address with a hash.
    """
    found = suppressions.add(call.app, body.address, values=body.as_values(), by=call.actor)
    call.made(f"{PREFIX}/suppressions/{quote(shown_rule(found[0].address), safe='@*')}")
    return SuppressedBody.of([each for each in found if call.actor.sees(each.scope)])


@noun.get(_SUPPRESSED, Permission.SUPPRESSIONS_READ)
def show_suppressions(call: Call, address: SuppressedInPath) -> SuppressedBody:
    """
    Show every suppression of an address, a domain or a hash.
    """
    return SuppressedBody.of(suppression_pages.of_address(call.app, address, by=call.actor))


@noun.delete(_SUPPRESSED, Permission.SUPPRESSIONS_WRITE)
def remove_suppression(
    call: Call, address: SuppressedInPath, list: ListToFree = "", reason: Why = ""
) -> None:
    """
    Let an address, a domain or a hash get email again.

    Somebody who complained must have asked for it: say how in `reason`.
    """
    suppressions.remove(call.app, address, list_slug=list, why=reason, by=call.actor)


@noun.post(
    "/suppressions/import", Permission.SUPPRESSIONS_WRITE, rate=RateClass.BULK, in_steps=True
)
def import_suppressions(call: Call, body: SuppressionsToImport) -> SuppressionImportBody:
    """
    Suppress the addresses, domains and hashes in a file.

    A file that was exported here says why and for how long.
    """
    with temporary_files(call.app, [body.file.as_file()]) as (file,):
        done = suppressions.import_file(
            call.app, file, values=body.as_values(), dry_run=body.dry_run, by=call.actor
        )
    return SuppressionImportBody.of(done)


def _numbered_body(each: NumberedSuppression) -> SuppressionBody:
    return SuppressionBody.of(each.suppression)
