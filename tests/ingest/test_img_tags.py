"""
Parsing and rewriting the images in sanitised HTML.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.ingest.parsing.cleanup.sanitise import sanitise
from newsletter.model.image import Img, images_in, replace_images

BODY = sanitise('<p>a <img src="https://h/?a=1&b=2" alt="a > b &quot;c&quot;" width="9"> d</p>')


def test_an_image_is_parsed_as_the_sanitiser_wrote_it() -> None:
    assert images_in(BODY) == [Img(src="https://h/?a=1&b=2", alt='a > b "c"', width=9)]


def test_an_unchanged_image_is_written_unchanged() -> None:
    assert images_in(replace_images(BODY, lambda img: img)) == images_in(BODY)


def test_a_new_address_cannot_end_its_attribute() -> None:
    made = replace_images(BODY, lambda img: replace(img, src='"><script>'))
    assert "<script>" not in made
    assert images_in(made)[0].src == '"><script>'


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ('<p>a</p>\n<figure><a href="https://h/"><img src="x"></a></figure>', "<p>a</p>"),
        ('<figure><img src="x"><figcaption>b</figcaption></figure>', None),
        ('<p>a <img src="x"></p>', "<p>a </p>"),
        ("<p>a</p><p></p>", "<p>a</p><p></p>"),
    ],
)
def test_no_empty_elements_are_left_around_a_removed_image(markup: str, left: str | None) -> None:
    wanted = "<figure><figcaption>b</figcaption></figure>" if left is None else left
    assert replace_images(markup, lambda img: None) == wanted
