"""
What happens to batches when their issue fails over: those of a process that died, those of several
processes, and those made for the calls of the first provider.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa
from installation import Installation
from scripted_provider import (
    ACCEPTED,
    REPLAYS,
    UNCERTAIN,
    all_of,
    batches_of,
    each,
    states,
    submit_next,
)
from two_providers import (
    AFTER,
    FEW,
    FOUR,
    KEY,
    REFUSED,
    OnItsWay,
    installation_with_two_providers,
    people,
    up,
)
from webhook_calls import Talks

from newsletter.store.delivery import leases
from newsletter.store.tables import batch

installation = pytest.fixture(installation_with_two_providers)


def test_a_partly_taken_batch_leaves_the_second_only_who_never_left(
    installation: Installation,
) -> None:
    first = Talks([each(ACCEPTED, REFUSED), each(UNCERTAIN, REFUSED)] + [all_of(REFUSED)] * 40)
    sent = OnItsWay(installation, first, up())
    sent.drain()
    sent.wait(2 * AFTER)
    taken = {first.handed[0][1][0]}
    assert set(people(sent.second)) <= set(FOUR) - taken
    assert states(installation, sent.issue_id)["accepted"] == 1 + len(people(sent.second))


def test_a_process_killed_in_a_call_to_the_first_leaves_nobody_to_the_second(
    installation: Installation,
) -> None:
    sent = OnItsWay(installation, Talks([all_of(REFUSED, pause=KEY)], capabilities=FEW), up())
    dies = installation.app.dispatcher("dies")
    assert dies.prepare_next() is not None
    sent.drain()
    installation.now += dt.timedelta(minutes=5)
    with installation.app.database.write() as connection:
        leases.expire_dead_workers(connection, installation.app.database.file, now=installation.now)
    sent.drain()
    assert people(sent.second) == FOUR[2:]
    assert states(installation, sent.issue_id) == {"accepted": 2, "uncertain": 2}


def test_a_claim_made_for_the_first_before_its_process_died_goes_by_the_second(
    installation: Installation,
) -> None:
    sent = OnItsWay(installation, Talks([all_of(REFUSED, pause=KEY)], capabilities=FEW), up())
    dies = installation.app.dispatcher("dies")

    class Killed(BaseException):
        pass

    def kill(step: str) -> None:
        if step == "claim.after":
            raise Killed

    dies.on_step = kill
    with pytest.raises(Killed):
        dies.prepare_next()
    sent.drain()
    installation.now += dt.timedelta(minutes=5)
    with installation.app.database.write() as connection:
        leases.expire_dead_workers(connection, installation.app.database.file, now=installation.now)
    sent.drain()
    assert people(sent.second) == FOUR


def test_what_one_process_learns_the_other_goes_by(installation: Installation) -> None:
    sent = OnItsWay(
        installation, Talks([all_of(REFUSED, pause=KEY)], capabilities=FEW), up(), readers=8
    )
    other = installation.app.dispatcher("other")
    begun = other.prepare_next()
    assert begun is not None
    submit_next(sent.dispatcher)
    sent.first.answers.append(all_of(ACCEPTED))
    other.record_result(begun, other.submit(begun))
    sent.drain(other)
    everybody = [f"reader{n:04d}@example.org" for n in range(8)]
    assert sorted(begun.recipients[n].email for n in (0, 1)) == everybody[:2]
    assert people(sent.second) == everybody[2:]
    assert states(installation, sent.issue_id) == {"accepted": 8}


def test_a_batch_is_cut_to_what_the_second_takes_in_a_call(installation: Installation) -> None:
    large = replace(REPLAYS, max_recipients=1000)
    first = Talks([all_of(REFUSED, pause=KEY)], capabilities=large)
    sent = OnItsWay(installation, first, up(replace(REPLAYS, max_recipients=50)), readers=1000)
    sent.drain()
    keys = [key for key, _ in sent.second.handed]
    assert [len(handed) for _, handed in sent.second.handed] == [50] * 20
    assert len(set(keys)) == 20
    assert people(sent.second) == [f"reader{n:04d}@example.org" for n in range(1000)]
    assert batches_of(installation, sent.issue_id) == [(n, "settled") for n in range(1, 21)]


def test_a_batch_is_cut_by_the_bytes_of_its_mails_too(installation: Installation) -> None:
    first = Talks([all_of(REFUSED, pause=KEY)], capabilities=replace(REPLAYS, max_recipients=40))
    whole = replace(REPLAYS, max_recipients=1000, max_bytes=200_000)
    sent = OnItsWay(installation, first, up(whole), readers=40)
    sent.drain()
    most = max(len(handed) for _, handed in sent.second.handed)
    assert 1 < most < 40
    assert len(people(sent.second)) == len(set(people(sent.second))) == 40


def test_every_batch_remembers_whom_it_was_handed_to(installation: Installation) -> None:
    sent = OnItsWay(installation, Talks([all_of(ACCEPTED), all_of(REFUSED, pause=KEY)]), up())
    sent.drain()
    with installation.app.database.read() as connection:
        found = connection.execute(sa.select(batch.c.no, batch.c.provider).order_by(batch.c.no))
        assert [tuple(row) for row in found] == [(1, "first"), (2, "second")]
