"""
Freeze an issue: fix its mail, its audience and its batches in one transaction.

It comes after rendering and before dispatch. From then on only the deliveries of the issue change.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import orjson
import sqlalchemy as sa

from newsletter.delivery.waves import plan_waves, timing_of
from newsletter.errors import NewsletterError, Refused, StoreError
from newsletter.mail.merge.fields import declared_fields_of
from newsletter.mail.merge.samples import stored_sample
from newsletter.model.canary import CANARY_WAIT
from newsletter.model.check import describe_no_readers
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Mail, MergeField
from newsletter.store.database import Database
from newsletter.store.delivery import finish
from newsletter.store.delivery import freeze as freezing
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.epochs import current_epoch
from newsletter.store.flow_control import canary
from newsletter.store.issues import corrections, issues
from newsletter.store.issues.list_holds import require_not_held
from newsletter.store.issues.numbers import claim_number
from newsletter.store.issues.preflight import held_briefs
from subscribers.audience.timezones import timezones_of
from subscribers.fields.declare import all_fields
from subscribers.fields.model import Field
from subscribers.list_counts import count_pending
from subscribers.lists import find_lists
from subscribers.model import MailingList
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address

logger = logging.getLogger(__name__)

# From so many readers on, PostgreSQL's statistics are renewed, which takes a fraction of a second.
ANALYZED_FROM = 5_000


class ContentChanged(NewsletterError):
    """
    The content changed since the mail was rendered; nothing was frozen.
    """


class EmptyAudience(Refused):
    """
    The audience is empty; nothing was frozen.
    """


class AlreadyFrozen(Refused):
    """
    Another process has frozen the issue.
    """


def mail_hash(mail: Mail) -> str:
    """
    Return the SHA-256 of everything in *mail* that a reader could see, and of how it is sent.
    """
    return values_hash(mail.as_json())


def values_hash(values: Mapping[str, Any]) -> str:
    """
    Return the SHA-256 of JSON values; the order of the keys does not count.
    """
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()


def freeze(
    database: Database,
    issue: Issue,
    mail: Mail,
    *,
    shown: corrections.ShownContent,
    batch_size: int,
    now: dt.datetime,
    on_step: Callable[[str], None],
    has_canary: bool = False,
) -> int:
    """
    Freeze the issue and return its number of recipients. The mail, deliveries, exclusions and
    batches are written and the issue is sending, all in one transaction; a second freeze of the
    same issue is refused. *shown* is what the mail was rendered from (`corrections.shown_now`).
    With *has_canary*, a new sending domain begins with a canary.

    Raises:
        ContentChanged: a brief was edited or held since the mail was rendered.
        EmptyAudience: it has no recipients.
        AlreadyFrozen: the issue is not in the state FREEZING.
        ListHeld: a list of its audience rule is held.
        UnknownList: a list of its audience rule no longer exists.
    """
    with database.write() as connection:
        size = freeze_within(
            connection,
            issue,
            mail,
            shown=shown,
            batch_size=batch_size,
            now=now,
            has_canary=has_canary,
        )
        on_step("freeze.before_commit")
    on_step("freeze.after")
    if size >= ANALYZED_FROM:
        _update_statistics(database)
    return size


def _update_statistics(database: Database) -> None:
    """
    Let PostgreSQL plan by the new issue before anybody asks for its status. It does so apart: the
    issue is frozen also if this fails.
    """
    try:
        with database.write() as connection:
            freezing.update_statistics(connection)
    except StoreError as error:
        extra = {"event": "freeze.no_statistics"}
        logger.warning("frozen, but without new statistics: %s", error, extra=extra)


def freeze_within(
    connection: sa.Connection,
    issue: Issue,
    mail: Mail,
    *,
    shown: corrections.ShownContent | None = None,
    batch_size: int,
    now: dt.datetime,
    has_canary: bool = False,
) -> int:
    """
    Freeze the issue in the caller's transaction and return its number of recipients; like `freeze`.
    A notice has no briefs.
    """
    timing = timing_of(connection, issue)
    audience = with_segment_rule(connection, issue.audience)
    issue = replace(issue, timing=timing, audience=audience)
    number, list_id = None, None
    if issue.kind is IssueKind.ISSUE:
        number, list_id = claim_number(connection, issue)
    if not issues.try_move(
        connection,
        issue.id,
        IssueState.SENDING,
        only_from=IssueState.FREEZING,
        frozen_at=now,
        send_at=None if issue.send_at and issue.send_at > now else issue.send_at,
        timing=timing.as_json() if timing else None,
        number=number,
        number_list_id=list_id,
        frozen_epoch=current_epoch(connection),
        **({} if audience.segment_rule is None else {"audience": asdict(audience)}),
    ):
        raise AlreadyFrozen(
            phrase("issue {issue} is already being sent: another process froze it", issue=issue.id)
        )
    if shown is not None and _has_changed(connection, issue, shown, number):
        raise ContentChanged(
            phrase("a brief of issue {issue} changed just now: send it again", issue=issue.id)
        )
    merged = declared_fields_of(mail)
    freezing.store_mail(connection, issue.id, mail, mail_hash(mail), shown.hashes if shown else {})
    size = _write_deliveries(connection, issue, merged, batch_size, now, has_canary=has_canary)
    if not size:
        raise EmptyAudience(
            phrase(
                "issue {issue} has no recipients: {why}",
                issue=issue.id,
                why=why_no_readers(connection, issue.audience, now=now),
            )
        )
    finish.finish_issue(connection, issue.id, now=now)
    return size


def _has_changed(
    connection: sa.Connection, issue: Issue, shown: corrections.ShownContent, number: int | None
) -> bool:
    """
    Return whether a brief of the issue was edited or held since its mail was rendered.
    """
    own = number if shown.number is not None else None
    is_held = issue.kind is IssueKind.ISSUE and bool(held_briefs(connection, issue.id))
    return is_held or corrections.shown_now(connection, issue.content_id, number=own) != shown


def _write_deliveries(
    connection: sa.Connection,
    issue: Issue,
    merged: Sequence[MergeField],
    batch_size: int,
    now: dt.datetime,
    *,
    has_canary: bool,
) -> int:
    fields = _fields_behind(connection, issue, merged)
    if issue.audience.addresses:
        addresses = [parse_address(address) for address in issue.audience.addresses]
        size = freezing.freeze_addresses(
            connection,
            issue.id,
            addresses,
            batch_size=batch_size,
            values={each.name: stored_sample(each) for each in merged},
        )
        freezing.write_batches(connection, issue.id)
        return size
    require_not_held(connection, issue.audience.lists)
    lists, minus = audience_lists(connection, issue.audience)
    by_clock = issue.timing is not None and issue.timing.wall is not None
    zones = timezones_of(connection, lists) if by_clock else []
    waves = plan_waves(issue.timing, zones, now=now)
    canary_until = now + CANARY_WAIT if has_canary and _is_new(connection, issue) else None
    size = freezing.freeze_audience(
        connection,
        issue.id,
        rule=issue.audience,
        lists=lists,
        minus=minus,
        waves=waves,
        batch_size=batch_size,
        has_canary=canary_until is not None,
        fields=fields,
        now=now,
    )
    freezing.write_batches(connection, issue.id, waves, canary_until=canary_until)
    if canary_until:
        canary.begin(connection, issue.id, until=canary_until)
    return size


def _fields_behind(
    connection: sa.Connection, issue: Issue, merged: Sequence[MergeField]
) -> list[Field]:
    """
    Return the declared fields whose values the mail shows.

    Raises:
        ContentChanged: one of them has been removed or declared anew since the mail was rendered.
    """
    found = fields_still_shown(connection, merged)
    if len(found) < len({each.name for each in merged if each.display}):
        raise ContentChanged(
            phrase("a field of issue {issue} was removed just now: send it again", issue=issue.id)
        )
    return found


def fields_still_shown(connection: sa.Connection, merged: Sequence[MergeField]) -> list[Field]:
    """
    Return the declared fields whose values a mail shows, and that have the type it shows still.
    """
    types = {each.name: each.display.type for each in merged if each.display}
    if not types:
        return []
    return [each for each in all_fields(connection) if each.type is types.get(each.name)]


def _is_new(connection: sa.Connection, issue: Issue) -> bool:
    return issue.kind is IssueKind.ISSUE and canary.is_new_domain(
        connection, provider=issue.provider, address=issue.sender.address
    )


def audience_lists(
    connection: sa.Connection, rule: AudienceRule
) -> tuple[Sequence[MailingList], Sequence[MailingList]]:
    """
    Return the lists that an audience rule names: those it goes to, in order, and those it excludes.
    """
    found = find_lists(connection, [*rule.lists, *rule.minus])
    return found[: len(rule.lists)], found[len(rule.lists) :]


def count_audience(connection: sa.Connection, rule: AudienceRule, *, now: dt.datetime) -> int:
    """
    Count the readers that *rule* selects now.
    """
    if rule.addresses or not rule.lists:
        return len(rule.addresses)
    lists, minus = audience_lists(connection, rule)
    return freezing.count_audience(connection, rule, lists, minus, now=now)


def why_no_readers(connection: sa.Connection, rule: AudienceRule, *, now: dt.datetime) -> str:
    """
    Say why *rule*, which selects nobody, has no readers, and what to do.
    """
    return describe_no_readers(*who_is_missing(connection, rule, now))


def who_is_missing(
    connection: sa.Connection, rule: AudienceRule, now: dt.datetime
) -> tuple[int, str | None]:
    """
    Return how many people on the lists of *rule*, which selects nobody, are not confirmed, and its
    segment if the lists have readers outside it.
    """
    lists, _ = audience_lists(connection, rule)
    pending = count_pending(connection, lists)
    if rule.counted_segment is None:
        return pending, None
    everybody = replace(rule, segment=None, segment_rule=None)
    is_outside = count_audience(connection, everybody, now=now)
    return pending, rule.counted_segment if is_outside else None
