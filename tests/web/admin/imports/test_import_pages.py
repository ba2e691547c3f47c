"""
The pages of an import: the file, its columns, what it would change, what it did, and its undo.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

from installation import Installation
from people_upload import NEW, chosen_columns, draft_of, ledger, upload, work
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.people import fields
from newsletter.actions.people.files import imports
from newsletter.model.access import OPERATOR, Role
from newsletter.web.admin.imports.new_fields import NEW_FIELD
from newsletter.web.admin.imports.uploaded import safe_name

PEOPLE = (
    "E-Mail;Vorname;Firma;Status\n"
    "ada@example.org;Ada;Sund;active\n"
    "gone@example.org;Gone;Sund;active\n"
    'carla@example.org;"<script>alert(1)</script>";Sund;active\n'
    "carla@example.org;Carla;Sund;active\n"
    '"<b onmouseover=x>";No;Sund;active\n'
    "odd@example.org;Odd;Sund;weird\n"
)
ROWS = {
    "Added": "2", "Changed": "0", "Unchanged": "0", "Repeated": "1", "Kept out": "1",
    "Refused": "1", "Not readable": "1",
}  # fmt: skip


def test_a_file_is_imported_in_four_steps_and_undone(
    daily: Installation, browser: StaffBrowser
) -> None:
    assert "Nothing was imported yet" in browser.get("/admin/imports").text
    assert browser.get("/admin/imports/sample.csv").text.startswith("email,")
    path = draft_of(upload(browser, PEOPLE))

    columns = browser.get(path).headers["location"]
    page = browser.get(columns).text
    for text in ("Recognised: First name", "Sund", "so it is always read"):
        assert text in page
    said = {"agreed": "yes", "list": "daily"}
    chosen = {**said, **chosen_columns(browser, columns, Firma="tags")}
    without_proof = browser.post(columns, **chosen)
    assert without_proof.status_code == 422
    assert "Say how they agreed" in without_proof.text
    assert '<option value="tags" selected>' in without_proof.text
    both = chosen_columns(browser, columns, Firma="tags", Vorname="tags")
    twice = {**said, **both, "consent": "x"}
    assert (
        "more than one column is to be read as tags" in browser.post(columns, **twice).text.lower()
    )
    assert browser.post(columns, **chosen, consent="signed").headers["location"] == path

    with counted(daily.app) as statements:
        trial = browser.get(path).text
    assert len(statements) <= 12
    assert ledger(trial) == ROWS
    assert "Import 2 people" in trial
    assert "&lt;script&gt;" in trial
    assert "&lt;b onmouseover" in trial
    assert "<b onmouseover" not in trial
    assert "odd@example.org" in browser.post(f"{path}/refused", on=path).text
    assert browser.post(f"{path}/try", on=path).headers["location"] == path

    assert browser.post(f"{path}/run", on=path).headers["location"] == path
    assert f'hx-get="{path}/progress?state=waiting"' in browser.get(path).text
    work(daily)
    assert browser.get(f"{path}/progress?state=waiting").headers["hx-refresh"] == "true"
    done = browser.get(path).text
    assert "2 people were added" in done
    assert ledger(done) == ROWS
    refused = browser.post(f"{path}/refused", on=path)
    assert "odd@example.org" in refused.text
    assert refused.headers["content-type"].startswith("text/csv")
    people = browser.get("/admin/people?list=daily&tag=sund").text
    assert "ada@example.org" in people
    assert "gone@example.org" not in people
    person = re.findall(r"/admin/people/\d+", people)[0]
    assert f'by import <a href="{path}">' in browser.get(person).text

    assert "Undo it for 2 people" in browser.get(f"{path}/undo").text
    assert browser.post(f"{path}/undo").status_code == 422
    assert browser.post(f"{path}/undo", sure="yes").headers["location"] == path
    work(daily)
    assert "was undone" in browser.get(path).text
    assert browser.get(f"{path}/undo").headers["location"] == path
    assert "ada@example.org" not in browser.get("/admin/people").text


def test_each_choice_is_about_the_column_beside_it(
    daily: Installation, browser: StaffBrowser
) -> None:
    content = "Firma;E-Mail;Ort;Plan\nSund;ada@example.org;Voss;gold\n"
    for read_as in ({"Ort": "note"}, {"Plan": "note"}, {"E-Mail": "email", "Firma": "note"}):
        path = draft_of(upload(browser, content))
        chosen = chosen_columns(browser, f"{path}/columns", **read_as)
        sent = browser.post(f"{path}/columns", list="daily", **chosen)
        assert sent.headers["location"] == path
        job = imports.show(daily.app, int(path.rpartition("/")[2]), by=OPERATOR).job
        assert job.options["columns"] == read_as


def test_a_column_that_may_be_a_state_is_asked_about_where_it_stands(
    daily: Installation, browser: StaffBrowser
) -> None:
    path = draft_of(upload(browser, "email,vip\nada@example.org,yes\nbo@example.org,no\n"))
    columns = f"{path}/columns"
    assert "This may say who must not be emailed." in browser.get(columns).text
    said = {"list": "daily", "agreed": "yes", "consent": "signed"}
    asked = browser.post(columns, **said, **chosen_columns(browser, columns))
    assert asked.status_code == 422
    assert 'href="#as-1">Say what this column is.' in asked.text
    for read_as, active in (("status", 1), ("ignore", 2)):
        chosen = chosen_columns(browser, columns, vip=read_as)
        assert browser.post(columns, **said, **chosen).headers["location"] == path
        job = imports.show(daily.app, int(path.rpartition("/")[2]), by=OPERATOR).job
        assert job.counts["by_status"]["active"] == active


def test_a_column_of_addresses_is_chosen_if_none_is_recognised_and_text_is_pasted(
    daily: Installation, browser: StaffBrowser
) -> None:
    path = draft_of(upload(browser, "privat;firma\na@example.org;b@example.com\n"))
    page = browser.get(f"{path}/columns")
    assert "Which column has the addresses?" in page.text
    wrong = browser.post(f"{path}/columns", list="daily")
    assert wrong.status_code == 422
    assert str(daily.folder) not in wrong.text
    columns = chosen_columns(browser, f"{path}/columns", privat="email")
    browser.post(f"{path}/columns", list="daily", **columns)
    assert ledger(browser.get(path).text)["Added"] == "1"
    assert browser.post(f"{path}/drop", on=path).headers["location"] == "/admin/imports"
    assert browser.get(path).status_code == 404

    pasted = browser.post(NEW, list="daily", pasted="Ada <ada@example.org>; bo@example.org")
    path = draft_of(pasted)
    browser.post(f"{path}/columns", list="daily")
    assert ledger(browser.get(path).text)["Added"] == "2"


def test_a_column_becomes_a_field_that_stays_if_the_import_is_undone(
    daily: Installation, browser: StaffBrowser
) -> None:
    path = draft_of(upload(browser, "email,City <i>,Town\nada@example.org,Bergen,Voss\n"))
    columns = f"{path}/columns"
    assert "A new field called City &lt;i&gt;</option>" in browser.get(columns).text
    chosen = chosen_columns(browser, columns, **{"City <i>": NEW_FIELD}) | {"list": "daily"}
    wrong = browser.post(columns, **chosen, agreed="yes")
    assert f'<option value="{NEW_FIELD}" selected>' in wrong.text
    assert fields.show_all(daily.app, by=OPERATOR) == []
    assert browser.post(columns, **chosen).headers["location"] == path
    assert fields.show_all(daily.app, by=OPERATOR) == [], "nothing is made before the import"
    assert ledger(browser.get(path).text)["Added"] == "1"
    assert f'<option value="{NEW_FIELD}" selected>' in browser.get(columns).text
    browser.post(f"{path}/run", on=path)
    assert "The field city_i was made." in browser.get(path).text
    work(daily)
    (made,) = fields.show_all(daily.app, by=OPERATOR)
    assert (made.field.name, made.field.labels, made.values) == ("city_i", {"en": "City <i>"}, 1)
    assert "Fields that were made for its columns stay." in browser.get(f"{path}/undo").text
    browser.post(f"{path}/undo", sure="yes")
    work(daily)
    (kept,) = fields.show_all(daily.app, by=OPERATOR)
    assert kept.values == 0


def test_a_field_that_cannot_be_made_is_refused_at_the_columns(
    daily: Installation, browser: StaffBrowser
) -> None:
    path = draft_of(upload(browser, "email,Town,Segment\nada@example.org,Voss,a\n"))
    columns = f"{path}/columns"
    chosen = chosen_columns(browser, columns, Town=NEW_FIELD, Segment=NEW_FIELD)
    chosen["list"] = "daily"
    fields.add(daily.app, "segment", "text", labels={"en": "Part"}, by=OPERATOR)
    page = browser.post(f"{path}/columns", **chosen)
    assert page.status_code == 422
    assert "already exists" in page.text
    assert f'<option value="{NEW_FIELD}" selected>' in page.text
    assert [each.field.name for each in fields.show_all(daily.app, by=OPERATOR)] == ["segment"]
    again = {**chosen_columns(browser, columns, Town=NEW_FIELD, Segment="segment"), "list": "daily"}
    assert browser.post(f"{path}/columns", **again).headers["location"] == path


def zipped(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_columns_that_several_files_of_a_zip_have_are_counted_once(
    daily: Installation, browser: StaffBrowser
) -> None:
    header = b"Email Address,First Name,Shoe,MEMBER_RATING,OPTIN_TIME,LAST_CHANGED,LEID,EUID,TAGS\n"
    names = ("subscribed", "unsubscribed", "cleaned", "nonsubscribed")
    files = {
        f"{name}_email_audience_export_{number}.csv": header
        + f"p{number}@example.org,,,,,,,,\n".encode()
        for number, name in enumerate(names)
    }
    sent = upload(browser, zipped(files), name="mailchimp.zip")
    shown = re.search(
        r"(\d+) of (\d+) columns were recognised", browser.get(sent.headers["location"]).text
    )
    assert shown is not None
    assert (int(shown[1]) < 9, shown[2]) == (True, "9")


HOSTILE = (
    ("people.csv", b"", "Choose a file that is not empty"),
    ("people.csv", b" \n\n", "the file is empty"),
    ("people.xlsx", zipped({"[Content_Types].xml": b"x"}), "this is an Excel file"),
    ("a.zip", zipped({"b.zip": b"x"}), "another ZIP archive in it"),
    ("a.zip", zipped({"b.csv": b"a" * 9_000_000}), "500 times its size"),
    ("a.zip", b"PK\x03\x04garbage", "archive is damaged"),
    ("p.csv", b"%PDF-1.7", "this is a PDF"),
    ("p.csv", bytes(range(256)) * 40, "not a text file"),
    ("p.vcf", b"BEGIN:VCARD\nEMAIL:a@example.org\n", "these are vCards"),
    ("p.csv", b"name\nAda\n", "no column contains addresses"),
    ("p.csv", b",".join([b"x"] * 90) + b"\n" + b"y," * 90, "has 90 columns"),
    ("../../passwd" + "x" * 300, b"<html>", "this is a web page"),
)


def test_a_hostile_file_gives_one_line_and_leaves_nothing(
    daily: Installation, browser: StaffBrowser
) -> None:
    for name, content, line in HOSTILE:
        sent = upload(browser, content, name=name)
        assert sent.status_code == 422, name
        assert line.lower() in sent.text.lower(), (name, line)
        assert str(daily.folder) not in sent.text
    assert [each for each in (daily.folder / "imports").rglob("*") if each.is_file()] == []
    names = {
        "a/b\\c.csv": "c.csv", "..": "people.csv", "x\r\ny.csv": "xy.csv", ".csv": "csv",
        "é" * 300 + ".csv": "é" * 40 + ".csv",
    }  # fmt: skip
    assert {name: safe_name(name) for name in names} == names


def test_who_may_not_change_people_sees_imports_and_is_offered_nothing(
    daily: Installation, browser: StaffBrowser
) -> None:
    draft = draft_of(upload(browser, "email\nada@example.org\n"))
    daily.add_list("weekly")
    add_member(daily, "watch@example.org", role=Role.OBSERVER)
    add_member(daily, "weekly@example.org", role=Role.PEOPLE, lists=["weekly"])
    browser.log_in("watch@example.org")
    assert "is being prepared" in browser.get(draft).text
    assert "Import people" not in browser.get("/admin/imports").text
    assert "Your account does not allow this" in browser.get(NEW).text
    for act in ("run", "drop", "try", "refused"):
        assert browser.post(f"{draft}/{act}", on="/admin/account").status_code == 403
    assert browser.get("/admin/exports").status_code == 403

    browser.log_in("weekly@example.org")
    assert "people.csv" not in browser.get("/admin/imports").text
    for act in ("run", "drop", "try", "refused"):
        assert browser.post(f"{draft}/{act}", on="/admin/account").status_code == 404
    assert browser.get(f"{draft}/columns").status_code == 404
    own = draft_of(upload(browser, "email\nada@example.org\n", list="weekly"))
    assert browser.post(f"{own}/columns", list="daily").status_code == 404
    assert upload(browser, "email\nada@example.org\n", list="daily").status_code == 404
