"""
Files that are something else than they say: a script in a picture, HTML in a table of people.
"""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from hostile.answers import faults_of
from hostile.vectors import FEW
from installation import Installation
from people_upload import draft_of, upload
from picture_files import picture
from PIL import Image, PngImagePlugin
from staff_samples import StaffBrowser, add_member, form_token

SCRIPT = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
NAME = '"><img src=x onerror=alert(1)>.html'
KINDS = {
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
PEOPLE = 'email,name,{vector}\nada@example.org,{vector},{vector}\n"{vector}",Bo,x\n'


def png_with_text() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", SCRIPT.decode())
    texts.add_itxt("XML:com.adobe.xmp", SCRIPT.decode())
    return picture("PNG", 120, 90, pnginfo=texts)


def gif_that_is_javascript() -> bytes:
    """
    Make a GIF that is also a script: its width and height begin a comment.
    """
    made = bytearray(picture("GIF", 120, 90))
    comment = b"\x21\xfe" + bytes([len(SCRIPT)]) + SCRIPT + b"\x00"
    return bytes(made[:-1]) + comment + b";*/=1;alert(1)//"


REFUSED = {
    "an SVG": SVG,
    "an SVG after a BOM": b"\xef\xbb\xbf<?xml version='1.0'?>" + SVG,
    "HTML": SCRIPT,
    "HTML that begins as a GIF": b"GIF89a/*" + SCRIPT + b"*/=1;alert(1)",
    "HTML that begins as a PNG": b"\x89PNG\r\n\x1a\n" + SCRIPT,
    "a PDF": b"%PDF-1.4\n1 0 obj <</OpenAction <</S /JavaScript /JS (app.alert(1))>> >>",
    "a script": b"#define x_width 16\nalert(1)",
}
CLEANED = {
    "a JPEG with a comment": lambda: picture("JPEG", 120, 90, comment=SCRIPT),
    "a PNG with texts": png_with_text,
    "a PNG before HTML": lambda: picture("PNG", 120, 90) + SCRIPT,
    "a JPEG before an archive": lambda: picture("JPEG", 120, 90) + archive(),
    "a GIF that is a script": gif_that_is_javascript,
    "a JPEG with a script in its EXIF data": lambda: picture("JPEG", 120, 90, exif=exif()),
    "a WebP before HTML": lambda: picture("WEBP", 120, 90) + SCRIPT,
}


def exif() -> Image.Exif:
    made = Image.Exif()
    made[0x010E] = SCRIPT.decode()
    return made


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("index.html", SCRIPT)
    return out.getvalue()


@pytest.fixture
def owner(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    installation.add_list("daily")
    add_member(installation)
    browser.log_in()
    return browser


def stored_after(browser: StaffBrowser, content: bytes) -> str:
    """
    Send a picture as the logo of the list, and return its address; empty if it was refused.
    """
    page = "/admin/lists/daily"
    sent = browser.client.post(
        f"{page}/logo",
        data={"form_token": form_token(browser.get(page).text)},
        files={"picture": (NAME, content, "text/html")},
        headers=browser.headers,
    )
    shown = browser.get(sent.headers["location"])
    assert faults_of(shown) == []
    found = re.findall(r'value="https://[^"]*(/media/[^"]+)"', shown.text)
    return str(found[0]) if found else ""


def test_what_is_no_picture_is_refused_whatever_it_is_called(owner: StaffBrowser) -> None:
    stored = {name: stored_after(owner, content) for name, content in REFUSED.items()}
    assert stored == dict.fromkeys(REFUSED, "")


def test_a_picture_is_served_without_what_was_hidden_in_it(owner: StaffBrowser) -> None:
    for name, make in CLEANED.items():
        address = stored_after(owner, make())
        assert address, name
        shown = owner.get(address)
        kind = next(kind for begins, kind in KINDS.items() if shown.content.startswith(begins))
        assert shown.headers["content-type"] == kind, name
        assert shown.headers["x-content-type-options"] == "nosniff"
        assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert b"script" not in shown.content, name
        assert b"alert" not in shown.content, name
        assert b"PK\x03\x04" not in shown.content, name


def test_a_table_of_people_is_shown_as_text_whatever_is_in_it(owner: StaffBrowser) -> None:
    vector = "".join(FEW).replace('"', "'").replace("\n", " ")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr("members_<img src=x onerror=alert(1)>.csv", PEOPLE.format(vector=vector))
    for content in (PEOPLE.format(vector=vector), packed.getvalue(), SCRIPT, SVG):
        sent = upload(owner, content, name=f"{NAME}.csv")
        assert faults_of(sent) == []
        if sent.status_code != 303:
            continue
        path = draft_of(sent)
        assert faults_of(owner.get(f"{path}/columns")) == []
        named = {"column-0": "email", "as-0": "email"}
        tried = owner.post(f"{path}/columns", list="daily", **named)
        for shown in (tried, owner.get(path), owner.get("/admin/imports")):
            assert faults_of(shown) == []
        refused = owner.post(f"{path}/refused", on=path)
        if refused.status_code == 200:
            assert refused.headers["content-type"].startswith("text/csv")
            assert refused.headers["x-content-type-options"] == "nosniff"
            assert refused.headers["content-disposition"].startswith("attachment")
