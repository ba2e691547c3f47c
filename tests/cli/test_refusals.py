"""
Bad input: one line that says what, where and what to do, status 1, and nothing half-written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import ScriptedServer
from refused_samples import rows_of
from running import Cli

ITEM = "<item><title>{0}</title><guid>{0}</guid><description>Words of {0}.</description></item>"


def feed(*titles: str) -> bytes:
    items = "".join(ITEM.format(title) for title in titles)
    return f"<rss version='2.0'><channel><title>Site</title>{items}</channel></rss>".encode()


@pytest.fixture
def server(office: Path) -> Iterator[ScriptedServer]:
    """
    A site on this machine that the installation may fetch from, polled as the source `site`.
    """
    with ScriptedServer() as running:
        config = office / "newsletter.toml"
        text = config.read_text("utf-8")
        text = text.replace("fetch_networks = []", 'fetch_networks = ["127.0.0.0/8"]')
        text = text.replace("fetch_ports = [80, 443]", f"fetch_ports = [{running.port}]")
        config.write_text(text, encoding="utf-8")
        yield running


def test_without_settings_it_says_how_to_make_them(cli: Cli, tmp_path: Path) -> None:
    assert cli("list", "list").refusal == (
        "no settings at newsletter.toml: go to the folder of your newsletter, name the file with "
        "--config, or run `newsletter init DIR`"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("[site\n", "newsletter.toml is not valid TOML: "),
        ("a" + ".a" * 1_000, "newsletter.toml is not valid TOML: it is nested too deeply"),
        ("[sendr]\n", "newsletter.toml: unknown key [sendr]: did you mean sender?"),
        ("[site]\nnmae = 'x'\n", "newsletter.toml: unknown key [site] nmae: did you mean name?"),
        (
            "[provider.r]\nkind = 'resend'\napi_key = 're_0123'\n",
            "newsletter.toml: [provider.r] api_key: write env:NAME or file:PATH here, never the "
            "secret itself",
        ),
    ],
)
def test_wrong_settings_are_named_by_section_and_key(
    cli: Cli, tmp_path: Path, given: str, line: str
) -> None:
    (tmp_path / "newsletter.toml").write_text(given, encoding="utf-8")
    refusal = cli("migrate").refusal
    assert refusal.startswith(line)
    assert "re_0123" not in refusal
    assert [path.name for path in tmp_path.iterdir()] == ["newsletter.toml"]


def test_settings_that_are_no_text_are_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_bytes(b"\x7fELF\xe0\x00")
    assert cli("list", "list").refusal == ("newsletter.toml is not text in UTF-8: save it as such")
    (tmp_path / "newsletter.toml").write_bytes(b"[site")
    assert cli("list", "list").refusal.startswith("newsletter.toml is not valid TOML: ")
    assert cli("list", "list", "--config", tmp_path).refusal == (
        f"cannot read {tmp_path}: Is a directory"
    )


def test_init_writes_over_nothing(cli: Cli, office: Path) -> None:
    before = (office / "newsletter.toml").read_bytes()
    assert cli("init", office).refusal.endswith("remove it, or choose another folder")
    assert (office / "newsletter.toml").read_bytes() == before
    (office / "file").touch()
    assert cli("init", "file").refusal == "cannot write to file: File exists"


def test_init_without_a_database_leaves_no_settings_behind(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_DATABASE__URL", "sqlite:///nowhere/x.db")
    assert "it cannot be opened" in cli("init", "office").refusal
    assert list((tmp_path / "office").iterdir()) == []
    monkeypatch.delenv("NEWSLETTER_DATABASE__URL")
    assert cli("init", "office").status == 0


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_bytes(b"\x7fELF\0\x01\x02")])
def test_one_unreadable_file_keeps_all_briefs_out(
    cli: Cli, office: Path, monday: Path, make: object
) -> None:
    assert callable(make)
    make(office / "odd")
    for path in ("odd", "missing.txt"):
        assert cli("brief", "add", monday, path).refusal.startswith(f"{path}: ")
        assert cli("brief", "read", monday, path, "--json").refusal.startswith(f"{path}: ")
        assert cli("render", monday, path, "--out", "out").refusal.startswith(f"{path}: ")
    assert rows_of(office, "brief") == 0
    assert not (office / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        "subscriber add ada@example.org --list dayly",
        "subscriber import people.csv --list dayly",
        "subscriber export --list dayly --out out.csv",
        "subscriber list --list dayly",
        "suppression add ada@example.org --list dayly",
        "list show dayly",
        "list edit dayly --name X",
    ],
)
def test_an_unknown_list_is_answered_with_the_nearest(
    cli: Cli, people: Path, office: Path, words: str
) -> None:
    assert cli(*words.split()).refusal == "there is no list 'dayly': did you mean 'daily'?"
    assert [rows_of(office, table) for table in ("subscriber", "suppression")] == [0, 0]
    assert not (office / "out.csv").exists()


def test_an_issue_to_an_unknown_list_is_not_made(cli: Cli, office: Path, monday: Path) -> None:
    cli("brief", "add", monday)
    refusal = cli("issue", "new", "--list", "daily", "--list", "dayly", "--brief", 1).refusal
    assert refusal == "there is no list 'dayly': did you mean 'daily'?"
    assert cli("issue", "new", "--list", "daily", "--brief", 7).refusal.startswith("no brief 7")
    refusal = cli("issue", "new", "--list", "daily", "--brief", 1, "--template", "odd").refusal
    assert refusal.startswith(
        "there is no template 'odd'; choose from alert, digest, intelbrief, letter"
    )
    assert rows_of(office, "issue") == 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"name,town\nAda,London\n", "no column contains addresses"),
        (b"\x7fELF\x02\x01\x00\x00\xe0\xff", "this is not a text file"),
        (b"", "empty"),
    ],
    ids=["no address column", "binary", "empty"],
)
def test_a_file_that_is_no_list_of_people_is_refused_whole(
    cli: Cli, office: Path, content: bytes, reason: str
) -> None:
    (office / "odd.csv").write_bytes(content)
    refusal = cli("subscriber", "import", "odd.csv", "--list", "daily", "--consent", "x").refusal
    assert refusal.startswith("odd.csv: ")
    assert reason in refusal
    assert rows_of(office, "subscriber") == 0
    assert sorted(path.name for path in office.glob("odd*")) == ["odd.csv"]


def test_an_unclosed_quote_is_a_row_in_the_errors_file(cli: Cli, office: Path) -> None:
    content = 'email,name\n"ada@example.org,Ada\nbo@example.org,Bo\n'
    (office / "people.csv").write_text(content, encoding="utf-8")
    words = ("subscriber", "import", "people.csv", "--list", "daily", "--consent", "x")
    found = cli(*words, "--json").document
    assert (found["created"], found["invalid"]) == (1, 1)
    assert "a quote in this line is not closed" in (office / found["errors_file"]).read_text(
        "utf-8"
    )


def test_a_bad_address_adds_nobody(cli: Cli, office: Path) -> None:
    refusal = cli("subscriber", "add", "ada", "--list", "daily").refusal
    assert refusal == "'ada' is not a valid address: it has no @"
    assert rows_of(office, "subscriber") == 0


def test_an_unknown_time_zone_adds_nobody(cli: Cli, office: Path) -> None:
    words = ("subscriber", "add", "ada@example.org", "--list", "daily", "--timezone")
    refusal = cli(*words, "Europe/Pariss").refusal
    assert refusal == "time zone 'Europe/Pariss' is not known: did you mean Europe/Paris?"
    assert rows_of(office, "subscriber") == 0


def test_a_page_instead_of_a_feed_is_said_so(
    cli: Cli, office: Path, server: ScriptedServer
) -> None:
    server.answer("/feed", body=b"<!DOCTYPE html><html><body>Please log in</body></html>")
    cli("source", "add", "site", "feed", server.url("/feed"))
    ran = cli("collect", "site", "--json")
    assert ran.status == 1
    assert ran.err.splitlines()[-1] == (
        "newsletter: site: 127.0.0.1 sent a web page, not a feed: check the address"
    )
    assert rows_of(office, "brief") == 0


def test_a_cut_feed_gives_its_whole_items_and_an_error(
    cli: Cli, office: Path, server: ScriptedServer
) -> None:
    whole = feed("One", "Two", "Three")
    server.answer("/feed", body=whole[: whole.index(b"Words of Three")])
    cli("source", "add", "site", "feed", server.url("/feed"), "--first-poll", "new")
    ran = cli("collect", "site", "--json")
    (report,) = json.loads(ran.out)
    error = "the document breaks off; only its complete items were taken"
    assert (ran.status, report["new"], report["error"], report["notes"]) == (1, 2, error, [])
    assert ran.err.splitlines()[-1] == f"newsletter: site: {error}"
    titles = {brief["title"] for brief in cli("brief", "list", "--json").document}
    assert titles == {"One", "Two"}


def test_an_unknown_source_is_answered_with_the_nearest(cli: Cli, office: Path) -> None:
    cli("source", "add", "site", "folder", ".")
    ran = cli("collect", "sites")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines()[-1] == "newsletter: no source sites: did you mean site?"
    assert cli("source", "add", "site", "folder", ".").status == 1
    assert rows_of(office, "source") == 1


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("<p>{{ nonesuch }}</p>", "'nonesuch' is unknown"),
        ("<p>\n{% if site %}</p>", "Unexpected end of template"),
        ("<p>\n\n{{ site.name </p>", "line 3"),
    ],
    ids=["unknown name", "open block", "syntax"],
)
def test_a_broken_template_is_named_and_nothing_written(
    cli: Cli, office: Path, monday: Path, body: str, line: str
) -> None:
    folder = office / "mine/issue/own"
    folder.mkdir(parents=True)
    for name, content in {"subject.txt": "Hi", "body.txt": "Hi", "body.html": body}.items():
        (folder / name).write_text(content, encoding="utf-8")
    config = office / "newsletter.toml"
    text = config.read_text("utf-8").replace('# templates = "templates"', 'templates = "mine"')
    config.write_text(text, encoding="utf-8")
    refusal = cli("render", monday, "--template", "own", "--out", "out").refusal
    assert refusal.startswith("templates/issue/own/body.html line ")
    assert line in refusal
    assert not (office / "out").exists()
    known = cli("render", monday, "--template", "owm", "--out", "out").refusal
    assert known == (
        "there is no template 'owm'; choose from alert, digest, intelbrief, letter, own"
    )


def test_a_test_mail_that_left_is_not_sent_as_an_issue(
    cli: Cli, office: Path, monday: Path
) -> None:
    cli("brief", "add", str(monday))
    cli("issue", "new", "--list", "daily", "--brief", "1")
    cli("issue", "test", "1", "me@example.org")
    assert cli("issue", "send", "2", "--yes").refusal.startswith("issue 2 was already sent and")
