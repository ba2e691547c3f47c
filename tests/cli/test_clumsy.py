"""
What a clumsy or hurried person does, and the one line they get for it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import Cli

BRIEF = """March 4, 2026

IntelBrief: The Quiet Quay

• The ferries stay.
• The tolls rise.

Nobody left the quay on Monday, and the pilots went home without a word to the harbor master.
"""


@pytest.fixture
def made(cli: Cli, office: Path) -> int:
    """
    A draft to a list of one reader.
    """
    brief = office / "quay.txt"
    brief.write_text(BRIEF)
    cli("list", "add", "quay", "--name", "Quay")
    cli("subscriber", "add", "ada@example.org", "--list", "quay", "--consent", "asked")
    cli("brief", "add", str(brief))
    return int(cli("issue", "new", "--list", "quay", "--brief", "1", "--json").document["id"])


def test_a_stored_brief_can_be_edited(cli: Cli, made: int) -> None:
    edited = cli("brief", "edit", "1", "--title", "The Loud Quay", "--takeaway", "One.", "--json")
    assert (edited.document["title"], edited.document["takeaways"]) == ("The Loud Quay", ["One."])


def test_a_diff_needs_an_approval_first(cli: Cli, made: int) -> None:
    assert "was never approved" in cli("issue", "diff", str(made)).refusal
    cli("issue", "approve", str(made))
    assert cli("issue", "diff", str(made), "--json").document["changed"] is False


def test_one_address_twice_gets_one_test_mail(cli: Cli, made: int) -> None:
    ran = cli("issue", "test", str(made), "ADA@example.org", "ada@Example.org", "--json")
    assert (ran.status, ran.document["audience"]) == (0, 1)


def test_an_issue_to_nobody_is_refused(cli: Cli, made: int) -> None:
    cli("subscriber", "unsubscribe", "ada@example.org", "--list", "quay")
    ran = cli("issue", "send", str(made), "--wait")
    assert ran.refusal.endswith(
        "has no readers: its lists have no active subscribers: add readers to them"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("issue", "show", "9" * 20),
        ("brief", "show", "9" * 20),
        ("issue", "cancel", "9" * 20, "--yes"),
    ],
)
def test_a_number_too_large_is_one_line(cli: Cli, made: int, words: tuple[str, ...]) -> None:
    ran = cli(*words)
    assert ran.status == 1
    assert "too large" in ran.err or "can hold" in ran.err


def test_a_send_that_had_to_pause_is_no_success(cli: Cli, office: Path, made: int) -> None:
    (office / "outbox").write_text("in the way")
    ran = cli("issue", "send", str(made), "--wait", "--yes")
    assert ran.status == 1
    assert f"to continue: `newsletter issue resume {made}`" in ran.err
    assert "then resume" not in ran.err


def test_the_status_of_a_paused_issue_says_how_it_goes_on(cli: Cli, made: int) -> None:
    cli("issue", "send", str(made), "--yes")
    ran = cli("issue", "pause", str(made), "--reason", "wrong picture")
    assert ran.out.splitlines()[-2:] == [
        "  wrong picture",
        f"  to continue with the pending recipients: `newsletter issue resume {made}`",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("source", "add", "", "folder", "x"),
        ("source", "add", "a b/..", "folder", "x"),
        ("source", "add", "site", "feed", "https://user:secret@example.org/feed"),
        ("source", "add", "site", "ghost", "https://example.org", "--key", "0123456789"),
        ("source", "add", "site", "wordpress", "example.org"),
        ("schedule", "add", "", "--list", "quay", "--source", "s", "--cron", "0 6 * * *",
         "--timezone", "UTC"),
        ("schedule", "add", "m", "--list", "quay", "--source", "s", "--cron", "0 6 * * *",
         "--timezone", "UTC", "--min", "5", "--max", "2"),
        ("schedule", "add", "m", "--list", "quay", "--source", "s", "--cron", "0 6 * * *",
         "--timezone", "UTC", "--title", "("),
        ("subscriber", "list", "--most", "-1"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_wrong_usage(cli: Cli, made: int, words: tuple[str, ...]) -> None:
    assert cli(*words).status == 2


def test_a_slot_that_has_not_come_is_not_fired(cli: Cli, office: Path, made: int) -> None:
    (office / "briefs").mkdir()
    cli("source", "add", "desk", "folder", "briefs")
    cli("schedule", "add", "m", "--list", "quay", "--source", "desk", "--cron", "0 6 * * *",
        "--timezone", "UTC")  # fmt: skip
    ran = cli("schedule", "run", "m", "--slot", "2099-11-24T06:00")
    assert ran.refusal == "slot 2099-11-24T06:00 of m is in the future: name one that is due"


def test_ctrl_c_writes_down_what_was_in_flight_and_says_how_to_go_on(
    cli: Cli, office: Path, made: int
) -> None:
    people = office / "people.csv"
    people.write_text("email\n" + "".join(f"r{n}@example.org\n" for n in range(6000)))
    cli("subscriber", "import", str(people), "--list", "quay", "--consent", "asked")
    words = [sys.executable, "-m", "newsletter", "--config", str(office / "newsletter.toml")]
    process = subprocess.Popen(
        [*words, "issue", "send", str(made), "--wait", "--yes"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy(),
    )  # fmt: skip
    until = time.monotonic() + 30
    while not list((office / "outbox").glob("*.eml")) and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    counts = cli("issue", "status", str(made), "--json").document
    written = len(list((office / "outbox").glob("*.eml")))
    assert process.returncode in (0, 130)
    assert (counts["accepted"], counts["uncertain"]) == (written, 0)
    assert process.returncode == 0 or "to send the rest" in said
    assert cli("issue", "send", str(made), "--wait", "--yes", "--json").document["accepted"] == 6001


def test_a_source_is_read_by_its_own_rules(cli: Cli, office: Path) -> None:
    folder = office / "harbor"
    folder.mkdir()
    text = BRIEF.replace("March 4, 2026", "3/5/2026").replace("IntelBrief", "HarborBrief")
    (folder / "quay.txt").write_text(f"{text}\nWritten by the harbor desk, pier 4.\n")
    cli("source", "add", "h", "folder", "harbor", "--first-poll", "new", "--prefix", "HarborBrief",
        "--trailer", "Written by the harbor desk", "--day-first")  # fmt: skip
    cli("collect")
    [brief] = cli("brief", "list", "--json").document
    assert (brief["series"], brief["title"], brief["date"]) == (
        "HarborBrief", "The Quiet Quay", "2026-05-03",
    )  # fmt: skip
    assert brief["removed"] == ["Written by the harbor desk, pier 4."]


EXPORT = """<?xml version="1.0"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<title>Lantern</title><link>https://lantern.example</link>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://lantern.example</wp:base_blog_url>
<item><title>The Lantern Tax</title><link>https://lantern.example/tax/</link>
<content:encoded><![CDATA[The council taxed every lantern.]]></content:encoded>
<wp:post_id>310</wp:post_id><wp:post_date_gmt>2026-03-04 06:00:00</wp:post_date_gmt>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type></item></channel></rss>"""


def test_an_archive_is_recorded_and_offers_nothing_to_send(cli: Cli, office: Path) -> None:
    (office / "export.xml").write_text(EXPORT)
    cli("source", "add", "site", "wordpress", "https://lantern.example")
    first = cli("source", "archive", "site", "export.xml", "--json").document
    second = cli("source", "archive", "site", "export.xml", "--json").document
    assert (first["recorded"], second["recorded"], second["unchanged"]) == (1, 0, 1)
    assert [brief["status"] for brief in cli("brief", "list", "--json").document] == ["recorded"]


def test_an_archive_that_is_none_is_one_line(cli: Cli, office: Path) -> None:
    (office / "export.xml").write_text("<html></html>")
    cli("source", "add", "site", "wordpress", "https://lantern.example")
    assert cli("source", "archive", "site", "export.xml").status == 1
    assert cli("source", "archive", "site", "gone.xml").refusal.startswith("cannot read gone.xml")
