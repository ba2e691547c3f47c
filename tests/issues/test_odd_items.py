"""
One odd item does not hold the issue: its brief is shortened or left out, and the others are sent.
"""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa
from installation import Installation
from scheduled_installation import MORNING, last_slot, put_brief, scheduled
from scripted_source import item

from newsletter import pipeline
from newsletter.ingest.parsing.read import read
from newsletter.model.brief import ReadingRules
from newsletter.store.tables import brief
from newsletter.workers.scheduler import tick

ODD = {
    "a word of 60 KB": f"<p>{'x' * 60_000}</p>",
    "20,000 paragraphs": "<p>A ship.</p>" * 20_000,
    "190 quotes": "<blockquote>" * 190 + "<p>Deep below.</p>" + "</blockquote>" * 190,
}


def put_page(installation: Installation, title: str, body: str) -> None:
    folder = installation.folder / "briefs"
    folder.mkdir(exist_ok=True)
    file = folder / "odd.html"
    file.write_text(f"<h1>{title}</h1><p>March 5, 2026</p>{body}")
    os.utime(file, (0, 0))


def publish(installation: Installation) -> tuple[str, str]:
    installation.now = MORNING
    tick(installation.app.publishing)
    installation.submit_all()
    return last_slot(installation)


@pytest.mark.parametrize("name", ODD)
def test_an_issue_is_sent_though_one_of_its_items_is_odd(
    installation: Installation, name: str
) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    put_page(installation, "The Odd One", ODD[name])
    assert publish(installation) == ("issued", "2 briefs")
    sent = [message.get_body().get_content() for message in installation.mails()]
    assert len(sent) == 3
    assert all("The Quiet Quay" in text and "The Odd One" in text for text in sent)


def test_an_item_that_is_nested_too_deeply_keeps_its_text_and_has_a_warning(
    installation: Installation,
) -> None:
    inside = "<p>Deep below.</p><ul><li>One</li><li>Two</li></ul>"
    markup = "<blockquote>" * 190 + inside + "</blockquote>" * 190
    parsed = read(item(content=markup), ReadingRules())
    assert parsed.body_text.replace("> ", "").split() == ["Deep", "below.", "One", "Two"]
    assert parsed.warnings == (
        "nested over 40 elements deep: the innermost markup was removed, its text stays",
    )


def break_brief(installation: Installation, title: str) -> int:
    """
    Store markup in a brief that no check lets through.
    """
    (found,) = [b for b in installation.stored_briefs() if b.brief.title == title]
    markup = "<div>" * 150 + "Deep below." + "</div>" * 150
    fields = found.brief.as_json() | {"body_html": markup}
    with installation.app.database.write() as connection:
        connection.execute(sa.update(brief).where(brief.c.id == found.id).values(fields=fields))
    return found.id


def test_a_brief_that_cannot_be_sent_is_left_out_and_held_and_the_others_are_sent(
    installation: Installation,
) -> None:
    scheduled(installation)
    for title in ("The Quiet Quay", "The Odd One"):
        put_brief(installation.folder / "briefs", title)
    pipeline.collect_sources(installation.app.publishing, ["site"])
    odd = break_brief(installation, "The Odd One")
    outcome, reason = publish(installation)
    fault = "mime: elements nested 162 deep: parsers give up; nest fewer than 100"
    assert (outcome, reason) == ("issued", f"2 briefs; brief {odd} left out: {fault}")
    sent = [message.get_body().get_content() for message in installation.mails()]
    assert ["The Quiet Quay" in text and "The Odd One" not in text for text in sent] == [True] * 3
    (held,) = [b for b in installation.stored_briefs() if b.id == odd]
    assert (held.status, held.status_reason) == ("held", f"left out of issue 1: {fault}")


def test_an_issue_waits_if_nothing_is_left_of_it(installation: Installation) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Odd One")
    pipeline.collect_sources(installation.app.publishing, ["site"])
    break_brief(installation, "The Odd One")
    _, reason = publish(installation)
    assert reason.startswith("1 brief; stays a draft: issue 1 cannot be sent: mime:")
    assert installation.mails() == []
