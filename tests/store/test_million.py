"""
With a million readers no statement of a hot path scans a large table: every statement of these
paths is recorded, and each database explains how it would find the rows.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from answering import Scripted
from installation import SECRET
from million import BATCH, FEW, ISSUES, fill
from origins import STAFF
from plans import recorded, speakers_of, walks_in

from newsletter.actions.issues import issue_pages, issue_status
from newsletter.app import App
from newsletter.delivery import freeze, trace
from newsletter.issues.standing.ask_runs import work_ask_runs
from newsletter.issues.status import status_of
from newsletter.model import event
from newsletter.model.access import OPERATOR
from newsletter.model.delivery import DeliveryState
from newsletter.model.failover import RefusalPlan
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Sender
from newsletter.settings import Settings
from newsletter.store.database import Database
from newsletter.store.delivery import (
    batches,
    claims,
    deliveries,
    failover,
    finish,
    leases,
    results,
    waits,
)
from newsletter.store.delivery import (
    freeze as freezing,
)
from newsletter.store.delivery import (
    trace as history,
)
from newsletter.store.delivery.status import counts, decisions, recipients, reported
from newsletter.store.events import issue_reputation, outcomes
from newsletter.store.flow_control import canary
from newsletter.store.flow_control import quiet_hours as quiet
from newsletter.store.issues import issues
from newsletter.store.issues.corrections import ShownContent
from newsletter.store.issues.listing import IssueFilter
from newsletter.store.operations import alerts
from newsletter.store.tables import batch, delivery
from newsletter.workers import scheduler
from newsletter.workers.sender import run_until_done
from subscribers.erasure import erase
from subscribers.filters.model import PeopleFilter, PersonState
from subscribers.filters.search import find_people
from subscribers.import_export.importer import import_csv
from subscribers.lists import find_list
from subscribers.people import subscriber_by_address
from subscribers.subscriptions.begin import subscribe
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.records import list_suppressions
from subscribers.tags.records import change_tags
from subscribers.unsubscribe_view import find_unsubscribe_view
from subscribers.validation.address import parse_address

pytestmark = pytest.mark.ci

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
LONG = dt.timedelta(hours=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """
    An installation with a million readers, on each database in turn. The tests change it.
    """
    folder = tmp_path_factory.mktemp("million")
    (folder / "secret.key").write_text(SECRET)
    url = f"sqlite:///{folder / 'newsletter.db'}"
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "newsletter.db")
    else:
        url = request.getfixturevalue("postgres_copy")
    settings = Settings(folder=folder, database={"url": url}, sender={"address": "d@x.example"})
    with App(settings=settings, clock=lambda: NOW) as app:
        app.providers["scripted"] = Scripted()
        fill(app.database, now=NOW)
        yield app


def reading(work: Callable[[sa.Connection], object]) -> Callable[[App], None]:
    def run(app: App) -> None:
        with app.database.read() as connection:
            work(connection)

    return run


def writing(work: Callable[[sa.Connection], object]) -> Callable[[App], None]:
    def run(app: App) -> None:
        with app.database.write() as connection:
            work(connection)

    return run


def send(app: App) -> None:
    """
    Send the rest of the last issue with every kind of result; a dead process's batch expires,
    another reaches quiet hours.
    """
    with app.database.write() as connection:
        lost, quiet = _pending(connection, 2)
        connection.execute(
            sa.update(batch).where(batch.c.id == lost).values(
                state="submitting",
                worker="dead",
                key="k",
                call_started_at=NOW - LONG,
                lease_until=NOW - LONG,
            )
        )  # fmt: skip
        connection.execute(
            sa.update(batch).where(batch.c.id == quiet).values(
                not_after=NOW - LONG, timezone="Asia/Tokyo"
            )
        )  # fmt: skip
    run_until_done(app, is_done=lambda: True)


def _pending(connection: sa.Connection, most: int) -> list[int]:
    found = sa.select(batch.c.id).where(batch.c.issue_id == ISSUES, batch.c.state == "pending")
    return list(connection.scalars(found.order_by(batch.c.id.desc()).limit(most)))


def ask_for_a_second_person(connection: sa.Connection) -> None:
    """
    Find out whether an issue goes to more readers than one person alone may write to.
    """
    rule = AudienceRule(lists=("daily",))
    lists, minus = freeze.audience_lists(connection, rule)
    assert freezing.has_more_readers(connection, rule, lists, minus, than=1_000, now=NOW)


def freeze_few(app: App) -> None:
    """
    Freeze an issue to a short list among a million readers, and one to those who got it.
    """
    first = _freeze(app, AudienceRule(lists=("few",)))
    with app.database.write() as connection:
        finish.cancel_open(connection, first, now=NOW)
        connection.execute(
            sa.update(batch).where(batch.c.issue_id == first).values(outcome="accepted")
        )
    _freeze(app, AudienceRule(lists=("few",), sent_to_issue=first))


def _freeze(app: App, rule: AudienceRule) -> int:
    draft = Issue(
        id=0, kind=IssueKind.ISSUE, state=IssueState.FREEZING, audience=rule, template="digest",
        sender=Sender("", "d@x.example"), provider="scripted",
    )  # fmt: skip
    with app.database.write() as connection:
        number = issues.add_issue(connection, draft, (), now=NOW)
        issue = issues.load_issue(connection, number)
        mail = freezing.load_mail(connection, ISSUES)
        assert mail is not None
    with app.database.read() as connection:
        counted = freeze.count_audience(connection, rule, now=NOW)
    size = freeze.freeze(
        app.database, issue, mail[0], shown=ShownContent(hashes={}, layout=()), batch_size=BATCH,
        now=NOW, on_step=lambda step: None,
    )  # fmt: skip
    assert 0 < size == counted <= FEW
    return number


def import_some(app: App) -> None:
    """
    Import a file of people, half of whom are known.
    """
    file = app.settings.folder / "people.csv"
    rows = [f"r{number}@x.example" for number in range(999_750, 1_000_250)]
    file.write_text("\n".join(["email", *rows]) + "\n")
    with app.database.read() as connection:
        daily = find_list(connection, "daily")
    import_csv(
        app.database.engine, file, mailing_list=daily, consent="asked", dry_run=False, now=NOW,
        keyring=app.links.keys,
    by=STAFF)  # fmt: skip


def claim_and_give_back(app: App) -> None:
    """
    A worker checks for others and stops after a claim; another one's database failed at the intent.
    """
    with app.database.write() as connection:
        leases.has_live_sender(connection, app.database.file, now=NOW)
        held = claims.claim_batch(connection, worker_id="me", now=NOW, lease=LONG, issue_id=ISSUES)
        assert held is not None
        assert batches.release_claim(connection, held)
        held = claims.claim_batch(connection, worker_id="me", now=NOW, lease=LONG, issue_id=ISSUES)
        assert held is not None
        batches.release_interrupted(connection, held, now=NOW)


def come_and_go(connection: sa.Connection) -> None:
    """
    One reader unsubscribes by link, and one subscribes again.
    """
    unsubscribe(connection, 77, reason="by the reader", now=NOW, by=STAFF)
    find_unsubscribe_view(connection, 77)
    subscribe(
        connection, parse_address("r77@x.example"), mailing_list=find_list(connection, "daily"),
        name="Ada", consent="asked", source="test", now=NOW,
    by=STAFF)  # fmt: skip


def look_at_people(connection: sa.Connection) -> None:
    subscriber_by_address(connection, parse_address("r700000@x.example"))
    change_tags(connection, [5, 50_000], add=["press"], by=STAFF, now=NOW)
    some = (
        PeopleFilter(begins="r5000"),
        PeopleFilter(list_slug="daily", state=PersonState.ACTIVE, source="test"),
        PeopleFilter(list_slug="daily", joined_before=NOW.date()),
        PeopleFilter(list_slug="few", state=PersonState.PENDING),
        PeopleFilter(tag="press"),
    )
    for which in some:
        list(find_people(connection, which, after="r500000@x.example", limit=50))
    list_suppressions(connection, after="r5", limit=50)


def look_for_alerts(connection: sa.Connection) -> None:
    alerts.halted_issues(connection)
    alerts.uncertain_issues(connection, now=NOW)
    alerts.failed_slots(connection, now=NOW)


def fail_over_with_canary(connection: sa.Connection) -> None:
    """
    An issue with a new fallback provider fails over to it, with a canary.
    """
    failover.set_fallback_provider(connection, ISSUES, "other")
    assert canary.is_new_domain(connection, provider="other", address="desk@x.example")
    plan = RefusalPlan(
        issue_id=ISSUES, reason="the key is refused", fails_over_to="other", has_canary=True
    )
    assert failover.record_refusal_plan(connection, plan, now=NOW)


def reject_all(connection: sa.Connection) -> None:
    """
    A call that rejects everybody pauses the issue, and a person resumes it.
    """
    results.pause_for_rejections(connection, ISSUES, "all of one call were rejected", now=NOW)
    issue_reputation.resume(connection, ISSUES, reason="the mail was fixed", now=NOW)


def end_quiet_hours(connection: sa.Connection) -> None:
    """
    End the wait of an issue for quiet hours, as `issue send --ignore-quiet` does.
    """
    quiet.waiting_issues(connection, range(1, ISSUES + 1))
    for zone in {*quiet.zones_of(connection, ISSUES), "Asia/Tokyo"}:
        quiet.end_wait(connection, ISSUES, zone, not_before=NOW, now=NOW)
    quiet.set_ignores_quiet(connection, issues.load_issue(connection, ISSUES), ignores=True)


def decide(connection: sa.Connection) -> None:
    decisions.resolve_uncertain(connection, ISSUES, as_state=DeliveryState.ACCEPTED, now=NOW)


def ask_for_call(connection: sa.Connection) -> None:
    key = "3ee240cb92-i1-b1-1"
    assert leases.claim_uncertain(connection, worker_id="me", now=NOW, key=key) is None
    assert not leases.is_call_open(connection, key)


PATHS: dict[str, Callable[[App], object]] = {
    "a claim given back": claim_and_give_back,
    "a whole send": send,
    "a call that rejects everybody": writing(reject_all),
    "doubt that is asked about": writing(
        lambda c: leases.extend_uncertain_leases(c, "me", now=NOW)
    ),
    "the replies of a dead worker": writing(ask_for_call),
    "an issue that goes over": writing(fail_over_with_canary),
    "the status of an issue": lambda app: status_of(app.publishing, ISSUES),
    "its page in the newsroom": lambda app: issue_status.progress(app, ISSUES, by=OPERATOR),
    "all issues in the newsroom": lambda app: issue_pages.rows(
        app, IssueFilter(list_slug="daily"), limit=25, by=OPERATOR
    ),
    "how many readers it has": reading(lambda c: counts.count_deliveries(c, ISSUES)),
    "whether its editors were asked": reading(
        lambda c: decisions.has_reached_nobody(c, ISSUES, "approval")
    ),
    "its recipients, by name": reading(
        lambda c: recipients.recipient_statuses(c, ISSUES, only=DeliveryState.UNCERTAIN)
    ),
    "whose email bounced": reading(
        lambda c: reported.reported_recipients(
            c, ISSUES, event.EventKind.BOUNCED_HARD, after=0, most=100
        )
    ),
    "who was left out of it": reading(lambda c: recipients.left_out_people(c, ISSUES, most=100)),
    "why somebody got it": reading(
        lambda c: trace.trace(c, parse_address("r970100@x.example"), now=NOW)
    ),
    "why somebody did not": reading(
        lambda c: trace.trace(c, parse_address("r7@x.example"), issue_id=ISSUES, now=NOW)
    ),
    "what a search told": reading(
        lambda c: outcomes.find_deliveries(
            c, [event.DeliveryRef(email_key="r77@x.example", provider_id="p-1")]
        )
    ),
    "a person decides": writing(decide),
    "a person ends quiet hours": writing(end_quiet_hours),
    "an unsubscribe": writing(come_and_go),
    "an erasure": lambda app: writing(
        lambda c: erase(
            c, parse_address("r88@x.example"), keyring=app.links.keys, now=NOW, by=STAFF
        )
    )(app),
    "lists of people": writing(look_at_people),
    "whom an undone import keeps": reading(lambda c: deliveries.mailed_people(c, [5, 50_000])),
    "whether it needs a second person": reading(ask_for_a_second_person),
    "a freeze for few": freeze_few,
    "an import": import_some,
    "alerts": reading(look_for_alerts),
    "people who are asked again": lambda app: work_ask_runs(app.publishing),
    "what is due": lambda app: scheduler.tick(app.publishing),
}


# These look at every suppression, because hardly any of a list's readers has one; the start of an
# import reads the last entry of the index of people, which PostgreSQL plans like a whole one. The
# counts of people on a list stop at a few thousand, which are met soon if most are on it.
WHOLE = {
    "subscribers.import_export.jobs.records._update": {"subscriber"},
    "newsletter.store.delivery.freeze.freeze_audience": {"suppression"},
    "newsletter.store.delivery.freeze.has_more_readers": {"subscriber", "suppression"},
    "subscribers.filters.search.find_people": {"suppression"},
    "subscribers.audience.count.count_readers": {"suppression"},
    "subscribers.filters.few_people.begin_with_few": {"subscription"},
}


# Everything these modules say belongs to a hot path, so each of their functions must be seen.
LEDGER = (
    batches, claims, deliveries, freezing, history, issue_reputation, leases, quiet, results,
    failover, counts, decisions, recipients, reported, waits,
)  # fmt: skip
ELSEWHERE = {
    # Addresses that were typed: no table is read.
    "newsletter.store.delivery.freeze.freeze_addresses",
    # Only the rule of a segment is read.
    "newsletter.store.delivery.freeze.conditions_of",
    # ANALYZE has no plan: it reads a sample.
    "newsletter.store.delivery.freeze.update_statistics",
}


def test_no_hot_path_goes_through_a_large_table(app: App) -> None:
    walked: dict[str, set[str]] = {}
    seen: set[str] = set()
    for name, take in PATHS.items():
        with recorded(app.database) as spoken:
            take(app)
        assert spoken, name
        walked |= walks_in(app.database, spoken)
        seen |= {who for one in spoken for who in one.speakers}
    assert {who: tables for who, tables in walked.items() if tables != WHOLE.get(who)} == {}
    assert set().union(*map(speakers_of, LEDGER)) - seen - ELSEWHERE == set()


def test_a_walk_through_a_large_table_would_be_noticed(database: Database) -> None:
    with recorded(database) as spoken, database.read() as connection:
        connection.execute(sa.select(delivery.c.id).where(delivery.c.provider_id == "x")).all()
    assert walks_in(database, spoken) == {"nobody of ours": {"delivery"}}
