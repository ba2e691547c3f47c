"""
JSON Lines that no export wrote, and what an import never takes from those that one did.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from people_samples import ImportText, states

from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.database.segment_tables import note


def line(email: str = "ada@example.org", **more: Any) -> str:
    on = {"list": "weekly", "status": "active", "consents": [{"text": "yes"}]}
    return json.dumps({"address": email, "lists": [{**on, **more.pop("on", {})}], **more}) + "\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{\n", "this line is not a person as an export writes them"),
        ('{"address": 1}\n', "this line is not a person as an export writes them"),
        ("[" * 5_000 + "\n", "this line is not a person as an export writes them"),
        ('{"address": "eve@example.org"}\n', "this line is not about a list"),
        (line("nobody"), "'nobody' is not a valid address: it has no @"),
    ],
)
def test_a_line_that_is_no_person_is_refused_and_the_others_are_imported(
    engine: sa.Engine, import_text: ImportText, text: str, reason: str
) -> None:
    report = import_text(line() + text, consent=None)
    assert (report.created, report.invalid) == (1, 1)
    assert reason in report.errors_file.read_text(encoding="utf-8")  # type: ignore[union-attr]
    assert states(engine) == {"ada@example.org": "active"}


@pytest.mark.parametrize("value", [None, 1, [], {}, [[1]], [{"at": 1}], "\0", [{"text": "\0"}]])
@pytest.mark.parametrize("name", ["name", "tags", "fields", "notes", "suppressions", "history"])
def test_values_of_other_types_are_left_out(
    import_text: ImportText, name: str, value: object
) -> None:
    assert import_text(line(**{name: value}), consent=None).created == 1


def test_nobody_comes_back_who_is_suppressed_here(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email,status\nada@example.org,complained\n", consent=None)
    report = import_text(line(), consent=None)
    assert report.kept_suppressed == 1
    assert states(engine) == {"ada@example.org": "ended"}


def test_a_line_may_not_say_that_somebody_was_erased(
    engine: sa.Engine, import_text: ImportText
) -> None:
    against = [{"scope": "", "reason": "erased", "since": "2024-01-01T00:00:00Z"}]
    import_text(line(suppressions=against), consent=None)
    with engine.connect() as connection:
        assert connection.execute(sa.select(tables.suppression)).all() == []


def test_history_and_notes_are_not_added_to_people_who_are_known_here(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email\nada@example.org\n", consent="a form")
    happened = {"at": "2024-01-01T00:00:00Z", "what": "joined", "by": "reader"}
    written = {"text": "met", "written_at": "2024-01-01T00:00:00Z"}
    import_text(line(history=[happened], notes=[written]), consent=None)
    with engine.connect() as connection:
        what = connection.scalars(sa.select(history.c.what)).all()
        assert list(what) == ["imported"]
        assert connection.execute(sa.select(note)).all() == []


def test_imports_elsewhere_are_not_taken_for_those_with_the_same_number_here(
    engine: sa.Engine, import_text: ImportText
) -> None:
    happened = {"at": "2024-01-01T00:00:00Z", "what": "imported", "by": "import", "by_name": "1"}
    written = {"text": "met", "by": "import 2", "written_at": "2024-01-01T00:00:00Z"}
    report = import_text(line(history=[happened], notes=[written]), consent=None)
    with engine.connect() as connection:
        names = connection.scalars(sa.select(history.c.by_name).order_by(history.c.id)).all()
        authors = connection.scalars(sa.select(note.c.by_name)).all()
    assert list(names) == ["1 elsewhere", str(report.number)]
    assert authors == ["import 2 elsewhere"]
