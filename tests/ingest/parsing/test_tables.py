"""
Telling tables of data from tables that only arrange a mail, and opening the latter.
"""

from __future__ import annotations

import pytest

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.cleanup.tables import is_data_table
from newsletter.ingest.parsing.fields.plain_body import plain_body
from newsletter.ingest.parsing.read import read
from newsletter.model.brief import Brief, MediaType, RawItem, ReadingRules

LONG = "The port reopened on Monday after nine days, and the queue of lorries is now shorter. " * 3
BARE = "<table role='presentation' cellpadding='0' cellspacing='0' border='0' width='600'>"


def rows(*cells: str, tag: str = "td") -> str:
    """
    Make one row for each of *cells*, whose cells are separated by `|`.
    """
    made = ("".join(f"<{tag}>{text}</{tag}>" for text in row.split("|")) for row in cells)
    return "".join(f"<tr>{row}</tr>" for row in made)


DATA = {
    "with a head and lists": f"<table><thead>{rows('a|b', tag='th')}</thead>"
    f"{rows('Car|<ul><li>9</li></ul>', 'Van|<ul><li>12</li></ul>')}</table>",
    "with a head and images": f"<table><thead>{rows('a|b', tag='th')}</thead>"
    f"{rows('Car <img src=/f.png width=64>|9', 'Van <img src=/g.png width=64>|12')}</table>",
    "with a caption": f"<table><caption>Tolls</caption>{rows('Car|9', 'Van|12')}</table>",
    "with a head": f"<table><thead>{rows('a|b', tag='th')}</thead>{rows('Car|9')}</table>",
    "with head cells in its first row": f"<table>{rows('a|b', tag='th')}{rows('Car|9')}</table>",
    "with a scope": "<table><tr><th scope=row>Car</th><td>9</td></tr><tr><th scope=row>Van</th>"
    "<td>12</td></tr></table>",
    "of short cells": f"<table>{rows('Car|9|5', 'Van|12|6')}</table>",
    "of short cells in a mail": f"<table border=0 cellpadding=0>{rows('Car|9', 'Van|12')}</table>",
    "with a border": f"<table border=1>{rows(f'Car|{LONG}', f'Van|{LONG}')}</table>",
    "from Word": "<table class=MsoTableGrid border=1><tr><td><p class=MsoNormal>Car</p></td><td>"
    "<p class=MsoNormal>9</p></td></tr><tr><td><p>Van</p></td><td><p>12</p></td></tr></table>",
    "of long cells in an article": f"<table>{rows(f'For|{LONG}', f'Against|{LONG}')}</table>",
    "with an icon beside the words": "<table><tr><td><img src=/f.png width=16> Car</td><td>9</td>"
    "</tr><tr><td><img src=/g.png width=16> Van</td><td>12</td></tr></table>",
}
LAYOUT = {
    "said to be one": f"{BARE}{rows('Car|9', 'Van|12')}</table>",
    "of one cell": f"<table>{rows('Words of a paragraph.')}</table>",
    "of one column": f"<table>{rows('Title', LONG, 'More')}</table>",
    "of one row": f"<table>{rows('Home|Archive|About')}</table>",
    "with a table inside": f"<table border=1>{rows('a|b', '<table><tr><td>c</table>|d')}</table>",
    "of long cells in a mail": f"<table width=600>{rows(f'a|{LONG}', f'b|{LONG}')}</table>",
    "of pictures": "<table><tr><td><img src=/a.jpg></td><td>Words</td></tr><tr><td>"
    "<img src=/b.jpg></td><td>Words</td></tr></table>",
    "of headings": f"<table>{rows('<h2>a</h2>x|<h2>b</h2>y', '<h2>c</h2>z|<h2>d</h2>w')}</table>",
    "of links": "<table>"
    + rows("<a href=/a>A</a>|<a href=/b>B</a>", "<a href=/c>C</a>|<a href=/d>D</a>")
    + "</table>",
    "of typed bullets": f"<table>{rows('•|One.', '•|Two.', '•|Three.')}</table>",
    "with spacers": f"<table>{rows('|Title|', f'|{LONG}|')}</table>",
    "of columns in Foundation": "<table class=row><tr><th class=columns><p>"
    f"{LONG}</p></th><th class=expander></th></tr></table>",
}


def brief_of(markup: str) -> Brief:
    item = RawItem(key="a", content=markup, media_type=MediaType.HTML, title="Tolls")
    return read(item, ReadingRules())


@pytest.mark.parametrize("name", DATA)
def test_a_table_of_data_is_kept(name: str) -> None:
    table = html_tree.body_of(DATA[name]).css_first("table")
    assert table is not None
    assert is_data_table(table)


@pytest.mark.parametrize("name", LAYOUT)
def test_a_table_that_arranges_a_mail_is_opened(name: str) -> None:
    table = html_tree.body_of(LAYOUT[name]).css_first("table")
    assert table is not None
    assert not is_data_table(table)
    assert "<table" not in brief_of(f"<p>Words.</p>{LAYOUT[name]}").body_html


def test_each_cell_of_a_layout_table_becomes_a_paragraph() -> None:
    markup = f"{BARE}<tr><td>{BARE}{rows('<h1>Tolls</h1>', 'One.|Two.', '<p>Three.</p>')}"
    brief = brief_of(f"{markup}</table></td></tr></table>")
    assert (brief.title, brief.body_html) == ("Tolls", "<p>One.</p>\n<p>Two.</p>\n<p>Three.</p>")
    assert brief.body_text == "One.\n\nTwo.\n\nThree."


def test_a_table_of_data_in_a_layout_table_is_kept() -> None:
    brief = brief_of(f"{BARE}<tr><td><p>a</p>{DATA['of short cells']}</td></tr></table>")
    assert brief.body_text == "a\n\nCar | 9 | 5\nVan | 12 | 6"


def test_cells_of_a_table_from_word_have_no_paragraphs() -> None:
    assert "<td>Car</td><td>9</td>" in brief_of(DATA["from Word"]).body_html


def test_an_emoji_in_a_cell_of_its_own_is_part_of_the_text() -> None:
    brief = brief_of(f"<p>a</p>{BARE}{rows('💡|Permits stay valid.')}</table>")
    assert brief.body_text == "a\n\n💡 Permits stay valid."


def test_bullets_in_cells_of_their_own_become_a_list() -> None:
    brief = brief_of(f"<p>a</p><p>b</p>{BARE}{rows('•|One.', '•|<p>Two.</p>')}</table><p>c</p>")
    assert "<ul><li>One.</li><li>Two.</li></ul>" in brief.body_html.replace("\n", "")


def test_rows_of_a_table_in_a_table_are_in_the_text_part_once() -> None:
    inner = f"<table>{rows('c', 'd')}</table>"
    assert plain_body(f"<table>{rows(f'a|{inner}', 'e|f')}</table>") == "a | c d\ne | f"


def test_an_office_tag_is_never_visible() -> None:
    brief = brief_of(
        "<p>First<o:p></o:p></p><ul><li>One.<o:p></o:p></li><li>Two<st1:place>."
        "</st1:place><o:p> </o:p></li></ul><w:sdt><p>Last.</p></w:sdt>"
    )
    assert brief.takeaways == ("One.", "Two.")
    assert brief.body_html == "<p>First</p>\n<p>Last.</p>"
