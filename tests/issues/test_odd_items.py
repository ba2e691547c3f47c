"""
One odd item does not hold the issue: its brief is shortened or left out, and the others are sent.
"""

from __future__ import annotations

import os

import pytest
import sqlalchemy as sa
from drafts import DRAFT, EDITORS, SLOT, prepared, tick_at, why
from installation import Installation
from scheduled_installation import MORNING, last_slot, put_brief, scheduled
from scripted_source import item

from newsletter import pipeline
from newsletter.errors import NewsletterError
from newsletter.ingest.parsing.read import read
from newsletter.issues.preflight import check_issue
from newsletter.issues.review import review_of
from newsletter.model.brief import ReadingRules
from newsletter.model.check import Level
from newsletter.model.issue import DeadlineAction
from newsletter.store.tables import brief
from newsletter.web.admin.frame.words import Catalogues
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


def break_brief(installation: Installation, title: str, markup: str | None = None) -> int:
    """
    Store markup in a brief that no check lets through.
    """
    (found,) = [b for b in installation.stored_briefs() if b.brief.title == title]
    markup = markup or "<div>" * 150 + "Deep below." + "</div>" * 150
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
    german = Catalogues([]).words("de").translate
    deep = "mime: Elemente sind 162-fach verschachtelt"
    assert german(reason).startswith(f"2 Meldungen; Meldung {odd} weggelassen: {deep}")
    assert german(held.status_reason).startswith(f"aus Ausgabe 1 weggelassen: {deep}")


def test_an_issue_waits_if_nothing_is_left_of_it(installation: Installation) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Odd One")
    pipeline.collect_sources(installation.app.publishing, ["site"])
    break_brief(installation, "The Odd One")
    _, reason = publish(installation)
    start = "1 brief; stays a draft: issue 1 cannot be sent: briefs: brief 1 “The Odd One” stops"
    assert reason.startswith(f"{start} the issue: mime: elements nested 162 deep")
    assert "; edit it with `newsletter brief edit 1`, and 1 more; see" in reason
    assert installation.mails() == []


# The one fails when the mail is checked, the other when it is rendered.
NESTED = "<div>" * 150 + "Deep below." + "</div>" * 150
SCRIPT = "<p>Deep below.</p><script>x</script>"
FAULTS = {
    NESTED: "mime: elements nested 162 deep: parsers give up; nest fewer than 100",
    SCRIPT: "<script> is not allowed in an email",
}


@pytest.mark.parametrize("markup", FAULTS)
def test_a_draft_is_shown_to_its_editors_without_the_brief_that_stops_it(
    installation: Installation, markup: str
) -> None:
    prepared(installation, at_deadline=DeadlineAction.HOLD, editors=EDITORS)
    put_brief(installation.folder / "briefs", "The Odd One")
    pipeline.collect_sources(installation.app.publishing, ["site"])
    odd = break_brief(installation, "The Odd One", markup)
    tick_at(installation, SLOT)
    line = f"brief {odd} left out: {FAULTS[markup]}"
    text = installation.mails()[0].get_body(("plain",)).get_content()
    assert f"Something may be missing: {line}" in " ".join(text.split())
    assert "The Quiet Quay" in text
    assert "The Odd One" not in text
    review = review_of(installation.app.publishing, DRAFT)
    assert (review.problem, review.issue.pause_reason) == (None, line)
    assert why(installation) == f"2 briefs; {line}"
    (held,) = [b for b in installation.stored_briefs() if b.id == odd]
    assert (held.status, held.status_reason) == ("held", f"left out of issue 1: {FAULTS[markup]}")


@pytest.mark.parametrize("markup", FAULTS)
def test_an_issue_made_by_hand_names_the_brief_that_stops_it(
    installation: Installation, markup: str
) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue("The Quiet Quay", "The Odd One", "The Old Wall")
    odd = break_brief(installation, "The Odd One", markup)
    others = " ".join(
        f"--brief {b.id}" for b in reversed(installation.stored_briefs()) if b.id != odd
    )
    line = (
        f"brief {odd} “The Odd One” stops the issue: {FAULTS[markup]}; edit it with `newsletter "
        f"brief edit {odd}`, or leave it out: `newsletter issue edit {issue_id} {others}`"
    )
    with pytest.raises(NewsletterError) as refused:
        pipeline.publish_issue(installation.app.publishing, issue_id)
    assert line in str(refused.value)
    found = check_issue(installation.app.publishing, issue_id)
    assert line in {each.message for each in found}


def test_no_brief_is_named_if_the_issue_itself_is_at_fault(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue("One", "Two", subject="Re: the quiet harbour, once more")
    found = check_issue(installation.app.publishing, issue_id)
    errors = [each.rule for each in found if each.level is Level.ERROR]
    assert errors == ["subject"]
