"""
`newsletter issue resend` as an editor uses it.
"""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from running import Cli

PROGRAM = Path(sys.executable).parent / "newsletter"
BEN = "ben@example.org"


@pytest.fixture
def sent(cli: Cli, office: Path) -> Cli:
    """
    Issue 1 was sent to Ada; Ben, who was suppressed then, is not any more.
    """
    for address in ("ada@example.org", BEN):
        cli("subscriber", "add", address, "--list", "daily", "--consent", "in a test")
    cli("suppression", "add", BEN)
    cli("issue", "new", "--list", "daily", "--subject", "Hello", "--intro", "A word.")
    cli("issue", "send", "1", "--wait", "--yes")
    cli("suppression", "remove", BEN)
    return cli


def test_somebody_who_was_left_out_gets_it_after_all(sent: Cli, office: Path) -> None:
    assert sent("issue", "resend", "1", BEN, "--wait", "--json").document == {
        "issue": 1,
        "recipients": 1,
    }
    status = sent("issue", "status", "1", "--json").document
    assert (status["state"], status["audience"], status["accepted"]) == ("submitted", 2, 2)
    assert len(list(office.glob("outbox/*.eml"))) == 2


def test_somebody_who_got_it_gets_it_again_only_with_again(sent: Cli) -> None:
    words = ("issue", "resend", "1", "ada@example.org", "--wait")
    assert sent(*words).refusal == ("ada@example.org got issue 1 already: --again sends it again")
    assert sent(*words, "--again").out == "issue 1 is sent again to 1 reader\n"
    lines = sent("why", "ada@example.org").out.splitlines()
    assert [line.partition(":")[0] for line in lines if line.startswith("issue")] == [
        "issue 1, occasion 1 “Hello”",
        "issue 1 “Hello”",
    ]
    assert sent("issue", "recipients", "1", "--json").document == [
        {"address": "ada@example.org", "state": "accepted", "reason": "", "occasion": 1}
    ]


def test_somebody_who_is_suppressed_is_refused_by_name(sent: Cli) -> None:
    sent("suppression", "add", BEN)
    assert sent("issue", "resend", "1", BEN).refusal == (
        f"issue 1 cannot be sent again to {BEN}: the address is suppressed (manual)"
    )


def test_the_refusal_while_it_is_sent_again_names_the_way_out(sent: Cli) -> None:
    sent("issue", "resend", "1", BEN)
    assert sent("issue", "resend", "1", BEN, "--wait").refusal == (
        "issue 1 is sending: only one that is submitted can be sent again; it is being sent again "
        "to others: let `newsletter serve` finish that, or end it with `newsletter issue cancel 1`"
    )
    sent("issue", "cancel", "1", "--yes")
    assert sent("issue", "resend", "1", BEN, "--wait").status == 0


def test_the_history_says_who_was_sent_it_again(sent: Cli) -> None:
    sent("issue", "resend", "1", BEN, "--wait")
    last = sent("subscriber", "history", BEN, "--json").document[-1]
    assert (last["what"], last["list"], last["detail"]) == ("resent", "daily", {"issue": 1})


def test_cancelling_it_asks_only_whether_to_stop_sending_it_again(sent: Cli, office: Path) -> None:
    sent("issue", "resend", "1", BEN)
    ours, theirs = pty.openpty()
    os.write(ours, b"y\n")
    ran = subprocess.run(
        [PROGRAM, "issue", "cancel", "1"], stdin=theirs, cwd=office,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert (ran.returncode, ran.stderr) == (0, "Stop resending issue 1? [y/N] ")
    assert sent("issue", "status", "1", "--json").document["state"] == "submitted"
