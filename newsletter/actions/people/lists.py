"""
Actions on mailing lists: add, edit, remove and show.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_list, unlimited
from newsletter.actions.guard.requires import require_permission, requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.issues.settings.lists import (
    ListValues,
    change_list_settings,
    parse_opt_in,
    parse_visibility,
)
from newsletter.issues.settings.schedules import require_runs_outside_quiet_hours
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.issue import IssueState
from newsletter.store.delivery.segments.rules import require_rules, require_whole_rule
from newsletter.store.flow_control.quiet_hours import waiting_issues
from newsletter.store.issues.list_holds import hold_list, release_list
from newsletter.store.issues.list_references import (
    issues_naming,
    rename_references,
    schedules_naming,
)
from newsletter.store.issues.list_settings import ListSettings, load_list_settings
from subscribers import lists
from subscribers.fields.asked import asked_fields
from subscribers.fields.model import AskedField
from subscribers.model import ListCounts, MailingList
from subscribers.preferences.reasons import LeaveReasons, leave_reasons
from subscribers.segments.records import all_segments
from subscribers.segments.renames import rename_list_in_rules
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line

_BEING_SENT = frozenset({IssueState.FREEZING, IssueState.SENDING, IssueState.PAUSED})
_CLOSED = frozenset({IssueState.SUBMITTED, IssueState.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class ListDetails:
    """
    A mailing list with what publishing adds to it.
    """

    mailing_list: MailingList
    settings: ListSettings
    asks: tuple[AskedField, ...] = ()


@requires(Permission.LISTS_WRITE, "list.add", about=unlimited(ObjectKind.LIST, "slug"))
def add(app: App, slug: str, name: str, values: ListValues, *, by: Actor) -> ListDetails:
    """
    Store a new list; values that are not given come from the site.

    Raises:
        InvalidValue, InvalidAddress, InvalidText, SettingsError: a value is not valid.
        SubscribersError: a list with that slug exists.
    """
    with app.database.write() as connection:
        made = lists.add_list(
            connection,
            slug,
            name=name,
            now=app.clock(),
            description=values.description or "",
            opt_in=parse_opt_in(values.opt_in or "double"),
            visibility=parse_visibility(values.visibility or "private"),
            language=values.language or app.settings.site.language,
        )
        return _with_settings(app, connection, made, values)


@requires(Permission.LISTS_WRITE, "list.edit", about=the_list())
def edit(app: App, slug: str, values: ListValues, *, by: Actor) -> ListDetails:
    """
    Change a list; values that are not given stay.

    Raises:
        UnknownList: there is no such list.
        InvalidValue, InvalidAddress, InvalidText, InvalidSlug, SettingsError: a value is not valid.
        ListExists: another list has the new slug.
        Forbidden: only an owner changes above how many readers a second person has to approve.
        Refused: it is to get another slug while an issue is being sent to it, or all runs of one of
            its schedules would fall in the quiet hours.
    """
    with app.database.write() as connection:
        if values.second_person_above is not None:
            # It binds the editors, who may change all else.
            require_permission(by, Permission.STAFF_WRITE)
        if values.slug is not None and values.slug != slug:
            slug = _rename(
                connection, lists.find_list(connection, slug), values.slug, now=app.clock()
            )
        changed = lists.edit_list(
            connection,
            slug,
            name=values.name,
            description=values.description,
            opt_in=parse_opt_in(values.opt_in) if values.opt_in else None,
            visibility=parse_visibility(values.visibility) if values.visibility else None,
            language=values.language,
        )
        details = _with_settings(app, connection, changed, values)
        if values.quiet or values.timezone:
            require_runs_outside_quiet_hours(connection, slug, now=app.clock())
        return details


@requires(Permission.LISTS_READ, "list.quiet_issues", about=the_list())
def issues_in_quiet_hours(app: App, slug: str, *, by: Actor) -> list[int]:
    """
    Return the issues to the list that wait for the quiet hours that it had when they were frozen.
    """
    with app.database.read() as connection:
        sending = issues_naming(connection, slug, states={IssueState.SENDING})
        return waiting_issues(connection, sending)


@requires(Permission.LISTS_WRITE, "list.hold", about=the_list())
def hold(app: App, slug: str, *, reason: str, by: Actor) -> list[int]:
    """
    Hold a list: nothing is sent to it until it is released. Return the numbers of the issues that
    were being sent, and are paused.

    Raises:
        UnknownList: there is no such list.
        InvalidText: the reason is empty or longer than one line.
    """
    why = one_line(reason, phrase("reason"), may_be_empty=False)
    with app.database.write() as connection:
        return hold_list(connection, lists.find_list(connection, slug), reason=why, now=app.clock())


@requires(Permission.LISTS_WRITE, "list.release", about=the_list())
def release(app: App, slug: str, *, by: Actor) -> list[int]:
    """
    Let issues be sent to a list that was held. Return the numbers of those that stay paused.

    Raises:
        UnknownList: there is no such list.
        Refused: it is not held.
    """
    with app.database.write() as connection:
        if not release_list(connection, lists.find_list(connection, slug)):
            raise Refused(
                phrase("list {list} is not held: `newsletter list show {list}` shows it", list=slug)
            )
        return issues_naming(connection, slug, states={IssueState.PAUSED})


@requires(Permission.LISTS_WRITE, "list.remove", about=the_list())
def remove(app: App, slug: str, *, by: Actor) -> MailingList:
    """
    Remove a list that nobody was ever on, and return it.

    Raises:
        UnknownList: there is no such list.
        ListInUse: somebody is or was on it.
        Refused: a schedule, a segment or an open issue uses it.
    """
    with app.database.write() as connection:
        found = lists.find_list(connection, slug)
        for name in schedules_naming(connection, slug):
            raise Refused(
                phrase(
                    "schedule {name} uses list {list}: change or remove the schedule first",
                    name=name,
                    list=slug,
                )
            )
        for number in issues_naming(connection, slug, states=set(IssueState) - _CLOSED):
            raise Refused(
                phrase(
                    "issue {number} uses list {list}: cancel it or change its lists first",
                    number=number,
                    list=slug,
                )
            )
        for segment in all_segments(connection):
            if segment.list_slug == slug:
                raise Refused(
                    phrase(
                        "segment {segment} uses list {list}: change the segment first",
                        segment=segment.name,
                        list=slug,
                    )
                )
        lists.remove_list(connection, found)
        require_rules(connection)
    return found


def _rename(
    connection: sa.Connection, mailing_list: MailingList, slug: str, *, now: dt.datetime
) -> str:
    """
    Give the list another slug, wherever it is named, and return it.
    """
    # The list of a suppression is compared while an issue is sent.
    for number in issues_naming(connection, mailing_list.slug, states=_BEING_SENT):
        raise Refused(
            phrase(
                "issue {number} is being sent to list {list}: change its slug when the "
                "issue is submitted",
                number=number,
                list=mailing_list.slug,
            )
        )
    renamed = lists.rename_list(connection, mailing_list, slug)
    rename_references(connection, mailing_list.slug, renamed.slug)
    changed = rename_list_in_rules(connection, mailing_list.slug, renamed.slug, now=now)
    narrowed = [each for each in all_segments(connection) if each.list_slug == renamed.slug]
    for segment in (*changed, *narrowed):
        require_whole_rule(connection, segment)
    return renamed.slug


@requires(Permission.LISTS_READ, "list.show", about=the_list())
def show(app: App, slug: str, *, by: Actor) -> ListDetails:
    """
    Return one list.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.read() as connection:
        return details_of(connection, lists.find_list(connection, slug))


