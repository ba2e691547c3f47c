"""
Undoing an import: what it made goes, what anybody touched since stays, and nobody comes back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from origins import READER, STAFF
from people_samples import ImportText, states

from subscribers.database import tables
from subscribers.database.job_tables import file_job
from subscribers.errors import JobRefused, UnknownJob, UnknownSubscriber
from subscribers.fields.declare import add_field, edit_field
from subscribers.fields.model import FieldOption, FieldType
from subscribers.fields.values import values_of_all
from subscribers.history.records import history_of
from subscribers.import_export.jobs.model import ImportOptions
from subscribers.import_export.jobs.start import start_import
from subscribers.import_export.jobs.undo import count_undo, undo_import
from subscribers.lists import add_list
from subscribers.model import MailingList, Subscriber
from subscribers.people import subscriber_by_address
from subscribers.person_edits import edit_person
from subscribers.subscriptions.begin import subscribe
from subscribers.subscriptions.end import unsubscribe_address
from subscribers.tags.names import count_tags
from subscribers.tags.notes import notes_of
from subscribers.tags.records import change_tags, tags_of
from subscribers.validation.address import parse_address

ADA = parse_address("ada@example.org")
PEOPLE = "email,name\nada@example.org,Ada\nben@example.org,Ben\ncleo@example.org,Cleo\n"


def nobody(_connection: sa.Connection, _numbers: Collection[int]) -> set[int]:
    return set()


def undo(engine: sa.Engine, number: int, now: dt.datetime, **options: Any) -> dict[str, int]:
    """
    Undo an import that comes to what was counted before.
    """
    chosen = {"mailed": nobody, **options}
    counted = count_undo(engine, number, mailed=chosen["mailed"])
    counts = undo_import(engine, number, by=STAFF, now=now, **chosen)
    assert counts == counted
    return counts


def person(engine: sa.Engine, address: str = ADA.email) -> Subscriber:
    with engine.connect() as connection:
        return subscriber_by_address(connection, parse_address(address))


def addresses(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        found = sa.select(tables.subscriber.c.email).where(tables.subscriber.c.email.is_not(None))
        return sorted(connection.scalars(found))


def test_the_people_of_an_import_are_forgotten_and_can_be_imported_again(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    import_text(PEOPLE)

    assert undo(engine, 1, now) == {"people": 3}

    assert (addresses(engine), states(engine)) == ([], {None: "ended"})
    with engine.connect() as connection:
        assert connection.execute(sa.select(tables.consent)).all() == []
        job = connection.execute(sa.select(file_job)).one()
    assert (job.state, job.undo["by"], job.undo["counts"]) == ("undone", "ada", {"people": 3})
    again = import_text(PEOPLE)
    assert (again.number, again.created, again.by_status) == (2, 3, {"active": 3})


def test_whoever_did_anything_since_stays(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList, now: dt.datetime
) -> None:
    import_text(PEOPLE)
    with engine.begin() as connection:
        edit_person(connection, ADA, name="Ada Byron", by=READER, now=now)
        ben = parse_address("ben@example.org")
        unsubscribe_address(connection, ben, mailing_list=weekly, reason="", by=READER, now=now)

    assert undo(engine, 1, now) == {"people": 1, "kept_changed": 2}

    assert states(engine)["ada@example.org"] == "active"
    assert states(engine)["ben@example.org"] == "ended"
    assert person(engine).name == "Ada Byron"
    with pytest.raises(UnknownSubscriber):
        person(engine, "cleo@example.org")


def test_whoever_was_sent_something_stays(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    import_text(PEOPLE)
    ada = person(engine).id

    counts = undo(engine, 1, now, mailed=lambda _connection, numbers: {ada} & set(numbers))

    assert counts == {"people": 2, "kept_mailed": 1}
    assert addresses(engine) == ["ada@example.org"]


def test_somebody_who_was_known_before_only_leaves_the_list(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        other = add_list(connection, "other", name="Other", now=now)
        subscribe(
            connection,
            ADA,
            mailing_list=other,
            name="Ada",
            consent="a form",
            source="test",
            by=STAFF,
            now=now,
        )
    import_text(PEOPLE)

    assert undo(engine, 1, now) == {"people": 2, "subscriptions": 1}

    assert [each.list_slug for each in person(engine).subscriptions] == ["other"]
    with engine.connect() as connection:
        last = history_of(connection, ADA)[-1]
    assert last.detail == {"import_undone": 1, "state": {"before": "active", "after": None}}
    assert (last.origin, last.list_slug) == (STAFF, "weekly")
    assert import_text(PEOPLE).created == 3


def test_values_that_are_still_those_of_the_import_go_back(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        add_field(connection, "edition", FieldType.TEXT, labels={})
        add_field(connection, "city", FieldType.TEXT, labels={})
    import_text("email,name,timezone,edition\nada@example.org,Ada,,north\nben@example.org,B,,\n")
    import_text(
        "email,name,timezone,edition,city\nada@example.org,Countess,Europe/Paris,south,Ulm\n"
        "ben@example.org,Benjamin,,,\n"
    )
    with engine.begin() as connection:
        edit_person(connection, parse_address("ben@example.org"), name="Bo", by=READER, now=now)

    assert undo(engine, 2, now) == {"values": 4, "kept_values": 1}

    ada = person(engine)
    assert (ada.name, ada.timezone, person(engine, "ben@example.org").name) == ("Ada", None, "Bo")
    with engine.connect() as connection:
        assert values_of_all(connection, [ada.id]) == {ada.id: {"edition": "north"}}
        changed = history_of(connection, ADA)[-1].detail
    assert changed["fields"]["edition"] == {"before": "south", "after": "north"}


def test_nobody_whom_the_import_unsubscribed_or_suppressed_comes_back(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    import_text(PEOPLE)
    import_text("email,status\nada@example.org,bounced\nnew@example.org,unsubscribed\n")
    before = states(engine)

    assert undo(engine, 2, now) == {"kept_unsubscribed": 2}

    assert states(engine) == before
    assert [held.reason for held in person(engine).suppressions] == ["bounce"]
    assert import_text("email\nnew@example.org\n").kept_suppressed == 1


def test_whoever_a_later_row_of_the_import_unsubscribed_stays_unsubscribed(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    between = "".join(f"p{number}@example.org,active\n" for number in range(2_500))
    import_text(
        "email,status\nada@example.org,active\nben@example.org,active\n"
        f"{between}ada@example.org,unsubscribed\nben@example.org,bounced\n"
    )

    assert undo(engine, 1, now) == {"people": 2_500, "kept_unsubscribed": 2}

    assert addresses(engine) == ["ada@example.org", "ben@example.org"]
    assert import_text(PEOPLE).created == 1
    assert states(engine)["ada@example.org"] == states(engine)["ben@example.org"] == "ended"


def test_whoever_others_added_while_the_import_ran_only_leaves_its_list(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        other = add_list(connection, "other", name="Other", now=now)

    def add_cleo(_done: int, _size: int) -> None:
        if "cleo@example.org" in addresses(engine):
            return
        with engine.begin() as connection:
            cleo = parse_address("cleo@example.org")
            options = {"name": "Cleo", "consent": "a form", "source": "test"}
            subscribe(connection, cleo, mailing_list=other, by=STAFF, now=now, **options)

    between = "".join(f"p{number}@example.org,\n" for number in range(1_500))
    import_text(f"email,name\n{between}cleo@example.org,Cleopatra\n", progress=add_cleo)

    assert undo(engine, 1, now) == {"people": 1_500, "subscriptions": 1, "values": 1}

    cleo = person(engine, "cleo@example.org")
    assert ([each.list_slug for each in cleo.subscriptions], cleo.name) == (["other"], "Cleo")


def test_tags_and_notes_of_an_import_go_and_others_stay(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    import_text("email\nada@example.org\n")
    ada = person(engine).id
    with engine.begin() as connection:
        change_tags(connection, [ada], add=["press"], by=STAFF, now=now)
    import_text("email,tags,notes\nada@example.org,vip,met in Ulm\nben@example.org,vip,x\n")
    with engine.connect() as connection:
        assert tags_of(connection, [ada]) == {ada: ["press", "vip"]}
        assert [each.text for each in notes_of(connection, [ada])[ada]] == ["met in Ulm"]

    assert undo(engine, 2, now) == {"people": 1, "values": 1}

    with engine.connect() as connection:
        assert tags_of(connection, [ada]) == {ada: ["press"]}
        assert notes_of(connection, [ada]) == {}


def test_an_undo_that_is_interrupted_continues(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    import_text("email\n" + "".join(f"p{n}@example.org\n" for n in range(2_500)))
    with engine.begin() as connection:
        first, last = parse_address("p0@example.org"), parse_address("p2400@example.org")
        for each in (first, last):
            edit_person(connection, each, name="Own", by=READER, now=now)

    def kill(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undo_import(engine, 1, by=STAFF, mailed=nobody, now=now, progress=kill)
    assert len(addresses(engine)) == 1_501

    counts = undo_import(engine, 1, by=STAFF, mailed=nobody, now=now)

    assert counts == {"people": 2_498, "kept_changed": 2}
    assert addresses(engine) == ["p0@example.org", "p2400@example.org"]


def test_an_import_is_undone_once(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    import_text(PEOPLE)
    undo(engine, 1, now)
    with pytest.raises(JobRefused, match="import 1 is undone already"):
        undo_import(engine, 1, by=STAFF, mailed=nobody, now=now)
    with pytest.raises(UnknownJob, match="there is no import 9"):
        count_undo(engine, 9, mailed=nobody)


def test_an_import_of_an_earlier_version_is_not_undone(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    import_text(PEOPLE)
    with engine.begin() as connection:
        connection.execute(file_job.update().values(people_before=None))
    with pytest.raises(JobRefused, match="made by an earlier version"):
        count_undo(engine, 1, mailed=nobody)


def test_an_interrupted_import_that_is_undone_leaves_no_file(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime, tmp_path: Any
) -> None:
    def stop(_done: int, _size: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_text(f"{PEOPLE}nobody,\n", progress=stop)

    assert undo(engine, 1, now) == {"people": 3}
    assert [path.name for path in tmp_path.glob(".people*")] == []


@pytest.mark.parametrize("is_copy", [True, False])
def test_an_import_that_never_began_is_cancelled(
    engine: sa.Engine, weekly: MailingList, now: dt.datetime, tmp_path: Path, is_copy: bool
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(PEOPLE)
    options = {"mailing_list": weekly, "by": STAFF, "now": now, "is_copy": is_copy}
    first = start_import(engine, [file], options=ImportOptions(), **options)

    assert undo(engine, first.id, now) == {}

    assert file.exists() != is_copy
    file.write_text(PEOPLE)
    again = start_import(engine, [file], options=ImportOptions(consent="a form"), **options)
    assert again.id == first.id + 1
    with pytest.raises(JobRefused, match="import 1 is undone already"):
        undo(engine, first.id, now)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_imports_of_one_file_into_several_lists_are_undone_in_any_order(
    engine: sa.Engine,
    import_text: ImportText,
    weekly: MailingList,
    now: dt.datetime,
    order: tuple[int, ...],
) -> None:
    with engine.begin() as connection:
        others = [add_list(connection, slug, name=slug, now=now) for slug in ("b", "c")]
    for each in (weekly, *others):
        import_text("email,tags\nada@example.org,t1\nben@example.org,\n", mailing_list=each)

    undo(engine, order[0], now)
    assert addresses(engine) == ["ada@example.org", "ben@example.org"]
    assert len(person(engine).subscriptions) == 2
    ada = person(engine).id
    with engine.connect() as connection:
        assert tags_of(connection, [ada]) == {ada: ["t1"]}
    undo(engine, order[1], now)
    undo(engine, order[2], now)

    assert addresses(engine) == []


def test_whoever_did_anything_between_two_undone_imports_of_a_file_stays(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        other = add_list(connection, "b", name="b", now=now)
    import_text(PEOPLE)
    import_text(PEOPLE, mailing_list=other)
    undo(engine, 2, now)
    with engine.begin() as connection:
        edit_person(connection, ADA, name="Ada Byron", by=READER, now=now)

    assert undo(engine, 1, now) == {"people": 2, "kept_changed": 1}


def test_a_value_that_is_not_an_option_any_more_does_not_come_back(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    options = [FieldOption(key=key) for key in ("free", "paid")]
    with engine.begin() as connection:
        add_field(connection, "plan", FieldType.CHOICE, labels={}, options=options)
    import_text("email,plan\nada@example.org,free\n")
    import_text("email,plan\nada@example.org,paid\n")
    with engine.begin() as connection:
        edit_field(connection, "plan", options=options[1:])

    assert undo(engine, 2, now) == {"kept_values": 1}

    ada = person(engine).id
    with engine.connect() as connection:
        assert values_of_all(connection, [ada]) == {ada: {"plan": "paid"}}


def test_people_who_stay_on_another_list_keep_their_tags_however_many_they_are(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    rows = "".join(f"p{number}@example.org,press\n" for number in range(1_200))
    text = f"email,tags\n{rows}"
    import_text(text)
    with engine.begin() as connection:
        other = add_list(connection, "other", name="Other", now=now)
    import_text(text, mailing_list=other)

    assert undo(engine, 1, now) == {"subscriptions": 1_200}

    with engine.connect() as connection:
        assert count_tags(connection) == {"press": 1_200}
