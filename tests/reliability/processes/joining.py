"""
People who join while an issue is sent, in a child of the fork server, by the product's own actions.
They ask in waves. Who got the confirmation confirms it, and some leave again at once; some are
suppressed as soon as they have asked. Now and then the notice is paused meanwhile, so that nobody
who goes then may still get it.
"""

from __future__ import annotations

import faulthandler
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.actions.issues import issue_delivery
from newsletter.actions.people import suppressions
from newsletter.actions.readers.signup import ask_to_join, confirm
from newsletter.actions.readers.unsubscribe import unsubscribe
from newsletter.app import App
from newsletter.issues.standing.notices import standing_notice
from newsletter.model.access import OPERATOR
from newsletter.model.notice import NoticeKind
from reliability.processes.killable_process import CrashPoint
from reliability.processes.sender import InlineSandbox, Job, provider_for, settings_for
from reliability.runs.draft import SLUG
from reliability.runs.joins import ISSUE, SLACK_S, Noticed, is_about, write_joins
from reliability.runs.log_tail import Tail
from subscribers.database.request_tables import reader_request
from subscribers.database.tables import subscriber
from subscribers.lists import find_list
from subscribers.signup.model import SignUp
from subscribers.validation.address import parse_address

LIST = 1
WAVE = 10
# One wave in so many finds its notice paused.
HELD_EACH = 10
# In so many of those who confirm, one leaves; the last of each wave is suppressed.
LEAVES_EACH = 3
LONGEST_S = 3_000.0
LOOK_S = 0.02
# The last wave asks before this share of the issue's calls was accepted.
SHARE = 0.6


@dataclass(frozen=True, kw_only=True)
class Joining:
    """
    How many *joiners* ask, evenly over the *calls* of the issue that the sink writes to *log*; with
    no calls, all at once, while nothing is sent. The rest is that of `sender.Job`.
    """

    folder: str
    sink: str
    kind: str
    batch: int
    joiners: int
    log: str = ""
    calls: int = 0


def joiner(number: int) -> str:
    return f"joiner{number:05d}@example.org"


def run(parameters: Mapping[str, Any]) -> None:
    """
    Join as a Joining of *parameters* says, and write down who did what.
    """
    faulthandler.dump_traceback_later(LONGEST_S, exit=True)
    # The settings name it.
    os.environ["UNUSED"] = "key"
    joining = Joining(**parameters)
    job = Job(folder=joining.folder, sink=joining.sink, kind=joining.kind, batch=joining.batch)
    with App(
        settings=settings_for(job),
        shared_sandbox=InlineSandbox(),  # type: ignore[arg-type]
    ) as app:
        app.providers["bulk"] = provider_for(job, CrashPoint("", 0))
        people = People(app=app)
        if joining.calls:
            people.join_during(joining)
        else:
            people.join_at_once(joining.joiners)
        write_joins(Path(joining.folder), people.notices)


