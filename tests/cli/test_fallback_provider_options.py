"""
A second provider, named where a first one is: in the settings, at a schedule, at an issue.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from running import Cli

SPARE = """
[provider.spare]
kind = "outbox"
folder = "spare"
[provider.real]
kind = "resend"
api_key = "env:UNUSED"
"""
SCHEDULE = """\
[source.site]
kind = "folder"
location = "briefs"

[schedule.morning]
list = ["daily"]
source = ["site"]
cron = "0 6 * * *"
timezone = "UTC"
fallback_provider = "spare"
"""


@pytest.fixture
def spare(office: Path) -> Path:
    """
    An installation with a second outbox, which is nobody's second provider yet.
    """
    config = office / "newsletter.toml"
    config.write_text(config.read_text() + SPARE)
    (office / "briefs").mkdir()
    return office


def name_in_settings(office: Path, name: str) -> None:
    config = office / "newsletter.toml"
    text = f'[delivery]\nfallback_provider = "{name}"\n'
    config.write_text(config.read_text().replace("[delivery]\n", text))


@pytest.fixture
def draft(cli: Cli, spare: Path, people: Path, monday: Path) -> int:
    """
    The number of a draft to one reader, whose outbox cannot be written to.
    """
    cli("subscriber", "import", people, "--list", "daily", "--consent", "x")
    cli("brief", "add", monday)
    (spare / "outbox").write_text("in the way")
    return int(cli("issue", "new", "--list", "daily", "--brief", 1, "--json").document["id"])


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nobody", "no [provider.nobody] in newsletter.toml: add it, or choose from outbox, real"),
        ("outbox", "outbox is already the first provider: name another one as fallback provider"),
        ("real", "emails sent through outbox reach nobody"),
    ],
)
def test_an_unusable_fallback_provider_is_refused_wherever_it_is_named(
    cli: Cli, spare: Path, draft: int, name: str, why: str
) -> None:
    cli("source", "add", "site", "folder", "briefs")
    arguments = (
        "schedule",
        "add",
        "m",
        "--list",
        "daily",
        "--source",
        "site",
        "--cron",
        "0 6 * * *",
    )
    words = [*arguments, "--timezone", "UTC", "--fallback-provider", name]
    assert why in cli(*words).refusal
    assert why in cli("issue", "send", draft, "--fallback-provider", name).refusal
    assert cli("issue", "show", draft, "--json").document["state"] == "draft"
    name_in_settings(spare, name)
    assert "[delivery] fallback_provider: " in (refusal := cli("list", "list").refusal)
    assert why in refusal


def test_an_issue_that_names_a_second_goes_on_through_it(cli: Cli, spare: Path, draft: int) -> None:
    sent = cli("issue", "send", draft, "--fallback-provider", "spare", "--wait")
    assert sent.status == 0
    assert len(list((spare / "spare").glob("*.eml"))) == 1
    lines = sent.out.splitlines()
    assert lines[:3] == [
        "issue 1: submitted, audience 1",
        "  accepted: 1",
        "  sent through spare: 1",
    ]
    assert lines[3].startswith("  failed over to spare at ")
    assert "  fallback provider: spare, in use since " in cli("issue", "show", draft).out


def test_an_issue_that_was_paused_for_its_provider_is_given_a_second(
    cli: Cli, spare: Path, draft: int
) -> None:
    assert cli("issue", "send", draft, "--wait").status == 1
    resumed = cli("issue", "resume", draft, "--fallback-provider", "spare", "--json").document
    assert (resumed["state"], resumed["fallback_provider"]) == ("sending", "spare")
    assert cli("issue", "send", draft, "--wait").status == 0
    assert cli("issue", "status", draft, "--json").document["taken_by"] == {"spare": 1}
    late = cli("issue", "resume", draft, "--fallback-provider", "none")
    assert late.refusal == "issue 1 has failed over to spare and stays there"


def test_an_issue_on_its_way_is_given_a_second_and_goes_on(
    cli: Cli, spare: Path, draft: int
) -> None:
    assert cli("issue", "send", draft).status == 0
    document = cli("issue", "resume", draft, "--fallback-provider", "spare", "--json").document
    assert (document["state"], document["fallback_provider"]) == ("sending", "spare")
    assert cli("issue", "send", draft, "--wait", "--json").document["taken_by"] == {"spare": 1}


def test_an_issue_may_do_without_the_usual_second(cli: Cli, spare: Path, draft: int) -> None:
    name_in_settings(spare, "spare")
    assert cli("issue", "send", draft, "--fallback-provider", "none", "--wait").status == 1
    assert cli("issue", "status", draft, "--json").document["state"] == "paused"
    shutil.rmtree(spare / "spare", ignore_errors=True)


def test_drafts_have_the_fallback_provider_of_the_settings(
    cli: Cli, spare: Path, draft: int
) -> None:
    name_in_settings(spare, "spare")
    other = cli("issue", "new", "--list", "daily", "--brief", 1, "--json").document["id"]
    shown = [
        cli("issue", "show", n, "--json").document["fallback_provider"] for n in (draft, other)
    ]
    assert shown == [None, "spare"]
    assert (
        "  fallback provider: spare, if outbox accepts nothing" in cli("issue", "show", other).out
    )


def test_a_schedule_has_a_second_of_its_own_in_a_file_too(cli: Cli, spare: Path) -> None:
    file = spare / "setup.toml"
    file.write_text(SCHEDULE)
    cli("apply", file)
    shown = cli("schedule", "show", "morning", "--json").document
    assert shown["fallback_provider"] == "spare"
    assert 'fallback_provider = "spare"' in cli("apply", "--export").out
    cli("schedule", "edit", "morning", "--fallback-provider", "")
    assert cli("schedule", "show", "morning", "--json").document["fallback_provider"] is None


def test_doctor_opens_the_fallback_provider(cli: Cli, spare: Path) -> None:
    name_in_settings(spare, "spare")
    lines = [" ".join(line.split()) for line in cli("doctor").out.splitlines()]
    found = "ok fallback provider spare, up to 1000 recipients a call"
    assert any(line.startswith(found) for line in lines)
    (spare / "spare").write_text("in the way")
    assert "spare is a file, not a folder: move it away" in cli("doctor").out
