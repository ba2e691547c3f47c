"""
Images that count readers are neither shown nor lead, with or without a size; real pictures of the
same services stay.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.ingest.parsing.cleanup.trackers import is_tracker
from newsletter.model.brief import MediaType

TRACKERS = [
    "http://feeds.feedburner.com/~r/example/news/~4/Ab1cD",
    "https://feeds2.feedburner.com/~r/example/~4/1",
    "http://feeds.feedblitz.com/~/i/930760325/0/example",
    "http://example.feedsportal.com/c/32/f/1/s/2/mf.gif",
    "https://pixel.wp.com/b.gif?host=example.org&blog=1&post=2",
    "http://stats.wordpress.com/b.gif?blog=1&ref=&feed=1",
    "http://feeds.wordpress.com/1.0/comments/example.wordpress.com/12/",
    "https://blogger.googleusercontent.com/tracker/123-456?l=example.blogspot.com",
    "https://medium.com/_/stat?event=post.clientViewed&referrerSource=full_rss&postId=1",
    "https://eotrx.substackcdn.com/open?token=abc",
    "https://email.mg1.substack.com/o/eJxVjk1",
    "https://counter.theconversation.com/content/158016/count.gif?distributor=republish-lightbox",
    "https://paper.example/?republication-pixel=true&post=12&ga4=G-1",
    "https://vg08.met.vgwort.de/na/7733ec039c1e",
    "https://www.google-analytics.com/collect?v=1&t=event",
    "https://ssl.google-analytics.com/__utm.gif?utmwv=4",
    "https://ad.doubleclick.net/ddm/trackimp/N1.2/B3;dc_trk_aid=4",
    "https://www.facebook.com/tr?id=1&ev=PageView&noscript=1",
    "http://pixel.quantserve.com/pixel/p-1.gif",
    "https://sb.scorecardresearch.com/p?c1=2&c2=3",
    "https://matomo.example.org/matomo.php?idsite=1&rec=1",
    "https://example.us7.list-manage.com/track/open.php?u=1&id=2&e=3",
    "https://mandrillapp.com/track/open.php?u=1&id=2",
    "https://u12.ct.sendgrid.net/wf/open?upn=abc",
    "https://links.example.com/ss/o/abc/1/h0/x.gif",
    "https://url9.example.com/wf/open?upn=abc",
    "https://ab1.r.us-east-1.awstrack.me/I0/0100-1/x",
    "https://go.sparkpostmail2.com/q/abc~/AAA~/1",
    "https://email.example.com/o/eJwNyTEOw",
    "https://track.hubspot.com/__ptq.gif?a=1",
    "https://d12.hubspotlinks.com/Bto/abc",
    "https://info.example.com/e3t/Bto/abc",
    "https://example.cmail20.com/t/r-o-abc/o.gif",
    "https://r20.rs6.net/on.jsp?ca=1",
    "https://open.convertkit-mail2.com/abc",
    "https://s2.mjt.lu/oo/abc/e.gif",
    "https://x.r.bh.d.sendibt3.com/mk/op/abc",
    "https://news.example.org/?mailpoet_router&endpoint=track&action=open&data=x",
    "https://go.pardot.com/r/1/1/2/open/1",
    "https://click.news.example.com/open.aspx?ffcb10=1",
]
PICTURES = [
    "https://i0.wp.com/example.org/uploads/tolls.jpg?w=1200",
    "https://example.files.wordpress.com/2026/03/tolls.jpg",
    "https://blogger.googleusercontent.com/img/b/R29v/tolls.jpg",
    "https://miro.medium.com/v2/resize:fit:1200/1*abc.jpeg",
    "https://substackcdn.com/image/fetch/w_1456/https%3A%2F%2Fx%2Fo%2Fa.png",
    "https://mcusercontent.com/1/images/track/open-day.jpg",
    "https://gallery.mailchimp.com/1/images/open.jpg",
    "https://www.facebook.com/travel/tolls.jpg",
    "https://www.facebook.com/images/tr.png",
    "https://assets.feedblitz.com/chicklets/tolls.png",
    "https://www.google-analytics.com.example.org/collect/tolls.jpg",
    "https://cdn2.hubspot.net/hubfs/1/tolls.png",
    "https://example.org/wp-content/uploads/o/eject.jpg",
    "https://example.org/o/elephants.jpg",
    "https://example.org/open.html/tolls.jpg",
    "https://example.org/wf/opening.jpg",
    "https://i.ytimg.com/vi/abc/hqdefault.jpg",
    "https://notfeedsportal.com/c/tolls.jpg",
    "https://img.mlsend.com/link/tolls.jpg",
    "https://[broken/tolls.jpg",
]


@pytest.mark.parametrize("url", TRACKERS)
def test_an_unsized_image_that_counts_readers_is_not_shown_and_does_not_lead(
    brief_of: Read, url: str
) -> None:
    shown = url.replace("&", "&amp;")
    brief = brief_of(f'<p><img src="{shown}"></p><p>One.</p><p>Two.</p>', title="T")
    assert (brief.image_url, brief.body_html, brief.warnings) == (
        None,
        "<p>One.</p>\n<p>Two.</p>",
        (),
    )


@pytest.mark.parametrize("url", PICTURES)
def test_a_picture_at_a_similar_address_stays(url: str) -> None:
    assert not is_tracker(url)


def test_an_image_that_counts_readers_is_not_the_stated_one(brief_of: Read) -> None:
    tracker = "https://pixel.wp.com/b.gif?x=1"
    stated = brief_of("<p>One.</p>", title="T", image_url=tracker, page_image_url=tracker)
    page = brief_of(
        f"<html><head><meta property=og:image content={tracker}></head><body><article><p>"
        "The ferries stay until the end of March.</p></article></body></html>",
        MediaType.HTML_PAGE,
        title="T",
        base_url="https://h/x/",
    )
    assert (stated.image_url, page.image_url) == (None, None)


def test_a_tracker_that_a_script_would_load_is_not_shown(brief_of: Read) -> None:
    markup = '<img src="data:image/gif;base64,R0" data-src="https://pixel.wp.com/b.gif?x=1">'
    assert brief_of(f"<p>One.</p>{markup}", title="T").body_html == "<p>One.</p>"


@pytest.mark.parametrize(
    "size",
    [
        'width="1" height="1"',
        'width="1px"',
        'height="0"',
        'style="width:1px!important;height:1px!important"',
        'style="max-width: 1px; max-height: 1px"',
        'style="border:0;height:0.5px"',
    ],
)
def test_an_image_of_one_pixel_is_not_shown(brief_of: Read, size: str) -> None:
    brief = brief_of(f'<img src="https://h.example/a.gif" {size}><p>One.</p>', title="T")
    assert (brief.image_url, brief.body_html) == (None, "<p>One.</p>")


@pytest.mark.parametrize(
    "size", ['style="max-width:100%"', 'style="border-width:0"', 'style="line-height:1"']
)
def test_an_image_with_another_style_stays(brief_of: Read, size: str) -> None:
    brief = brief_of(f'<img src="https://h.example/a.jpg" {size}><p>One.</p>', title="T")
    assert brief.image_url == "https://h.example/a.jpg"
