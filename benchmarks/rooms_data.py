"""
An installation as it is after years, with something in every room of the newsroom. It is made in
minutes, so it can be kept in a folder for the next run.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from benchmarks import installation, pages, rooms_tables
from benchmarks.reader_pages import MOST_A_SECOND, OnlyProvider
from benchmarks.rooms_tables import SOURCES, Size
from newsletter.access import members
from newsletter.access.sessions import begin_session
from newsletter.actions.access import tokens
from newsletter.actions.issues import issues
from newsletter.actions.issues.issues import IssueTexts
from newsletter.actions.people import ask_again, privacy, segments, subscribers
from newsletter.app import App, utc_now
from newsletter.model.access import OPERATOR, Permission, Role
from newsletter.model.brief import Brief
from newsletter.model.delivery import BatchState
from newsletter.model.issue import AudienceRule, IssueState
from newsletter.model.mail import Mail
from newsletter.model.outgoing import OutgoingKind
from newsletter.model.schedule import Approval, IssueRules, Schedule
from newsletter.model.source import SourceSettings
from newsletter.model.staff import Browser
from newsletter.settings import Settings
from newsletter.store.content import sources
from newsletter.store.content.manual_briefs import store_by_hand
from newsletter.store.delivery.freeze import store_mail
from newsletter.store.migrate import upgrade
from newsletter.store.outgoing.webhooks import WebhookValues, add_webhook
from newsletter.store.scheduling.schedules import add_schedule
from newsletter.store.tables import batch, issue, issue_brief, slot, staff_session
from subscribers.ask_again.model import AskAudience, AskTerms
from subscribers.fields.declare import add_field
from subscribers.fields.model import FieldType
from subscribers.lists import add_list
from subscribers.tokens import new_secret
from subscribers.validation.address import parse_address

LISTS = ("readers", "third", "few")
# Its people are being asked whether they still want it.
ASKED = LISTS[1]
SCHEDULES = ("morning", "evening", "weekly")
SEGMENTS = {
    "everybody-else": 'not tag has "tag 20"',
    "townspeople": 'town = "Town 7"',
    "tagged": 'tag has "tag 3"',
    "third": "on list third",
}
OWNER = "eve@x.example"
_SLOTS = 400
_DRAFTS = 10
# The states of the last drafts.
_STATES = (
    IssueState.APPROVED,
    IssueState.SCHEDULED,
    IssueState.MISSED,
    IssueState.CANCELLED,
    IssueState.PAUSED,
)


@dataclass(frozen=True, kw_only=True)
class Data:
    """
    An installation, and what the browser of a member who is logged in sends as its cookie.
    """

    app: App
    size: Size
    cookie: str

    def stay_elevated(self) -> None:
        """
        Let the member prove again who they are.
        """
        now = self.app.clock()
        with self.app.database.write() as connection:
            connection.execute(sa.update(staff_session).values(elevated_at=now, last_seen_at=now))

    def send_again(self) -> None:
        """
        Let what is being sent wait again as if nothing of it had been sent.
        """
        unsent = sa.select(issue.c.id).where(issue.c.template == _SENDING)
        waits = {"state": BatchState.PENDING, "attempts": 0}
        of_calls = (
            "outcome", "provider", "worker", "key", "request_hash", "lease_until", "not_before",
            "call_started_at", "settled_at",
        )  # fmt: skip
        with self.app.database.write() as connection:
            of_them = batch.c.issue_id.in_(unsent)
            connection.execute(
                sa.update(batch).where(of_them).values(waits | dict.fromkeys(of_calls))
            )
            of_them = issue.c.template == _SENDING
            is_sent = {"state": IssueState.SENDING, "submitted_at": None}
            connection.execute(sa.update(issue).where(of_them).values(is_sent))


# The template of what is sent during the benchmark: what has been frozen needs none.
_SENDING = "digest-bench"


@contextlib.contextmanager
def opened(folder: Path, size: Size, *, url: str | None, send_s: float) -> Iterator[Data]:
    """
    Open the installation in *folder*, on SQLite or on the database at *url*; make it if there is
    none. As much waits to be sent as takes *send_s* seconds at most.
    """
    key, is_made = folder / "secret.key", folder / "made"
    if not is_made.exists():
        key.write_text(new_secret())
    own = {"database": {"url": url}} if url else {}
    settings = Settings(folder=folder, sender={"address": "desk@x.example"}, **own)
    with App(settings=settings) as app:
        upgrade(app.database)
        if not is_made.exists():
            _make(app, size, readers=math.ceil(send_s * MOST_A_SECOND))
            is_made.touch()
        if ask_again.status(app, ASKED, by=OPERATOR) is None:
            terms = AskTerms(audience=AskAudience.ALL, per_day=1_000, days=30)
            ask_again.start(app, ASKED, terms, by=OPERATOR)
        yield Data(app=app, size=size, cookie=_log_in(app))


def _make(app: App, size: Size, *, readers: int) -> None:
    now = utc_now()
    with app.database.write() as connection:
        _make_first(connection, now)
        rooms_tables.fill(connection, size, now=now)
        _make_slots(connection, size, now)
        mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
        for number in range(1, size.issues + 1):
            chosen = sa.select(issue_brief.c.brief_id).where(issue_brief.c.issue_id == number)
            hashes = {str(brief): "hash" for brief in connection.scalars(chosen)}
            store_mail(connection, number, mail, "0" * 64, hashes)
    _analyze(app)
    _make_staff(app)
    _make_drafts(app, size)
    _freeze(app, mail, readers)
    _analyze(app)


def _freeze(app: App, mail: Mail, readers: int) -> None:
    """
    Freeze issues to everybody until there are so many *readers* to send to.
    """
    while readers > 0:
        sent = installation.add_issue(app, mail, provider=OnlyProvider.name)
        readers -= installation.freeze(app, sent, mail)
        with app.database.write() as connection:
            of_it = sa.update(issue).where(issue.c.id == sent.id)
            connection.execute(of_it.values(template=_SENDING))


def _analyze(app: App) -> None:
    """
    Let PostgreSQL look at what there is, as it does by itself a minute later.
    """
    if app.database.file is None:
        with app.database.write() as connection:
            connection.exec_driver_sql("ANALYZE")


def _make_first(connection: sa.Connection, now: dt.datetime) -> None:
    """
    Make what the rows of the large tables belong to.
    """
    for slug in LISTS:
        add_list(connection, slug, name=slug.title(), now=now)
    labels = {"en": "Town"}
    add_field(connection, "town", FieldType.TEXT, labels=labels)
    hook = WebhookValues(
        url="https://x.example/hook",
        kinds=frozenset(OutgoingKind),
        list_ids=frozenset(),
        salt="salt",
        secret_key="none",
    )
    add_webhook(connection, "archive", hook, now=now)
    written = Brief(
        title="The quay is closed on Friday",
        takeaways=("The crane is repaired.", "The ferry leaves from the old pier."),
        body_html="<p>Nobody leaves the quay on Friday.</p>" * 20,
        body_text="Nobody leaves the quay on Friday.\n\n" * 20,
    )
    store_by_hand(connection, written, key="first", now=now)
    for number in range(SOURCES):
        place = f"https://s{number}.example/feed"
        source = SourceSettings(id=0, name=f"source {number}", kind="feed", location=place)
        sources.add_source(connection, source, now=now)


def _make_slots(connection: sa.Connection, size: Size, now: dt.datetime) -> None:
    """
    Make schedules and what became of their slots.
    """
    days = [now.date() - dt.timedelta(days=number) for number in range(1, _SLOTS + 1)]
    for hour, name in enumerate(SCHEDULES, start=6):
        rule = Schedule(
            id=0,
            name=name,
            cron=f"0 {hour} * * *",
            timezone="UTC",
            audience=AudienceRule(lists=("readers",)),
            sources=tuple(f"source {number}" for number in range(SOURCES)),
            rules=IssueRules(most=10),
            approval=Approval.DRAFT,
        )
        number = add_schedule(connection, rule, now=now)
        rows = [
            {
                "schedule_id": number,
                "slot": f"{day}T{hour:02}:00",
                "part": "",
                "due": dt.datetime.combine(day, dt.time(hour), dt.UTC),
                "fired_at": dt.datetime.combine(day, dt.time(hour), dt.UTC),
                "outcome": "issued" if place < size.issues else "skipped",
                "reason": "" if place < size.issues else "too few briefs",
                "issue_id": size.issues - place if place < size.issues else None,
            }
            for place, day in enumerate(days)
        ]
        connection.execute(sa.insert(slot), rows)


def _make_staff(app: App) -> None:
    """
    Make an owner, other members, tokens, segments, an import and requests.
    """
    hashed = app.passwords.hash("not used by anybody")
    roles = [Role.OWNER, *[Role.EDITOR] * 5]
    with app.database.write() as connection:
        for number, role in enumerate(roles):
            address = parse_address(f"eve{number or ''}@x.example")
            invited = members.invite(
                connection, address, name="Eve", language="en", role=role, lists=None, now=utc_now()
            )
            members.activate(connection, invited, name="Eve Adams", password_hash=hashed)
    for number in range(5):
        tokens.add(app, f"program {number}", by=OPERATOR, scopes=[Permission.PEOPLE_READ])
    for name, rule in SEGMENTS.items():
        segments.add(app, name, rule, by=OPERATOR)
    file = app.settings.folder / "people.csv"
    file.write_text("email,name\nnew@x.example,Ada Lindgren\n")
    subscribers.import_people(
        app,
        [file],
        LISTS[-1],
        by=OPERATOR,
        consent="signed a form",
        dry_run=False,
        progress=lambda _done, _size: None,
    )
    for number in range(60):
        asked = privacy.add(app, f"asks{number}@x.example", "access", by=OPERATOR)
        if number % 2:
            privacy.done(app, asked.id, outcome="sent", by=OPERATOR)


def _make_drafts(app: App, size: Size) -> None:
    """
    Make drafts, and issues in every state that has not become of them.
    """
    rules = [AudienceRule(lists=("readers",)), AudienceRule(lists=("readers",), segment="tagged")]
    newest = range(size.briefs - 9, size.briefs + 1)
    made = [
        issues.create_draft(
            app, rules[number % 2], briefs=newest, texts=IssueTexts(subject="News"), by=OPERATOR
        )
        for number in range(_DRAFTS)
    ]
    later = utc_now() + dt.timedelta(days=400)
    with app.database.write() as connection:
        for number, state in zip(made, _STATES, strict=False):
            values = {"state": state, "send_at": later if state is IssueState.SCHEDULED else None}
            connection.execute(sa.update(issue).where(issue.c.id == number).values(values))


def _log_in(app: App) -> str:
    with app.database.write() as connection:
        member = members.find_member(connection, OWNER)
        browser = Browser(user_agent="bench")
        return begin_session(connection, member, browser=browser, now=app.clock())
