"""
Test parsing MJML: which elements are allowed where, and the errors for the others.
"""

from __future__ import annotations

import pytest

from newsletter.mail.mjml.elements import KINDS, Holds, MjmlError
from newsletter.mail.mjml.parse import Element, every_element, parse_mjml


def column(inside: str, *, head: str = "") -> str:
    return (
        f"<mjml>\n<mj-head>{head}</mj-head>\n<mj-body><mj-section><mj-column>{inside}</mj-column>"
        "</mj-section></mj-body>\n</mjml>\n"
    )


def found(source: str, name: str) -> Element:
    return next(e for e in every_element(parse_mjml(source)) if e.name == name)


def complaint(source: str) -> tuple[str, str]:
    """
    Return the error about *source*, and the text at its place.
    """
    with pytest.raises(MjmlError) as caught:
        parse_mjml(source)
    place = caught.value.place
    return str(caught.value), source[place : place + 12] if place >= 0 else ""


@pytest.mark.parametrize(
    "written",
    [
        "<p>one<br>two",
        "a < b &amp; c\n  <b>d</b>\n<i>e</i>",
        "<p class=x>&nbsp;</p><!-- </p> --><!--[if mso]><v:rect/><![endif]-->",
        "<table><tr><td>1<td>2</table>",
        "",
    ],
)
def test_html_inside_an_element_stays_as_written(written: str) -> None:
    text = found(column(f"<mj-text color='red'>{written}</mj-text>"), "mj-text")
    assert (text.content, text.attributes, text.children) == (written, {"color": "red"}, [])


def test_elements_keep_their_order_and_comments_are_left_out() -> None:
    root = parse_mjml(column("<!-- a --><mj-spacer/><mj-divider />\n<mj-image></mj-image>"))
    assert [element.name for element in every_element(root)] == [
        *("mjml", "mj-head", "mj-body", "mj-section", "mj-column"),
        *("mj-spacer", "mj-divider", "mj-image"),
    ]


def test_values_in_single_or_double_quotes_are_read_completely() -> None:
    image = found(
        column("""<mj-image alt='a "b" > c'\n  src="https://x.example/?a='1'"/>"""), "mj-image"
    )
    assert image.attributes == {"alt": 'a "b" > c', "src": "https://x.example/?a='1'"}


def test_an_element_in_mj_attributes_has_no_content() -> None:
    head = (
        '<mj-attributes><mj-all color="a"/><mj-text></mj-text><mj-class name="b"/></mj-attributes>'
    )
    assert found(column("", head=head), "mj-text").holds is Holds.NOTHING


def test_every_possible_parent_may_contain_elements() -> None:
    places = {place for kind in KINDS.values() for place in kind.inside}
    assert {KINDS[place].holds for place in places} == {Holds.ELEMENTS}


@pytest.mark.parametrize(
    ("inside", "says", "place"),
    [
        ("<mj-text>a", "<mj-text> is never closed", "<mj-text>a</"),
        ("<mj-text>a <mj-text>b</mj-text>", "<mj-text> is inside <mj-text>: is", "<mj-text>b</"),
        ("<mj-image src='x'>", "write <mj-image ... />", "<mj-image sr"),
        ("<mj-image src=x />", "<mj-image>: write 'src' as", "<mj-image sr"),
        ("<mj-image alt />", "<mj-image>: write 'alt' as", "<mj-image al"),
        ("<mj-text color='a' color='b'>x</mj-text>", "<mj-text> has color twice", "<mj-text col"),
        ("<mj-text colour='a'>x</mj-text>", "did you mean color?", "<mj-text col"),
        ("<mj-text dir='rtl'>x</mj-text>", 'write <div dir="..."> inside', "<mj-text dir"),
        ("<mj-tex>x</mj-tex>", "did you mean mj-text?", "<mj-tex>x</m"),
        ("<p>x</p>", "put HTML into an <mj-text> or", "<p>x</p></mj"),
        ("\n words", "'words' is in <mj-column>: put it", "words</mj-co"),
        ("<mj-section />", "put it in <mj-body> or <mj-wrapper>", "<mj-section "),
        ("</mj-section>", "close <mj-column> first", "</mj-section"),
        ("<mj-image a='b", "cannot read a tag in", "<mj-image a="),
        ("<!--[if mso]>x<![endif]-->", "conditional comments into an <mj-raw>", "<!--[if mso]"),
        ("<mj-spacer>x</mj-spacer>", "<mj-spacer> must be empty", "x</mj-spacer"),
        ("<mj-include path='/etc/passwd' />", "<mj-include> is not allowed: it", "<mj-include "),
        ("<mj-carousel />", "loads third-party images", "<mj-carousel"),
        (
            "<mj-social><mj-social-element name='x'>y</mj-social-element></mj-social>",
            "<mj-social-element> needs a src",
            "<mj-social-e",
        ),
    ],
)  # fmt: skip
def test_an_error_in_the_body_is_reported_with_its_place(
    inside: str, says: str, place: str
) -> None:
    message, start = complaint(column(inside))
    assert says in message
    assert start == place


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("", "there is no <mjml> element"),
        ("<!-- only -->\n", "there is no <mjml> element"),
        ("words", "'words' is outside of <mjml>"),
        ("<mjml>", "<mjml> is never closed"),
        ("<mjml></mjml>", "<mjml> has no <mj-body>"),
        ("<mjml><mj-body/></mjml><mjml/>", "one <mjml> and nothing after it"),
        ("<mjml><mj-body/><mj-body/></mjml>", "there must be only one <mj-body>"),
        ("</mjml>", "</mjml> has no opening tag"),
        ("<mj-body/>", "<mj-body> is not allowed outside of <mjml>; put it in <mjml>"),
        ("<html></html>", "<html> is not an MJML element"),
        (column("", head="<mj-font name='x' href='x' />"), "<mj-font> is not allowed: it would"),
        (column("", head="<mj-title>a<b></mj-title>"), "<mj-title> may contain only text"),
        (column("", head="<mj-text>a</mj-text>"), "<mj-text> is not allowed in <mj-head>; put it"),
    ],
)  # fmt: skip
def test_an_invalid_document_is_refused_in_one_line(source: str, says: str) -> None:
    message, _ = complaint(source)
    assert says in message
    assert "\n" not in message
