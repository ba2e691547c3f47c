"""
What somebody sends is bounded before it is looked at, so that no request takes much time or memory.

Bounds are tested by what they refuse or leave out, never by seconds.
"""

from __future__ import annotations

import asyncio
import re
import threading
import unicodedata
from pathlib import Path

import httpx
import orjson
import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from staff_samples import BASE_URL, EVE, PASSWORD, SAME_ORIGIN, StaffBrowser, add_member
from starlette.exceptions import HTTPException
from starlette.requests import Request
from web_samples import TestClient

import newsletter
import subscribers
from newsletter.access.passwords import MOST_LETTERS, PasswordFault, Passwords, fault_in
from newsletter.errors import ReadError, StoreError
from newsletter.ingest.parsing.characters import scrub
from newsletter.issues.rendering import MOST_BRACKETS, MOST_TYPED, typed_text
from newsletter.model.access import Role
from newsletter.web.admin.routes import StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.api.handler import turn_of
from newsletter.web.api.refusals.problems import Problem
from newsletter.web.api.requests.json_body import MAX_ITEMS, MAX_VALUES, parse_json
from newsletter.web.application import make_web
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.typed_form import MOST_CODED_BYTES, MOST_FIELDS, TypedForm
from newsletter.web.upload_form import parse_body
from newsletter.web.write_pool import FairPool, WritePool
from subscribers.tags.names import parse_tag
from subscribers.text.normal_form import MOST_MARKS, normal_form

MARKS = "\u0301\u0316" * 30_000
# Half-width sound marks are letters that become marks.
HALF_WIDTH = "\uff9e\u0316" * 30_000
# These read a table of Babel's or dateparser's, or a text of at most 60 characters.
NORMALISES = {
    "newsletter/ingest/parsing/fields/calendar_names.py",
    "newsletter/ingest/parsing/fields/written_date.py",
    "newsletter/web/preferences/timezones.py",
    # A cell is cut before.
    "subscribers/import_export/reading/tag_cells.py",
    "subscribers/text/normal_form.py",
}


