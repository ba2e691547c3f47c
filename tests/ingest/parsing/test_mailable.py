"""
Web content is converted for mail: images, players, links, share bars, headings.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.errors import ReadError

BASE = "https://brief.example.org/2026/tolls/"
LEAD = "<p>One.</p><p>Two.</p>"


def body_after_two_paragraphs(brief_of: Read, markup: str) -> str:
    """
    Parse *markup* deep in a body, where it cannot become another field, and return the result.
    """
    body = brief_of(LEAD + markup, title="T", base_url=BASE).body_html
    return body.removeprefix("<p>One.</p>\n<p>Two.</p>").strip()


def test_a_lazy_image_appears_once_with_its_real_address(brief_of: Read) -> None:
    markup = (
        '<figure><img src="data:image/gif;base64,R0" data-lazy-src="/u/tarn.jpg" alt="Quay"/>'
        '<noscript><img src="/u/tarn.jpg" alt="Quay"/></noscript></figure>'
    )
    assert body_after_two_paragraphs(brief_of, markup) == (
        '<figure><img src="https://brief.example.org/u/tarn.jpg" alt="Quay"></figure>'
    )


def test_an_image_only_in_noscript_is_kept(brief_of: Read) -> None:
    markup = '<p><noscript><img src="/u/a.jpg" alt="A"></noscript></p>'
    assert body_after_two_paragraphs(brief_of, markup) == (
        '<figure><img src="https://brief.example.org/u/a.jpg" alt="A"></figure>'
    )


def test_the_candidate_nearest_twice_the_column_is_taken(brief_of: Read) -> None:
    markup = '<img src="/s.jpg" alt="A" srcset="/s.jpg 300w, /m.jpg 1024w, /l.jpg 2560w">'
    assert "https://brief.example.org/m.jpg" in body_after_two_paragraphs(brief_of, markup)


def test_a_format_that_mail_programs_show_is_preferred_to_a_newer_one(brief_of: Read) -> None:
    markup = (
        '<picture><source srcset="/a.webp 1200w" type="image/webp">'
        '<img src="/a.jpg" alt="A"></picture>'
    )
    assert body_after_two_paragraphs(brief_of, markup) == (
        '<figure><img src="https://brief.example.org/a.jpg" alt="A"></figure>'
    )


def test_a_tracking_pixel_is_removed(brief_of: Read) -> None:
    assert body_after_two_paragraphs(brief_of, '<img src="/p.gif" width="1" height="1">') == ""


def test_a_frame_becomes_a_titled_link(brief_of: Read) -> None:
    markup = '<figure><iframe title="Talk" src="https://www.youtube.com/embed/aBcDeFgHiJk"></iframe></figure>'
    assert body_after_two_paragraphs(brief_of, markup) == (
        '<p><a href="https://www.youtube.com/watch?v=aBcDeFgHiJk">Talk (youtube.com)</a></p>'
    )


def test_a_video_becomes_a_poster_that_links_to_it(brief_of: Read) -> None:
    markup = '<video poster="/p.jpg"><source src="/c.mp4"></video>'
    assert body_after_two_paragraphs(brief_of, markup) == (
        '<figure><a href="https://brief.example.org/c.mp4">'
        '<img src="https://brief.example.org/p.jpg" alt="Video"></a></figure>'
    )


def test_an_empty_player_is_removed(brief_of: Read) -> None:
    markup = '<video src=""></video><iframe src="about:blank"></iframe>'
    assert body_after_two_paragraphs(brief_of, markup) == ""


def test_relative_links_are_made_absolute(brief_of: Read) -> None:
    markup = '<p><a href="../x?a=1#b">x</a> <a href="//cdn.example.org/y">y</a></p>'
    assert body_after_two_paragraphs(brief_of, markup) == (
        '<p><a href="https://brief.example.org/2026/x?a=1#b">x</a> '
        '<a href="https://cdn.example.org/y">y</a></p>'
    )


def test_without_a_base_a_relative_link_becomes_text_and_a_warning(brief_of: Read) -> None:
    brief = brief_of('<p>See <a href="/x">this</a>.</p>', title="T")
    assert brief.body_html == "<p>See this.</p>"
    assert brief.warnings == ("the link /x was removed: its address is relative; use a full one",)


def test_scripts_styles_classes_and_events_are_removed(brief_of: Read) -> None:
    markup = (
        '<p class="a" id="b" style="color:red" onclick="x()">a'
        "<script>x()</script><style>p{}</style>"
        '<a href="javascript:x()">b</a></p><!-- c -->'
    )
    assert body_after_two_paragraphs(brief_of, markup) == "<p>ab</p>"


def test_share_bars_and_forms_are_removed_and_recorded(brief_of: Read) -> None:
    markup = '<div class="sharedaddy">Tweet</div><form>Mail <input></form><p>a</p>'
    brief = brief_of(LEAD + markup, title="T")
    assert brief.body_html.endswith("<p>a</p>")
    assert set(brief.removed) == {"Tweet", "Mail"}


def test_headings_begin_at_h3_and_keep_their_order(brief_of: Read) -> None:
    markup = "<h2>A</h2><p>a</p><h3>B</h3><p>b</p>"
    assert body_after_two_paragraphs(brief_of, markup) == (
        "<h3>A</h3>\n<p>a</p>\n<h4>B</h4>\n<p>b</p>"
    )


def test_a_table_is_kept_with_its_header_cells(brief_of: Read) -> None:
    markup = (
        '<table style="x"><tr><th scope="col">A</th></tr><tr><td colspan="2">1</td></tr></table>'
    )
    assert body_after_two_paragraphs(brief_of, markup) == (
        '<table><tbody><tr><th scope="col">A</th></tr>'
        '<tr><td colspan="2">1</td></tr></tbody></table>'
    )


def test_a_caption_box_of_old_wordpress_becomes_a_figure(brief_of: Read) -> None:
    markup = (
        '<div class="wp-caption"><img src="/q.jpg" alt="Q">'
        '<p class="wp-caption-text">A quay.</p></div>'
    )
    assert body_after_two_paragraphs(brief_of, markup) == (
        '<figure><img src="https://brief.example.org/q.jpg" alt="Q">'
        "<figcaption>A quay.</figcaption></figure>"
    )


def test_footnotes_become_lines_with_plain_markers(brief_of: Read) -> None:
    markup = (
        '<p>Late.<sup class="fn"><a href="#n1" id="n1-link">1</a></sup></p>'
        '<ol class="wp-block-footnotes"><li id="n1">Minutes. <a href="#n1-link">↩︎</a></li></ol>'
    )
    brief = brief_of(LEAD + markup, title="T")
    assert brief.body_html.endswith("<p>Late.<sup>[1]</sup></p>")
    assert brief.footnotes == ("[1] Minutes.",)


def test_breaks_and_empty_paragraphs_become_paragraphs(brief_of: Read) -> None:
    markup = "<div>a<br><br>b</div><p>&nbsp;</p><p>c&nbsp;</p>"
    assert body_after_two_paragraphs(brief_of, markup) == "<p>a</p>\n<p>b</p>\n<p>c</p>"


@pytest.mark.parametrize("markup", ["<div>" * 300, "<blockquote>" * 201 + "a"])
def test_a_deeply_nested_item_is_refused(brief_of: Read, markup: str) -> None:
    with pytest.raises(ReadError, match="k: the content is nested over 200 elements deep"):
        brief_of(markup, title="T")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("svn+ssh://h.example/trunk", "an email cannot link to svn+ssh: addresses"),
        ("FTP://h.example/a.zip", "an email cannot link to ftp: addresses"),
        ("web+ap:x", "an email cannot link to web+ap: addresses"),
        ("/a/b", "its address is relative; use a full one"),
        ("C:\\files\\a.pdf", "its address is relative; use a full one"),
        ("https://", "its address is not valid"),
        ("#top", None),
        ("javascript:void(0)", None),
    ],
)
def test_a_link_that_a_mail_cannot_have_is_removed_and_named(
    brief_of: Read, address: str, why: str | None
) -> None:
    brief = brief_of(f'<p>See <a href="{address}">this</a>.</p>', title="T")
    assert brief.body_html == "<p>See this.</p>"
    assert brief.warnings == ((f"the link {address} was removed: {why}",) if why else ())


FILM = '<video poster="/still.jpg" src="/film.mp4" title="The quay"></video>'
STILL = (
    '<figure><a href="https://brief.example.org/film.mp4">'
    '<img src="https://brief.example.org/still.jpg" alt="The quay"></a>{}</figure>'
)


@pytest.mark.parametrize(
    ("markup", "body"),
    [
        (FILM, STILL.format("")),
        (f"<p>{FILM}</p>", STILL.format("")),
        (f"<p><span>{FILM}</span></p>", STILL.format("")),
        (f"<p>Look: {FILM}</p>", f"<p>Look:</p>\n{STILL.format('')}"),
        (f"<p>{FILM} Look!</p>", f"{STILL.format('')}\n<p>Look!</p>"),
        (f"<p><b>Look:</b> {FILM}</p>", f"<p><b>Look:</b></p>\n{STILL.format('')}"),
        (f"<p><em>Look: {FILM}</em></p>", f"<p><em>Look: </em></p>\n{STILL.format('')}"),
        (f"<h2>{FILM} Look!</h2>", f"{STILL.format('')}\n<h3>Look!</h3>"),
        (f"<div><a href='/x'>{FILM}</a></div>", STILL.format("")),
        (
            f"<figure>{FILM}<figcaption>At dawn</figcaption></figure>",
            STILL.format("<figcaption>At dawn</figcaption>"),
        ),
        ('<video poster="/still.jpg"></video>', ""),
        (
            '<video poster="https://pixel.wp.com/b.gif" src="/film.mp4"></video>',
            '<p><a href="https://brief.example.org/film.mp4">Video (brief.example.org)</a></p>',
        ),
        (
            '<p><iframe src="https://v.example/embed" title="The quay"></iframe> Look!</p>',
            '<p><a href="https://v.example/embed">The quay (v.example)</a></p>\n<p>Look!</p>',
        ),
    ],
)
def test_the_still_of_a_film_stands_alone_with_its_link_and_does_not_lead(
    brief_of: Read, markup: str, body: str
) -> None:
    brief = brief_of(f"{markup}<p>One.</p><p>Two.</p>", title="T", base_url=BASE)
    rest = "<p>One.</p>\n<p>Two.</p>"
    assert (brief.image_url, brief.body_html) == (None, f"{body}\n{rest}" if body else rest)


@pytest.mark.parametrize(
    "markup",
    [
        '<p><a href="/x"><img src="/a.jpg" alt="A"></a> One.</p>',
        '<p>One. <a href="/x"><em><img src="/a.jpg" alt="A"></em></a></p>',
    ],
)
def test_a_link_around_an_image_leaves_no_empty_link(brief_of: Read, markup: str) -> None:
    lead = brief_of(f"{markup}<p>Two.</p>", title="T", base_url=BASE)
    assert (lead.image_alt, lead.body_html, lead.links) == ("A", "<p>One.</p>\n<p>Two.</p>", ())
    below = body_after_two_paragraphs(brief_of, markup)
    assert below.count("<a href") == 1
    assert "One." in below
