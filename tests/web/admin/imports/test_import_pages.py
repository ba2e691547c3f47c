"""
The pages of an import: the file, its columns, what it would change, and what it did.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

import httpx
import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member, form_token
from statements import counted

from newsletter.actions.people import suppressions
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.model.access import OPERATOR
from newsletter.workers.file_jobs import FileJobWorker

NEW = "/admin/imports/new"
PEOPLE = (
    "E-Mail;Vorname;Firma;Status\n"
    "ada@example.org;Ada;Sund;active\n"
    "gone@example.org;Gone;Sund;active\n"
    "carla@example.org;<script>alert(1)</script>;Sund;active\n"
    "carla@example.org;Carla;Sund;active\n"
    "nobody;No;Sund;active\n"
    "odd@example.org;Odd;Sund;weird\n"
)


def work(installation: Installation) -> None:
    FileJobWorker(installation.app, wait=lambda _seconds: False).work_due()


def upload(
    browser: StaffBrowser, content: str | bytes, *, name: str = "people.csv", slug: str = "daily"
) -> httpx.Response:
    token = form_token(browser.get(NEW).text)
    return browser.client.post(
        NEW,
        data={"form_token": token, "list": slug},
        files={"file": (name, content, "text/csv")},
        headers=browser.headers,
    )


def number_of(sent: httpx.Response) -> str:
    return re.findall(r"/admin/imports/(\d+)/columns", sent.headers["location"])[0]


def ledger(page: str) -> dict[str, str]:
    """
    The rows of an import by what becomes of them, as the page says.
    """
    cells = re.findall(
        r'<span class="chip [a-z]+">([^<]+)</span></th>.*?"count">([\d,]+)<', page, re.S
    )
    return dict(cells)


@pytest.fixture
def daily(installation: Installation, browser: StaffBrowser) -> Installation:
    """
    An installation with the list `daily`, somebody suppressed, and an owner who is logged in.
    """
    installation.add_list("daily")
    suppressions.add(
        installation.app, "gone@example.org", by=OPERATOR, values=SuppressionValues(reason="bounce")
    )
    add_member(installation)
    browser.log_in()
    return installation


def test_a_file_is_imported_in_four_steps(daily: Installation, browser: StaffBrowser) -> None:
    sent = upload(browser, PEOPLE)
    path = f"/admin/imports/{number_of(sent)}"
    columns = browser.get(f"{path}/columns").text
    assert "Recognised: First name" in columns
    assert "Sund" in columns
    assert "it is always read" in columns
    chosen = {"column": ["Firma"], "as": ["tags"], "agreed": "yes", "list": "daily"}
    without_proof = browser.post(f"{path}/columns", **chosen)
    assert without_proof.status_code == 422
    assert "Say how they agreed" in without_proof.text
    assert browser.post(f"{path}/columns", **chosen, consent="signed").status_code == 303
    with counted(daily.app) as statements:
        trial = browser.get(path).text
    assert len(statements) <= 12
    expected = {
        "Added": "2", "Changed": "0", "Unchanged": "0", "Repeated": "1", "Kept out": "1",
        "Refused": "1", "Not readable": "1",
    }  # fmt: skip
    assert ledger(trial) == expected
    assert "&lt;script&gt;" in trial
    assert "<script>alert" not in trial
    assert "nobody" in trial
    assert "Import 2 people" in trial
    refused = browser.post(f"{path}/refused", on=path)
    assert "odd@example.org" in refused.text
    assert "text/csv" in refused.headers["content-type"]
    assert browser.post(f"{path}/run", on=path).headers["location"] == path
    waits = browser.get(path).text
    assert "is being imported" in waits
    assert f'hx-get="{path}/progress?state=waiting"' in waits
    work(daily)
    assert browser.get(f"{path}/progress?state=waiting").headers["hx-refresh"] == "true"
    done = browser.get(path).text
    assert "2 people were added" in done
    assert ledger(done) == expected
    assert "odd@example.org" in browser.post(f"{path}/refused", on=path).text
    assert "people.csv" in browser.get("/admin/imports").text
    people = browser.get("/admin/people?list=daily&tag=sund").text
    assert "ada@example.org" in people
    assert "gone@example.org" not in people


def test_an_import_is_undone_after_the_question(daily: Installation, browser: StaffBrowser) -> None:
    path = imported(daily, browser, "email\nada@example.org\nbo@example.org\n")
    asked = browser.get(f"{path}/undo").text
    assert "Undo it for 2 people" in asked
    assert browser.post(f"{path}/undo").status_code == 422
    assert browser.post(f"{path}/undo", sure="yes").status_code == 303
    work(daily)
    assert "was undone" in browser.get(path).text
    assert browser.get(f"{path}/undo").headers["location"] == path
    assert "ada@example.org" not in browser.get("/admin/people").text


def imported(installation: Installation, browser: StaffBrowser, content: str) -> str:
    """
    Import a file of people who agreed, and return the path of the import.
    """
    path = f"/admin/imports/{number_of(upload(browser, content))}"
    browser.post(f"{path}/columns", list="daily", agreed="yes", consent="signed")
    browser.post(f"{path}/run", on=path)
    work(installation)
    return path


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("people.csv", b"", "Choose a file that is not empty"),
        ("people.csv", b" \n\n", "The file is empty"),
        ("people.xlsx", zipped({"[Content_Types].xml": b"x"}), "This is an Excel file"),
        ("a.zip", zipped({"b.zip": b"x"}), "another ZIP archive in it"),
        ("a.zip", b"PK\x03\x04garbage", "archive is damaged"),
        ("p.csv", b"%PDF-1.7", "this is a PDF"),
        ("p.csv", b"\x89PNG\r\n\x1a\n\0\0", "this is a picture"),
        ("p.csv", bytes(range(256)) * 40, "not a text file"),
        ("p.vcf", b"BEGIN:VCARD\nEMAIL:a@example.org\n", "these are vCards"),
        ("p.csv", b"name\nAda\n", "no column contains addresses"),
        ("../../etc/passwd" + "x" * 300, b"<html>", "this is a web page"),
    ],
)
def test_a_hostile_file_gives_one_line(
    daily: Installation, browser: StaffBrowser, name: str, content: bytes, line: str
) -> None:
    sent = upload(browser, content, name=name)
    assert sent.status_code == 422
    assert line.lower() in sent.text.lower()
    assert str(daily.folder) not in sent.text
    assert not [each for each in (daily.folder / "imports").rglob("*") if each.is_file()]
