"""
The text of a page is found among the rest of the page, with its images, lists and tables.
"""

from __future__ import annotations

import sys

import pytest
from reading_types import Read
from web_pages import ASIDE, FOOTER, PARAGRAPHS, TEXT, TITLE, page

from newsletter.errors import ReadError
from newsletter.ingest.parsing.page.main_content import main_content
from newsletter.ingest.parsing.page.markup import page_tree
from newsletter.model.brief import Brief, MediaType

TEASER = (
    "<article class=teaser><h3><a href=/other>Ferry fares fall in Senn</a></h3>"
    "<p>From Monday a crossing costs two crowns less than it did in spring, the port says.</p>"
    "</article>"
)


@pytest.fixture
def page_brief(brief_of: Read) -> Read:
    def reading(body: str, **fields: object) -> Brief:
        return brief_of(page(body), MediaType.HTML_PAGE, base_url="https://a.example/1", **fields)

    return reading


@pytest.mark.parametrize(
    "body",
    [
        f"{TEASER}<div id=story>{TEXT}</div>{ASIDE}{FOOTER}",
        f"<aside>{TEASER}{TEASER}</aside><article>{TEXT}</article>{FOOTER}",
        f"<main>{TEASER}<section class=body>{TEXT}</section>{ASIDE}</main>{FOOTER}",
        f"<table><tr><td>{ASIDE}<td><table><tr><td>{TEXT}</table></table>{FOOTER}",
        f"<form id=aspnet><div>{ASIDE}</div><div class=c>{TEXT}</div></form>{FOOTER}",
    ],
    ids=["a teaser first", "articles in a column", "within main", "tables", "a form"],
)
def test_the_text_is_read_and_no_teaser_or_menu(page_brief: Read, body: str) -> None:
    brief = page_brief(body)
    assert brief.body_text == "\n\n".join(PARAGRAPHS)


REMARK = (
    "<p>The council counts lanterns while the quay wall falls into the harbour, and I have written "
    "to the clerk about it four times since the floods without any answer at all.</p>"
)
# Names that the library does not know.
SURROUNDINGS = (
    "<div class='visitors_comment_block'>",
    "<div class=sf_comment_list>",
    "<div class='comentarios'>",
    "<section class='kommentare'>",
    "<div class='foot'>",
    "<div id='pagefoot'>",
)
# Names that say only whether there are comments, elements with the article, and other words.
NOT_SURROUNDINGS = (
    "<div class='has-comments'>",
    "<div class='no-comments'>",
    "<div class='commentary'>",
    "<div class='footnotes'>",
    "<div class=comentarios><h1>Lanterns of Orrin</h1>",
    "<div class=comentarios><main>",
    "<div class=comentarios><article>",
    "<article class=comentarios>",
)


def test_what_readers_wrote_and_the_foot_of_the_site_are_left_out(page_brief: Read) -> None:
    kept = []
    for start in SURROUNDINGS:
        end = "</ol>" if start.startswith("<ol") else f"</{start[1:].split()[0]}>"
        body = f"<div class=story>{TEXT}{start}{REMARK * 6}{end}</div>"
        if "quay wall" in page_brief(body).body_text:
            kept.append(start)
    assert kept == []


def test_an_article_is_kept_whatever_its_names_say_of_comments(page_brief: Read) -> None:
    lost = []
    more = f"<div class=box>{REMARK * 2}</div><div id=comments>{REMARK}</div>"
    for start in NOT_SURROUNDINGS:
        end = f"</{start[1:].split()[0].rstrip('>')}>"
        brief = page_brief(f"{start}{TEXT}{end}{more}")
        if any(text not in brief.body_text for text in PARAGRAPHS):
            lost.append(start)
    assert lost == []


def test_a_page_that_is_all_surroundings_is_read(page_brief: Read) -> None:
    assert PARAGRAPHS[-1] in page_brief(f"<div class=related>{TEXT}</div>").body_text


