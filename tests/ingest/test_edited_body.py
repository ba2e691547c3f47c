"""
The text of a brief that a person edits: it is kept as typed, stays when the source changes, and can
be given back to the source.
"""

from __future__ import annotations

import pytest
from installation import Installation
from scripted_source import Site, item, polls_of

from newsletter.actions.content import briefs, texts
from newsletter.model.access import OPERATOR
from newsletter.store.content.briefs import StoredBrief

THEIRS = "<p>Nobody left the <strong>quay</strong>, and the pilots went home.</p>"
LATER = "<p>Everybody left the quay on Tuesday, and the pilots came back.</p>"
OURS = "The quay is **closed**.\n\n- [why](https://example.org/why)"

# Reading and comparing texts, which no database does.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def edit(installation: Installation, **values: object) -> StoredBrief:
    reset = values.pop("reset", ())
    return briefs.edit(installation.app, 1, values=values, reset=reset, by=OPERATOR)  # type: ignore[arg-type]


def test_our_text_stays_when_the_source_changes_until_it_is_reset(
    installation: Installation,
) -> None:
    site = Site(installation)
    site.poll(polls_of(item(content=THEIRS)))
    edited = edit(installation, body=OURS)
    assert edited.brief.body_typed == OURS
    assert '<li><a href="https://example.org/why">why</a></li>' in edited.brief.body_html
    assert edited.brief.body_text.startswith("The quay is closed.")
    assert site.poll(polls_of(item(content=LATER))).changed == ("a",)
    (kept,) = installation.stored_briefs()
    assert kept.brief == edited.brief
    assert "Everybody" in edit(installation, reset=["body"]).brief.body_text
    (theirs,) = installation.stored_briefs()
    assert (theirs.edited, theirs.brief.body_typed) == ((), None)


def test_a_text_that_says_the_same_is_ours_as_a_whole(installation: Installation) -> None:
    site = Site(installation)
    site.poll(polls_of(item(content=THEIRS)))
    (stored,) = installation.stored_briefs()
    typed = texts.text_of(installation.app, stored.brief, by=OPERATOR)
    assert typed == "Nobody left the **quay**, and the pilots went home."
    edit(installation, body=typed)
    site.poll(polls_of(item(content=LATER)))
    (kept,) = installation.stored_briefs()
    assert (kept.brief.body_typed, "pilots went home" in kept.brief.body_text) == (typed, True)


def test_a_day_of_ours_is_not_put_beside_the_time_of_the_source(installation: Installation) -> None:
    site = Site(installation)
    site.poll(polls_of(item(content=THEIRS, published_at=None)))
    edit(installation, date="2026-03-02")
    site.poll(polls_of(item(content=LATER)))
    (kept,) = installation.stored_briefs()
    assert (str(kept.brief.date), kept.brief.published_at) == ("2026-03-02", None)


def test_hostile_text_of_ours_is_made_safe(installation: Installation) -> None:
    Site(installation).poll(polls_of(item(content=THEIRS)))
    brief = edit(installation, body="a <script>alert(1)</script> <b onclick='x()'>b</b>").brief
    assert "<script" not in brief.body_html
    assert "onclick" not in brief.body_html
