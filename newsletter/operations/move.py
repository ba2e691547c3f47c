"""
Move a whole installation by one file: out of one database, into an empty one of either kind.

The file is a ZIP archive that a stranger can read. `manifest.json` says what is in it, with a count
and a checksum for each table; `tables/NAME.jsonl` has one JSON object for each row, and
`templates/` the user's own templates. Both ways are streams: no table is ever in memory.

The database that is filled is a copy, as one that was restored from a backup is: its kill switch is
on until a person says that no other copy sends. It is filled in one transaction, so it is whole or
empty wherever this is killed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

import orjson
import pydantic
import sqlalchemy as sa

from newsletter.actions.guard.audit import record_entry
from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.store.database import Database
from newsletter.store.epochs import begin_epoch
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.migrate import head, make_file, upgrade_within
from newsletter.store.operations import portable_rows
from newsletter.store.operations.database_identity import recorded_keys
from newsletter.store.operations.postgres_copy import OnProgress, count_rows, require_empty
from subscribers.database.tables import metadata
from subscribers.new_file import NewFile

FORMAT, FORMAT_VERSION = "newsletter-installation", 1
MANIFEST, README, SECRET = "manifest.json", "README.txt", "secret.key"
_TABLES, _TEMPLATES = "tables/", "templates/"
# What is only of use together with a secret, or is one: left out without `--with-secrets`, and
# what a column holds then.
SECRET_TABLES = frozenset(
    {"api_response", "passkey", "recovery_code", "staff_link", "staff_session"}
)
SECRET_COLUMNS: Mapping[tuple[str, str], Any] = {
    ("api_token", "secret_hash"): "",
    ("staff_member", "password_hash"): None,
    ("staff_member", "totp_secret"): None,
    ("staff_member", "totp_step"): None,
}

# Far above what an installation has, and far below what would fill a machine.
_MOST_MEMBERS = 5_000
_LARGEST_MANIFEST = 4 * 2**20
_LARGEST_FILE = 20 * 2**20
_LARGEST_ROW = 64 * 2**20
# Deflate reaches 1,032, on nothing but zeros; rows that are nearly equal reach about 60.
_MOST_INFLATED = 250
_SMALL = 2**20
# What one INSERT or COPY gets.
_BYTES_AT_ONCE, _ROWS_AT_ONCE = 2 * 2**20, 2_000
_NOTHING = "nothing was moved in"

_README = """\
This is a whole installation of newsletter, as `newsletter move-out` wrote it. `newsletter move-in`
reads it into an empty database, SQLite or PostgreSQL.

manifest.json       the format's version, the schema of the database, and for each file its size in
                    bytes and its SHA-256; for each table also the rows and the last number given
tables/NAME.jsonl   a table, in UTF-8: each line is a row, a JSON object with a value per column
templates/          the folder of own templates, as it was
secret.key          only with --with-secrets: what signs the links in emails

