"""
Subscribers: find, make, change and erase them, one at a time or many.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from fastapi import Query

from newsletter.actions.people import person, privacy, subscribers
from newsletter.actions.people.newsroom import new_address
from newsletter.actions.people.search import FoundPerson
from newsletter.actions.people.sync import bulk_upsert, people_pages, upsert
from newsletter.model.access import Permission
from newsletter.web.api.bodies.bulk import PeopleResultBody, SubscribersToUpsert, row_result
from newsletter.web.api.bodies.subscribers import (
    AddressInPath,
    ExplanationBody,
    NewAddress,
    PersonalDataBody,
    SubscriberBody,
    SubscriberChanges,
    SubscriberToKeep,
    SubscriberToMake,
    details_body,
    subscriber_body,
)
from newsletter.web.api.body import CountedPage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.refusals.problems import not_found
from newsletter.web.api.requests.paging import CursorText, Limit, Total
from newsletter.web.api.requests.request_limits import RateClass
from newsletter.web.api.times import GivenMoment
from subscribers.filters.model import PeopleFilter, PeopleOrder, PersonState
from subscribers.segments.model import MAX_LENGTH
from subscribers.validation.address import parse_address

noun = Noun("subscribers", "People with an email address, on one list or several.")

ListFilter = Annotated[str, Query(max_length=60, description="On the list with this slug")]
SegmentFilter = Annotated[str, Query(max_length=100, description="In the segment of this name")]
TagFilter = Annotated[str, Query(max_length=100, description="With this tag")]
StateFilter = Annotated[
    PersonState | None, Query(description="In this state on the list, or on any")
]
Since = Annotated[
    GivenMoment | None,
    Query(description="Something about them has changed since then, by their history"),
]
TextFilter = Annotated[
    str, Query(max_length=200, description="With this in the address or the name")
]
BeginsFilter = Annotated[
    str, Query(max_length=320, description="With an address that begins with this")
]
RuleFilter = Annotated[
    str,
    Query(
        max_length=MAX_LENGTH,
        description="Selected by this rule, such as `edition = morning`",
        examples=["tag has press"],
    ),
]
OfIssue = Annotated[
    int | None, Query(ge=1, le=2**53, description="Only this issue, instead of the latest")
]
Order = Annotated[
    PeopleOrder, Query(description="By when they were first known, or by their address")
]


@noun.get("/subscribers", Permission.PEOPLE_READ)
def list_subscribers(
    call: Call,
    list: ListFilter = "",
    segment: SegmentFilter = "",
    tag: TagFilter = "",
    status: StateFilter = None,
    changed_since: Since = None,
    text: TextFilter = "",
    begins: BeginsFilter = "",
    rule: RuleFilter = "",
    order: Order = PeopleOrder.OLDEST,
    total: Total = False,
    limit: Limit = 100,
    cursor: CursorText = None,
) -> CountedPage[SubscriberBody]:
    """
    List the subscribers who match all filters.

    `rule` finds them as a segment would, such as by a field, without storing one. Only a token for
    all lists may use it.
    """
    which = PeopleFilter(
        list_slug=list,
        segment=segment,
        rule=rule,
        tag=tag,
        state=status,
        changed_since=changed_since,
        text=text,
        begins=begins,
    )
    seen, _, after = call.after(cursor, str, "0 ").partition(" ")
    found = people_pages.page(
        call.app,
        which,
        order=order,
        after=after,
        seen=int(seen),
        limit=limit + 1,
        by=call.actor,
    )

    def key(each: FoundPerson) -> str:
        last = each.person.email if order is PeopleOrder.ADDRESS else each.person.id
        return f"{int(seen) + limit} {str(last).lower()}"

    count = people_pages.total(call.app, which, by=call.actor) if total else None
    return call.counted_page(found, limit, key=key, show=_found_body, total=count)


@noun.post("/subscribers", Permission.PEOPLE_WRITE, status=201)
def make_subscriber(call: Call, body: SubscriberToMake) -> SubscriberBody:
    """
    Make a subscriber.

    Without a `consent` they get the email that asks to confirm, as from the sign-up form.
    """
    by = call.with_permissions(Permission.PEOPLE_READ)
    made = upsert.create(call.app, body.address, body.as_values(), by=by)
    call.made(f"{PREFIX}/subscribers/{made.person.email}")
    return details_body(made)


@noun.get("/subscribers/{address}", Permission.PEOPLE_READ)
def show_subscriber(call: Call, address: AddressInPath) -> SubscriberBody:
    """
    Show a subscriber.
    """
    return details_body(person.show(call.app, address, by=call.actor))


@noun.put("/subscribers/{address}", Permission.PEOPLE_READ, Permission.PEOPLE_WRITE)
def keep_subscriber(call: Call, address: AddressInPath, body: SubscriberToKeep) -> SubscriberBody:
    """
    Make a subscriber, or change the one with this address.

    What is left out stays as it is, and nobody is taken from a list.
    """
    found, is_new = upsert.upsert(call.app, address, body.as_values(), by=call.actor)
    if is_new:
        call.made(f"{PREFIX}/subscribers/{found.person.email}")
    return details_body(found)


@noun.patch("/subscribers/{address}", Permission.PEOPLE_READ, Permission.PEOPLE_WRITE)
def change_subscriber(
    call: Call, address: AddressInPath, body: SubscriberChanges
) -> SubscriberBody:
    """
    Change the given values of a subscriber.
    """
    return details_body(upsert.change(call.app, address, body.as_values(), by=call.actor))


@noun.post(
    "/subscribers/{address}/address",
    Permission.PEOPLE_READ,
    Permission.PEOPLE_WRITE,
    version_of="/subscribers/{address}",
    in_steps=True,
)
def change_address(call: Call, address: AddressInPath, body: NewAddress) -> SubscriberBody:
    """
    Give a subscriber another address, and tell them at the old one.

    Their lists, history and what suppresses them stay; bounces of the old address do not count.
    """
    new_address.change(call.app, address, new_address=body.address, by=call.actor)
    return details_body(person.show(call.app, body.address, by=call.actor))


@noun.get("/subscribers/{address}/why", Permission.PEOPLE_READ)
def explain_subscriber(
    call: Call, address: AddressInPath, issue: OfIssue = None
) -> ExplanationBody:
    """
    Explain what happened to a person in the latest issues, and by which rule.
    """
    found = subscribers.trace_address(call.app, address, issue_id=issue, by=call.actor)
    if found.person is None:
        # They were erased, and an email that is on its way is all that is left of them.
        raise not_found()
    return ExplanationBody.of(found)


@noun.delete("/subscribers/{address}", Permission.PEOPLE_ERASE)
def erase_subscriber(call: Call, address: AddressInPath) -> None:
    """
    Erase a person for good, as data protection law demands.

    Everything about them is removed but a keyed hash of the address, so that no import brings them
    back. To end a subscription, remove that.
    """
    subscribers.erase_person(call.app, address, by=call.actor)


@noun.get("/subscribers/{address}/data", Permission.PEOPLE_EXPORT, rate=RateClass.BULK)
def export_subscriber(call: Call, address: AddressInPath) -> PersonalDataBody:
    """
    Show everything that is stored about an address.
    """
    parse_address(address)
    return PersonalDataBody(data=privacy.data_about(call.app, address, by=call.actor))


@noun.post("/bulk/subscribers", Permission.PEOPLE_WRITE, rate=RateClass.BULK)
def keep_subscribers(call: Call, body: SubscribersToUpsert) -> PeopleResultBody:
    """
    Make or change up to 1,000 subscribers of a list, each with a result of its own.

    Nobody gets an email. Nobody who left the list, is suppressed or was erased is brought back.
    """
    given = [row.as_given() for row in body.rows]
    results = bulk_upsert.upsert_many(
        call.app, body.list, given, consent=body.consent, by=call.actor
    )
    return PeopleResultBody(
        counts=dict(Counter(each.outcome for each in results)),
        rows=[row_result(row, each) for row, each in zip(body.rows, results, strict=True)],
    )


def _found_body(found: FoundPerson) -> SubscriberBody:
    return subscriber_body(found.person, found.values, found.tags)
