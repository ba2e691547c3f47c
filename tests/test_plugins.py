"""
Packages from outside add providers, sources and checks: the three in `examples/plugins`, installed
and used from the command line.
"""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
from http_server import Received, ScriptedServer
from smtp_server import SmtpServer

from newsletter.errors import SettingsError
from newsletter.model.provider_kind import ProviderKind
from newsletter.settings import plugins

ROOT = Path(__file__).resolve().parents[1]
CHANGES = """# Changelog

## [Unreleased]

- A lantern that counts.

## [1.2.0] - 2026-03-04

The lamps of Orrin can be ordered by the dozen. Click here to see the three new colours, which
were tested on the harbour wall all winter.

- Amber is the brightest.
- Green keeps its colour in fog.
- Blue is new.
"""
POSTAL = """
from newsletter.model.event import Event, EventKind
from newsletter.model.provider_kind import ProviderKind
from newsletter.providers.webhooks import Relay

KIND = ProviderKind(
    opener="postal_kind:open_relay",
    keys=frozenset(),
    secrets=frozenset({"postal_key"}),
    proof_key="postal_key",
    relay="postal_kind:open_relay",
    relay_keys=frozenset({"postal_key"}),
)


def open_relay(account):
    key = account.secret("postal_key").encode()
    return Relay(
        label_headers=lambda labels: [("X-Postal-Label", labels.delivery)],
        verify=lambda headers, raw, url: key in raw,
        events=lambda raw: [Event(kind=EventKind.DELIVERED, at=None)],
    )
"""
RULE = """
from newsletter.mail.checks.rule import Rule
from newsletter.model.check import Level


def check(checked):
    {body}


RULES = (Rule(None, "odd", Level.WARNING, check),)
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A folder into which the three packages are installed.
    """
    folder = tmp_path_factory.mktemp("plugins")
    packages = sorted(map(str, (ROOT / "examples" / "plugins").iterdir()))
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(folder)]
    made = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", *options, *packages],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """
    Run a command in an installation of its own, with the packages installed.
    """
    path = os.pathsep.join([str(installed), str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "MAILPIT_LOGIN": "ada:lamp"}

    def command(*words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [sys.executable, "-m", "newsletter", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
        assert ran.returncode == status, ran.stderr
        return ran

    command("init", ".")
    return command


@pytest.fixture
def postal(installed: Path) -> None:
    """
    Install a package that offers nothing but a relay.
    """
    (installed / "postal_kind.py").write_text(POSTAL)
    meta = installed / "postal_kind-1.0.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: postal-kind\nVersion: 1.0\n")
    (meta / "entry_points.txt").write_text("[newsletter.providers]\npostal = postal_kind:KIND\n")


@pytest.fixture
def mailpit() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        server.answer("/api/v1/send", body=b'{"ID": "iAfZVVe2UQfNSG5BAjgYwa"}')
        yield server


def test_an_installed_source_check_and_provider_make_and_send_an_issue(
    run: Run, tmp_path: Path, mailpit: ScriptedServer
) -> None:
    use_mailpit(tmp_path, mailpit.url("").rstrip("/"))
    (tmp_path / "CHANGELOG.md").write_text(CHANGES, encoding="utf-8")
    run("source", "add", "releases", "changelog", "CHANGELOG.md", "--first-poll", "new")
    run("collect")
    run("list", "add", "daily", "--name", "The Daily")
    run("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "written form")
    run("issue", "new", "--list", "daily", "--brief", "1")
    assert "banned-words: readers would see “click here”" in run("check", "1").stdout
    run("issue", "send", "1", "--wait", "--yes", "--override", "the wording stays")
    (call,) = mailpit.requests
    assert orjson.loads(call.body)["To"] == [{"Email": "ada@example.org"}]
    assert orjson.loads(call.body)["Tags"] == ["releases"]
    assert login_of(call) == "Basic YWRhOmxhbXA="


def use_mailpit(folder: Path, base_url: str, login: str = "env:MAILPIT_LOGIN") -> None:
    settings = (folder / "newsletter.toml").read_text("utf-8")
    assert 'provider = "outbox"' in settings
    settings = settings.replace('provider = "outbox"', 'provider = "pit"')
    own = f'base_url = "{base_url}"\nlogin = "{login}"\ntag = "releases"\n'
    text = f'{settings}\n[provider.pit]\nkind = "mailpit"\n{own}'
    (folder / "newsletter.toml").write_text(text, encoding="utf-8")


def login_of(call: Received) -> str:
    return call.headers["Authorization"]


def test_a_secret_of_an_installed_provider_is_never_written_into_the_settings(
    run: Run, tmp_path: Path
) -> None:
    use_mailpit(tmp_path, "http://127.0.0.1:9", login="ada:lamp")
    ran = run("doctor", status=1)
    assert "write env:NAME or file:PATH here, never the secret itself" in ran.stderr + ran.stdout
    assert "ada:lamp" not in ran.stderr + ran.stdout


@pytest.mark.usefixtures("postal")
def test_an_installed_package_can_offer_a_relay_to_an_smtp_server(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "newsletter.toml"
    settings = file.read_text("utf-8").replace('provider = "outbox"', 'provider = "relay"')
    with SmtpServer() as server:
        own = f'host = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\nevents = "postal"\n'
        key = 'postal_key = "env:MAILPIT_LOGIN"\n'
        file.write_text(
            f'{settings}\n[provider.relay]\nkind = "smtp"\n{own}{key}', encoding="utf-8"
        )
        assert "/hooks/relay/" in run("doctor", status=1).stdout
        run("list", "add", "daily", "--name", "The Daily")
        run("subscriber", "add", "ada@example.org", "--list", "daily", "--consent", "written form")
        (tmp_path / "quay.md").write_text("# The quay\n\nNobody left the quay.\n", encoding="utf-8")
        run("brief", "add", "quay.md")
        run("issue", "new", "--list", "daily", "--brief", "1")
        run("issue", "send", "1", "--wait", "--yes", "--override", "a test")
    (taken,) = server.taken
    assert email.message_from_bytes(taken.raw)["X-Postal-Label"].startswith("i1-d1_")
    file.write_text(
        file.read_text("utf-8").replace("env:MAILPIT_LOGIN", "ada:lamp"), encoding="utf-8"
    )
    assert "never the secret itself" in run("doctor", status=1).stderr


def test_a_source_whose_package_is_gone_fails_alone_and_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text(CHANGES, encoding="utf-8")
    run("source", "add", "releases", "changelog", "CHANGELOG.md", "--first-poll", "new")
    bare = subprocess.run(
        [sys.executable, "-m", "newsletter", "collect"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    said = bare.stdout + bare.stderr
    assert "no installed package declares changelog in newsletter.sources: install it" in said


BROKEN = {
    "newsletter.checks": {
        "gone": ("import nothing_of_that_name", "RULES"),
        "raising": (RULE.format(body="raise ValueError('no rhyme')"), "RULES"),
        "hanging": (RULE.format(body="while True: pass"), "RULES"),
    },
    "newsletter.sources": {
        "lost": (
            "from newsletter.model.source_kind import SourceKind\n"
            "KIND = SourceKind(opener='nowhere.at.all:open', check_location=lambda text: None)",
            "KIND",
        ),
        "crashing": (
            "from newsletter.model.source_kind import SourceKind\n"
            "def check(text):\n    raise ValueError('no harbour')\n"
            "KIND = SourceKind(opener='crashing_plug:open', check_location=check)",
            "KIND",
        ),
    },
}


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """
    Install packages that are broken, and return the folder.
    """
    folder = tmp_path / "broken"
    for group, plugs in BROKEN.items():
        for name, (text, value) in plugs.items():
            meta = folder / f"{name}-1.0.dist-info"
            meta.mkdir(parents=True)
            (folder / f"{name}_plug.py").write_text(text)
            (meta / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            (meta / "entry_points.txt").write_text(f"[{group}]\n{name} = {name}_plug:{value}\n")
    return str(folder)


def test_the_reference_is_the_same_whatever_else_is_installed(installed: Path) -> None:
    program = "from reference_pages import GENERATORS as G; print([G[name]() for name in G])"
    pages = []
    for packages in ([], [str(installed)]):
        path = os.pathsep.join([*packages, str(ROOT), str(ROOT / "docs" / "_ext")])
        made = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path},
            check=False,
        )
        assert made.returncode == 0, made.stderr
        pages.append(made.stdout)
    assert pages[0] == pages[1]


def test_broken_packages_are_named_and_the_others_go_on(
    run: Run, broken: str, tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([broken, str(ROOT)])}

    def broken_run(*words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", "newsletter", *words],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=False,
        )
        return ran.stdout + ran.stderr

    (tmp_path / "page.html").write_text("<html lang=en><title>A</title><p>Hello")
    said = broken_run("check", "page.html")
    assert "the checks of gone_plug: cannot be loaded: ModuleNotFoundError" in said
    assert "the checks of raising_plug: failed: ValueError: no rhyme" in said
    assert "the checks of hanging_plug: took longer than 3 s" in said
    assert "size" in said or "document" in said
    doctor = broken_run("doctor")
    assert "gone of package gone (checks) is broken: ModuleNotFoundError" in doctor
    assert "lost of package lost (sources) is broken: cannot load nowhere.at.all:open" in doctor
    (tmp_path / "briefs").mkdir(exist_ok=True)
    broken_run("source", "add", "desk", "folder", "briefs")
    broken_run("source", "add", "lost", "lost", "somewhere")
    crashed = broken_run("source", "add", "other", "crashing", "somewhere")
    assert "unexpected ValueError: no harbour (crashing_plug.py, line 3); this is" in crashed
    collected = broken_run("collect")
    assert "this is a bug" not in collected
    assert "lost: cannot load nowhere.at.all:open: ModuleNotFoundError" in collected
    assert "desk" in collected


def test_the_last_line_of_a_crash_has_its_place_and_no_address() -> None:
    try:
        raise ValueError("no mailbox\nada@example.org")
    except ValueError as error:
        said = plugins.last_line(error)
    assert re.fullmatch(
        r"ValueError: no mailbox \(an address\) \(test_plugins.py, line \d+\)", said
    )


def test_an_entry_point_that_declares_something_else_is_named() -> None:
    with pytest.raises(SettingsError, match=r"newsletter\.mail\.checks\.rules:RULES of newsletter"):
        plugins.load(plugins.CHECKS, "built-in", ProviderKind)


def test_an_installation_that_is_older_than_its_code_says_so(run: Run, tmp_path: Path) -> None:
    stale = tmp_path / "stale" / "newsletter-0.0.1.dist-info"
    stale.mkdir(parents=True)
    (stale / "METADATA").write_text("Metadata-Version: 2.1\nName: newsletter\nVersion: 0.0.1\n")
    (stale / "entry_points.txt").write_text("[console_scripts]\nnewsletter = newsletter.cli:main\n")
    (tmp_path / "newsletter.toml").write_text('[provider.bulk]\nkind = "resend"\n')
    ran = subprocess.run(
        [sys.executable, "-m", "newsletter", "list", "list"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(stale.parent), str(ROOT)])},
        check=False,
    )
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1)
    assert "this installation is older than its code; install it again" in ran.stderr