Times are ISO 8601 in UTC, days YYYY-MM-DD, bytes Base64. A column of JSON holds its text. The
tables and columns are explained in docs/reference/database.md of newsletter.
"""


class FileEntry(pydantic.BaseModel):
    """
    What the manifest says about a file.
    """

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)
    bytes: int = pydantic.Field(ge=0)
    sha256: str


class TableEntry(FileEntry):
    """
    What the manifest says about a table; `last_number` is the last that it gave to a row.
    """

    rows: int = pydantic.Field(ge=0)
    last_number: int | None


class Manifest(pydantic.BaseModel):
    """
    What is in an archive.
    """

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)
    format: str
    format_version: int
    database_schema: str
    made_by: str
    made_at: str
    has_secrets: bool
    tables: dict[str, TableEntry]
    files: dict[str, FileEntry]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())


@dataclass(frozen=True, kw_only=True)
class OwnFiles:
    """
    The files of an installation that move with its database. `templates` is None without own ones.
    """

    secret: Path
    templates: Path | None


def write_archive(
    database: Database,
    files: OwnFiles,
    file: Path,
    *,
    with_secrets: bool,
    now: dt.datetime,
    report: OnProgress,
) -> Manifest:
    """
    Write the installation to the empty *file*, as it is at one moment.
    """
    tables: dict[str, TableEntry] = {}
    with _snapshot(database) as connection, _new_archive(file) as archive:
        total = sum(count_rows(connection, table) for table in metadata.sorted_tables)
        done = 0
        for table in metadata.sorted_tables:
            rows = _rows_to_write(connection, table, with_secrets=with_secrets)
            with archive.open(_member(table), "w", force_zip64=True) as member:
                entry = _write_table(member, table, rows, _counted_from(report, done, total))
            tables[table.name] = entry.model_copy(
                update={"last_number": portable_rows.last_number(connection, table)}
            )
            done += entry.rows
        manifest = Manifest(
            format=FORMAT,
            format_version=FORMAT_VERSION,
            database_schema=head(),
            made_by=f"newsletter {version('newsletter')}",
            made_at=now.isoformat(),
            has_secrets=with_secrets,
            tables=tables,
            files=_write_files(archive, files, with_secrets=with_secrets),
        )
        archive.writestr(README, _README)
        archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
    return manifest


def _counted_from(report: OnProgress, before: int, total: int) -> Callable[[int], None]:
    return lambda rows: report(before + rows, max(total, before + rows))


def _snapshot(database: Database) -> Any:
    """
    Open a connection whose queries all see the same moment.
    """
    connection = database.engine.connect()
    if database.file is None:
        return connection.execution_options(isolation_level="REPEATABLE READ")
    return connection.execution_options(sqlite_begin="DEFERRED")


def _new_archive(file: Path) -> zipfile.ZipFile:
    # Level 1 is four times as fast as the usual one, and a tenth larger.
    return zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)


def _member(table: sa.Table) -> str:
    return f"{_TABLES}{table.name}.jsonl"


def _rows_to_write(
    connection: sa.Connection, table: sa.Table, *, with_secrets: bool
) -> Iterator[Sequence[portable_rows.PortableRow]]:
    if with_secrets:
        return portable_rows.read_rows(connection, table)
    if table.name in SECRET_TABLES:
        return iter(())
    blank = {
        place: SECRET_COLUMNS[table.name, column.name]
        for place, column in enumerate(table.columns)
        if (table.name, column.name) in SECRET_COLUMNS
    }
    parts = portable_rows.read_rows(connection, table)
    return ([_blanked(row, blank) for row in part] for part in parts) if blank else parts


def _blanked(row: portable_rows.PortableRow, blank: Mapping[int, Any]) -> portable_rows.PortableRow:
    return [blank.get(place, value) for place, value in enumerate(row)]


def _write_table(
    member: IO[bytes],
    table: sa.Table,
    parts: Iterator[Sequence[portable_rows.PortableRow]],
    report: Callable[[int], None],
) -> TableEntry:
    # orjson takes no subclass of str as a key.
    names = [str(column.name) for column in table.columns]
    digest, size, rows = hashlib.sha256(), 0, 0
    for part in parts:
        lines = b"".join(
            orjson.dumps(dict(zip(names, row, strict=True)), option=orjson.OPT_APPEND_NEWLINE)
            for row in part
        )
        member.write(lines)
        digest.update(lines)
        size += len(lines)
        rows += len(part)
        report(rows)
    return TableEntry(bytes=size, sha256=digest.hexdigest(), rows=rows, last_number=None)


def _write_files(
    archive: zipfile.ZipFile, files: OwnFiles, *, with_secrets: bool
) -> dict[str, FileEntry]:
    found = {SECRET: files.secret} if with_secrets else {}
    if files.templates is not None:
        found |= {
            f"{_TEMPLATES}{path.relative_to(files.templates).as_posix()}": path
            for path in sorted(files.templates.rglob("*"))
            if path.is_file()
        }
    written = {}
    for name, path in found.items():
        try:
            content = path.read_bytes()
        except OSError as error:
            raise Refused(f"cannot read {path}: {error.strerror}") from error
        if len(content) > _LARGEST_FILE:
            raise Refused(f"{path} is larger than 20 MB: move it out of the templates")
        archive.writestr(name, content)
        written[name] = FileEntry(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    return written


@dataclass(frozen=True, kw_only=True)
class MoveArchive:
    """
    An archive whose manifest and names were checked. Its content is checked while it is read.
    """

    path: Path
    manifest: Manifest
    opened: zipfile.ZipFile = field(repr=False)

    def rows_of(self, table: sa.Table) -> Iterator[list[portable_rows.PortableRow]]:
        """
        Yield the rows of a table in parts.

        Raises:
            Refused: they are not what the manifest says, or not rows of this table.
        """
        entry, name = self.manifest.tables[table.name], _member(table)
        columns = [str(column.name) for column in table.columns]
        part: list[portable_rows.PortableRow] = []
        size = count = 0
        for line in self._lines(name, entry):
            count += 1
            size += len(line)
            row = _parsed(line, columns)
            if row is None:
                where = f"{self.path}: {name} line {count}"
                raise Refused(f"{where} is no row of this table: {_NOTHING}")
            part.append(row)
            if size >= _BYTES_AT_ONCE or len(part) >= _ROWS_AT_ONCE:
                yield part
                part, size = [], 0
        yield part
        if count != entry.rows:
            raise Refused(f"{self.path}: {name} does not have {entry.rows} rows: {_NOTHING}")

    def content_of(self, name: str) -> bytes:
        """
        Return the content of a file that is no table.

        Raises:
            Refused: it is not what the manifest says.
        """
        return b"".join(self._lines(name, self.manifest.files[name]))

    def _lines(self, name: str, entry: FileEntry) -> Iterator[bytes]:
        digest, left = hashlib.sha256(), entry.bytes
        try:
            with self.opened.open(name) as member:
                lines = io.BufferedReader(cast(io.RawIOBase, member), _SMALL)
                while line := lines.readline(min(left, _LARGEST_ROW) + 1):
                    left -= len(line)
                    if left < 0 or len(line) > _LARGEST_ROW:
                        raise Refused(f"{self.path}: {name} is too long: {_NOTHING}")
                    digest.update(line)
                    yield line
        except (zipfile.BadZipFile, OSError, EOFError, zlib.error) as error:
            raise Refused(f"{self.path}: {name} is damaged ({error}): {_NOTHING}") from error
        if left or digest.hexdigest() != entry.sha256:
            raise Refused(f"{self.path}: {name} was changed or cut short: {_NOTHING}")


def _parsed(line: bytes, columns: Sequence[str]) -> portable_rows.PortableRow | None:
    """
    Return the values of a row; None if it has other columns.
    """
    try:
        row = orjson.loads(line)
        return [row[name] for name in columns] if len(row) == len(columns) else None
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def open_archive(file: Path, opened: zipfile.ZipFile) -> MoveArchive:
    """
    Check what an archive says about itself.

    Raises:
        Refused: it is none of ours, of another schema, or could be an attack.
    """
    members = opened.infolist()
    names = {member.filename for member in members}
    if len(members) > _MOST_MEMBERS or len(names) != len(members):
        raise Refused(f"{file}: it has too many files, or two of one name: {_NOTHING}")
    manifest = _read_manifest(file, opened)
    known = {_member(table): table.name for table in metadata.sorted_tables}
    listed = {f"{_TABLES}{name}.jsonl" for name in manifest.tables} | set(manifest.files)
    if names != listed | {MANIFEST, README} or set(known.values()) != set(manifest.tables):
        raise Refused(f"{file}: its files are not those of its manifest: {_NOTHING}")
    entries: dict[str, FileEntry] = {
        **manifest.files,
        **{_member(table): manifest.tables[table.name] for table in metadata.sorted_tables},
    }
    for member in members:
        _require_harmless(file, member, entries.get(member.filename))
    for name in manifest.files:
        if name != SECRET and not _is_template(name):
            raise Refused(f"{file}: {name!r} is no place for a file: {_NOTHING}")
    return MoveArchive(path=file, manifest=manifest, opened=opened)


def _read_manifest(file: Path, opened: zipfile.ZipFile) -> Manifest:
    try:
        member = opened.getinfo(MANIFEST)
        if member.file_size > _LARGEST_MANIFEST:
            raise Refused(f"{file}: its manifest is larger than 4 MB: {_NOTHING}")
        with opened.open(member) as content:
            values = orjson.loads(content.read(_LARGEST_MANIFEST))
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error,
            NotImplementedError, RuntimeError) as error:  # fmt: skip
        raise Refused(f"{file} was not written by `newsletter move-out`: {_NOTHING}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise Refused(f"{file} was not written by `newsletter move-out`: {_NOTHING}")
    if values.get("format_version") != FORMAT_VERSION or values.get("database_schema") != head():
        raise Refused(
            f"{file} was written by {str(values.get('made_by'))[:80]!r}, whose database has "
            f"another schema than this version's ({head()}): run both with the same version"
        )
    try:
        return Manifest.model_validate(values)
    except pydantic.ValidationError as error:
        raise Refused(f"{file}: its manifest is damaged: {_NOTHING}") from error


def _require_harmless(file: Path, member: zipfile.ZipInfo, entry: FileEntry | None) -> None:
    is_plain = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if not is_plain or member.flag_bits & 1:
        raise Refused(f"{file}: {member.filename} is encrypted or packed otherwise: {_NOTHING}")
    largest = max(_SMALL, member.compress_size * _MOST_INFLATED)
    if member.file_size > largest or (entry and entry.bytes != member.file_size):
        raise Refused(f"{file}: {member.filename} is not as large as it says: {_NOTHING}")
    is_table = member.filename.startswith(_TABLES)
    if not is_table and member.file_size > _LARGEST_FILE:
        raise Refused(f"{file}: {member.filename} is larger than 20 MB: {_NOTHING}")


def _is_template(name: str) -> bool:
    """
    Return True for a path below `templates/` that leads nowhere else.
    """
    parts = PurePosixPath(name).parts
    return (
        name.startswith(_TEMPLATES)
        and name == "/".join(parts)
        and len(parts) > 1
        and name.isprintable()
        and not {"..", "."}.intersection(parts)
        and not set("\\:").intersection(name)
    )


def read_archive(
    database: Database,
    files: OwnFiles,
    file: Path,
    *,
    now: dt.datetime,
    report: OnProgress,
    before_commit: Callable[[sa.Connection, Manifest], None] = lambda connection, manifest: None,
) -> Manifest:
    """
    Fill the empty *database* with what `write_archive` wrote, its kill switch on, and write the
    files that belong to it. *before_commit* is called in the same transaction.

    Raises:
        Refused: the database has rows, a file is there that differs, or the archive is no good.
        StoreError: the database refused a value; it stays empty.
    """
    try:
        opened = zipfile.ZipFile(file)
    except (OSError, zipfile.BadZipFile) as error:
        why = getattr(error, "strerror", None) or error
        raise Refused(f"cannot read {file} ({why}): {_NOTHING}") from error
    with opened:
        archive = open_archive(file, opened)
        _require_space(database, archive.manifest)
        contents = _contents_to_write(archive, files)
        make_file(database)
        with database.write() as connection:
            require_empty(connection, database.shown_url)
            upgrade_within(connection)
            _fill(connection, archive, report)
            reason = f"it was moved in from {file.name}"
            kill_switch.engage(connection, StopKind.COPY, reason=reason, now=now)
            begin_epoch(connection, now=now)
            _write_contents(contents)
            before_commit(connection, archive.manifest)
    return archive.manifest


def _fill(connection: sa.Connection, archive: MoveArchive, report: OnProgress) -> None:
    portable_rows.prepare_to_fill(connection)
    total, moved = archive.manifest.rows, 0
    for table in metadata.sorted_tables:
        for part in archive.rows_of(table):
            if part:
                portable_rows.insert_rows(connection, table, part)
                moved += len(part)
                report(moved, total)
        last = archive.manifest.tables[table.name].last_number
        portable_rows.continue_numbers(connection, table, last or 0)
    portable_rows.finish_filling(connection)


def _require_space(database: Database, manifest: Manifest) -> None:
    """
    Check that the disk of an SQLite file has space for the rows and as much again for its log.
    """
    if database.file is None or not database.file.parent.is_dir():
        return
    needed = 2 * sum(table.bytes for table in manifest.tables.values())
    free = shutil.disk_usage(database.file.parent).free
    if free < needed:
        raise Refused(
            f"{database.file}: its disk has {free // 2**20:,} MB free, but about "
            f"{needed // 2**20:,} MB are needed: {_NOTHING}"
        )


def _contents_to_write(archive: MoveArchive, files: OwnFiles) -> dict[Path, bytes]:
    """
    Return the files of an archive that are not there yet.

    Raises:
        Refused: another file is in the place of one, or there is no folder for templates.
    """
    found: dict[Path, bytes] = {}
    for name in archive.manifest.files:
        path, content = files.secret, archive.content_of(name)
        if name != SECRET:
            if files.templates is None:
                raise Refused(
                    f"{archive.path} has templates: set [site] templates to an empty folder for "
                    f"them; {_NOTHING}"
                )
            path = files.templates.joinpath(*PurePosixPath(name).parts[1:])
        if not path.exists():
            found[path] = content
        elif not path.is_file() or path.read_bytes() != content:
            raise Refused(
                f"{path} is not the file that {archive.path} has: move it away; {_NOTHING}"
            )
    return found


def _write_contents(contents: Mapping[Path, bytes]) -> None:
    for path, content in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # If an earlier run was killed here, its file is written again.
            new = NewFile(path, continued_as="move-in")
            try:
                new.path.write_bytes(content)
                new.publish()
            finally:
                new.discard()
        except OSError as error:
            raise Refused(f"cannot write {path}: {error.strerror}; {_NOTHING}") from error


@requires(
    Permission.OPERATIONS_WRITE,
    "installation.move_out",
    about=unlimited(ObjectKind.INSTALLATION),
    in_steps=True,
)
def move_out(
    app: App, file: Path, *, with_secrets: bool, report: OnProgress, by: Actor
) -> Manifest:
    """
    Write the whole installation to the empty *file*.

    Raises:
        Refused: one of its files cannot be read.
    """
    return write_archive(
        app.database,
        _own_files(app),
        file,
        with_secrets=with_secrets,
        now=app.clock(),
        report=report,
    )


@dataclass(frozen=True, kw_only=True)
class MovedIn:
    """
    What was moved in, and whether links in emails that were sent before work here.
    """

    manifest: Manifest
    has_same_secret: bool


def move_in(app: App, file: Path, *, report: OnProgress, by: Actor) -> MovedIn:
    """
    Fill the empty database with what `move_out` wrote. It is a copy, which may not send yet.

    Raises:
        Refused: the database has rows, or *file* cannot be moved in.
    """

    is_same: list[bool] = []

    def finish(connection: sa.Connection, manifest: Manifest) -> None:
        recorded = recorded_keys(connection)
        is_same.append(recorded is None or recorded.instance == app.instance)
        target = Target(kind=ObjectKind.INSTALLATION)
        facts = {"made_at": manifest.made_at, "rows": manifest.rows}
        record_entry(app, connection, by, "installation.move_in", target, changes=facts)

    manifest = read_archive(
        app.database,
        _own_files(app),
        file,
        now=app.clock(),
        report=report,
        before_commit=finish,
    )
    return MovedIn(manifest=manifest, has_same_secret=is_same[0])


def _own_files(app: App) -> OwnFiles:
    site = app.settings.site
    templates = None if site.templates is None else app.settings.path(site.templates)
    return OwnFiles(secret=app.settings.path(site.secret_file), templates=templates)
