"""
`newsletter check`, as a person and a script meet it.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from running import Cli, Ran


@pytest.fixture
def draft(office: Path, people: Path, monday: Path, cli: Cli) -> int:
    """
    The number of an issue of one brief to one reader.
    """
    cli("subscriber", "import", people, "--list", "daily", "--consent", "asked on paper")
    cli("brief", "add", monday)
    return int(cli("issue", "new", "--list", "daily", "--brief", 1, "--json").document["id"])


def findings(ran: Ran) -> list[dict[str, str]]:
    """
    What a check with errors printed.
    """
    assert ran.status == 1
    found: list[dict[str, str]] = json.loads(ran.out)["findings"]
    return found


def rules(ran: Ran, level: str) -> set[str]:
    return {one["rule"] for one in ran.document["findings"] if one["level"] == level}


def test_an_issue_is_looked_over_in_the_shape_of_the_contract(draft: int, cli: Cli) -> None:
    ran = cli("check", draft, "--json")
    found = ran.document
    assert ran.status == 0
    assert set(found) == {"errors", "warnings", "advice", "findings"}
    assert {frozenset(one) for one in found["findings"]} == {
        frozenset({"rule", "level", "message", "where"})
    }
    levels = [one["level"] for one in found["findings"]]
    counts = {level: levels.count(level) for level in ("error", "warning", "advice")}
    assert [found["errors"], found["warnings"], found["advice"]] == [*counts.values()]
    assert found["advice"] > 0


def test_an_error_ends_the_command_with_1(draft: int, cli: Cli) -> None:
    cli("issue", "edit", draft, "--subject", "Re: the harbour wall, once more")
    ran = cli("check", draft)
    assert ran.status == 1
    assert ran.out.startswith(f"{draft}: 1 error, ")
    assert "error    subject: Subject: looks like a reply" in ran.out


def test_a_template_that_cannot_be_rendered_is_an_error(draft: int, office: Path, cli: Cli) -> None:
    own = office / "own" / "issue" / "bare"
    own.mkdir(parents=True)
    config = office / "newsletter.toml"
    config.write_text(config.read_text("utf-8").replace("[site]", '[site]\ntemplates = "own"', 1))
    deep = f"{'<div>' * 300}{{{{ briefs[0].title }}}}{'</div>' * 300}"
    page = f"<!DOCTYPE html>\n<html><body>{deep}<a href='%%unsubscribe_url%%'>x</a></body></html>"
    for file, text in {"subject.txt": "A", "body.txt": "A", "body.html": page}.items():
        (own / file).write_text(text, encoding="utf-8")
    cli("issue", "edit", draft, "--template", "bare")
    (found,) = findings(cli("check", draft, "--json"))
    assert (found["rule"], found["level"]) == ("rendering", "error")
    assert "200 deep" in found["message"]


def test_a_brief_that_was_sent_to_the_list_before_is_a_warning(draft: int, cli: Cli) -> None:
    assert cli("issue", "send", draft, "--wait", "--yes").status == 0
    again = cli("issue", "new", "--list", "daily", "--brief", 1, "--json").document["id"]
    assert "briefs" in rules(cli("check", again, "--json"), "warning")


def test_a_file_is_looked_over_without_a_database(monday: Path, tmp_path: Path, cli: Cli) -> None:
    cli("render", monday, "--out", tmp_path / "out")
    page = cli("check", tmp_path / "out" / "issue.html", "--json").document
    mail = cli("check", tmp_path / "out" / "issue.eml", "--json").document
    assert (page["errors"], mail["errors"]) == (0, 0)
    silent = {one["rule"] for one in page["findings"] if one["level"] == "not run"}
    assert {"subject", "text-part", "audience"} <= silent


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gone.html", "cannot read gone.html: No such file or directory"),
        ("notes.txt", "notes.txt is not an .html or .eml file; give one, or an issue number"),
        ("latin.html", "latin.html is not UTF-8 at byte 3; save it as UTF-8"),
    ],
)
def test_a_file_that_cannot_be_looked_at_is_refused_in_one_line(
    tmp_path: Path, cli: Cli, name: str, says: str
) -> None:
    (tmp_path / "notes.txt").write_text("A note.", encoding="utf-8")
    (tmp_path / "latin.html").write_bytes(b"<p>\xe9</p>")
    ran = cli("check", name)
    assert (ran.status, ran.err) == (1, f"newsletter: {says}\n")


def test_a_mail_nested_without_end_is_refused_in_one_line(tmp_path: Path, cli: Cli) -> None:
    deep = (f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3000))
    (tmp_path / "deep.eml").write_text("".join(deep), encoding="utf-8")
    ran = cli("check", "deep.eml")
    assert ran.status == 1
    assert ran.err.startswith("newsletter: cannot check deep.eml: it may be too large, or")
    assert ran.err.count("\n") == 1


@pytest.fixture
def earnest(draft: int, office: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """
    The same issue where mail reaches people, from an https address and with a postal address.
    """
    monkeypatch.setenv("NEWSLETTER_DELIVERY__PROVIDER", "resend")
    monkeypatch.setenv("NEWSLETTER_PROVIDER__RESEND__KIND", "resend")
    monkeypatch.setenv("NEWSLETTER_PROVIDER__RESEND__API_KEY", "env:RESEND_API_KEY")
    monkeypatch.setenv("NEWSLETTER_SITE__BASE_URL", "https://news.example.org")
    monkeypatch.setenv("NEWSLETTER_SITE__POSTAL_ADDRESS", "12 Quay Street, Harbourtown")
    monkeypatch.setenv("RESEND_API_KEY", "a-key-of-the-tests")
    return draft


def provided(cli: Cli) -> int:
    """
    The number of an issue of the stored brief that goes through the provider of now.
    """
    return int(cli("issue", "new", "--list", "daily", "--brief", 1, "--json").document["id"])


def repeated(cli: Cli) -> int:
    """
    The number of an issue of a brief that was sent to the list before.
    """
    assert cli("issue", "send", provided(cli)).status == 0
    return provided(cli)


def test_advice_refuses_no_send_through_a_real_provider(earnest: int, cli: Cli) -> None:
    issue = provided(cli)
    assert {"briefs", "preheader"} <= rules(cli("check", issue, "--json"), "advice")
    ran = cli("issue", "send", issue)
    assert (ran.status, "advice" in ran.err) == (0, False)
    assert cli("issue", "show", issue, "--json").document["state"] == "sending"


def test_the_example_of_the_readme_raises_no_warning(
    earnest: int, tmp_path: Path, cli: Cli
) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    written = readme.partition("<!-- file: first.md -->\n")[2].partition("```markdown\n")[2]
    brief = textwrap.dedent(f"   {written.partition('```')[0].rstrip()}\n")
    (tmp_path / "first.md").write_text(brief, encoding="utf-8")
    number = cli("brief", "add", tmp_path / "first.md", "--json").document[0]["id"]
    made = cli(
        "issue", "new", "--list", "daily", "--brief", number, "--json",
        "--subject", "The ferries stay until spring",
        "--preheader", "The council voted on Monday: two boats, and the same toll",
    ).document["id"]  # fmt: skip
    found = cli("check", made, "--json").document
    assert (found["errors"], found["warnings"]) == (0, 0)
    assert cli("issue", "send", made).status == 0


def test_warnings_stop_a_send_that_nobody_answers_for(earnest: int, cli: Cli) -> None:
    issue = repeated(cli)
    ran = cli("issue", "send", issue)
    assert ran.status == 1
    assert "warning  briefs: brief 1 “The Quiet Harbour”: already sent to this list" in ran.err
    assert f"issue {issue} has 1 warning: " in ran.err
    assert "send it with --override REASON" in ran.err
    assert cli("issue", "show", issue, "--json").document["state"] == "draft"


def test_a_reason_sends_a_brief_again_and_is_kept(earnest: int, cli: Cli) -> None:
    issue = repeated(cli)
    assert cli("issue", "send", issue, "--override", "the day has changed").status == 0
    shown = cli("issue", "show", issue, "--json").document
    assert (shown["state"], shown["check"]["override"]) == ("sending", "the day has changed")
    assert {"briefs", "preheader"} <= {one["rule"] for one in shown["check"]["findings"]}


def test_a_rehearsal_names_its_warnings_and_leaves(draft: int, cli: Cli) -> None:
    assert cli("issue", "send", draft, "--wait").status == 0
    again = provided(cli)
    ran = cli("issue", "send", again, "--wait")
    assert ran.status == 0
    assert f"warnings: see `newsletter check {again}`" in ran.err


def test_an_error_stops_a_send_before_anything_is_asked(draft: int, cli: Cli) -> None:
    cli("issue", "edit", draft, "--subject", "Fwd: the harbour wall, once more")
    ran = cli("issue", "send", draft, "--wait", "--yes")
    assert ran.status == 1
    assert ran.err.startswith(f"newsletter: issue {draft} cannot be sent: subject: ")