def test_the_element_of_a_theme_is_used_whole(page_brief: Read) -> None:
    notes = "<p>1 The council's minutes of May.</p>"
    for name in ("entry-content", "gh-content", "elementor-widget-theme-post-content"):
        brief = page_brief(f"{TEASER}<div class='x {name}'>{TEXT}{notes}</div>{ASIDE}")
        assert brief.body_text.endswith("1 The council's minutes of May."), name


def test_the_element_of_a_theme_is_not_used_for_a_teaser(page_brief: Read) -> None:
    summary = "<div class=entry-content><p>Ferry fares fall in Senn, the port says.</p></div>"
    brief = page_brief(f"<aside>{summary}</aside><div class=post>{TEXT}</div>{ASIDE}")
    assert brief.body_text == "\n\n".join(PARAGRAPHS)


def test_a_page_of_several_entries_keeps_them(page_brief: Read) -> None:
    entries = "".join(
        f"<article><h2><a href=/{text[:3]}>At {number} o'clock</a></h2><p>{text}</p></article>"
        for number, text in enumerate(PARAGRAPHS, 1)
    )
    assert all(text in page_brief(f"<main>{entries}</main>").body_text for text in PARAGRAPHS)


def test_what_belongs_to_the_text_keeps_its_markup(page_brief: Read) -> None:
    first, *others = [f"<p>{text}</p>" for text in PARAGRAPHS]
    figure = "<figure><img src=/m.jpg alt=Mill><figcaption>The mill by night.</figcaption></figure>"
    table = "<table><tr><th>Year<th>Lanterns<tr><td>1911<td>204<tr><td>1912<td>187</table>"
    items = "<ul><li>Nine members voted for the tax.</li><li>Two voted against the tax.</li></ul>"
    link = "<p>The <a href='/minutes'>minutes of the council</a> were printed in the evening.</p>"
    body = f"<div>{first}{figure}{others[0]}{table}{items}{link}<hr>{''.join(others[1:])}</div>"
    brief = page_brief(f"{ASIDE}{body}{FOOTER}", image_url="https://a.example/lead.jpg")
    assert "<figcaption>The mill by night.</figcaption>" in brief.body_html
    assert "<td>204</td>" in brief.body_html
    assert "<li>Two voted against the tax.</li>" in brief.body_html
    assert "<hr>" in brief.body_html
    assert [link.url for link in brief.links] == ["https://a.example/minutes"]


def test_an_image_above_the_text_leads(page_brief: Read) -> None:
    brief = page_brief(f"{ASIDE}<div class=body><img src=/lead.jpg alt=Lead>{TEXT}</div>{FOOTER}")
    assert (brief.image_url, brief.image_alt) == ("https://a.example/lead.jpg", "Lead")


def test_the_footnotes_of_the_text_stay(page_brief: Read) -> None:
    text = TEXT.replace("</p>", "<sup><a href='#n1'>1</a></sup></p>", 1)
    notes = "<ol><li id=n1>Ledger 7, kept in the tower.</li></ol>"
    brief = page_brief(f"{ASIDE}<div class=b>{text}{notes}</div>{FOOTER}")
    assert any("Ledger 7" in note for note in (*brief.footnotes, brief.body_text))


def test_a_page_that_a_script_would_fill_is_read_from_its_data(page_brief: Read) -> None:
    written = " ".join(PARAGRAPHS)
    data = f'<script type="application/ld+json">{{"articleBody": "{written}"}}</script>'
    brief = page_brief(f"{data}<div id=app></div><p>Menu</p>")
    assert PARAGRAPHS[1] in brief.body_text


@pytest.mark.parametrize("between", ["\\n\\n", "\\r\\n"])
def test_the_data_of_a_page_keeps_its_paragraphs(page_brief: Read, between: str) -> None:
    data = f'<script type="application/ld+json">{{"articleBody": "{between.join(PARAGRAPHS)}"}}'
    brief = page_brief(f"{data}</script><div id=app></div><p>Menu</p>")
    assert brief.body_text == "\n\n".join(PARAGRAPHS)


