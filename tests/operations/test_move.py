"""
A whole installation moved by one file: equal there and back, sending nothing, whole or not at all.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from filled_newsroom import Filled, filled_newsroom
from installation import Installation
from moved_installation import Remembering, furnish, rows_of, send_half

from newsletter.errors import NewsletterError, Refused
from newsletter.isolation.sandbox import Sandbox
from newsletter.operations import move
from newsletter.operations.restore_guard import resume_only_copy
from newsletter.store.database import Database
from newsletter.store.flow_control import kill_switch
from newsletter.store.migrate import head
from newsletter.store.tables import epoch, outgoing_event
from subscribers.database.tables import metadata, subscriber

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def filled(tmp_path: Path, sqlite_template: Path, warm_sandbox: Sandbox) -> Iterator[Filled]:
    folder = tmp_path / "filled"
    folder.mkdir()
    # PostgreSQL would refuse what the usual ones make too long.
    with filled_newsroom(folder, sqlite_template, warm_sandbox, vectors=["<b>"]) as found:
        yield found


@pytest.fixture
def new_sqlite(tmp_path: Path) -> Callable[[], Database]:
    """
    `new_sqlite()` is one more SQLite database that does not exist yet.
    """
    names = iter(range(100))
    return lambda: Database(f"sqlite:///{tmp_path}/new{next(names)}.db")


def own_files(folder: Path) -> move.OwnFiles:
    return move.OwnFiles(secret=folder / "secret.key", templates=folder / "templates")


def out(
    database: Database, file: Path, *, with_secrets: bool = True, folder: Path | None = None
) -> Path:
    move.write_archive(
        database,
        own_files(folder or file.parent),
        file,
        with_secrets=with_secrets,
        now=NOW,
        report=lambda done, total: None,
    )
    return file


def into(database: Database, file: Path, *, folder: Path | None = None) -> move.Manifest:
    return move.read_archive(
        database,
        own_files(folder or file.parent / "there"),
        file,
        now=NOW,
        report=lambda done, total: None,
    )


def compared(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """
    Every row of every table, but for the stop and the epoch that make it a copy.
    """
    with database.read() as connection:
        found = rows_of(database)
        identity = connection.execute(sa.select(metadata.tables["database_identity"])).all()
    del found["epoch"]
    return {**found, "database_identity": [tuple(row) for row in identity]}


def differences(one: Database, other: Database) -> list[str]:
    ours, theirs = compared(one), compared(other)
    return [name for name, rows in ours.items() if rows != theirs[name]]


def stop_of(database: Database) -> str:
    with database.read() as connection:
        stop = kill_switch.active_stop(connection)
    return "" if stop is None else f"{stop.kind}: {stop.reason}"


def test_every_table_is_equal_after_the_way_from_sqlite_to_postgresql_and_back(
    filled: Filled,
    tmp_path: Path,
    new_postgres: Callable[[], Database],
    new_sqlite: Callable[[], Database],
) -> None:
    first = filled.installation.app.database
    (tmp_path / "secret.key").write_text("whatever it is")
    away, back = new_postgres(), new_sqlite()
    manifest = into(away, out(first, tmp_path / "first.zip"))
    into(back, out(away, tmp_path / "second.zip"))
    assert differences(first, away) == []
    assert len([name for name, table in manifest.tables.items() if table.rows]) > 45
    assert differences(first, back) == []
    assert stop_of(away) == "copy: it was moved in from first.zip"
    back.close()


def test_a_copy_sends_nothing_until_it_is_the_only_one_and_then_the_rest(
    installation: Installation,
    tmp_path: Path,
    new_postgres: Callable[[], Database],
    new_sqlite: Callable[[], Database],
) -> None:
    provider = Remembering()
    installation.app.providers["outbox"] = provider
    readers = furnish(installation, readers=5_000)
    half, _ = send_half(installation)
    taken = len(provider.taken)
    file = out(installation.app.database, tmp_path / "all.zip")
    for make in (new_sqlite, new_postgres):
        database = make()
        into(database, file)
        assert differences(installation.app.database, database) == []
        url = database.engine.url.render_as_string(hide_password=False)
        copy = Installation(
            tmp_path, url, now=installation.now, sandbox=installation.app.shared_sandbox
        )
        copy.app.providers["outbox"] = provider
        copy.submit_all(until=lambda: True)
        assert len(provider.taken) == taken < len(readers) * 2
        resume_only_copy(copy.app.database, tmp_path, keys=copy.app.signing_keys, now=copy.now)
        assert stop_of(database) == ""
        assert copy.state(half) == "paused"
        copy.close()
        database.close()


def test_new_rows_are_numbered_above_those_that_were_moved(
    installation: Installation,
    tmp_path: Path,
    new_postgres: Callable[[], Database],
    new_sqlite: Callable[[], Database],
) -> None:
    first, event = installation.app.database, outgoing_event
    values = {"key": "k", "kind": "issue.sent", "at": NOW, "data": {}}
    needed = {column.name for column in event.columns if not column.nullable and not column.default}
    given = {name: value for name, value in values.items() if name in event.columns}
    assert needed - {"id"} <= set(given) | {c.name for c in event.columns if c.server_default}
    with first.write() as connection:
        for key in ("one", "two"):
            connection.execute(sa.insert(event).values({**given, "key": key}))
    file = out(first, tmp_path / "all.zip")
    for make in (new_sqlite, new_postgres):
        database = make()
        into(database, file)
        with database.write() as connection:
            new = sa.insert(event).values({**given, "key": "three"}).returning(event.c.id)
            assert connection.execute(new).scalar_one() == 3
        database.close()


def test_without_secrets_nobody_can_log_in_or_sign_with_what_is_in_the_file(
    filled: Filled, tmp_path: Path, new_sqlite: Callable[[], Database]
) -> None:
    (tmp_path / "secret.key").write_text("whatever it is")
    database = filled.installation.app.database
    with database.write() as connection:
        connection.execute(
            sa.update(metadata.tables["staff_member"]).values(password_hash="$argon2id$it")
        )
    file = out(database, tmp_path / "all.zip", with_secrets=False)
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        text = {name: archive.read(name).decode() for name in names}
    assert "secret.key" not in names
    assert "$argon2id$" not in "".join(text.values())
    tokens = [json.loads(line) for line in text["tables/api_token.jsonl"].splitlines()]
    assert [token["secret_hash"] for token in tokens] == [""] * len(tokens)
    assert {name: text[f"tables/{name}.jsonl"] for name in move.SECRET_TABLES} == dict.fromkeys(
        move.SECRET_TABLES, ""
    )
    copy = new_sqlite()
    into(copy, file)
    changed = {"api_token", "staff_member", *move.SECRET_TABLES}
    assert set(differences(database, copy)) <= changed
    copy.close()


def test_every_column_for_a_secret_is_known_to_be_one_or_not() -> None:
    """
    A new column whose name is that of a secret is left out without `--with-secrets`, or is listed.
    """
    harmless = {
        ("brief", "content_hash"), ("brief", "text_hash"), ("database_identity", "signing_key"),
        ("departure", "email_hash"), ("issue", "approved_hash"), ("item_key", "seen_hash"),
        ("outgoing_webhook", "secret_key"), ("outgoing_webhook", "previous_secret_key"),
        ("source", "secret"), ("audit_entry", "token_id"),
        ("api_token_list", "token_id"), ("audit_entry", "personal_hash"), ("audit_entry", "hash"),
        ("audit_head", "last_hash"), ("batch", "request_hash"), ("standing_notice", "content_hash"),
    }  # fmt: skip
    words = ("secret", "password", "token", "hash", "totp", "signing")
    unknown = [
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if any(word in column.name for word in words)
        and table.name not in move.SECRET_TABLES
        and (table.name, column.name) not in {*harmless, *move.SECRET_COLUMNS}
    ]
    assert unknown == []


def test_templates_and_the_secret_come_along_and_replace_nothing(
    installation: Installation, tmp_path: Path, new_sqlite: Callable[[], Database]
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "templates/words").mkdir(parents=True)
    (here / "secret.key").write_text("s" * 40)
    (here / "templates/own.html").write_text("<p>Hello</p>")
    (here / "templates/words/en.toml").write_text('hello = "Hello"')
    file = out(installation.app.database, tmp_path / "all.zip", folder=here)
    (there / "templates").mkdir(parents=True)
    (there / "templates/own.html").write_text("<p>Mine</p>")
    database = new_sqlite()
    with pytest.raises(Refused, match=r"own\.html is not the file that .*: move it away"):
        into(database, file)
    (there / "templates/own.html").unlink()
    into(database, file)
    assert (there / "templates/words/en.toml").read_text() == 'hello = "Hello"'
    assert (there / "secret.key").read_text() == "s" * 40
    assert (there / "secret.key").stat().st_mode & 0o777 == 0o600
    database.close()


def test_a_database_that_has_rows_is_refused(installation: Installation, tmp_path: Path) -> None:
    installation.add_list()
    file = out(installation.app.database, tmp_path / "all.zip", with_secrets=False)
    with pytest.raises(Refused, match="already has rows"):
        into(installation.app.database, file)
    assert stop_of(installation.app.database) == ""


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None], **how: Any) -> Path:
    """
    The archive with other content; its manifest is as `change` leaves it.
    """
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    new = file.with_name("changed.zip")
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED, **how) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return new


def manifest_with(content: dict[str, bytes], **values: Any) -> None:
    content["manifest.json"] = json.dumps(
        {**json.loads(content["manifest.json"]), **values}
    ).encode()


def claim(content: dict[str, bytes], name: str, data: bytes, *, rows: int | None = None) -> None:
    """
    Put a file in whose manifest is right.
    """
    content[name] = data
    manifest = json.loads(content["manifest.json"])
    entry = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    table = name.removeprefix("tables/").removesuffix(".jsonl")
    if rows is None:
        manifest["files"][name] = entry
    else:
        manifest["tables"][table] = {**entry, "rows": rows, "last_number": rows}
    content["manifest.json"] = json.dumps(manifest).encode()


TAGS, PEOPLE = "tables/tag.jsonl", "tables/subscriber.jsonl"
WRONG: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "another schema": (lambda c: manifest_with(c, database_schema="2031_01_x"), "another schema"),
    "a later format": (lambda c: manifest_with(c, format_version=2), "run both with the same"),
    "no manifest": (lambda c: c.pop("manifest.json") and None, "was not written by"),
    "not JSON": (lambda c: c.update({"manifest.json": b"\xff{"}), "was not written by"),
    "another format": (lambda c: manifest_with(c, format="x"), "was not written by"),
    "no counts": (lambda c: manifest_with(c, tables={"tag": 3}), "manifest is damaged"),
    "a table less": (lambda c: c.pop(TAGS) and None, "not those of its manifest"),
    "a file more": (lambda c: c.update({"more.txt": b"x"}), "not those of its manifest"),
    "other rows": (lambda c: c.update({TAGS: b"{}"}), "not as large as it says"),
    "same length": (
        lambda c: c.update({PEOPLE: c[PEOPLE].replace(b"reader1@", b"reader0@")}),
        "changed or cut short",
    ),
    "no row": (lambda c: claim(c, TAGS, b"[1]\n", rows=1), "line 1 is no row"),
    "not UTF-8": (lambda c: claim(c, TAGS, b'{"id":"\xff"}\n', rows=1), "line 1 is no row"),
    "wrong count": (lambda c: claim(c, TAGS, b"", rows=3), "does not have 3 rows"),
    "wrong kind": (
        lambda c: claim(c, "tables/rate_limit.jsonl", _row("rate_limit", "x"), rows=1),
        "has a value that is no",
    ),
    "a bomb": (
        lambda c: claim(c, TAGS, b" " * 30_000_000, rows=1),
        "not as large as it says",
    ),
    "a way up": (lambda c: claim(c, "templates/../../x.html", b"x"), "no place for a file"),
    "a way down": (lambda c: claim(c, "templates/a\\..\\x", b"x"), "no place for a file"),
    "an absolute way": (lambda c: claim(c, "/etc/x", b"x"), "no place for a file"),
    "a large file": (
        lambda c: claim(c, "templates/x", bytes(range(256)) * 90_000),
        "larger than 20 MB|not as large",
    ),
}


def _row(table: str, value: object) -> bytes:
    return json.dumps({column.name: value for column in metadata.tables[table].columns}).encode()


def test_a_wrong_archive_is_refused_in_one_line_and_leaves_nothing(
    installation: Installation,
    tmp_path: Path,
    new_postgres: Callable[[], Database],
    new_sqlite: Callable[[], Database],
) -> None:
    furnish(installation, readers=200)
    installation.add_issue("The Quiet Quay")
    file = out(installation.app.database, tmp_path / "all.zip", with_secrets=False)
    wrong = []
    for database in (new_sqlite(), new_postgres()):
        for name, (change, reason) in WRONG.items():
            changed = rewritten(file, change)
            try:
                into(database, changed)
            except NewsletterError as error:
                line = str(error)
                if not re.search(reason, line) or "\n" in line:
                    wrong.append((name, line))
            else:
                wrong.append((name, "moved in"))
                break
        assert wrong == []
        into(database, file)
        database.close()


def test_a_file_that_is_no_archive_or_has_two_of_one_name_is_refused(
    tmp_path: Path, new_sqlite: Callable[[], Database]
) -> None:
    file = tmp_path / "all.zip"
    for content in (b"", b"PK\x03\x04", b"x" * 3_000):
        file.write_bytes(content)
        with pytest.raises(Refused, match=r"cannot read .*: nothing was moved in"):
            into(new_sqlite(), file)
    with pytest.raises(Refused, match=r"cannot read .* \(No such file"):
        into(new_sqlite(), tmp_path / "missing.zip")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", "x")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", "x")
    with pytest.raises(Refused, match="two of one name"):
        into(new_sqlite(), file)


def test_a_damaged_archive_is_refused_wherever_it_is_damaged(
    installation: Installation, tmp_path: Path, new_sqlite: Callable[[], Database]
) -> None:
    furnish(installation, readers=300)
    file = out(installation.app.database, tmp_path / "all.zip", with_secrets=False)
    whole, database = file.read_bytes(), new_sqlite()
    for part in range(20):
        at = len(whole) * part // 20
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :])
        try:
            into(database, file)
        except NewsletterError:
            continue
        # What nobody reads was hit, such as a time in the directory of the archive.
        assert differences(installation.app.database, database) == []
        database = new_sqlite()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refused):
        into(new_sqlite(), file)


def test_the_file_explains_itself(installation: Installation, tmp_path: Path) -> None:
    furnish(installation, readers=3)
    file = out(installation.app.database, tmp_path / "all.zip", with_secrets=False)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        (first, *_) = archive.read("tables/subscriber.jsonl").splitlines()
        assert b"a table, in UTF-8: each line is a row" in archive.read("README.txt")
    assert manifest["format"] == "newsletter-installation"
    assert (manifest["database_schema"], manifest["tables"]["subscriber"]["rows"]) == (head(), 3)
    person = json.loads(first)
    assert (person["email"], person["name"]) == ("reader1@example.org", "Zoë")
    assert person["created_at"] == "2026-03-04T12:00:00.000000Z"
    assert set(person) == {column.name for column in subscriber.columns}


def test_a_new_epoch_begins(installation: Installation, tmp_path: Path) -> None:
    file = out(installation.app.database, tmp_path / "all.zip", with_secrets=False)
    copy = Database(f"sqlite:///{tmp_path}/copy.db")
    into(copy, file)
    with copy.read() as connection:
        assert len(connection.execute(sa.select(epoch.c.name)).scalar_one()) == 4
    copy.close()
