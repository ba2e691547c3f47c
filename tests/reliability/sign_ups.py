"""
Many sign-ups of new, known, pending, left, suppressed and erased addresses through the page: who is
mailed, whether the answers differ in a byte, and whether their times tell who is known here.

`python -m reliability.sign_ups 10000` runs it at full size on both databases and prints the times.
Those of each kind are compared with those of new addresses by the two-sided Mann-Whitney U test.
The kinds take turns in a random order, so that whatever slows the machine down meets all of them.
"""

from __future__ import annotations

import datetime as dt
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from installation import Installation
from postgres import running_postgres
from signup_pages import form_of
from web_samples import TestClient

from newsletter.actions.people import subscribers
from newsletter.model.access import OPERATOR
from newsletter.store.migrate import upgrade
from newsletter.web.application import make_web
from subscribers.history.model import Origin, OriginKind
from subscribers.model import Visibility
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

NEW = "new"
KINDS = (NEW, "known", "pending", "left", "suppressed", "erased")
MAILED: Mapping[str, int] = {kind: 0 if kind == "suppressed" else 1 for kind in KINDS}
"""
How many mails a sign-up leads to, by kind of address.
"""
NO_LIMITS = dict.fromkeys(
    ("person_per_day", "address_per_hour", "network_per_hour", "domain_per_hour", "per_minute"),
    10**9,
)
START = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
_STAFF = Origin(kind=OriginKind.STAFF, name="a test")
# A few at the beginning meet cold caches.
_WARM_UP = 12


@dataclass
class Report:
    """
    What many sign-ups led to: the different answers, the mails by address, and the seconds that
    each answer took, by kind.
    """

    answers: set[tuple[int, str, bytes]] = field(default_factory=set)
    mailed: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def address_of(kind: str, number: int) -> str:
    return f"{kind}{number}@example.org"


def prepare(installation: Installation, each: int) -> None:
    """
    Make *each* people of every kind.
    """
    installation.add_list("daily", visibility=Visibility.PUBLIC)
    numbers = range(each)
    for kind in ("known", "left", "erased"):
        installation.subscribe(address_of(kind, number) for number in numbers)
    for number in numbers:
        installation.unsubscribe(address_of("left", number))
        subscribers.erase_person(installation.app, address_of("erased", number), by=OPERATOR)
        subscribers.add(installation.app, address_of("pending", number), "daily", by=OPERATOR)
    reasons = [SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL]
    with installation.app.database.write() as connection:
        for number in numbers:
            suppress(
                connection,
                parse_address(address_of("suppressed", number)),
                reason=reasons[number % len(reasons)],
                by=_STAFF,
                now=installation.now,
            )
    installation.now += dt.timedelta(hours=1)


def sign_up_all(installation: Installation, each: int) -> Report:
    """
    Sign up every address once, in a random order of kinds, and send what that leads to.
    """
    report = Report()
    web = make_web(installation.app, stopping=threading.Event())
    order = [(kind, number) for number in range(each) for kind in KINDS]
    random.Random(17).shuffle(order)
    with TestClient(web, follow_redirects=False) as pages:
        action, fields = form_of(pages.get("/join/daily").text)
        installation.now += dt.timedelta(seconds=10)
        for position, (kind, number) in enumerate(order):
            sent = fields | {"email": address_of(kind, number)}
            began = time.perf_counter()
            answer = pages.post(action, data=sent)
            took = time.perf_counter() - began
            report.answers.add(
                (answer.status_code, str(sorted(answer.headers.items())), answer.content)
            )
            if position >= _WARM_UP:
                report.seconds[kind].append(took)
    installation.submit_all()
    report.mailed.update(installation.mailed())
    return report


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """
    Return how often a value of *one* is above a value of *other* (0.5 if they are alike), and the
    two-sided p of that under the normal approximation.
    """
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    rank_sum = sum(rank for rank, (_, sample) in enumerate(ranked, 1) if sample == 0)
    n, m = len(one), len(other)
    u = rank_sum - n * (n + 1) / 2
    spread = (n * m * (n + m + 1) / 12) ** 0.5
    z = abs(u - n * m / 2) / spread
    return u / (n * m), 2 * (1 - statistics.NormalDist().cdf(z))


def measured(each: int, url: str = "") -> list[str]:
    """
    Sign up *each* address of every kind on a fresh SQLite file, or the empty database at *url*, and
    return the lines that say what came of it.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installation = Installation(
            folder, url or f"sqlite:///{folder}/n.db", now=START, signup=NO_LIMITS
        )
        upgrade(installation.app.database)
        prepare(installation, each)
        report = sign_up_all(installation, each)
        database = installation.app.database.engine.dialect.name
        installation.close()
    lines = [
        f"{database}: {each * len(KINDS)} sign-ups, {len(report.answers)} different answers",
        "kind         mails  median ms  p95 ms  above new   p",
    ]
    for kind in KINDS:
        seconds = report.seconds[kind]
        above, p = mann_whitney(seconds, report.seconds[NEW])
        mails = sum(report.mailed[address_of(kind, number)] for number in range(each))
        median, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
        lines.append(
            f"{kind:<12} {mails:>5}  {median * 1000:>9.2f}  {p95 * 1000:>6.2f}  {above:>9.3f}  "
            f"{p:.3f}"
        )
    return lines


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    each = count // len(KINDS)
    sys.stdout.write("\n".join(measured(each)) + "\n")
    with running_postgres() as url:
        sys.stdout.write("\n".join(measured(each, url)) + "\n")
    sys.stdout.write("p: Mann-Whitney U test against new addresses, two-sided\n")


if __name__ == "__main__":
    main()