def test_a_table_of_contents_is_neither_text_nor_takeaways(page_brief: Read) -> None:
    links = "<li><a href='#why'>1 Why</a></li><li><a href='#cost'>2 <b>Cost</b></a></li>"
    heading = "<h2 id=why>Why<a class=anchor href='#why'>#</a></h2>"
    first, *others = [f"<p>{text}</p>" for text in PARAGRAPHS]
    for listed in (f"<ul>{links}</ul>", f"<div class=c><h2>Contents</h2><ol>{links}</ol></div>"):
        brief = page_brief(
            f"<div class=entry-content>{listed}{first}{heading}{''.join(others)}</div>"
        )
        assert brief.takeaways == ()
        assert brief.body_text == "\n\n".join([PARAGRAPHS[0], "Why", *PARAGRAPHS[1:]])


@pytest.mark.parametrize(
    "text",
    [
        "議会は真夜中を過ぎて燃えるすべての灯りに税を課した。商人たちは三日のあいだ広場に集まった。",
        "Совет обложил налогом каждый фонарь, горящий после полуночи, и торговцы собрались.",
        "سيفرض المجلس ضريبة على كل مصباح يضيء بعد منتصف الليل، وتجمع التجار ثلاثة أيام.",
        "Die Stadt be\u00adsteuert jede La\u00adterne, die nach Mitter\u00adnacht brennt.",
    ],
    ids=["ja", "ru", "ar", "soft hyphens"],
)
def test_texts_of_other_scripts_are_found(page_brief: Read, text: str) -> None:
    paragraphs = "".join(f"<p>{text} {number}.</p>" for number in range(4))
    brief = page_brief(f"{ASIDE}<div class=t>{paragraphs}</div>{FOOTER}")
    assert len(brief.body_text.split("\n\n")) == 4


@pytest.mark.parametrize(
    "part",
    [
        f"<script>{'a(1);' * 200_000}</script>",
        f"<style>{'a{b:c}' * 200_000}</style>",
        f"<!-- {'x' * 900_000} -->",
        "<svg viewBox='0 0 1 1'>" + "<path d='M0 0 1 1z'/>" * 50_000 + "<text>Rain</text></svg>",
        f"<img alt='' src='data:image/png;base64,{'A' * 900_000}'>",
        "<p>\n" + " " * 900_000 + "</p>",
    ],
    ids=["script", "style", "comment", "drawing", "embedded image", "indentation"],
)
def test_the_limit_counts_content(page_brief: Read, part: str) -> None:
    assert PARAGRAPHS[-1] in page_brief(f"{part}<div>{TEXT}</div>").body_text


@pytest.mark.parametrize(
    "part",
    [
        f"<p class='{'menu ' * 40}'><a href='/section/of/the/paper'>Town</a></p>",
        f"<img alt='' src=/a.png srcset='{'https://cdn.example.org/a/1600.jpg 1600w, ' * 8}'>",
        f"<div style='{'color: red; ' * 20}'></div>",
    ],
    ids=["menus", "sizes of pictures", "styles"],
)
def test_a_small_article_in_a_page_of_one_and_a_half_megabytes_is_read(
    page_brief: Read, part: str
) -> None:
    around = part * (1_500_000 // len(part))
    assert page_brief(f"{around}<div class=story>{TEXT}</div>").body_text == "\n\n".join(PARAGRAPHS)


def test_code_in_a_large_page_keeps_its_indentation(page_brief: Read) -> None:
    code = f"<pre>if tax:\n        light()</pre><p>\n{' ' * 600_000}</p>"
    assert "\n        light()" in page_brief(f"<div>{TEXT}{code}{TEXT}</div>").body_html


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<p>word and more words</p>" * 40_000, "over 512 KB"),
        ("<p>a" * 60_000, "over 50,000 elements"),
        ("<div>" * 300 + TEXT, "nested over 200 elements deep"),
        (f"<p {' '.join(f'a{number}' for number in range(2000))}>{TEXT}", "over 1,000 attributes"),
    ],
)
def test_a_page_that_is_too_much_is_refused(page_brief: Read, body: str, reason: str) -> None:
    with pytest.raises(ReadError, match=reason):
        page_brief(body)


