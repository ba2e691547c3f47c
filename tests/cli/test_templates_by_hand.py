"""
Letters, bullets and notices by hand, and a template of one's own made as the guide says.
"""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from running import Cli

from newsletter.issues.notices import NOTICES

ROOT = Path(__file__).resolve().parents[2]
GREETING = "Dear %%first_name|reader%%,\n\nthe ferries stay."


def test_a_letter_without_a_brief_goes_from_draft_to_mailbox(
    cli: Cli, office: Path, people: Path
) -> None:
    cli("subscriber", "import", people, "--list", "daily", "--consent", "signed a list")
    made = cli(
        "issue", "new", "--list", "daily", "--subject", "A word", "--intro", GREETING, "--json"
    )
    number = made.document["id"]
    assert cli("issue", "show", number, "--json").document["template"] == "letter"
    assert cli("issue", "send", number, "--wait", "--yes").status == 0
    (file,) = (office / "outbox").glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    text = str(mail.get_body(("plain",)).get_content()).replace("\r\n", "\n")
    assert text.startswith("Dear Ada,\n\nthe ferries stay.\n\nMy newsletter\nThe Daily\n")
    assert "<h1" in str(mail.get_body(("html",)).get_content())


def test_a_letter_without_a_subject_is_refused_in_one_line(cli: Cli, office: Path) -> None:
    cli("issue", "new", "--list", "daily", "--intro", "Hello.")
    assert cli("issue", "preview", 1).refusal == (
        "templates/issue/letter/subject.txt is empty, and the issue needs a subject: set it with "
        "`newsletter issue edit ISSUE --subject TEXT`"
    )


def test_every_brief_of_an_issue_can_be_shown_alike(cli: Cli, office: Path, monday: Path) -> None:
    tuesday = monday.with_name("tuesday.txt")
    tuesday.write_text(monday.read_text("utf-8").replace("Quiet", "Loud"), encoding="utf-8")
    cli("brief", "add", monday, tuesday)
    cli("issue", "new", "--list", "daily", "--brief", 1, "--brief", 2, "--show", "takeaways")

    def shown() -> list[tuple[int, str]]:
        briefs = cli("issue", "show", 1, "--json").document["briefs"]
        return [(one["id"], one["shown_as"]) for one in briefs]

    assert shown() == [(1, "takeaways"), (2, "takeaways")]
    cli("issue", "edit", 1, "--show", "line")
    assert shown() == [(1, "line"), (2, "line")]
    cli("issue", "edit", 1, "--brief", 2, "--brief", 1)
    assert shown() == [(2, "full"), (1, "takeaways")]


@pytest.mark.parametrize("name", sorted(NOTICES))
def test_a_notice_can_be_looked_at_without_a_database(cli: Cli, tmp_path: Path, name: str) -> None:
    document = cli("notice", "preview", name, "--out", "look", "--json").document
    assert set(document) == {"html", "text", "eml", "bytes"}
    html = (tmp_path / "look" / f"{name}.html").read_text("utf-8")
    assert len(html.encode()) == document["bytes"]
    assert not re.search(r"NL5a5a|%%|\{\{", html)


def test_a_notice_that_is_not_there_is_answered_with_those_that_are(cli: Cli) -> None:
    assert cli("notice", "preview", "hello", "--out", "look").refusal == (
        f"there is no template 'hello'; choose from {', '.join(sorted(NOTICES))}"
    )


def test_the_guide_leads_to_a_template_of_ones_own(cli: Cli, office: Path, monday: Path) -> None:
    """
    Each file of "Write the three files" is written as it stands there, and rendered.
    """
    guide = (ROOT / "docs" / "guides" / "templates.md").read_text("utf-8")
    steps = guide.partition("## Write the three files")[2].partition("\n## ")[0]
    config = office / "newsletter.toml"
    changed = config.read_text("utf-8").replace(
        '# templates = "templates"', 'templates = "templates"'
    )
    config.write_text(changed, encoding="utf-8")
    files = re.findall(r"<!-- file: templates/(\S+) -->\n```jinja\n(.*?\n)```", steps, re.DOTALL)
    assert [name for name, _ in files] == [
        f"issue/weekly/{name}" for name in ("subject.txt", "body.html", "body.txt")
    ]
    for name, text in files:
        path = office / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    other = monday.with_name("second.txt")
    other.write_text(monday.read_text("utf-8").replace("Quiet", "Loud"), encoding="utf-8")
    written = cli("render", monday, other, "--template", "weekly", "--out", "preview", "--json")
    html = Path(written.document["html"]).read_text("utf-8")
    assert [html.count(f"The {word} Harbour</h") for word in ("Quiet", "Loud")] == [1, 1]
    assert "The Loud Harbour\n================" in Path(written.document["text"]).read_text("utf-8")