@dataclass(kw_only=True)
class People:
    """
    Everybody who joins, and when they went. `confirms` counts the waves of confirmations.
    """

    app: App
    notices: dict[str, Noticed] = field(default_factory=dict)
    waves: int = 0
    confirms: int = 0
    _confirmed: int = 0

    def __post_init__(self) -> None:
        with self.app.database.read() as connection:
            self.daily = find_list(connection, SLUG)
        for kind in (NoticeKind.CONFIRM, NoticeKind.WELCOME):
            notice = standing_notice(self.app.publishing, kind, LIST, "en")
            self.notices[kind.value] = Noticed(issue=notice.issue_id)

    @property
    def confirm(self) -> Noticed:
        return self.notices[NoticeKind.CONFIRM]

    @property
    def welcome(self) -> Noticed:
        return self.notices[NoticeKind.WELCOME]

    def join_at_once(self, joiners: int) -> None:
        """
        Let all ask, and half of them confirm before their confirmation was sent, as somebody does
        who has asked before.
        """
        for number in range(joiners // WAVE):
            asked = self._ask(number)
            early = asked[: WAVE // 2]
            self._confirm(early, is_held=True)
            self._go(self.confirm, early, is_held=True)
            self._suppress(asked[-1], is_held=True)

    def join_during(self, joining: Joining) -> None:
        """
        Let the waves ask as the issue is sent, until everybody has confirmed or is suppressed.
        """
        tail, seen = Tail(Path(joining.log)), 0
        waves = joining.joiners // WAVE
        while self.waves < waves or self._open:
            calls = tail.new_calls()
            seen += sum(is_about(call, [ISSUE]) for call in calls)
            mine = [call for call in calls if is_about(call, [self.confirm.issue])]
            arrived = [who for call in mine for who in call["accepted"]]
            self._confirm_arrived(arrived)
            if self.waves < waves and seen >= SHARE * joining.calls * self.waves / waves:
                self._ask_wave()
            time.sleep(LOOK_S)

    @property
    def _open(self) -> bool:
        return len(self.confirm.audience) > len(self.confirm.gone_at) + self._confirmed

    def _ask_wave(self) -> None:
        is_held = self.waves % HELD_EACH == 1
        with self._paused(self.confirm, is_held):
            asked = self._ask(self.waves)
            self._suppress(asked[-1], is_held=is_held)
        self.waves += 1

    def _confirm_arrived(self, arrived: Sequence[str]) -> None:
        waiting = [who for who in arrived if who not in self.confirm.gone_at]
        self._confirmed += len(waiting)
        if waiting:
            is_held = self.confirms % HELD_EACH == 1
            with self._paused(self.welcome, is_held):
                self._confirm(waiting, is_held=is_held)
            self.confirms += 1

    def _ask(self, wave: int) -> list[str]:
        asked = [joiner(wave * WAVE + place) for place in range(WAVE)]
        for who in asked:
            sign_up = SignUp(address=parse_address(who), lists=[self.daily], form="join page")
            ask_to_join(
                self.app,
                sign_up,
                language="en",
                sends_welcome=True,
                admit=lambda connection: True,
            )
        self.confirm.audience += asked
        return asked

    def _confirm(self, people: Sequence[str], *, is_held: bool) -> None:
        """
        Confirm for these people, some of whom leave at once.
        """
        for place, who in enumerate(people):
            done = confirm(self.app, self._request_of(who))
            self.welcome.audience.append(who)
            if place % LEAVES_EACH == 0:
                unsubscribe(self.app, done.joined[LIST])
                self._go(self.welcome, [who], is_held=is_held)

    def _request_of(self, who: str) -> int:
        latest = (
            sa.select(sa.func.max(reader_request.c.id))
            .join(subscriber, subscriber.c.id == reader_request.c.subscriber_id)
            .where(subscriber.c.email_key == who)
        )
        with self.app.database.read() as connection:
            return int(connection.execute(latest).scalar_one())

    def _suppress(self, who: str, *, is_held: bool) -> None:
        suppressions.add(self.app, who, by=OPERATOR, values=suppressions.SuppressionValues())
        self._go(self.confirm, [who], is_held=is_held)

    def _go(self, notice: Noticed, people: Sequence[str], *, is_held: bool) -> None:
        now = time.time()
        notice.gone_at |= dict.fromkeys(people, now)
        notice.held += people if is_held else []

    @contextmanager
    def _paused(self, notice: Noticed, is_held: bool) -> Iterator[None]:
        """
        Pause *notice* if *is_held*, until whoever gets it afterwards gets it late.
        """
        if not is_held:
            yield
            return
        issue_delivery.pause(self.app, notice.issue, reason="a trial of leaving", by=OPERATOR)
        yield
        gone_at = max(notice.gone_at.values(), default=0.0)
        time.sleep(max(0.0, gone_at + 1.2 * SLACK_S - time.time()))
        issue_delivery.resume(self.app, notice.issue, by=OPERATOR)
