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
from newsletter.model.brief import ImageRule, ReadingRules

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


def in_pieces(kind: str, first: str, second: str, *, disposition: str = "inline") -> bytes:
    beside = f"Content-Type: image/png\nContent-Disposition: {disposition}\n"
    more = f"Content-Type: text/{kind}; charset=iso-8859-1\n"
    html, text = (first, "") if kind == "html" else ("", first)
    return pictured_mail(html, (beside, b"x"), (more, second.encode("latin-1")), text=text)


def test_a_text_that_is_split_at_an_image_is_whole() -> None:
    item = read_letter(in_pieces("html", "<p>The tolls rise.</p>", "<p>The café closes.</p>"))
    assert (item.images, item.fallback_image) == (("image-1",), None)
    assert read(item, ReadingRules(image=ImageRule.NONE)).body_html == (
        "<p>The tolls rise.</p>\n<p>The café closes.</p>"
    )
    assert read(item, ReadingRules()).image_url == "cid:image-1"


@pytest.mark.parametrize("kind", ["html", "plain"])
def test_a_text_that_is_split_at_an_attachment_is_whole(kind: str) -> None:
    raw = in_pieces(kind, "The tolls rise.", "The café closes.", disposition="attachment")
    text = read(read_letter(raw), ReadingRules()).body_text
    assert "The tolls rise." in text
    assert "The café closes." in text


def test_a_text_file_beside_the_text_is_not_part_of_it() -> None:
    file = "Content-Type: text/plain; name=log.txt\nContent-Disposition: inline\n"
    raw = pictured_mail("", (file, b"0 errors"), text="The tolls rise.\n")
    assert read(read_letter(raw), ReadingRules()).body_html == "<p>The tolls rise.</p>"


def test_a_footer_that_a_list_puts_beside_the_text_is_left_out() -> None:
    footer = (
        b"_______________________________________________\nCanals mailing list -- c@l.example\n"
        b"To unsubscribe send an email to c-leave@l.example\nhttps://l.example/mailman3/lists/c/\n"
    )
    part = ("Content-Type: text/plain\nContent-Disposition: inline\n", footer)
    raw = pictured_mail("", part, text="The tolls rise.\n\nThe quay stays open.\n")
    assert read(read_letter(raw), ReadingRules()).body_html == (
        "<p>The tolls rise.</p>\n<p>The quay stays open.</p>"
    )
