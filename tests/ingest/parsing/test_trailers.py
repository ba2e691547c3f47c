"""
What sites append to a brief is removed and listed; the last words of the author stay.
"""

from __future__ import annotations

import pytest
from reading_types import Read

from newsletter.model.brief import MediaType, ReadingRules

HEAD = "2024-02-06\n\nThe Quiet Quay\n\n"
BODY = "The council met on Monday.\n\nIt left without a vote."
TRAILERS = (
    "Follow @TheExampleCenter on Twitter",
    "Follow us on LinkedIn",
    "Folgen Sie uns auf Mastodon",
    "Suivez-nous sur Facebook",
    "Síguenos en Twitter",
    "Подписывайтесь на наш канал",
    "© 2019 The Example Center. All rights reserved.",
    "Copyright 2019 The Example Center",
    "Alle Rechte vorbehalten.",
    "版权所有",
    "-30-",
    "- 30 -",
    "###",
    "# # #",
    "* * *",
    "_______________",
    "-ENDS-",
    "（完）",
    "Share this article",
    "Share this post on Facebook",
    "Diesen Artikel teilen",
    "Facebook | Twitter | LinkedIn | Email",
    "This article first appeared in the Arlen Gazette.",
    "This article is republished from Example.org under a licence. Read the original article.",
    "Originally published at example.org.",
    "Cet article a été publié dans la Gazette d’Arlen.",
    "For tailored research and analysis, please contact: info@example.org",
    "For more information, please contact Rui Castell at +47 555 01 234.",
    "Media contact: Rui Castell, press@example.org",
    "Kontakt: redaktion@example.org",
    "お問い合わせ：info@example.org",
    "info@example.org | +47 555 01 234 | www.example.org",
    "Rui Castell\nEditor, The Example Center\nrui@example.org",
    "--\nRui Castell\nThe Example Center",
    "Subscribe to our newsletter",
)
LAST_PARAGRAPHS = (
    "Kontaktpersonen müssen sich unter 0800 123 4567 melden, sonst droht ein Bußgeld.",
    "Contatos entre os dois governos pelo número 555-123-4567 continuam, disse o ministro.",
    "(c) the court may extend the period where justice requires it.",
    "Follow the money, the old captain said.",
    "Find us a way out of this, said the mayor, and the ferry will sail.",
    "Share this burden or lose the ferry.",
    "The report published on Monday says that the contract was never read.",
    "The operator said it had rights reserved until March.",
    "Residents can write to the council at council@arlen.example before Friday.",
    "Copyright law is silent on this.",
    "The end of the winter may settle it.",
    "Contact with the island was lost.",
    "In 2018 30 boats came.",
    "The 30 of them went home.",
    "Email the council? Nobody does.",
    "Поделиться успехом решили все.",
    "“We will see,” she said.",
)


@pytest.mark.parametrize("trailer", TRAILERS)
def test_a_trailer_is_removed_and_listed(brief_of: Read, trailer: str) -> None:
    brief = brief_of(f"{HEAD}{BODY}\n\n{trailer}\n", MediaType.TEXT)
    assert brief.body_text == BODY
    assert " ".join(brief.removed).split() == trailer.split()


@pytest.mark.parametrize("last", LAST_PARAGRAPHS)
def test_a_last_paragraph_is_never_removed(brief_of: Read, last: str) -> None:
    brief = brief_of(f"{HEAD}{BODY}\n\n{last}\n\n© 2019 The Example Center", MediaType.TEXT)
    assert brief.body_text == f"{BODY}\n\n{last}"


def test_an_unknown_line_does_not_keep_the_known_ones_above_it(brief_of: Read) -> None:
    known = (
        "_____\n\nFor tailored research and analysis, please contact: a@example.org\n\nFollow @x"
    )
    brief = brief_of(f"{HEAD}{BODY}\n\n{known}\n\nThinking about tomorrow, today", MediaType.TEXT)
    assert brief.body_text == f"{BODY}\n\nThinking about tomorrow, today"
    assert len(brief.removed) == 3


def test_a_line_that_is_known_stays_above_a_paragraph(brief_of: Read) -> None:
    long = "It was the last meeting before the thaw, and the harbour would like to know. " * 4
    brief = brief_of(f"{HEAD}{BODY}\n\nShare this post\n\n{long}", MediaType.TEXT)
    assert "Share this post" in brief.body_text
    assert brief.removed == ()


def test_a_date_is_not_read_as_a_telephone_number(brief_of: Read) -> None:
    brief = brief_of("05.03.2019\n\nDer Kai\n\nEs geschah.", MediaType.TEXT)
    assert (str(brief.date), brief.title) == ("2019-03-05", "Der Kai")


def test_a_drawn_line_between_paragraphs_stays_as_a_rule(brief_of: Read) -> None:
    brief = brief_of(f"{HEAD}Body text.\n\n* * *\n\nMore text.", MediaType.TEXT)
    assert brief.body_html == "<p>Body text.</p>\n<hr>\n<p>More text.</p>"


def test_a_drawn_line_above_the_text_is_left_out(brief_of: Read) -> None:
    brief = brief_of("The Quiet Quay\n==============\n\nBody text.", MediaType.TEXT)
    assert (brief.title, brief.body_text) == ("The Quiet Quay", "Body text.")
    brief = brief_of(f"{HEAD}__________\n\n• One.\n• Two.\n\nBody text.", MediaType.TEXT)
    assert (brief.takeaways, brief.body_text) == (("One.", "Two."), "Body text.")


def test_the_heading_of_what_is_removed_is_removed_too(brief_of: Read) -> None:
    content = f"{HEAD}{BODY}\n\nContact\n\npress@example.org | +47 555 01 234"
    assert brief_of(content, MediaType.TEXT).body_text == BODY


def test_footnotes_above_an_unknown_line_are_footnotes(brief_of: Read) -> None:
    content = f"{HEAD}{BODY}[1]\n\nNotes\n\n[1] Minutes.\n\nThinking about tomorrow, today"
    brief = brief_of(content, MediaType.TEXT)
    assert brief.footnotes == ("[1] Minutes.",)
    assert brief.body_text == f"{BODY}[1]\n\nThinking about tomorrow, today"


def test_the_site_s_own_words_are_removed_with_the_known_ones(brief_of: Read) -> None:
    rules = ReadingRules(trailers=("Write to us",))
    content = f"{HEAD}{BODY}\n\n© 2019 The Example Center\n\nWrite to us today"
    assert brief_of(content, MediaType.TEXT, rules).body_text == BODY
