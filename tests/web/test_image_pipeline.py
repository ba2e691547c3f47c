"""
Pictures through the whole pipeline: from beside a brief's file to a reader's mail, and to whoever
opens it.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation
from mails import pictured_mail
from picture_files import bomb, noise, on_its_side, opened, picture
from web_samples import TestClient
from word_files import pictured_word_file

from newsletter import pipeline
from newsletter.issues.drafts import new_issue
from newsletter.issues.selection import shown
from newsletter.model.brief import Brief
from newsletter.model.issue import AudienceRule
from newsletter.model.source import CollectReport, FirstPoll
from newsletter.store.issues.issues import add_issue

SEED = """March 5, 2026

IntelBrief: The Quiet Quay

The quay at Sarno, Feb. 5, 2026 (AP Photo/A. Example)

• The ferries stay.
• The tolls rise.

Nobody left the quay on Monday, and the pilots went home without a word to the harbor master.
"""
MARKDOWN = "---\ntitle: Tolls\n---\n\nThe tolls rise.\n\nIn May.\n\n![A chart]({})\n"


class Desk:
    """
    A folder of briefs and their pictures, polled by hand.
    """

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.folder = installation.folder / "briefs"
        self.folder.mkdir()
        where = str(self.folder)
        installation.add_source("desk", "folder", where, first_poll=FirstPoll.NEW)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        an_hour_ago = self.installation.now.timestamp() - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))
        return path

    def collect(self) -> CollectReport:
        (report,) = pipeline.collect_sources(self.installation.app.publishing, ["desk"])
        return report

    def brief(self) -> Brief:
        (stored,) = self.installation.stored_briefs()
        return stored.brief

    def mail_html(self) -> str:
        """
        The HTML of the mail that the one reader of the one list gets.
        """
        with self.installation.app.database.write() as connection:
            lists = AudienceRule(lists=("daily",))
            template = "intelbrief"
            draft = new_issue(
                self.installation.app.publishing, connection, audience=lists, template=template
            )
            briefs = shown([self.installation.stored_briefs()[0].id])
            issue_id = add_issue(connection, draft, briefs, now=self.installation.now)
        pipeline.publish_issue(self.installation.app.publishing, issue_id)
        self.installation.submit_all()
        (mail,) = self.installation.mails()
        part = mail.get_body(("html",))
        assert part is not None
        return str(part.get_content())


@pytest.fixture
def desk(installation: Installation) -> Iterator[Desk]:
    installation.add_list()
    installation.add_readers(1)
    return Desk(installation)


def images(html: str) -> list[dict[str, str]]:
    tags = re.findall(r"<img\b[^>]*>", html)
    return [dict(re.findall(r'(src|alt|width|height)="([^"]*)"', tag)) for tag in tags]


def test_a_picture_beside_a_brief_reaches_the_reader(desk: Desk, pages: TestClient) -> None:
    desk.write("quay.txt", SEED)
    desk.write("quay.jpg", on_its_side(1500, 3000))
    desk.collect()
    (image,) = images(desk.mail_html())
    assert image["src"].startswith("https://news.example.org/media/")
    assert (image["width"], image["height"]) == ("640", "320")
    answer = pages.get(image["src"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert opened(answer.content).size == (1280, 640)
    assert b"secret quay" not in answer.content


def test_a_chart_in_the_text_is_as_wide_as_the_text(desk: Desk, pages: TestClient) -> None:
    desk.write("tolls.md", MARKDOWN.format("img/the%20chart.png"))
    desk.write("img/the chart.png", picture("PNG", 1152, 800))
    desk.collect()
    (image,) = images(desk.mail_html())
    assert (image["alt"], image["width"], image["height"]) == ("A chart", "576", "400")
    assert opened(pages.get(image["src"]).content).size == (1152, 800)


def test_a_picture_is_encoded_once_and_a_brief_polled_again_is_unchanged(desk: Desk) -> None:
    desk.write("quay.txt", SEED)
    desk.write("quay.jpg", picture())
    assert (desk.collect().new, desk.collect().unchanged) == (("quay.txt",), ("quay.txt",))


@pytest.mark.parametrize("name", ["quay", "tolls"])
def test_another_picture_in_its_place_is_an_edit(desk: Desk, name: str) -> None:
    content = SEED if name == "quay" else MARKDOWN.format("tolls-chart.jpg")
    file = "quay.jpg" if name == "quay" else "tolls-chart.jpg"
    desk.write(f"{name}.md", content)
    desk.write(file, picture("JPEG", 400, 200))
    desk.collect()
    desk.write(file, picture("JPEG", 400, 300))
    assert desk.collect().changed == (f"{name}.md",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bomb(), "it has over 40 million pixels"),
        (noise("JPEG", 300, 200)[:5000], "it is damaged or incomplete"),
        (b"<svg onload='alert(1)'/>", "it is not a JPEG, PNG, GIF or WebP file"),
    ],
    ids=["bomb", "cut off", "lying type"],
)
def test_a_picture_that_cannot_be_used_is_a_warning_and_no_more(
    desk: Desk, content: bytes, reason: str
) -> None:
    desk.write("tolls.md", MARKDOWN.format("a.png"))
    desk.write("a.png", content)
    assert desk.collect().new == ("tolls.md",)
    assert desk.brief().warnings == (f"the image a.png was left out: {reason}",)
    assert desk.brief().body_html == "<p>The tolls rise.</p>\n<p>In May.</p>"


@pytest.mark.parametrize("address", ["../secret.jpg", "link.jpg", "down/../../secret.jpg"])
def test_nothing_outside_the_folder_is_read(desk: Desk, address: str) -> None:
    (desk.installation.folder / "secret.jpg").write_bytes(picture())
    (desk.folder / "link.jpg").symlink_to(desk.installation.folder / "secret.jpg")
    desk.write("tolls.md", MARKDOWN.format(address))
    desk.collect()
    assert desk.brief().warnings == (
        f"the image {address} was left out: its address is relative; use a full one",
    )


def test_a_picture_that_is_being_written_is_waited_for(desk: Desk) -> None:
    desk.write("quay.txt", SEED)
    path = desk.write("quay.jpg", picture())
    now = desk.installation.now.timestamp()
    os.utime(path, (now, now))
    assert desk.collect().notes == ("quay.txt: just written, waiting for the next poll",)


def test_a_preview_shows_its_pictures_without_a_server(desk: Desk) -> None:
    from newsletter.issues.release_conditions.shown_images import with_images

    desk.write("quay.txt", SEED)
    desk.write("quay.jpg", picture())
    desk.collect()
    page = with_images(desk.installation.app.publishing, desk.mail_html())
    assert [image["src"][:23] for image in images(page)] == ["data:image/jpeg;base64,"]


def test_a_picture_in_a_word_file_reaches_the_reader(desk: Desk, pages: TestClient) -> None:
    desk.write("tolls.docx", pictured_word_file("The tolls rise.", picture("PNG", 700, 350)))
    desk.collect()
    (image,) = images(desk.mail_html())
    assert (image["alt"], image["width"], image["height"]) == ("A quay", "640", "320")
    assert opened(pages.get(image["src"]).content).size == (700, 350)


def test_a_picture_in_the_text_itself_reaches_the_reader(desk: Desk, pages: TestClient) -> None:
    packed = base64.b64encode(picture("WEBP", 300, 200)).decode()
    desk.write("tolls.md", MARKDOWN.format(f"data:image/webp;base64,{packed}"))
    desk.collect()
    (image,) = images(desk.mail_html())
    assert (image["width"], image["height"]) == ("300", "200")
    assert opened(pages.get(image["src"]).content).format == "JPEG"


def test_a_picture_in_a_mail_is_copied(installation: Installation, tmp_path: Path) -> None:
    folder = tmp_path / "post"
    folder.mkdir()
    part = ("Content-Type: image/png\nContent-ID: <quay@1>\n", picture("PNG", 90, 60))
    html = "<p>The tolls rise.</p><p>In May.</p><img src='cid:quay@1'>"
    (folder / "1.eml").write_bytes(pictured_mail(html, part))
    os.utime(folder / "1.eml", (0, 0))
    installation.add_source("post", "mailbox", str(folder))
    pipeline.collect_sources(installation.app.publishing, ["post"])
    (stored,) = installation.stored_briefs()
    assert re.search(r'<img src="media:[0-9a-f]{24}" alt="">', stored.brief.body_html)
