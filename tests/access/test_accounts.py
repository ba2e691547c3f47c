"""
Accounts of staff in the database: the last owner stays, what works once works once, also for two
at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from installation import Installation
from staff_samples import EVE, PASSWORD, add_member, load_member

from newsletter.access import members
from newsletter.access.recovery_codes import recovery_hash
from newsletter.actions.access import staff, staff_links
from newsletter.actions.access.login import StartedSession, find_logged_in, log_in
from newsletter.errors import NotFound, Refused
from newsletter.model.access import OPERATOR, Actor, Channel, Permission, Role
from newsletter.model.staff import Browser, Member, MemberState, StaffLinkKind
from newsletter.store.access import factors, sessions
from newsletter.store.access import members as stored
from newsletter.store.database import Database

TOM = "tom@example.org"
THREADS = 8


def successes(database: Database, act: Callable[[sa.Connection], object]) -> int:
    """
    Return how many of several transactions at the same moment succeeded.
    """

    def run(_: int) -> bool:
        with database.write() as connection:
            return bool(act(connection))

    with ThreadPoolExecutor(THREADS) as threads:
        return sum(threads.map(run, range(THREADS)))


def test_the_last_owner_is_neither_removed_nor_given_another_role(
    installation: Installation,
) -> None:
    app = installation.app
    add_member(installation)
    staff.invite(app, TOM, role=Role.OWNER, by_mail=False, by=OPERATOR)
    # Who has not accepted yet is no owner to rely on.
    with pytest.raises(Refused, match="last owner"):
        staff.remove(app, EVE, by=OPERATOR)
    with pytest.raises(Refused, match="last owner"):
        staff.change_role(app, EVE, Role.EDITOR, by=OPERATOR)
    add_member(installation, "ann@example.org")
    assert staff.change_role(app, EVE, Role.EDITOR, by=OPERATOR).role is Role.EDITOR


def test_of_two_owners_who_remove_each_other_at_the_same_time_one_stays(
    installation: Installation,
) -> None:
    add_member(installation)
    add_member(installation, TOM)

    def remove(address: str) -> bool:
        try:
            staff.remove(installation.app, address, by=OPERATOR)
        except (Refused, NotFound):
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(remove, (EVE, TOM))) == [False, True]


def test_of_two_uses_of_a_code_a_recovery_code_or_a_challenge_one_succeeds(
    installation: Installation,
) -> None:
    app, member = installation.app, add_member(installation)
    hashed = recovery_hash("abcde", staff_id=member.id)
    began = log_in(app, EVE, PASSWORD, network="", browser=Browser())
    assert isinstance(began, StartedSession)
    logged_in = find_logged_in(app, began.cookie)
    assert logged_in is not None
    with app.database.write() as connection:
        factors.replace_codes(connection, member.id, [hashed])
        sessions.put_challenge(connection, logged_in.session.id, "a challenge")
    number, now = logged_in.session.id, installation.now
    database = app.database
    assert successes(database, lambda c: stored.use_totp_step(c, member.id, 7)) == 1
    assert successes(database, lambda c: factors.use_code(c, member.id, hashed, now=now)) == 1
    assert successes(database, lambda c: sessions.take_challenge(c, number)) == 1


def test_a_link_lets_one_of_two_in(installation: Installation) -> None:
    app = installation.app
    url = staff.invite(app, TOM, role=Role.EDITOR, by_mail=False, by=OPERATOR).url or ""
    token = url.rpartition("/")[2]

    def accept(number: int) -> StartedSession | None:
        return staff_links.accept(
            app, StaffLinkKind.INVITATION, token, f"{PASSWORD} {number}", browser=Browser()
        )

    with ThreadPoolExecutor(THREADS) as threads:
        began = [each for each in threads.map(accept, range(THREADS)) if each is not None]
    assert len(began) == 1
    assert load_member(installation, TOM).state is MemberState.ACTIVE


def test_removing_a_member_deletes_what_they_log_in_with_and_keeps_their_name(
    installation: Installation,
) -> None:
    app = installation.app
    add_member(installation)
    tom = add_member(installation, TOM, role=Role.EDITOR)
    with app.database.write() as connection:
        factors.replace_codes(connection, tom.id, ["x"])
        factors.add_passkey(
            connection,
            tom.id,
            credential_id=b"c",
            public_key=b"k",
            sign_count=0,
            name="",
            now=installation.now,
        )
    staff.remove(app, TOM, by=OPERATOR)
    removed = load_member(installation, TOM)
    assert (removed.state, removed.password_hash, removed.passkeys) == ("removed", None, 0)
    with app.database.read() as connection:
        assert factors.count_codes(connection, tom.id) == 0
    assert removed.name == "Eve Adams"
    # Invited again, they begin without anything from before.
    staff.invite(app, TOM, role=Role.AUTHOR, by_mail=False, by=OPERATOR)
    again = load_member(installation, TOM)
    assert (again.id, again.state, again.role) == (tom.id, "invited", "author")


def test_a_member_acts_with_the_permissions_of_their_role_on_their_lists(
    installation: Installation,
) -> None:
    installation.add_list("daily")
    add_member(installation)
    tom: Member = add_member(installation, TOM, role=Role.AUTHOR, lists=["daily"])
    actor = tom.actor("192.0.2.1")
    assert actor == Actor(
        name=TOM,
        channel=Channel.WEB,
        permissions=Role.AUTHOR.permissions,
        lists=frozenset({"daily"}),
        staff_id=tom.id,
        from_address="192.0.2.1",
    )
    assert Permission.ISSUES_SEND not in actor.permissions
    assert load_member(installation).actor("").lists is None


def test_an_owner_cannot_be_limited_and_an_unknown_list_is_refused(
    installation: Installation,
) -> None:
    installation.add_list("daily")
    app = installation.app
    with pytest.raises(Refused, match="all lists"):
        staff.invite(app, TOM, role=Role.OWNER, lists=["daily"], by_mail=False, by=OPERATOR)
    with app.database.read() as connection, pytest.raises(NotFound):
        members.find_member(connection, TOM)
