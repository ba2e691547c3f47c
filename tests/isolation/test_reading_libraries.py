"""
The libraries that read other people's content, in the sandboxed child process.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.isolation.sandbox import Sandbox
from tests.support.reading_libraries import PAGE, REPLY

LIBRARIES = "tests.support.reading_libraries"
CHINESE = "渡輪留到三月，收費不變。市長說，居民不必擔心。"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox((LIBRARIES, "os")) as running:
        yield running


@pytest.mark.parametrize(
    ("function", "argument", "expected"),
    [
        ("encoding_of", CHINESE.encode("big5").hex(), "Big5"),
        ("decoded", ["gb2312", "渡轮".encode("gbk").hex()], "渡轮"),
        ("date_in", "5. Dezember 2019", "2019-12-05"),
        ("date_in", "17 сентября 2020 г.", "2020-09-17"),
        ("date_in", "2019年12月5日", "2019-12-05"),
        ("language_of", "Die Fähre bleibt bis März, sagte die Bürgermeisterin", "de"),
        ("quoted", REPLY, [True, False]),
    ],
)
def test_a_library_works_without_opening_a_file_or_socket(
    sandbox: Sandbox, function: str, argument: object, expected: object
) -> None:
    arguments = argument if isinstance(argument, list) else [argument]
    assert sandbox.call(f"{LIBRARIES}:{function}", *arguments) == expected


def test_the_text_of_a_page_is_found_without_opening_a_file_or_socket(sandbox: Sandbox) -> None:
    text = sandbox.call(f"{LIBRARIES}:text_of_page", PAGE)
    assert text.startswith("Ferry\nThe ferry stays until March")
    assert "Home" not in text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists the threads of a process")
def test_no_library_starts_a_thread_that_a_fork_would_lose(sandbox: Sandbox) -> None:
    assert sandbox.call(f"{LIBRARIES}:threads") == 1
    server = sandbox.call("os:getppid")
    assert [task.name for task in Path(f"/proc/{server}/task").iterdir()] == [str(server)]
