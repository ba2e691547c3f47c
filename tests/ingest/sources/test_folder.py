"""
A folder of files as a source, and single files.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from newsletter.errors import ReadError, SourceError
from newsletter.ingest.sources.folder.source import MAX_BYTES, FolderSource, read_file
from newsletter.model.brief import MediaType, Poll, RawItem

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


def write(folder: Path, name: str, content: str | bytes = "text", *, age_s: float = 60) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    moment = NOW.timestamp() - age_s
    os.utime(path, (moment, moment))
    return path


def poll(folder: Path) -> Poll:
    source = FolderSource("drop", folder, clock=lambda: NOW, sleep=lambda seconds: None)
    return source.fetch({})


def keys(items: Sequence[RawItem]) -> list[str]:
    return [item.key for item in items]


def test_files_come_oldest_first_by_their_path(tmp_path: Path) -> None:
    write(tmp_path, "new.txt", age_s=10)
    write(tmp_path, "deep/down/old.md", age_s=900)
    write(tmp_path, "b.html", age_s=100)
    write(tmp_path, "a.markdown", age_s=100)
    assert keys(poll(tmp_path).items) == ["deep/down/old.md", "a.markdown", "b.html", "new.txt"]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.txt", "IntelBrief: x", MediaType.TEXT),
        ("a.md", "# x", MediaType.MARKDOWN),
        ("a.MARKDOWN", "# x", MediaType.MARKDOWN),
        ("a.html", "<p>x</p>", MediaType.HTML),
        ("a.htm", "\n<!-- x --><!DOCTYPE html><p>x", MediaType.HTML_PAGE),
        ("a.html", "<html lang=en><body>x", MediaType.HTML_PAGE),
        ("a.html", "<header>x</header>", MediaType.HTML),
    ],
)
def test_a_file_is_read_by_what_it_is(
    tmp_path: Path, name: str, content: str, kind: MediaType
) -> None:
    write(tmp_path, name, content)
    item = RawItem(key=name, content=content, media_type=kind)
    assert poll(tmp_path) == Poll(items=(item,), present=frozenset({name}))


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2021-08-23-a.md", dt.date(2021, 8, 23)),
        ("down/2021-8-3-a.html", dt.date(2021, 8, 3)),
        ("2021-13-01-a.md", None),
        ("a-2021-08-23.md", None),
    ],
)
def test_a_date_in_a_file_name_is_the_fallback_date(
    tmp_path: Path, name: str, day: dt.date | None
) -> None:
    write(tmp_path, name)
    (item,) = poll(tmp_path).items
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC) if day else None
    assert item.fallback_at == noon


def test_drafts_and_temporary_files_are_left_out(tmp_path: Path) -> None:
    for name in (
        ".hidden.md",
        "a.md~",
        ".a.md.swp",
        "_drafts/a.md",
        ".git/a.md",
        "~$a.docx",
        "a.pdf",
    ):
        write(tmp_path, name)
    outside = write(tmp_path.parent, "outside.md")
    (tmp_path / "link.md").symlink_to(outside)
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / ".pipe")
    assert poll(tmp_path) == Poll(present=frozenset())


def test_a_file_just_written_waits_for_the_next_poll(tmp_path: Path) -> None:
    write(tmp_path, "half.txt", age_s=1.5)
    write(tmp_path, "done.txt", age_s=2.0)
    write(tmp_path, "ahead.txt", age_s=-3600)
    got = poll(tmp_path)
    assert keys(got.items) == ["done.txt", "ahead.txt"]
    assert got.notes == ("half.txt: just written, waiting for the next poll",)
    assert got.is_waiting is True


def test_a_file_unchanged_during_the_wait_is_read(tmp_path: Path) -> None:
    write(tmp_path, "just.txt", age_s=0.5)
    now, slept = [NOW], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += dt.timedelta(seconds=seconds)

    source = FolderSource("drop", tmp_path, clock=lambda: now[0], sleep=sleep)
    got = source.fetch({})
    assert (keys(got.items), got.is_waiting, slept) == (["just.txt"], False, [2.0])


def test_a_file_that_cannot_be_read_is_noted_and_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path, "big.txt", b"x" * (MAX_BYTES + 1))
    write(tmp_path, "binary.txt", b"\x00\x01\x02")
    write(tmp_path, "good.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    os.utime(tmp_path / "pipe.txt", (0, 0))
    got = poll(tmp_path)
    assert keys(got.items) == ["good.txt"]
    assert [note.partition(":")[0] for note in got.notes] == ["big.txt", "binary.txt", "pipe.txt"]
    assert got.notes[0] == "big.txt: larger than 1,048,576 bytes, which is too large for a brief"


def test_a_file_name_that_is_not_text_is_noted_and_stops_nothing(tmp_path: Path) -> None:
    write(tmp_path, "good.txt")
    bad = os.fsencode(tmp_path) + b"/bad\xff.txt"
    with open(bad, "wb") as file:  # noqa: PTH123 - a name of bytes
        file.write(b"x")
    os.utime(bad, (0, 0))
    got = poll(tmp_path)
    assert keys(got.items) == ["good.txt"]
    assert got.notes == ("bad\\udcff.txt: the name is not valid UTF-8; rename the file",)


def test_a_missing_folder_names_itself_and_its_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        poll(tmp_path / "gone")
    assert str(caught.value) == (
        f"{tmp_path / 'gone'}: no such file or directory; check the folder of source drop"
    )


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r", "utf-16", "utf-16-be", "utf-8-sig"])
def test_a_file_in_any_encoding_is_read(tmp_path: Path, codec: str) -> None:
    text = "Городской совет решил отложить ремонт набережной до весны"
    for name in ("a.txt", "b.md", "c.html"):
        write(tmp_path, name, text.encode(codec))
    got = poll(tmp_path)
    assert [(item.content, item.warnings) for item in got.items] == [(text, ())] * 3


def test_an_html_file_is_read_as_it_declares(tmp_path: Path) -> None:
    page = "<html><head><meta charset=windows-1250></head><body><p>Őszi Jiří</p></body></html>"
    write(tmp_path, "a.html", page.encode("cp1250"))
    assert poll(tmp_path).items[0].content == page


def test_an_uncertain_guess_is_a_warning_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "Jiří".encode("cp1250"))
    (warning,) = poll(tmp_path).items[0].warnings
    assert warning.startswith("the encoding of the text is unknown and was guessed")


def test_every_sample_file_is_read(shared: Path) -> None:
    for folder, number in (("markdown", 8), ("html", 9), ("briefs", 9)):
        got = FolderSource("drop", shared / "samples/sources" / folder).fetch({})
        assert (len(got.items), got.notes) == (number, ())


def test_a_single_file_is_read_with_any_suffix(tmp_path: Path) -> None:
    path = write(tmp_path, "brief", "caf\xe9".encode("cp1252"), age_s=0)
    assert read_file(path) == RawItem(key="brief", content="café", media_type=MediaType.TEXT)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone.txt", "no such file or directory"),
        ("folder", "this is a folder; name a file in it"),
        ("binary.bin", "the content is binary, not text: save it as UTF-8 text"),
    ],
)
def test_a_file_without_a_brief_is_refused_in_one_line(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "folder").mkdir()
    write(tmp_path, "binary.bin", b"PK\x00\x00")
    with pytest.raises(ReadError) as caught:
        read_file(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: {reason}"
