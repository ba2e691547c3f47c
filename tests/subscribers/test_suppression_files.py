"""
What an export of suppressions wrote is read back whole, and the stricter of two stays.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from origins import STAFF
from people_samples import NOW

from subscribers.database import tables
from subscribers.suppression.bulk import NewSuppression
from subscribers.suppression.files import export_suppressions, import_suppressions
from subscribers.suppression.model import OUTWEIGHED_BY, SuppressionReason
from subscribers.suppression.own_file import HEADING
from subscribers.suppression.rule_keys import KeyKind, kind_of

_x = tables.suppression
DAY = dt.timedelta(days=1)
KEYS = (
    "ada@example.org",
    "bea@example.org",
    "@example.net",
    "@.example.com",
    f"@sha256:{'5' * 64}",
    f"@md5:{'7' * 32}",
)
TEXT = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=20)
ROWS = st.fixed_dictionaries(
    {
        "reason": st.sampled_from(
            [each.value for each in SuppressionReason if each is not SuppressionReason.ERASED]
        ),
        "since": st.integers(0, 500).map(lambda days: NOW - days * DAY),
        "expires_at": st.none() | st.integers(1, 500).map(lambda days: NOW + days * DAY),
        "note": TEXT,
    }
)
STORED = st.dictionaries(
    st.tuples(st.sampled_from(KEYS), st.sampled_from(["", "weekly", "not-there-yet"])), ROWS
)
COLUMNS = ("email_key", "scope", "reason", "since", "expires_at", "note")

Stored = dict[tuple[str, str], dict[str, Any]]


def store(engine: sa.Engine, rows: Stored) -> None:
    with engine.begin() as connection:
        connection.execute(_x.delete())
        values = [{"email_key": key, "scope": scope, **row} for (key, scope), row in rows.items()]
        if values:
            connection.execute(_x.insert(), values)


def stored(engine: sa.Engine) -> Stored:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(*(_x.c[name] for name in COLUMNS)))
        return {
            (row.email_key, row.scope): dict(zip(COLUMNS[2:], row[2:], strict=True)) for row in rows
        }


def export(engine: sa.Engine) -> str:
    out = io.StringIO()
    with engine.connect() as connection:
        export_suppressions(connection, out)
    return out.getvalue()


@pytest.fixture
def import_text(engine: sa.Engine, tmp_path: Path) -> Callable[[str], None]:
    def run(text: str) -> None:
        file = tmp_path / "suppressed.csv"
        file.write_text(text, encoding="utf-8")
        import_suppressions(engine, file, NewSuppression(), by=STAFF, now=NOW)

    return run


once_for_each = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@once_for_each
@given(rows=STORED)
def test_an_export_is_read_back_without_a_loss(
    engine: sa.Engine, import_text: Callable[[str], None], rows: Stored
) -> None:
    store(engine, rows)
    text = export(engine)
    store(engine, {})
    import_text(text)
    assert stored(engine) == rows
    import_text(text)
    assert export(engine) == text


def end_of(row: dict[str, Any]) -> dt.datetime:
    return row["expires_at"] or dt.datetime.max.replace(tzinfo=dt.UTC)


@once_for_each
@given(before=STORED, after=STORED)
def test_what_is_imported_makes_nothing_less_strict(
    engine: sa.Engine, import_text: Callable[[str], None], before: Stored, after: Stored
) -> None:
    store(engine, after)
    text = export(engine)
    store(engine, before)
    import_text(text)
    found = stored(engine)
    assert found.keys() == before.keys() | after.keys()
    for key, row in found.items():
        both: Sequence[dict[str, Any]] = [each[key] for each in (before, after) if key in each]
        assert end_of(row) == max(map(end_of, both))
        reasons = {SuppressionReason(each["reason"]) for each in both}
        assert SuppressionReason(row["reason"]) in reasons
        assert not OUTWEIGHED_BY.get(SuppressionReason(row["reason"]), frozenset()) & reasons


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "ada@example.org,complaint,weekly,2026-01-01T00:00:00+00:00,,",
            ("complaint", "weekly", None),
        ),
        ("ada@example.org,bounce,We/ekly,soon,never,", ("bounce", "", None)),
        ("ada@example.org,erased,,,,", ("manual", "", None)),
        ("ada@example.org", ("manual", "", None)),
    ],
)
def test_a_damaged_line_errs_to_the_stricter(
    engine: sa.Engine,
    import_text: Callable[[str], None],
    line: str,
    expected: tuple[str, str, dt.datetime | None],
) -> None:
    import_text(f"address,reason,scope,since,expires_at\n{line}\n")
    ((key, row),) = stored(engine).items()
    assert (row["reason"], key[1], row["expires_at"]) == expected


def test_what_has_ended_already_is_not_suppressed_again(
    engine: sa.Engine, import_text: Callable[[str], None]
) -> None:
    import_text(
        "address,reason,scope,since,expires_at,note\n"
        f"ada@example.org,manual,,{(NOW - 2 * DAY).isoformat()},{(NOW - DAY).isoformat()},\n"
    )
    assert stored(engine) == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_column_with_reasons_is_read_where_they_are_known(
    engine: sa.Engine, tmp_path: Path
) -> None:
    file = tmp_path / "suppressed.csv"
    file.write_text(
        "email;Reason;date\n"
        "ada@example.org;Hard-Bounce;2026-01-02\n"
        "bea@example.org;spam complaint;\n"
        "cem@example.org;moved to Mars;\n"
        "dov@example.org;;\n"
        "eli@example.org;erased;\n"
        "nobody;sad;\n"
    )
    new = NewSuppression(reason=SuppressionReason.MANUAL)

    done = import_suppressions(engine, file, new, by=STAFF, now=NOW)

    assert {key: row["reason"] for (key, _), row in stored(engine).items()} == {
        "ada@example.org": "bounce",
        "bea@example.org": "complaint",
        "cem@example.org": "manual",
        "dov@example.org": "manual",
        "eli@example.org": "manual",
    }
    assert (done.unknown_reasons, done.invalid) == (2, 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("heading", ["email,note", ",".join(HEADING)])
@pytest.mark.parametrize(
    ("damaged", "invalid"), [('zoe@example.org,"said stop', ()), ('"no address', (4,))]
)
def test_a_quote_that_is_not_closed_spoils_no_other_line(
    engine: sa.Engine, tmp_path: Path, heading: str, damaged: str, invalid: tuple[int, ...]
) -> None:
    file = tmp_path / "suppressed.csv"
    # More than a cell may have, so that it would end somewhere.
    people = [f"p{number}@example.org" for number in range(8_000)]
    file.write_text("\n".join([heading, *people[:2], damaged, *people[2:]]) + "\n")

    done = import_suppressions(engine, file, NewSuppression(), by=STAFF, now=NOW)

    assert (done.invalid, done.first_invalid) == (len(invalid), invalid)
    assert {key for key, _ in stored(engine)} >= set(people)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        *zip(KEYS[:4], ["address", "address", "domain", "subdomains"], strict=True),
        *((key, KeyKind.HASH) for key in KEYS[4:]),
        (f"@{'a' * 64}", KeyKind.KEYED_HASH),
    ],
)
def test_a_key_says_what_it_stands_for(key: str, kind: str) -> None:
    assert kind_of(key) == kind
