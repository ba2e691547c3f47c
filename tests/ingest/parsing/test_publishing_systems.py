"""
What Drupal, Substack, Blogger, Medium, Reddit and Discourse write around the text of an item.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.ingest.parsing.cleanup.images import is_same_image

TEXT = "<p>The dredging begins on 1 December.</p><p>It takes four months.</p>"
MADE = "<p>The dredging begins on 1 December.</p>\n<p>It takes four months.</p>"
DRUPAL = (
    '<span class="field field--name-title field--type-string">Dredging begins</span> '
    '<span class="field field--name-uid"><span typeof="schema:Person">press-office</span></span> '
    '<span class="field field--name-created"><time>Tue, 24/11/2026 - 14:00</time></span>'
    '<div class="field field--name-body field__item">'
    f"{TEXT}</div>"
    '<div class="field field--name-field-tags"><h3 class="field__label">Tags</h3>'
    '<ul class="links field__items"><li><a href="/t/3">Dredging</a></li></ul></div>'
    '<section class="field field--name-comment comment-wrapper"><h2>Comments</h2></section>'
    '<ul class="links inline list-inline"><li class="node-readmore"><a href="/en/node/881">'
    'Read more<span class="visually-hidden"> about Dredging begins</span></a></li></ul>'
)
SUBSTACK = (
    f'{TEXT}<div class="subscription-widget-wrap-editor"><div class="subscription-widget '
    'show-subscribe"><div class="preamble"><p class="cta-caption">The Slack Tide is supported by '
    "its readers.</p></div></div></div>"
)
BLOGGER = f'{TEXT}<div class="blogger-post-footer">More at silt.example.com</div>'
FEEDBURNER = (
    f'{TEXT}<div class="feedflare"><a href="http://feeds.example.com/~ff/a">Email it</a></div>'
)
MEDIUM = (
    f'{TEXT}<hr><p><a href="https://m.example.org/a">Dredging begins</a> was originally published '
    'in <a href="https://m.example.org/">Open Sea</a> on Medium, where people are continuing the '
    "conversation by highlighting and responding to this story.</p>"
)
SNIPPET = f'{TEXT}<p><a href="https://m.example.org/a">Continue reading on Open Sea »</a></p>'
REDDIT = (
    f'<!-- SC_OFF --><div class="md">{TEXT}</div><!-- SC_ON --> &#32; submitted by &#32; '
    '<a href="https://r.example.org/user/tide"> /u/tide </a> <br/> <span><a '
    'href="https://r.example.org/1">[link]</a></span> &#32; <span><a href="https://r.example.org/1">'
    "[comments]</a></span>"
)
DISCOURSE = (
    f'{TEXT}<p><img class="emoji" title=":anchor:" alt=":anchor:" src="/e/anchor.png"></p>'
    "<p><small>7 posts - 5 participants</small></p>"
    '<p><a href="https://f.example.org/t/1">Read full topic</a></p>'
)
GOVDELIVERY = (
    f"{TEXT}<p>###</p><hr><p>Update your subscriptions, modify your password or email address, or "
    'stop subscriptions at any time on your <a href="https://g.example.org/">Subscriber '
    "Preferences Page</a>.</p>"
)


@pytest.mark.parametrize(
    "markup",
    [DRUPAL, SUBSTACK, BLOGGER, FEEDBURNER, MEDIUM, SNIPPET, REDDIT, DISCOURSE, GOVDELIVERY],
)
def test_only_the_text_of_an_item_is_left(brief_of: Read, markup: str) -> None:
    brief = brief_of(markup, title="Dredging begins", base_url="https://silt.example.org/a")
    assert brief.body_html == MADE


def test_the_label_of_an_image_field_is_not_text(brief_of: Read) -> None:
    markup = (
        f'{TEXT}<div class="field field--type-image"><div class="field__label">Image</div>'
        '<div class="field__item"><img src="https://silt.example.org/a.jpg" alt="Tug"></div></div>'
        '<div class="field"><div class="field__label">Tariff</div><div>21 cents</div></div>'
    )
    text = brief_of(markup, title="T").body_text
    assert "Tariff" in text
    assert "Image" not in text


def test_an_image_with_its_caption_in_a_table_is_a_figure(brief_of: Read) -> None:
    markup = (
        f'{TEXT}<table class="tr-caption-container" align="center"><tbody><tr><td>'
        '<a href="https://b.example.org/pot.jpg"><img src="https://b.example.org/pot.jpg"/></a>'
        '</td></tr><tr><td class="tr-caption">The pot of the cook</td></tr></tbody></table>'
        "<p>Six minutes.</p>"
    )
    figure = (
        '<figure><a href="https://b.example.org/pot.jpg"><img src="https://b.example.org/pot.jpg" '
        'alt=""></a><figcaption>The pot of the cook</figcaption></figure>'
    )
    assert figure in brief_of(markup, title="T").body_html


def test_an_anchor_without_a_link_leaves_nothing(brief_of: Read) -> None:
    markup = f'{TEXT}<p><a name="more"></a>All of it in the pot.</p>'
    assert "<p>All of it in the pot.</p>" in brief_of(markup, title="T").body_html


def test_a_list_below_its_own_heading_stays_there(brief_of: Read) -> None:
    markup = (
        "<h2>What has changed</h2><ul><li>Gauges in feet are read</li><li>Leap seconds</li></ul>"
        "<h2>New contributors</h2><ul><li>Mette Lund</li></ul><p>All changes: 3.1 to 3.2</p>"
    )
    brief = brief_of(markup, title="3.2.0")
    assert brief.takeaways == ()
    assert brief.body_html.startswith("<h3>What has changed</h3>\n<ul><li>Gauges in feet")


@pytest.mark.parametrize(
    ("caption", "credit"),
    [
        ("O marégrafo. Foto de João Prado no Unsplash", "Foto de João Prado no Unsplash"),
        ("Der Hafen. Foto von Jan Ek auf Pexels", "Foto von Jan Ek auf Pexels"),
        ("La playa. Foto de la playa de noche", None),
    ],
)
def test_a_credit_names_the_site_of_photos_in_any_language(
    brief_of: Read, caption: str, credit: str | None
) -> None:
    markup = (
        '<figure><img src="https://m.example.org/a.jpg" alt="A"><figcaption>'
        f"{caption}</figcaption></figure>{TEXT}"
    )
    assert brief_of(markup, title="T").credit == credit


def test_a_resized_copy_of_an_image_is_the_same_image() -> None:
    upload = "https://media.example.org/public/images/5f-a_1456x971.jpeg"
    for copy in (
        "https://cdn.example.com/image/fetch/w_1456,c_limit,f_auto/https%3A%2F%2Fmedia.example.org"
        "%2Fpublic%2Fimages%2F5f-a_1456x971.jpeg",
        "https://cdn.example.com/fetch/w_600/https://media.example.org/public/images/5f-a_1456x971.jpeg",
        "https://shop.example.com/_next/image?url=https%3A%2F%2Fmedia.example.org%2Fpublic%2Fimages"
        "%2F5f-a_1456x971.jpeg&w=640&q=75",
        "https://i0.wp.com/media.example.org/public/images/5f-a_1456x971.jpeg?resize=640%2C427",
    ):
        assert is_same_image(copy, upload)
        assert is_same_image(upload, copy)
    assert not is_same_image("https://cdn.example.com/x/https%3A%2F%2Fa.example%2Fb.jpg", upload)


def test_footnotes_in_boxes_of_their_own_are_footnotes(brief_of: Read) -> None:
    markup = (
        '<p>The ferries grew.<a class="footnote-anchor" id="footnote-anchor-1" '
        'href="#footnote-1">1</a></p><p>The council<a class="footnote-anchor" '
        'href="#footnote-2">2</a> votes in March.</p>'
        '<div class="footnote"><a id="footnote-1" href="#footnote-anchor-1" '
        'class="footnote-number">1</a><div class="footnote-content"><p>From 94 metres to 161.</p>'
        '</div></div><div class="footnote"><a class="footnote-number" href="#footnote-anchor-2">2'
        '</a><div class="footnote-content"><p>Of the county.</p><p>It has nine members.</p></div>'
        "</div>"
    )
    brief = brief_of(markup, title="T")
    assert brief.footnotes == (
        "[1] From 94 metres to 161.",
        "[2] Of the county. It has nine members.",
    )
    assert brief.body_html == ("<p>The ferries grew.[1]</p>\n<p>The council[2] votes in March.</p>")


def test_the_preview_of_a_linked_page_is_left_without_its_icon(brief_of: Read) -> None:
    markup = (
        f'{TEXT}<aside class="onebox allowlistedgeneric"><header class="source"><img class='
        '"site-icon" src="https://a.example.org/i.png" width="32" height="32"><a href='
        '"https://a.example.org/test">a.example.org</a></header><article class="onebox-body">'
        '<h3><a href="https://a.example.org/test">Ten anchors tested</a></h3><p>In four kinds of '
        "seabed.</p></article></aside><p>It held.</p>"
    )
    body = brief_of(markup, title="T").body_html
    assert "i.png" not in body
    assert '<a href="https://a.example.org/test">Ten anchors tested</a>' in body
