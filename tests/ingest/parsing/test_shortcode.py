"""
Shortcodes are removed, brackets that authors wrote stay.
"""

from __future__ import annotations

import pytest

from newsletter.ingest.parsing.cleanup.shortcodes import Unfolded, attributes_of, unfold


@pytest.mark.parametrize(
    "quoted", ['width="9" mp4=""', "width=”9″ mp4=””", "width='9' mp4=''", "width=9 mp4=“”"]
)
def test_an_empty_video_is_removed_with_any_kind_of_quotes(quoted: str) -> None:
    code = f"[video {quoted}][/video]"
    assert unfold(f"<p>a {code}</p>") == Unfolded("<p>a </p>", (code,))


@pytest.mark.parametrize("text", ["[sic]", "[the group]", "[1]", "[…]", "[video evidence", "a[i]"])
def test_brackets_written_by_authors_stay(text: str) -> None:
    assert unfold(f"<p>{text}</p>") == Unfolded(f"<p>{text}</p>", ())


def test_a_caption_becomes_a_figure() -> None:
    made = unfold('[caption id="a1" width="8"]<img src="/q.jpg"> A quay.[/caption]')
    assert made.markup == '<figure><img src="/q.jpg"><figcaption>A quay.</figcaption></figure>'
    assert made.removed == ('[caption id="a1" width="8"]',)


def test_a_video_with_an_address_becomes_an_element() -> None:
    made = unfold("[video mp4=”https://a.example/f.mp4” poster=”https://a.example/p.jpg”][/video]")
    assert made.markup == (
        '<video src="https://a.example/f.mp4" poster="https://a.example/p.jpg"></video>'
    )


def test_an_embedded_address_becomes_a_frame() -> None:
    made = unfold("[embed]https://a.example/f?a=1&amp;b=2[/embed]")
    assert made.markup == '<iframe src="https://a.example/f?a=1&amp;b=2"></iframe>'


def test_a_plug_in_shortcode_is_removed_and_its_content_stays() -> None:
    made = unfold('[vc_row][my-box color="red"]Words[/vc_row]')
    assert made.markup == "Words"
    assert made.removed == ("[vc_row]", '[my-box color="red"]', "[/vc_row]")


def test_nothing_inside_a_tag_is_changed() -> None:
    markup = '<img alt="[gallery]">'
    assert unfold(markup) == Unfolded(markup, ())


def test_attributes_are_read_in_straight_curly_and_prime_quotes() -> None:
    text = "a=\"1\" b=”2″ c='3' d=4 e=&#8221;5&#8243;"
    assert attributes_of(text) == {"a": "1", "b": "2", "c": "3", "d": "4", "e": "5"}


def test_an_old_caption_is_an_attribute_of_the_shortcode() -> None:
    markup = '[caption id="a" width="9" caption="A &amp; b."]<img src="/a.jpg">[/caption]'
    found = unfold(markup).markup
    assert found == '<figure><img src="/a.jpg"><figcaption>A &amp; b.</figcaption></figure>'
