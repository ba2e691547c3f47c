"""
Images inside a mail.
"""

from __future__ import annotations

import pytest
from mails import pictured_mail

from newsletter.errors import ReadError
from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.mailbox.attachments import open_attached
from newsletter.ingest.sources.mailbox.message import message_of, read_letter
from newsletter.model.brief import ReadingRules

QUAY = ("Content-Type: image/png\nContent-ID: <quay@1>\n", b"the quay")
BESIDE = ("Content-Type: image/jpeg\nContent-Disposition: inline\n", b"beside")
ATTACHED = ("Content-Type: image/jpeg\nContent-Disposition: attachment\n", b"attached")


def test_an_image_is_found_by_its_content_id() -> None:
    raw = pictured_mail("<p>One.</p><p>Two.</p><img src='cid:quay@1' alt='A quay'>", QUAY)
    item = read_letter(raw)
    assert (item.images, item.fallback_image) == (("quay@1",), None)
    assert '<img src="cid:quay@1" alt="A quay">' in read(item, ReadingRules()).body_html
    assert open_attached(message_of(raw), "quay@1") == b"the quay"


def test_an_image_beside_the_text_is_the_lead_image() -> None:
    raw = pictured_mail("", ATTACHED, BESIDE, text="The tolls rise.\n")
    assert read(read_letter(raw), ReadingRules()).image_url == "cid:image-2"
    assert open_attached(message_of(raw), "image-2") == b"beside"


def test_attachments_and_images_in_the_signature_are_not_lead_images() -> None:
    html = "<p>The tolls rise.</p><div class=gmail_signature><img src='cid:quay@1'></div>"
    brief = read(read_letter(pictured_mail(html, QUAY, ATTACHED)), ReadingRules())
    assert (brief.image_url, brief.body_html) == (None, "<p>The tolls rise.</p>")


@pytest.mark.parametrize("headers", ["Content-Type: image/png; a=\n", "Content-ID: <=?x\n"])
def test_a_part_with_broken_headers_is_read_as_far_as_possible(headers: str) -> None:
    raw = pictured_mail("<p>The tolls rise.</p>", (headers, b"x"))
    assert read(read_letter(raw), ReadingRules()).body_html == "<p>The tolls rise.</p>"


def test_a_missing_attached_image_is_one_line() -> None:
    with pytest.raises(ReadError, match=r"^it is not in the email$"):
        open_attached(message_of(pictured_mail("<p>a</p>", QUAY)), "other")
