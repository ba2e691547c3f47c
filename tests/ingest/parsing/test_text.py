"""
Plain text as editors lay it out.
"""

from __future__ import annotations

import datetime as dt

import pytest
from reading_types import Read

from newsletter.model.brief import Link, MediaType

HEAD = "2024-02-06\n\nThe Quiet Quay\n\n"


def test_hard_wrapped_lines_are_joined_and_short_ones_kept(brief_of: Read) -> None:
    wrapped = "The harbor of Tarn has been quiet since the toll came back\nlast week."
    brief = brief_of(f"{HEAD}{wrapped}\n\nRoses\nViolets", MediaType.TEXT)
    assert brief.body_html == f"<p>{wrapped.replace(chr(10), ' ')}</p>\n<p>Roses<br>Violets</p>"


def test_the_first_line_that_is_not_a_date_is_the_title(brief_of: Read) -> None:
    brief = brief_of(f"{HEAD}Body text.", MediaType.TEXT)
    assert (brief.title, brief.date) == ("The Quiet Quay", dt.date(2024, 2, 6))


def test_a_wrapped_bullet_is_one_takeaway(brief_of: Read) -> None:
    content = f"{HEAD}- One that goes\n  on.\n- Two.\n\nBody text."
    assert brief_of(content, MediaType.TEXT).takeaways == ("One that goes on.", "Two.")


def test_dialogue_after_a_single_dash_is_not_a_list(brief_of: Read) -> None:
    brief = brief_of(f"{HEAD}– Not yet, she said.\n\nBody text.", MediaType.TEXT)
    assert brief.takeaways == ()
    assert brief.body_html == "<p>– Not yet, she said.</p>\n<p>Body text.</p>"


def test_numbered_lines_are_takeaways(brief_of: Read) -> None:
    brief = brief_of(f"{HEAD}1. One.\n2. Two.\n\nBody text.", MediaType.TEXT)
    assert brief.takeaways == ("One.", "Two.")


def test_text_that_looks_like_markup_is_shown(brief_of: Read) -> None:
    brief = brief_of(f"{HEAD}If a < b & c > d, say <who>.", MediaType.TEXT)
    assert brief.body_text == "If a < b & c > d, say <who>."


def test_an_address_becomes_a_link_without_the_full_stop(brief_of: Read) -> None:
    brief = brief_of(f"{HEAD}See https://brief.example.org/a?b=1.", MediaType.TEXT)
    assert brief.links == (
        Link("https://brief.example.org/a?b=1", "https://brief.example.org/a?b=1"),
    )
    assert brief.body_text == "See <https://brief.example.org/a?b=1>."


def test_an_address_in_brackets_and_after_a_tag_becomes_a_link(brief_of: Read) -> None:
    text = 'See <b>https://brief.example.org/a_(b)</b>, <a href="/c">c</a> (https://brief.example.org/).'
    brief = brief_of(f"{HEAD}{text}", MediaType.TEXT, base_url="https://brief.example.org/")
    assert [link.url.removeprefix("https://brief.example.org/") for link in brief.links] == [
        "a_(b)",
        "c",
        "",
    ]


def test_an_address_of_a_shortcode_is_not_a_link_inside_it(brief_of: Read) -> None:
    embedded = "[embed]https://www.youtube.com/watch?v=dQw4w9WgXcQ[/embed]"
    film = brief_of(f"{HEAD}Body text.\n\n{embedded}\n\nMore text.", MediaType.TEXT)
    assert [link.url for link in film.links] == ["https://www.youtube.com/watch?v=dQw4w9WgXcQ"]
    assert "embed]" not in film.body_html
    other = brief_of(f"{HEAD}[embed width='9']https://a.example/b_(c)[/embed] text", MediaType.TEXT)
    assert [link.url for link in other.links] == ["https://a.example/b_(c)"]


def test_footnotes_at_the_end_are_removed_from_the_body_with_their_heading(brief_of: Read) -> None:
    brief = brief_of(f"{HEAD}Late.[1]\n\nNotes\n\n[1] Minutes.\n[2] Ledger.", MediaType.TEXT)
    assert brief.body_text == "Late.[1]"
    assert brief.footnotes == ("[1] Minutes.", "[2] Ledger.")


def test_a_video_after_boilerplate_is_removed_with_a_warning(brief_of: Read) -> None:
    film = '[video mp4="https://a.example/f.mp4" poster="https://a.example/p.jpg"][/video]'
    brief = brief_of(f"{HEAD}Body text.\n\n. .\n\n{film}", MediaType.TEXT)
    assert brief.body_html == "<p>Body text.</p>"
    assert set(brief.removed) == {". .", film}
    assert brief.warnings == ("a video after the end was left out: https://a.example/f.mp4",)


def test_a_video_at_the_end_of_the_body_stays(brief_of: Read) -> None:
    film = '[video mp4="https://a.example/f.mp4" poster="https://a.example/p.jpg"][/video]'
    brief = brief_of(f"{HEAD}Body text.\n\n{film}\n\n. .", MediaType.TEXT)
    assert brief.links == (Link("Video", "https://a.example/f.mp4"),)


@pytest.mark.parametrize("line", ["5. März 2019", "5. března 2019", "5. 3. 2019", "5. mars 2019"])
@pytest.mark.parametrize("kind", [MediaType.TEXT, MediaType.HTML])
def test_a_date_that_starts_like_a_list_is_not_a_takeaway(
    brief_of: Read, line: str, kind: MediaType
) -> None:
    content = f"{line}\n• Eins.\n• Zwei.\n\nDer Rat traf sich am Montag."
    if kind is MediaType.HTML:
        content = f"<p>{line}<br>• Eins.<br>• Zwei.</p><p>Der Rat traf sich am Montag.</p>"
    brief = brief_of(content, kind, title="Fähren")
    assert (brief.date, brief.takeaways) == (dt.date(2019, 3, 5), ("Eins.", "Zwei."))
    assert brief.body_text == "Der Rat traf sich am Montag."


def test_a_date_at_the_end_of_a_wrapped_bullet_stays_in_it(brief_of: Read) -> None:
    content = f"{HEAD}• The contract was signed on\n5 March 2019.\n• Ice.\n\nBody text."
    brief = brief_of(content, MediaType.TEXT)
    assert brief.takeaways == ("The contract was signed on 5 March 2019.", "Ice.")
