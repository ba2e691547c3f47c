"""
How charts, pull quotes and tracking pixels are converted for mail.
"""

from __future__ import annotations

import pytest
from reading_types import Read

LEAD = "<p>One.</p><p>Two.</p>"
SVG = (
    "<svg width=600 viewBox='0 0 600 300'><title>Tolls by year</title><desc>They rise.</desc>"
    "<script>x()</script><text>2024</text></svg>"
)


def after_two_paragraphs(brief_of: Read, markup: str) -> str:
    body = brief_of(LEAD + markup, title="T", base_url="https://h/a/").body_html
    return body.removeprefix("<p>One.</p>\n<p>Two.</p>").strip()


def test_a_datawrapper_chart_becomes_its_still_image_with_a_link(brief_of: Read) -> None:
    frame = '<iframe title="Tolls" src="https://datawrapper.dwcdn.net/Ab1Cd/3/"></iframe>'
    assert after_two_paragraphs(brief_of, f"<figure>{frame}</figure>") == (
        '<figure><a href="https://datawrapper.dwcdn.net/Ab1Cd/">'
        '<img src="https://datawrapper.dwcdn.net/Ab1Cd/full.png" alt="Tolls"></a></figure>'
    )


def test_a_flourish_chart_becomes_its_still_image_without_the_credit(brief_of: Read) -> None:
    mark = (
        "<div><a class='flourish-credit' href='https://public.flourish.studio/'>"
        "<img src='https://public.flourish.studio/resources/made_with_flourish.svg'></a></div>"
    )
    frame = "<iframe src='https://flo.uri.sh/visualisation/51/embed' title='Tolls'></iframe>"
    assert after_two_paragraphs(brief_of, frame + mark) == (
        '<figure><a href="https://public.flourish.studio/visualisation/51/">'
        '<img src="https://public.flourish.studio/visualisation/51/thumbnail" alt="Tolls"></a>'
        "</figure>"
    )


def test_any_other_frame_becomes_a_link_with_its_title(brief_of: Read) -> None:
    frame = "<iframe src='https://charts.example/7' title='Tolls'></iframe>"
    assert after_two_paragraphs(brief_of, frame) == (
        '<p><a href="https://charts.example/7">Tolls (charts.example)</a></p>'
    )


@pytest.mark.parametrize(
    ("drawing", "words"),
    [
        (SVG, "Tolls by year They rise."),
        ("<svg><text>Tolls</text> <text>2024</text></svg>", "Tolls 2024"),
        ("<canvas aria-label='Tolls by year'></canvas>", "Tolls by year"),
        ("<canvas>Tolls rose.</canvas>", "Tolls rose."),
    ],
    ids=["titled", "lettered", "labelled canvas", "canvas"],
)
def test_a_drawn_chart_is_replaced_by_its_text(brief_of: Read, drawing: str, words: str) -> None:
    markup = f"<figure>{drawing}<figcaption>A chart.</figcaption></figure>"
    brief = brief_of(LEAD + markup, title="T")
    assert f"<p>{words}</p>\n<figure><figcaption>A chart.</figcaption></figure>" in brief.body_html
    assert brief.removed == (f"a drawn chart: {words}",)


@pytest.mark.parametrize(
    "icon",
    [
        "<svg aria-hidden=true><title>Share</title></svg>",
        "<svg width=24><title>Share</title></svg>",
        "<a href='https://h/'><svg><title>Share</title></svg>Share</a>",
    ],
)
def test_an_icon_is_removed(brief_of: Read, icon: str) -> None:
    brief = brief_of(f"{LEAD}<p>Three. {icon}</p>", title="T")
    assert brief.removed == ()
    assert brief.body_text.count("Share") == icon.count("Share</a>")


def test_an_svg_file_becomes_a_link_with_its_alternative_text(brief_of: Read) -> None:
    brief = brief_of(f"{LEAD}<img src='/c.svg' alt='Tolls'>", title="T", base_url="https://h/a/")
    assert brief.body_html.endswith('<p><a href="https://h/c.svg">Tolls</a></p>')
    assert brief.warnings == (
        "the image https://h/c.svg is an SVG, which email programs do not show: it was replaced by "
        "a link",
    )


@pytest.mark.parametrize(
    "quote",
    [
        "<aside class='pullquote'>They rise.</aside>",
        "<blockquote class='wp-block-pullquote'><p>They rise.</p></blockquote>",
        "<figure class='wp-block-pullquote'><blockquote><p>They rise.</p></blockquote></figure>",
        "<div class='pull-quote'><blockquote><p>They rise.</p></blockquote></div>",
    ],
)
def test_a_pull_quote_is_a_quotation_in_a_figure(brief_of: Read, quote: str) -> None:
    brief = brief_of(LEAD + quote, title="T")
    assert brief.body_html.endswith("<figure><blockquote><p>They rise.</p></blockquote></figure>")
    assert brief.body_text.endswith("> They rise.")


@pytest.mark.parametrize(
    "pixel",
    [
        "<img src='https://h/o.gif' style='width:1px; height:1px'>",
        "<img src='https://pixel.wp.com/b.gif?x=1'>",
        "<img src='https://x.list-manage.com/track/open.php?u=1'>",
    ],
)
def test_a_tracking_image_is_removed(brief_of: Read, pixel: str) -> None:
    assert after_two_paragraphs(brief_of, pixel) == ""
