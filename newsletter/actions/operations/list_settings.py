"""
What staff see of lists on the pages of the newsroom, each in few statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.actions.guard.objects import shared, the_list
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.lists import ListDetails, details_of
from newsletter.app import App
from newsletter.errors import SettingsError
from newsletter.issues.settings.list_sample import render_list_sample
from newsletter.issues.settings.public_lists import PublicList, list_as_pages_show_it
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.brief import Brief
from newsletter.model.mail import Message
from newsletter.store.issues.list_settings import (
    ListSettings,
    all_list_settings,
    load_list_settings,
)
from subscribers.fields.asked import declared_fields
from subscribers.fields.model import Field
from subscribers.lists import all_slugs, find_list, find_lists
from subscribers.model import ListCounts


@dataclass(frozen=True, kw_only=True)
class ListOverview:
    """
    A list with the number of its readers by state and what publishing adds to it.
    """

    counts: ListCounts
    settings: ListSettings


@dataclass(frozen=True, kw_only=True)
class ListPage:
    """
    A list with all that can be set of it. `shown` is the list as readers see it; it is None if its
    look is no longer valid, and `fault` says why. `fields` are those that its sign-up form can ask
    for.
    """

    details: ListDetails
    shown: PublicList | None
    fault: str
    counts: ListCounts
    fields: Sequence[Field]


@requires(Permission.LISTS_READ, "list.overview", about=shared(ObjectKind.LIST))
def overview(app: App, *, by: Actor) -> list[ListOverview]:
    """
    Return every list within reach, by slug.
    """
    with app.database.read() as connection:
        settings = all_list_settings(connection)
        seen = [slug for slug in all_slugs(connection) if by.sees(slug)]
        return [
            ListOverview(
                counts=counts, settings=settings.get(counts.mailing_list.id, ListSettings())
            )
            for counts in app.list_counts.count_all(connection, find_lists(connection, seen))
        ]


@requires(Permission.LISTS_READ, "list.slugs", about=shared(ObjectKind.LIST))
def slugs(app: App, *, by: Actor) -> list[str]:
    """
    Return the slug of every list within reach, sorted.
    """
    with app.database.read() as connection:
        return [slug for slug in all_slugs(connection) if by.sees(slug)]


@requires(Permission.LISTS_READ, "list.settings", about=the_list())
def page(app: App, slug: str, *, by: Actor) -> ListPage:
    """
    Return all that is set of a list.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.read() as connection:
        details = details_of(connection, find_list(connection, slug))
        found, fault, shown = details.mailing_list, "", None
        try:
            shown = list_as_pages_show_it(app.publishing, found, details.settings, details.asks)
        except SettingsError as error:
            fault = str(error)
        return ListPage(
            details=details,
            shown=shown,
            fault=fault,
            counts=app.list_counts.count(connection, found),
            fields=declared_fields(connection, public_only=True),
        )


@requires(Permission.LISTS_READ, "list.sample", about=the_list())
def sample(
    app: App, slug: str, *, brand: Mapping[str, Any], briefs: Sequence[Brief], by: Actor
) -> Message:
    """
    Render *briefs* as an email to a list, with *brand* as the look of the list.

    Raises:
        UnknownList: there is no such list.
        SettingsError: a value of the look is not valid.
        TemplateError, MergeError, SandboxError: the email cannot be rendered.
    """
    with app.database.read() as connection:
        found = find_list(connection, slug)
        own = load_list_settings(connection, found.id)
    return render_list_sample(app.publishing, found, own, brand=brand, briefs=briefs)
