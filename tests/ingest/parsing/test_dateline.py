"""
The date of an agency's report is in its first paragraph, and stays there.
"""

from __future__ import annotations

import datetime as dt

import pytest
from reading_types import Read

from newsletter.ingest.parsing.fields.dateline import date_line, dateline_date
from newsletter.model.brief import MediaType

FIFTH = dt.date(2019, 3, 5)


@pytest.mark.parametrize(
    "paragraph",
    [
        "ARLEN, March 5, 2019 – The council met.",
        "ARLEN, N.D., March 5, 2019 — The council met.",
        "NEW YORK--(BUSINESS WIRE)--March 5, 2019--Acme sails.",
        "LONDON, March 5, 2019 /PRNewswire/ -- Acme sails.",
        "ATLANTA, March 05, 2019 (GLOBE NEWSWIRE) -- Acme sails.",
        "WASHINGTON (March 5, 2019) – The council met.",
        "San Francisco – March 5, 2019 – The council met.",
        "Kyiv, Ukraine, Tuesday, March 5, 2019: The council met.",
        "(Berlin, 5. März 2019) Der Rat traf sich.",
        "Berlin, den 5. März 2019 – Der Rat traf sich.",
        "PARIS, le 5 mars 2019 – Le conseil s’est réuni.",
        "La Paz, 5 de marzo de 2019.- El consejo se reunió.",
        "Rio de Janeiro, 5 de março de 2019 – O conselho reuniu-se.",
        "Warszawa, 5 marca 2019 r. – Rada zebrała się.",
        "Москва, 5 марта 2019 г. — Совет собрался.",
        "BUDAPEST, 2019. március 5. – A tanács ülésezett.",
        "東京、2019年3月5日 – 議会が開かれた。",
    ],
)
def test_a_place_a_date_and_a_dash_are_a_dateline(paragraph: str) -> None:
    assert dateline_date(paragraph, day_first=False) == FIFTH


@pytest.mark.parametrize(
    "paragraph",
    [
        "The council of Arlen met on March 5, 2019 – and left.",
        "On Tuesday, March 5, 2019 – the day before the thaw – they met.",
        "In Berlin, March 5, 2019 – it was cold.",
        "Since Tuesday, March 5, 2019 – nothing has sailed.",
        "They said, March 5, 2019: it sails.",
        "It happened in Arlen, March 5, 1929 – he was there.",
        "Apollo 11, July 20, 1969 – the landing.",
        "ARLEN, March 5 – The council met.",
        "LONDON (Reuters) – On March 5, 2019 the council met.",
        "Berlin, 5. März 2019",
        "",
    ],
)
def test_a_sentence_with_a_date_is_not_a_dateline(paragraph: str) -> None:
    assert dateline_date(paragraph, day_first=False) is None


@pytest.mark.parametrize("kind", [MediaType.TEXT, MediaType.HTML])
def test_a_brief_has_the_date_of_its_dateline_and_keeps_it(brief_of: Read, kind: MediaType) -> None:
    words = "ARLEN, N.D., March 5, 2019 — The council met on Monday and left without a vote."
    content = words if kind is MediaType.TEXT else f"<p>{words}</p><p>A vote is expected.</p>"
    brief = brief_of(content, kind, title="Ferries")
    assert (brief.date, brief.published_at) == (FIFTH, None)
    assert brief.body_text.startswith("ARLEN, N.D., March 5, 2019 — The council")


def test_a_date_line_comes_before_a_dateline(brief_of: Read) -> None:
    brief = brief_of("6 March 2019\n\nARLEN, March 5, 2019 – They met.", MediaType.TEXT, title="A")
    assert brief.date == dt.date(2019, 3, 6)


def test_a_date_long_before_the_publication_is_one_of_an_event(brief_of: Read) -> None:
    at = dt.datetime(2026, 3, 6, 12, tzinfo=dt.UTC)
    old = brief_of("<p>ARLEN, March 5, 2019 – They met.</p>", title="A", published_at=at)
    new = brief_of("<p>ARLEN, March 5, 2026 – They met.</p>", title="A", published_at=at)
    assert (old.date, new.date) == (dt.date(2026, 3, 6), dt.date(2026, 3, 5))


@pytest.mark.parametrize(
    "line",
    [
        "Berlin, den 5. März 2019", "Berlin, 5. März 2019", "Paris, le 5 mars 2019",
        "ROMA, 5 MARZO 2019", "Київ, 5 березня 2019 року", "Москва, 5 марта 2019 г.",
        "New York, March 5, 2019", "São Paulo, 5 de março de 2019", "Warszawa, 5 marca 2019 r.",
        "东京，2019年3月5日", "Ankara – 5 Mart 2019", "Tisdagen den 5 mars 2019",
        "5 Mart 2019 Salı günü", "5 March 2019",
    ],
)  # fmt: skip
def test_a_town_and_a_date_are_a_date_line(brief_of: Read, line: str) -> None:
    assert date_line(line, day_first=False) == FIFTH
    brief = brief_of(f"{line}\n\nTolls Rise\n\nThey rise by a third.\n", MediaType.TEXT)
    assert (brief.date, brief.title) == (FIFTH, "Tolls Rise")


@pytest.mark.parametrize(
    "line",
    [
        "Hanoi Summit, 5 March 2019", "The vote, March 5, 2019", "in Berlin, 5. März 2019",
        "Berlin, 5. März", "Volume 3, 5 March 2019", "Berlin, 5. März 2019, 40 Gäste",
    ],
)  # fmt: skip
def test_other_words_before_a_date_are_no_date_line(line: str) -> None:
    assert date_line(line, day_first=False) is None
