"""
A scheduled run, its editors and `collect` say which sources could not be read, since when and why.
"""

from __future__ import annotations

import shutil

import pytest
from drafts import DRAFT, drafted
from installation import Installation
from scheduled_installation import MORNING, last_slot, put_brief, scheduled
from scripted_source import Site, item, polls_of

from newsletter import pipeline
from newsletter.issues.review import question_for_editors, review_of
from newsletter.store.content import sources
from newsletter.store.content.source_holds import hold_source
from newsletter.workers.scheduler import tick


def missing(installation: Installation, folder: str) -> str:
    return (
        f"failed 2 times since 2026-03-05 11:00 UTC: {installation.folder / folder}: no such file "
        "or directory"
    )


def test_a_run_without_briefs_says_that_its_source_failed(installation: Installation) -> None:
    scheduled(installation)
    installation.now = MORNING
    tick(installation.app.publishing)
    outcome, reason = last_slot(installation)
    first, second = reason.split("\n")
    assert (outcome, first) == ("skipped", "1 source could not be read")
    assert second.startswith(f"source site {missing(installation, 'briefs')}")


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (("site",), "1 source could not be read, 1 source is held"),
        (("site", "desk"), "2 sources are held"),
    ],
)
def test_a_run_without_briefs_says_that_a_source_is_held(
    installation: Installation, held: tuple[str, ...], why: str
) -> None:
    scheduled(installation, sources=("site", "desk"))
    installation.add_source("desk", "folder", "desk")
    with installation.app.database.write() as connection:
        for name in held:
            polled = sources.find_source(connection, name)
            hold_source(connection, polled, reason="the items have new ids", now=installation.now)
    installation.now = MORNING
    tick(installation.app.publishing)
    outcome, reason = last_slot(installation)
    assert (outcome, reason.split("\n")[0]) == ("skipped", why)


def test_each_failing_source_of_a_run_is_named_on_its_own_line(installation: Installation) -> None:
    scheduled(installation, sources=("site", "desk", "wire"))
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.add_source("desk", "folder", "desk")
    installation.add_source("wire", "folder", "wire")
    installation.now = MORNING
    tick(installation.app.publishing)
    outcome, reason = last_slot(installation)
    first, *failing = reason.split("\n")
    assert (outcome, first) == ("issued", "1 brief")
    assert [line.partition("; ")[0] for line in failing] == [
        f"source {name} {missing(installation, name)}" for name in ("desk", "wire")
    ]


def test_a_document_that_breaks_off_is_a_failure_though_its_items_are_taken(
    installation: Installation,
) -> None:
    site = Site(installation)
    site.poll(polls_of(item("a")))
    report = site.poll(polls_of(item("a"), item("b", title="The Loud Quay"), is_cut=True))
    error = "the document breaks off; only its complete items were taken"
    assert (report.error, report.new) == (error, ("b",))
    assert (site.settings().failures, site.settings().failing_since) == (1, installation.now)
    site.poll(polls_of(item("a"), item("b", title="The Loud Quay")))
    assert (site.settings().failures, site.settings().failing_since) == (0, None)


def test_editors_are_told_which_source_failed(installation: Installation) -> None:
    drafted(installation)
    shutil.rmtree(installation.folder / "briefs")
    pipeline.collect_sources(installation.app.publishing, ["site"])
    (line,) = review_of(installation.app.publishing, DRAFT).failing
    assert line.startswith("source site failed once, on Thursday, March 5, 2026, ")
    question = question_for_editors(installation.app.publishing, DRAFT)
    assert question is not None
    assert question.values["failing"] == [line]
