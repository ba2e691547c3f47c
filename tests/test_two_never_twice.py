"""
Whatever two providers answer, in whatever order two processes ask them, die and go on: nobody gets
an issue twice, and nobody is called accepted who got nothing.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installation import Installation
from scripted_provider import LOOKS_UP, NEITHER, submit_next
from two_providers import OnItsWay, two_providers
from webhook_calls import Talks

from newsletter.delivery.dispatch import Dispatcher
from newsletter.delivery.reconciliation.reconcile import reconcile_next
from newsletter.delivery.waves import resume
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.delivery import Attempt, BatchResult, Capabilities, Receipt, ReceiptKind
from newsletter.model.issue import IssueState
from newsletter.model.mail import Mail, Recipient
from newsletter.model.rate import RateFeedback
from newsletter.store.delivery import leases
from newsletter.store.delivery.status.recipients import recipient_statuses

START = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
READERS = 7
ACCEPTED, WAIT, UNCERTAIN = (
    Receipt(kind=kind, reason="as drawn")
    for kind in (ReceiptKind.ACCEPTED, ReceiptKind.RETRY, ReceiptKind.UNCERTAIN)
)
ENDS = st.lists(
    st.sampled_from(["ok", "closed", "key", "lost", "silent", "half", "half lost", "fast"]),
    min_size=4,
    max_size=12,
)
STEPS = st.lists(
    st.sampled_from(["mine", "theirs", "minute", "quarter", "reconcile", "heartbeat", "dies"]),
    max_size=30,
)


class Truthful(Talks):
    """
    A provider whose calls end as drawn, again and again, and which can say what became of each
    reader where it is asked.
    """

    def __init__(self, ends: Sequence[str], capabilities: Capabilities) -> None:
        super().__init__([], capabilities=capabilities)
        self.ends, self.got = list(ends), Counter[str]()

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        end = self.ends[len(self.handed) % len(self.ends)]
        people = [recipient.email for recipient in recipients]
        self.handed.append((key, people))
        half = len(people) // 2 if end.startswith("half") else len(people)
        if end in ("ok", "lost", "half", "half lost"):
            self.got.update(people[:half])
        kinds = {"ok": ACCEPTED, "half": ACCEPTED, "closed": WAIT, "key": WAIT, "fast": WAIT}
        said = kinds.get(end, UNCERTAIN)
        rest = said if end != "half" else WAIT
        return BatchResult(
            receipts=(said,) * half + (rest,) * (len(people) - half),
            account_problem="check the key" if end == "key" else None,
            rate=RateFeedback(cooldown_s=90.0, is_throttled=True) if end == "fast" else None,
        )

    def look_up(self, attempt: Attempt) -> BatchResult:
        got = (self.got[recipient.email] for recipient in attempt.recipients)
        return BatchResult(receipts=tuple(ACCEPTED if one else WAIT for one in got))


class Trial:
    """
    One issue, two providers, two processes.
    """

    def __init__(self, installation: Installation, first: Truthful, second: Truthful) -> None:
        self.installation, self.sent = (
            installation,
            OnItsWay(installation, first, second, readers=READERS),
        )
        self.deaths = 0
        self.mine, self.theirs = (
            installation.app.dispatcher("mine"),
            installation.app.dispatcher("theirs"),
        )

    def take(self, step: str) -> None:
        if step in ("mine", "theirs"):
            submit_next(self.mine if step == "mine" else self.theirs)
        elif step in ("minute", "quarter"):
            self.installation.now += dt.timedelta(minutes=1 if step == "minute" else 16)
        elif step == "reconcile":
            reconcile_next(self.mine)
        elif step == "heartbeat":
            self._heartbeat()
        else:
            self._die()

    def _heartbeat(self) -> None:
        with self.installation.app.database.write() as connection:
            self.mine.failover.on_cooldowns(connection, now=self.installation.now)
        if self.sent.issue.state is IssueState.PAUSED:
            with self.installation.app.database.write() as connection:
                resume(connection, self.sent.issue_id, reason=None, now=self.installation.now)

    def _die(self) -> None:
        """
        A process makes its call, and dies before it can write down how that ended.
        """
        self.deaths += 1
        dying: Dispatcher = self.installation.app.dispatcher(f"dying {self.deaths}")
        begun = dying.prepare_next()
        if begun is not None:
            dying.submit(begun)
        with self.installation.app.database.write() as connection:
            leases.expire_dead_workers(
                connection, self.installation.app.database.file, now=self.installation.now
            )


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trials") / "one"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=ENDS, second=ENDS, steps=STEPS, is_asked=st.booleans())
def test_no_order_of_answers_and_deaths_hands_anybody_to_both(
    place: Path,
    sqlite_template: Path,
    warm_sandbox: Sandbox,
    first: list[str],
    second: list[str],
    steps: list[str],
    is_asked: bool,
) -> None:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    shutil.copy(sqlite_template, place / "n.db")
    installation = two_providers(place, f"sqlite:///{place}/n.db", warm_sandbox, now=START)
    can = LOOKS_UP if is_asked else NEITHER
    trial = Trial(installation, Truthful(first, can), Truthful(second, can))
    for step in [
        *steps,
        *["heartbeat", "quarter", "mine", "theirs", "mine", "reconcile", "reconcile"] * 6,
    ]:
        trial.take(step)
    one, other = trial.sent.first, trial.sent.second
    assert isinstance(one, Truthful)
    assert isinstance(other, Truthful)
    got = one.got + other.got
    with installation.app.database.read() as connection:
        defaults = {
            s.email: s.state for s in recipient_statuses(connection, trial.sent.issue_id, only=None)
        }
    installation.close()
    assert [who for who, times in got.items() if times > 1] == []
    assert [who for who, state in defaults.items() if state == "accepted" and who not in got] == []
    assert [who for who in got if defaults[who] not in ("accepted", "uncertain")] == []
    assert len(defaults) == READERS
