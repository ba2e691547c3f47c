"""
Leaving out what a mail or a page hides from its readers.
"""

from __future__ import annotations

import pytest
from mails import mail

from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.mailbox.message import read_letter
from newsletter.model.brief import Brief, MediaType, RawItem, ReadingRules

HIDDEN = [
    "<div style='display:none'>X</div>",
    "<div style='DISPLAY : NONE !important;max-height:0'>X</div>",
    "<span style='visibility:hidden;opacity:0'>X</span>",
    "<div style='font-size:1px;line-height:1px;color:#fff'>X</div>",
    "<div style='font-size:0'>X</div>",
    "<div style='max-height:0px;overflow:hidden'>X</div>",
    "<div style='opacity:0.0'>X</div>",
    "<p style='mso-hide:all'>X</p>",
    "<div hidden>X</div>",
    "<style>.preheader{display:none}</style><div class='preheader x'>X</div>",
    "<style>/* a */ span.pre , #b { color:#fff; display:none !important }</style><i id=b>X</i>",
    "<style>@media print{p{color:red}} .pre{font-size:1px;max-height:0}</style><b class=pre>X</b>",
    "<table><tr><td style='display:none'>X</td></tr></table>",
]
SHOWN = [
    "<div style='font-size:0'><span style='font:16px Arial'>X</span></div>",
    "<div style='FONT-SIZE:0px'><p style='Font: normal 14px/20px Arial'>X</p></div>",
    "<div style='font-size:0px'><p style='font-size:13px'>X</p></div>",
    "<div style='line-height:0'><p>X</p></div>",
    "<style>@media (max-width:600px){.m{display:none}}</style><p class=m>X</p>",
    "<style>.m{display:none}.m{display:block}</style><p class=m>X</p>",
    "<style>.m{display:none}</style><p class=m style='display:block'>X</p>",
    "<style>.m, p{display:none</style><p>X</p>",
    "<p style='opacity:0.9'>X</p>",
    "<p style='font-size:10px'>X</p>",
    "<p style='max-height:100px'>X</p>",
    "<p style='background:url(display:none)'>X</p>",
]


def brief_of(raw: bytes) -> Brief:
    return read(read_letter(raw), ReadingRules())


def of_page(markup: str) -> Brief:
    item = RawItem(key="a", content=markup, media_type=MediaType.HTML, title="Tolls")
    return read(item, ReadingRules())


@pytest.mark.parametrize("markup", HIDDEN)
def test_hidden_text_of_a_mail_is_left_out(markup: str) -> None:
    brief = brief_of(mail(f"{markup}<p>First words.</p><p>More.</p>", kind="html"))
    assert brief.body_html == "<p>First words.</p>\n<p>More.</p>"


@pytest.mark.parametrize("markup", SHOWN)
def test_text_that_readers_see_is_kept(markup: str) -> None:
    assert "X" in brief_of(mail(f"{markup}<p>First words.</p>", kind="html")).body_text


@pytest.mark.parametrize(
    "image",
    [
        "<img src='https://a.example/p.jpg' style='display:none'>",
        "<img src='https://a.example/p.jpg' style='visibility:hidden'>",
        "<img src='https://a.example/p.jpg' style='max-height:0'>",
        "<div style='display:none'><img src='https://a.example/p.jpg'></div>",
        "<img src='https://a.example/p.jpg' width=1 height=1>",
        "<img src='https://a.example/p.jpg' style='width:0px'>",
    ],
)
def test_a_hidden_image_of_a_mail_never_leads(image: str) -> None:
    seen = "<img src='https://a.example/seen.jpg'>"
    brief = brief_of(mail(f"{image}{seen}<p>First words.</p>", kind="html"))
    assert brief.image_url == "https://a.example/seen.jpg"
    assert "p.jpg" not in brief.body_html


def test_hidden_text_of_a_page_is_left_out() -> None:
    brief = of_page("<p>First words.</p><p style='display:none'>X</p>")
    assert brief.body_html == "<p>First words.</p>"
    assert brief.removed == ("X",)


def test_a_page_that_a_script_would_reveal_is_kept() -> None:
    brief = of_page("<h2>a</h2><div style='display:none'><p>All words of the text.</p></div>")
    assert "All words of the text." in brief.body_html
    assert "X" in of_page("<p>b</p><p style='opacity:0;visibility:hidden'>X</p>").body_html