@requires(Permission.LISTS_READ, "list.reasons", about=the_list())
def reasons(app: App, slug: str, *, since: dt.date | None, by: Actor) -> LeaveReasons:
    """
    Return why readers left a list, from the day *since* on (in UTC) if it is given.

    Raises:
        UnknownList: there is no such list.
    """
    begins = None if since is None else dt.datetime.combine(since, dt.time(), tzinfo=dt.UTC)
    with app.database.read() as connection:
        return leave_reasons(connection, lists.find_list(connection, slug), since=begins)


@requires(Permission.LISTS_READ, "list.list", about=shared(ObjectKind.LIST))
def all_with_counts(app: App, *, by: Actor) -> list[tuple[ListDetails, ListCounts]]:
    """
    Return every list within reach with the number of its readers by state.
    """
    with app.database.read() as connection:
        return [
            (details_of(connection, counts.mailing_list), counts)
            for counts in lists.all_lists(connection)
            if by.sees(counts.mailing_list.slug)
        ]


def _with_settings(
    app: App, connection: sa.Connection, mailing_list: MailingList, values: ListValues
) -> ListDetails:
    change_list_settings(app.publishing, connection, mailing_list, values)
    return details_of(connection, mailing_list)


def details_of(connection: sa.Connection, mailing_list: MailingList) -> ListDetails:
    """
    Return a list with what publishing adds to it.
    """
    return ListDetails(
        mailing_list=mailing_list,
        settings=load_list_settings(connection, mailing_list.id),
        asks=asked_fields(connection, [mailing_list.id]).get(mailing_list.id, ()),
    )