@pytest.mark.parametrize(
    "body",
    ["<ul><li>a" * 190 * 20 + TEXT, "<table><tr><td>a</table>" * 9000 + f"<main>{TEXT}</main>"],
    ids=["lists", "tables"],
)
def test_a_page_with_too_many_elements_for_the_library_is_read(page_brief: Read, body: str) -> None:
    closed = body.replace("<ul><li>a" * 190, "<ul><li>a" * 190 + "</ul>" * 190)
    assert PARAGRAPHS[-1] in page_brief(closed).body_text


def test_labels_and_links_between_the_paragraphs_are_removed(page_brief: Read) -> None:
    first, *others = [f"<p>{text}</p>" for text in PARAGRAPHS]
    skip = "<a href='#more'>Continue with the story</a>"
    share = "<span class=visually-hidden>Opens in a window</span>"
    body = f"<div>{skip}{first}{skip}{share}{''.join(others)}</div>"
    assert page_brief(f"{ASIDE}{body}{FOOTER}").body_text == "\n\n".join(PARAGRAPHS)


SUMMARY = (
    "The council of Orrin taxes late lanterns, and the streets below the tower go dark by autumn"
)


@pytest.mark.parametrize("above", ["<div class=lead><p>{}.</p></div>", "<h2 class=deck>{}.</h2>"])
@pytest.mark.parametrize("stated", [f"{SUMMARY}.", f"{SUMMARY[:60]}…"])
def test_the_standfirst_that_is_the_description_of_the_page_is_above_the_text(
    brief_of: Read, above: str, stated: str
) -> None:
    head = f"<title>{TITLE}</title><meta property=og:description content='{stated}'>"
    body = f"<div class=top>{above.format(SUMMARY)}</div><div class=story>{TEXT}</div>{FOOTER}"
    brief = brief_of(page(body, head), MediaType.HTML_PAGE, base_url="https://a.example/1")
    assert brief.body_text == "\n\n".join([f"{SUMMARY}.", *PARAGRAPHS])


def test_a_description_is_not_repeated(brief_of: Read) -> None:
    about = "The Orrin Post has told the harbour what happened since the flood year of the tower."
    for stated, rest in [(PARAGRAPHS[0], ""), (about, f"<div><p>{about}</p></div>")]:
        head = f"<title>{TITLE}</title><meta name=description content='{stated}'>"
        body = f"<div class=story>{TEXT}</div><footer>{rest}</footer>"
        brief = brief_of(page(body, head), MediaType.HTML_PAGE, base_url="https://a.example/1")
        assert brief.body_text == "\n\n".join(PARAGRAPHS)


def steps_of(markup: str) -> int:
    """
    Return how many calls it takes to find the content of the page *markup*.
    """
    tree, seen = page_tree(markup)
    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        main_content(tree, seen)
    finally:
        sys.setprofile(None)
    return steps


def test_nested_elements_take_no_more_steps_than_others() -> None:
    slow = []
    for start in (
        "<article>",
        "<main>",
        "<div>",
        "<section>",
        "<div class=entry-content>",
        "<div class=comments>",
    ):
        end = f"</{start[1:].split()[0].rstrip('>')}>"
        flat, deep = (
            page((f"{start}a" * depth + end * depth) * (15_200 // depth) + f"<div>{TEXT}</div>")
            for depth in (19, 190)
        )
        if steps_of(deep) > 1.5 * steps_of(flat):
            slow.append(start)
    assert slow == []
