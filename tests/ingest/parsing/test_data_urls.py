"""
Images embedded in a text as `data:` URLs.
"""

from __future__ import annotations

import base64

import pytest

from newsletter.errors import ReadError
from newsletter.ingest.parsing.data_urls import lift, with_embedded
from newsletter.ingest.parsing.read import read
from newsletter.model.brief import MediaType, Poll, RawItem, ReadingRules

RAW = bytes(range(256)) * 2
DATA = f"data:image/png;base64,{base64.b64encode(RAW).decode()}"


def item_of(content: str, media_type: MediaType = MediaType.HTML) -> RawItem:
    return RawItem(key="k", content=content, media_type=media_type)


def test_an_image_in_the_text_is_extracted() -> None:
    item, found = lift(item_of(f"<p>One.</p><p>Two.</p><img src='{DATA}' alt='A'>"))
    assert found == {"embedded-1": RAW}
    assert '<img src="cid:embedded-1" alt="A">' in read(item, ReadingRules()).body_html


def test_an_image_in_markdown_is_extracted() -> None:
    item, _ = lift(item_of(f"# Tolls\n\n![A]({DATA})\n\nThe tolls rise.", MediaType.MARKDOWN))
    assert read(item, ReadingRules()).image_url == "cid:embedded-1"


def test_a_large_image_does_not_use_up_the_size_limit_of_a_text() -> None:
    large = f"data:image/jpeg;base64,{base64.b64encode(RAW * 2000).decode()}"
    item, _ = lift(item_of(f"<p>The tolls rise.</p><img src='{large}'>"))
    assert read(item, ReadingRules()).body_html == "<p>The tolls rise.</p>"


def test_placeholders_and_drawings_stay_where_they_are() -> None:
    tiny = "<img src='data:image/gif;base64,R0lGODlhAQABAIAAAAUEBA' data-src='https://h/a.jpg'>"
    drawn = f"<img src='data:image/svg+xml;base64,{'A' * 800}'>"
    item = item_of(f"<p>a</p>{tiny}{drawn}")
    assert lift(item) == (item, {})


def test_a_poll_opens_embedded_images_and_its_own() -> None:
    poll = Poll(items=(item_of(f"<img src='{DATA}'>"),), open_image=lambda key, name: name.encode())
    found = with_embedded(poll)
    assert found.open_image("k", "embedded-1") == RAW
    assert found.open_image("k", "quay.jpg") == b"quay.jpg"


def test_a_missing_image_is_refused_in_one_line() -> None:
    with pytest.raises(ReadError, match=r"^it did not come with the brief$"):
        Poll().open_image("k", "quay.jpg")
