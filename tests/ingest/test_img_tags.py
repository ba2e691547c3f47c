"""
The pictures in sanitised HTML, read and written anew.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter.ingest.parsing.cleanup.sanitise import sanitise
from newsletter.model.image import Img, images_in, replace_images

BODY = sanitise('<p>a <img src="https://h/?a=1&b=2" alt="a > b &quot;c&quot;" width="9"> d</p>')


def test_a_picture_is_read_as_the_sanitiser_wrote_it() -> None:
    assert images_in(BODY) == [Img(src="https://h/?a=1&b=2", alt='a > b "c"', width=9)]


def test_a_picture_that_stays_as_it_is_says_the_same() -> None:
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
def test_nothing_empty_is_left_around_a_picture_that_goes(markup: str, left: str | None) -> None:
    wanted = "<figure><figcaption>b</figcaption></figure>" if left is None else left
    assert replace_images(markup, lambda img: None) == wanted
