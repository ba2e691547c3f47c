"""
People who are added to a notice share batches, are mailed once for each occasion, and cost no more
than the readers of an issue.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
import sqlalchemy as sa
from installation import Installation
from noticed_people import add_person, append, notice_of
from scripted_provider import ACCEPTED, UNCERTAIN, WAIT, Scripted, all_of, batches_of, submit_next

from newsletter.model.delivery import Capabilities, LookUp, Receipt, ReceiptKind
from newsletter.model.identifiers import delivery_named
from newsletter.model.notice import NoticeKind, NoticeRecipient, StandingNotice
from newsletter.store.delivery import claims, leases
from newsletter.store.delivery.appending import append_notices
from newsletter.store.events.outcomes import find_deliveries
from newsletter.workers.sender import run_until_done

REJECTED = Receipt(kind=ReceiptKind.REJECTED, reason="no such address", suppress=True)


def people(installation: Installation, count: int, start: int = 0) -> list[NoticeRecipient]:
    numbers = range(start, start + count)
    return [add_person(installation, f"p{number}@example.org") for number in numbers]


def scripted(installation: Installation, *answers: Receipt, most: int = 3) -> Scripted:
    can = Capabilities(max_recipients=most, max_bytes=10**9, look_up=LookUp.OWN_ID)
    provider = Scripted([all_of(answer) for answer in answers], capabilities=can)
    installation.app.providers["outbox"] = provider
    return provider


def test_many_share_a_batch_until_it_is_full(installation: Installation) -> None:
    installation.add_list()
    provider = scripted(installation, *[ACCEPTED] * 3)
    for who in people(installation, 7):
        notice = append(installation, [who])
    assert notice.batch_size == 3
    assert batches_of(installation, notice.issue_id) == [(n, "pending") for n in (1, 2, 3)]
    installation.submit_all()
    assert sorted(len(who) for _, who in provider.handed) == [1, 3, 3]


def test_many_at_once_fill_the_open_batch_first(installation: Installation) -> None:
    installation.add_list()
    provider = scripted(installation, *[ACCEPTED] * 3)
    found = people(installation, 8)
    append(installation, found[:1])
    append(installation, found[1:])
    installation.submit_all()
    assert sorted(len(who) for _, who in provider.handed) == [2, 3, 3]
    assert len({email for _, who in provider.handed for email in who}) == 8


def test_a_batch_that_a_worker_has_is_full(installation: Installation) -> None:
    installation.add_list()
    scripted(installation, *[ACCEPTED] * 2)
    first, second = people(installation, 2)
    notice = append(installation, [first])
    with installation.app.database.write() as connection:
        claimed = claims.claim_batch(
            connection, worker_id="other", now=installation.now, lease=leases.LEASE
        )
    assert claimed is not None
    append(installation, [second])
    assert batches_of(installation, notice.issue_id) == [(1, "claimed"), (2, "pending")]


def test_a_batch_that_was_in_a_call_takes_nobody(installation: Installation) -> None:
    installation.add_list()
    provider = scripted(installation, WAIT, ACCEPTED, ACCEPTED)
    first, second = people(installation, 2)
    append(installation, [first])
    submit_next(installation.app.dispatcher("me"))
    append(installation, [second])
    installation.now = installation.now.replace(hour=13)
    installation.submit_all()
    assert [who for _, who in provider.handed] == [
        ["p0@example.org"],
        ["p1@example.org"],
        ["p0@example.org"],
    ] or [who for _, who in provider.handed][1:] == [["p0@example.org"], ["p1@example.org"]]


def test_a_call_never_has_a_person_twice_and_its_key_names_the_occasion(
    installation: Installation,
) -> None:
    installation.add_list()
    provider = scripted(installation, *[ACCEPTED] * 3)
    (who,) = people(installation, 1)
    for _ in range(3):
        notice = append(installation, [who])
    installation.submit_all()
    assert [to for _, to in provider.handed] == [["p0@example.org"]] * 3
    keys = [key for key, _ in provider.handed]
    issue = notice.issue_id
    assert sorted(key.partition("-")[2] for key in keys) == [
        f"i{issue}-b1-1",
        f"i{issue}-o1-b2-1",
        f"i{issue}-o2-b3-1",
    ]
    refs = [
        delivery_named("", key, "p0@example.org", instance=installation.app.instance)
        for key in keys
    ]
    with installation.app.database.read() as connection:
        found = find_deliveries(connection, [ref for ref in refs if ref])
    assert {record.occasion for record in found.values()} == {0, 1, 2}


def test_rejected_strangers_pause_nothing(installation: Installation) -> None:
    installation.add_list()
    scripted(installation, *[REJECTED] * 40, most=1)
    notice = append(installation, people(installation, 40))
    installation.submit_all()
    assert installation.state(notice.issue_id) == "sending"
    assert installation.counts(notice.issue_id)["rejected"] == 40


def test_an_uncertain_call_is_not_repeated(installation: Installation) -> None:
    installation.add_list()
    provider = scripted(installation, UNCERTAIN)
    notice = append(installation, people(installation, 2))
    submit_next(installation.app.dispatcher("me"))
    assert not submit_next(installation.app.dispatcher("me"))
    assert len(provider.handed) == 1
    assert installation.counts(notice.issue_id)["uncertain"] == 2


def test_a_confirmation_goes_between_the_batches_of_a_long_issue(
    installation: Installation,
) -> None:
    from newsletter import pipeline

    installation.add_list()
    installation.add_readers(9)
    provider = scripted(installation, *[ACCEPTED] * 4)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    append(installation, people(installation, 1))
    dispatcher = installation.app.dispatcher("me")
    for _ in range(4):
        submit_next(dispatcher)
    assert ["p0@example.org"] in [who for _, who in provider.handed[:2]]


def statements(installation: Installation) -> list[str]:
    spoken: list[str] = []
    sa.event.listen(
        installation.app.database.engine,
        "before_cursor_execute",
        lambda c, cursor, statement, *rest: spoken.append(statement.split()[0]),
    )
    return spoken


def counted(spoken: Sequence[str]) -> int:
    return len([word for word in spoken if word not in ("BEGIN", "PRAGMA")])


def test_a_batch_of_a_notice_takes_at_most_six_statements(installation: Installation) -> None:
    installation.add_list()
    scripted(installation, ACCEPTED, ACCEPTED, most=100)
    dispatcher = installation.app.dispatcher("me")
    dispatcher.claims.monotonic_s = dispatcher.rate_limiter.monotonic_s = lambda: 0.0
    append(installation, people(installation, 1))
    submit_next(dispatcher)
    append(installation, people(installation, 100, start=1))
    spoken = statements(installation)
    assert submit_next(dispatcher)
    assert counted(spoken) <= 6


def test_adding_costs_the_same_statements_however_many_there_are(
    installation: Installation,
) -> None:
    installation.add_list()
    scripted(installation, most=1000)
    found = people(installation, 120)
    spoken = statements(installation)
    notice = notice_of(installation)
    counts = []
    for chunk in (found[:1], found[1:2], found[2:20], found[20:]):
        spoken.clear()
        append(installation, chunk, notice=notice)
        counts.append(counted(spoken))
    assert counts[0] <= 11
    assert counts[1] == counts[2] == counts[3] <= 7


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_people_who_come_at_once_wait_for_nobody_and_are_mailed_once(
    installation: Installation,
) -> None:
    installation.add_list()
    notice = replace(notice_of(installation), batch_size=7)
    found = people(installation, 96)
    errors: list[Exception] = []

    def join(mine: Sequence[NoticeRecipient]) -> None:
        try:
            for who in mine:
                with installation.app.database.write() as connection:
                    append_notices(connection, notice, [who], now=installation.now)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=join, args=(found[n::8],)) for n in range(8)]
    senders = [
        threading.Thread(
            target=run_until_done,
            args=(installation.app,),
            kwargs={"is_done": lambda: not any(thread.is_alive() for thread in threads)},
        )
        for _ in range(2)
    ]
    for thread in [*threads, *senders]:
        thread.start()
    for thread in [*threads, *senders]:
        thread.join()
    installation.submit_all()
    assert errors == []
    assert Counter(installation.mailed()) == Counter(who.email.email for who in found)
    assert installation.counts(notice.issue_id)["accepted"] == 96


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_somebody_who_presses_twice_at_once_gets_two_occasions(
    installation: Installation,
) -> None:
    installation.add_list()
    notice: StandingNotice = notice_of(installation, NoticeKind.CONFIRM)
    (who,) = people(installation, 1)
    barrier = threading.Barrier(6)

    def press() -> None:
        barrier.wait()
        with installation.app.database.write() as connection:
            append_notices(connection, notice, [who], now=installation.now)

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert installation.counts(notice.issue_id)["audience"] == 6
    installation.submit_all()
    assert installation.mailed() == ["p0@example.org"] * 6
