"""
300 files that no product writes: each is imported or refused by one line, in little memory, and
what is refused leaves nothing behind.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import random
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import all_rows

from subscribers.errors import SubscribersError
from subscribers.import_export import sources
from subscribers.import_export.importer import import_csv
from subscribers.model import ImportReport, MailingList

MOST_BYTES = 80_000_000
ADDRESSES = "".join(f"p{number}@example.org\n" for number in range(20))


def hostile_texts() -> Iterator[tuple[str, bytes]]:
    """
    Yield names and contents that are odd in one way each.
    """
    rng = random.Random(18)
    for number, prefix in enumerate("=+-@\t\r'|%"):
        cell = f"{prefix}cmd|' /C calc'!A0"
        yield f"formula{number}", f'email,name\n"{cell}",x\na@example.org,"{cell}"\n'.encode()
    for count in (64, 65, 1_000, 10_000):
        columns = ",".join(["email", *(f"c{number}" for number in range(1, count))])
        yield f"columns{count}", f"{columns}\na@example.org\n".encode()
    for header in ("email,email", "email,name,name", "email,E-Mail", "name,Name,email", ",,email"):
        yield f"header-{header}", f"{header}\na@example.org,b@example.org,c\n".encode()
    for size in (1, 100, 30_000, 70_000):
        yield f"quote{size}", b'email,name\n"' + b"a,b\n" * size
        yield f"line{size}", b"email,name\na@example.org," + b"x" * size + b"\nb@example.org,y\n"
        yield f"nul{size}", b"email,name\n" + b"\0" * size + b"a@example.org,x\n"
        yield f"commas{size}", b"email\n" + b"," * size + b"\n"
        yield f"at{size}", b"a@b.example," * size
        yield (
            f"json{size}",
            b"email,attributes,status\na@example.org," + b"[" * size + b",enabled\n",
        )
    for codec in ("utf-16", "utf-16-be", "utf-32", "utf-7", "cp1252", "shift_jis", "cp037"):
        yield codec, "email,name\na@example.org,Zoë\n".encode(codec, "replace")
        half = "email,name\na@example.org,Zoë\n".encode(codec, "replace")[:-3]
        yield f"half-{codec}", half + "Zoë\n".encode() + bytes(range(256))
    for number in range(140):
        yield f"noise{number}", rng.randbytes(rng.randrange(1, 3_000))
    for number in range(80):
        text = bytearray(b'email,name,status\n"a@example.org","A",active\nb@example.org,B,left\n')
        for _ in range(rng.randrange(1, 6)):
            text[rng.randrange(len(text))] = rng.choice(b'",;\t\n\r\0=@\xff')
        yield f"changed{number}", bytes(text)
    for number in range(20):
        rows = "\n".join(rng.choice(("a@example.org", ",", '"', "x;y", "")) for _ in range(30))
        yield f"ragged{number}", f"email\n{rows}".encode()


def hostile_archives() -> Iterator[tuple[str, bytes]]:
    """
    Yield archives, few of which hold a list.
    """
    yield "empty.zip", zipped()
    yield "good.zip", zipped(("people.csv", ADDRESSES.encode()))
    yield "climbing.zip", zipped(("../../people.csv", b"email\na@example.org\n"))
    yield "zips.zip", zipped(("inner.zip", zipped(("people.csv", b"email\na@b.example\n"))))
    yield "pictures.zip", zipped(("a.png", b"\x89PNG"))
    yield "excel.xlsx", zipped(("[Content_Types].xml", b"<x/>"), ("xl/sheet.xml", b"<x/>"))
    yield "posts.zip", zipped(("posts.csv", b"post_id,title\n1,Hello\n"))
    yield "bomb.zip", zipped(("people.csv", b"a" * 50_000_000))
    yield "big.zip", zipped(*((f"{n}.csv", os.urandom(1_000) * 30_000) for n in range(4)))
    whole = zipped(("people.csv", ADDRESSES.encode() * 50))
    yield "cut.zip", whole[:-30]
    yield "damaged.zip", whole[:60] + bytes([whole[60] ^ 255]) + whole[61:]
    yield "password.zip", _with_flag(whole, 1)
    yield "packed.zip", _with_method(whole, 97)
    yield "gzip.csv", b"\x1f\x8b\x08\x00" + b"x" * 50


def zipped(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def _with_flag(archive: bytes, flag: int) -> bytes:
    at = archive.index(b"PK\x01\x02") + 8
    return archive[:at] + struct.pack("<H", flag) + archive[at + 2 :]


def _with_method(archive: bytes, method: int) -> bytes:
    at = archive.index(b"PK\x01\x02") + 10
    return archive[:at] + struct.pack("<H", method) + archive[at + 2 :]


@pytest.fixture
def take(
    engine: sa.Engine, weekly: MailingList, now: dt.datetime
) -> Callable[[Path], ImportReport | str]:
    """
    Return a function that imports a file, and returns the report or why it was refused.
    """
    kept = all_rows(engine)

    def run(path: Path) -> ImportReport | str:
        nonlocal kept
        try:
            report = import_csv(
                engine,
                path,
                mailing_list=weekly,
                consent="a form",
                dry_run=False,
                by=STAFF,
                now=now,
            )
        except SubscribersError as error:
            assert all_rows(engine) == kept
            assert not list(path.parent.glob("*.errors.csv"))
            return str(error)
        kept = all_rows(engine)
        return report

    return run


def test_hostile_files_are_imported_or_refused_in_one_line(
    take: Callable[[Path], ImportReport | str], engine: sa.Engine, tmp_path: Path
) -> None:
    files = [*hostile_texts(), *hostile_archives()]
    assert len(files) >= 300
    if engine.dialect.name == "postgresql":
        # They are read in the same way, and only what is stored could differ.
        files = files[::4]
    tracemalloc.start()
    try:
        for number, (name, content) in enumerate(files):
            folder = tmp_path / str(number)
            folder.mkdir()
            path = folder / f"{name.replace('/', '-')}"
            path.write_bytes(content)
            del content
            tracemalloc.reset_peak()
            found = take(path)
            assert tracemalloc.get_traced_memory()[1] < MOST_BYTES + 2 * path.stat().st_size, name
            if isinstance(found, str):
                assert "\n" not in found, name
                assert found.startswith(str(path)) or "the file" in found, name
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.zip", "no CSV or text file"),
        ("zips.zip", "another ZIP archive in it"),
        ("pictures.zip", "no CSV or text file"),
        ("excel.xlsx", "an Excel file: save the sheet as CSV"),
        ("posts.zip", "no column contains addresses"),
        ("bomb.zip", "more than 500 times its size"),
        ("big.zip", "more than 100 MB"),
        ("cut.zip", "damaged"),
        ("damaged.zip", "damaged"),
        ("password.zip", "has a password"),
        ("packed.zip", "damaged|packed in a way"),
        ("gzip.csv", "a gzip file: unpack it"),
    ],
)
def test_an_archive_is_refused_with_what_to_do(
    take: Callable[[Path], ImportReport | str], tmp_path: Path, name: str, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(dict(hostile_archives())[name])

    found = take(path)

    assert isinstance(found, str)
    assert any(each in found for each in words.split("|")), found


def test_a_pipe_and_a_folder_are_refused(
    take: Callable[[Path], ImportReport | str], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.csv")

    for path in (tmp_path / "pipe.csv", tmp_path):
        assert take(path) == f"{path}: this is not a regular file: save it as one"


def test_names_in_an_archive_are_no_paths(
    take: Callable[[Path], ImportReport | str], tmp_path: Path
) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "climbing.zip").write_bytes(dict(hostile_archives())["climbing.zip"])

    found = take(folder / "climbing.zip")

    assert isinstance(found, ImportReport)
    assert found.created == 1
    assert [path.name for path in tmp_path.rglob("*.*") if ".db" not in path.name] == [
        "climbing.zip"
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_more_rows_or_bytes_than_an_import_may_have_are_refused(
    take: Callable[[Path], ImportReport | str], tmp_path: Path
) -> None:
    rows, size = tmp_path / "rows.csv", tmp_path / "size.csv"
    rows.write_bytes(b"email\n" + b"a@example.org\n" * (sources.MAX_ROWS + 1))
    with size.open("wb") as file:
        file.write(b"email\na@example.org\n")
        file.truncate(sources.MAX_BYTES + 1)

    assert "more than 1,000,000 rows" in str(take(rows))
    assert "more than 100 MB" in str(take(size))