def longest_run(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        longest = max(longest, run)
    return longest


def test_a_letter_keeps_at_most_thirty_combining_marks_in_each_normal_form() -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        # The letter may take up one of them.
        assert MOST_MARKS - 1 <= longest_run(normal_form(form, f"a{MARKS}b")) <= MOST_MARKS
        assert longest_run(normal_form(form, f"a{HALF_WIDTH}b")) <= MOST_MARKS
    assert longest_run(scrub(f"a{MARKS}")) <= MOST_MARKS
    assert len(parse_tag(f"a{MARKS}")) <= 1 + MOST_MARKS


def test_text_of_people_is_normalised_by_the_one_function_that_is_bounded() -> None:
    roots = [Path(package.__file__).parent for package in (newsletter, subscribers)]
    found = {
        path.relative_to(root.parent).as_posix()
        for root in roots
        for path in root.rglob("*.py")
        if "unicodedata.normalize(" in path.read_text("utf-8")
    }
    assert found <= NORMALISES, f"use normal_form: {found - NORMALISES}"


def test_a_password_is_not_read_beyond_what_a_password_may_have() -> None:
    typed = "e\u0301" * MOST_LETTERS
    passwords = Passwords()
    stored = passwords.hash(typed)
    assert passwords.verify(typed, stored)
    # Longer than any that is read, it is cut and still wrong, after one hash as always.
    longest = "é" * (4 * MOST_LETTERS)
    hashes = passwords.hashes
    assert not passwords.verify(f"{longest}!", passwords.hash(longest))
    assert passwords.hashes == hashes + 2
    assert fault_in("a" + MARKS) is PasswordFault.LONG


@pytest.mark.parametrize(
    "body",
    [
        {"files": [1] * (MAX_ITEMS + 1)},
        {"files": [[[]] * 500] * 500},
        {"values": [{str(n): n for n in range(90)}] * 1_200},
    ],
)
def test_a_body_with_too_many_values_is_refused_by_one_fault(body: object) -> None:
    with pytest.raises(Problem) as refused:
        parse_json(orjson.dumps(body))
    assert len(refused.value.errors) <= 1


def test_a_body_with_too_many_values_is_refused_before_it_is_parsed() -> None:
    for shape in (b"[],", b"1,", b'"",', b"{},"):
        with pytest.raises(Problem) as refused:
            # No JSON: the parser would say so.
            parse_json(b"[" + shape * (MAX_VALUES + 1) + b"nonsense")
        assert "more than 100,000 values" in refused.value.detail


def test_commas_and_brackets_in_texts_are_no_values() -> None:
    text = 'a,[{"\\' * 100_000
    assert parse_json(orjson.dumps({"text": text, "name": "a\\"})) == {"text": text, "name": "a\\"}


def test_a_cookie_with_backslashes_is_passed_over(
    installation: Installation, pages: TestClient
) -> None:
    add_member(installation)
    browser = StaffBrowser(pages)
    pages.base_url = httpx.URL(BASE_URL)
    browser.log_in(EVE, PASSWORD)
    nasty = 'a="' + "\\" * 28_000 + '"'
    session = "; ".join(f"{name}={value}" for name, value in browser.client.cookies.items())
    pages.cookies.clear()
    answer = pages.get("/admin/account", headers={"Cookie": f"{nasty}; {session}"})
    assert answer.status_code == 200


def test_the_cookies_of_no_request_are_read_by_the_parser_of_python() -> None:
    assert not [
        path
        for path in Path(newsletter.__file__).parent.rglob("*.py")
        if re.search(
            r"request\.cookies|\.cookies(\.get\(|\[)|cookie_parser|SimpleCookie|fastapi.*Cookie",
            path.read_text("utf-8"),
        )
    ]


def test_a_form_with_more_fields_or_text_than_any_of_ours_is_refused_unread() -> None:
    kind = "application/x-www-form-urlencoded"
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    for body, content_type in (
        (b"a=1&" * MOST_FIELDS + b"a=1", kind),
        (b"&" * MOST_FIELDS, kind),
        (b"a=" + b"%41" * (MOST_CODED_BYTES // 3 + 1), kind),
        (part * (MOST_FIELDS + 1) + b"--x--\r\n", "multipart/form-data; boundary=x"),
    ):
        with pytest.raises(HTTPException) as refused:
            parse_body(body, content_type)
        assert refused.value.status_code == 413
    assert len(parse_body(b"a=1&" * (MOST_FIELDS - 1) + b"a=1", kind).many("a")) == MOST_FIELDS
    whole = part * MOST_FIELDS + b"--x--\r\n"
    assert len(parse_body(whole, "multipart/form-data; boundary=x").many("a")) == MOST_FIELDS
    no_end = b"--x\r\nContent-Disposition: form-data; name=" + b";" * 100_000
    assert parse_body(no_end, "multipart/form-data; boundary=x") == TypedForm()


def test_only_who_may_send_a_file_or_a_long_text_may_send_so_many_bytes(
    installation: Installation,
) -> None:
    installation.add_list("daily")
    add_member(installation, role=Role.AUTHOR)
    add_member(installation, "tom@example.org", role=Role.OWNER)
    web = make_web(installation.app, stopping=threading.Event())
    for email, status in ((EVE, 413), ("tom@example.org", 403)):
        with TestClient(web, base_url=BASE_URL, follow_redirects=False) as client:
            StaffBrowser(client).log_in(email)
            large = {"form_token": "x", "pasted": "a" * 200_000}
            for path in ("/admin/imports/new", "/admin/suppressions/import"):
                assert client.post(path, data=large, headers=SAME_ORIGIN).status_code == status
                # What another site sends is never read.
                assert client.post(path, data=large).status_code == 413


def test_only_a_token_with_the_scope_may_send_large_files(
    installation: Installation, pages: TestClient
) -> None:
    reader = ApiClient(pages, token_for(installation, scopes=("people:read",)))
    large = {"files": [{"name": "a.csv", "text": "a" * (1024 * 1024)}], "list": "daily"}
    for path in ("/imports", "/import-trials", "/suppressions/import", "/media"):
        assert kind_of(reader.post(path, large)) == "too-large"


def test_one_who_looks_much_waits_for_their_own_turn_and_for_nobody_elses() -> None:
    is_over, begun = threading.Event(), []

    def look(who: str) -> str:
        begun.append(who)
        is_over.wait()
        return who

    async def ask() -> list[str]:
        pool = FairPool(2, most_each=3)
        asked = [asyncio.create_task(pool.run_for("eve", look, "eve")) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(StoreError):
            await pool.run_for("eve", look, "eve")
        asked.append(asyncio.create_task(pool.run_for("tom", look, "tom")))
        while len(begun) < 2:
            await asyncio.sleep(0.001)
        assert sorted(begun) == ["eve", "tom"]
        is_over.set()
        return await asyncio.gather(*asked)

    assert asyncio.run(ask()) == ["eve"] * 4 + ["tom"]


def test_a_member_waits_for_one_turn_with_all_their_sessions(installation: Installation) -> None:
    add_member(installation)
    add_member(installation, "tom@example.org")
    web = make_web(installation.app, stopping=threading.Event())
    routes = StaffRoutes(StaffPages(installation.app, StaticFiles()), writes=WritePool())

    def turn(email: str) -> int | None:
        with TestClient(web, base_url=BASE_URL, follow_redirects=False) as client:
            StaffBrowser(client).log_in(email)
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return asyncio.run(routes.turn_of(request_with(cookie=cookie)))

    found = [turn(email) for email in (EVE, EVE, "tom@example.org")]
    assert found[0] is not None
    assert found[0] == found[1] != found[2]
    assert asyncio.run(routes.turn_of(request_with(cookie="__Host-staff=nobody"))) is None


def request_with(**headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


def test_a_token_waits_for_one_turn_however_its_header_is_written() -> None:
    written = ("Bearer nl_1_x", "bearer nl_1_x", "  BEARER   nl_1_x ")
    assert {turn_of(request_with(authorization=each)) for each in written} == {"nl_1_x"}


def test_an_introduction_is_refused_before_it_is_parsed_if_it_is_too_long(
    installation: Installation,
) -> None:
    context = installation.app.publishing
    for typed in ("a" * (MOST_TYPED + 1), "[" * (MOST_BRACKETS + 1), "[a](" * 70_000):
        with pytest.raises(ReadError, match="the introductory text is too long"):
            typed_text(context, typed)
    assert typed_text(context, "[a] " * 100) is not None
