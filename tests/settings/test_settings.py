"""
Settings from file and environment: what they give, and how each mistake is named.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsletter.cli.setup.init import SETTINGS
from newsletter.errors import SettingsError
from newsletter.model.mail import Sender
from newsletter.settings import ProviderSettings, Settings, load_settings


@pytest.fixture(autouse=True)
def _a_bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("NEWSLETTER_")]:
        monkeypatch.delenv(name)


def load(folder: Path, given: str) -> Settings:
    path = folder / "newsletter.toml"
    path.write_text(given, encoding="utf-8")
    return load_settings(path)


def refusal(folder: Path, given: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load(folder, given)
    line = str(refused.value)
    assert "\n" not in line
    return line.removeprefix(f"{folder / 'newsletter.toml'}: ")


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert settings == Settings(folder=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/newsletter.db"
    assert (settings.delivery.provider, settings.delivery.connections) == ("outbox", 4)
    assert settings.database.busy_timeout_ms == 15_000


def test_the_file_that_init_writes_differs_from_the_defaults_in_names_alone(
    tmp_path: Path,
) -> None:
    found, defaults = load(tmp_path, SETTINGS).model_dump(), Settings().model_dump()
    assert found.pop("sender")["address"] == "news@example.org"
    assert found["site"].pop("name") == "My newsletter"
    del defaults["sender"], defaults["site"]["name"]
    assert found == defaults


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    settings = load(tmp_path, "[database]\nurl = 'sqlite:///data/x.db'\n")
    assert settings.path(Path("outbox")) == tmp_path / "outbox"
    assert settings.path(Path("/srv/mails")) == Path("/srv/mails")
    assert settings.database_url == f"sqlite:///{tmp_path}/data/x.db"
    assert load(tmp_path, "[database]\nurl = 'sqlite:////srv/x.db'\n").database_url == (
        "sqlite:////srv/x.db"
    )


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_SITE__NAME", "From outside")
    monkeypatch.setenv("NEWSLETTER_DATABASE__BUSY_TIMEOUT_MS", "50")
    monkeypatch.setenv("NEWSLETTER_LIMITS__FETCH_PORTS", "[80, 8080]")
    settings = load(tmp_path, "[site]\nname = 'Inside'\nlanguage = 'fr'\n")
    assert (settings.site.name, settings.site.language) == ("From outside", "fr")
    assert settings.database.busy_timeout_ms == 50
    assert settings.limits.fetch_ports == (80, 8080)


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    with pytest.raises(ValueError, match="frozen"):
        settings.site.name = "Other"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("[sendr]", "unknown key [sendr]: did you mean sender?"),
        ("[site]\nnmae = 'x'", "unknown key [site] nmae: did you mean name?"),
        (
            "[web]\nzzz = 1",
            "unknown key [web] zzz: expected one of host, hosts, metrics_networks, metrics_token, "
            "port, proxies",
        ),
        (
            "folder = '/srv'",
            "unknown key [folder]: expected one of api, audit, brand, database, delivery, images, "
            "limits, log, login, provider, sender, signup, site, web",
        ),
        (
            "[provider.mine]\nkind = 'resend'\napi_kye = 'env:K'",
            "unknown key [provider.mine] api_kye: did you mean api_key?",
        ),
    ],
)
def test_an_unknown_key_is_answered_with_the_nearest(tmp_path: Path, given: str, line: str) -> None:
    assert refusal(tmp_path, given) == line


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            "[site]\nbase_url = 'x.org'",
            "[site] base_url: 'x.org' is not a URL: start it with http:// or https://",
        ),
        (
            "[site]\nbase_url = 'https://bücher.example'",
            "[site] base_url: 'https://bücher.example' is not plain ASCII without spaces: write a "
            "name such as bücher.example as xn--bcher-kva.example",
        ),
        (
            "[sender]\naddress = 'zoë@example.org'",
            "[sender] address: 'zoë@example.org': the part before the @ must be plain ASCII",
        ),
        (
            "[sender]\nreply_to = 'the desk'",
            "[sender] reply_to: 'the desk' is not a valid address: it has no @",
        ),
        (
            "[limits]\nfetch_networks = ['office']",
            "[limits] fetch_networks: 'office' is not a network: write one such as 10.0.0.0/8",
        ),
        (
            "[limits]\nfetch_networks = ['10.1.2.3/8']",
            "[limits] fetch_networks: '10.1.2.3/8' is not a network: write 10.0.0.0/8",
        ),
        (
            "[brand]\nlogo = 'logo.png'",
            "[brand] logo: 'logo.png' is not the address of an image: start it with https://",
        ),
        (
            "[brand]\nlogo = 'https://example.org/logo.png'",
            "[brand]: a logo needs logo_width and logo_height, in pixels",
        ),
        (
            "[delivery]\nfallback_provider = 'outbox'",
            "[delivery] fallback_provider: outbox is already the first provider: name another "
            "one as fallback provider",
        ),
    ],
)
def test_a_wrong_value_is_named_by_its_key(tmp_path: Path, given: str, line: str) -> None:
    assert refusal(tmp_path, given) == line


@pytest.mark.parametrize("secret", ["re_0123456789", "env", "ENV:KEY", ""])
def test_a_secret_in_clear_is_refused_and_not_repeated(tmp_path: Path, secret: str) -> None:
    line = refusal(tmp_path, f"[provider.r]\nkind = 'resend'\napi_key = '{secret}'")
    assert line == (
        "[provider.r] api_key: write env:NAME or file:PATH here, never the secret itself"
    )


def test_a_secret_comes_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_KEY", "re_1")
    (tmp_path / "key.txt").write_text("re_2\n")
    settings = load(tmp_path, "")
    assert (settings.secret("env:THE_KEY"), settings.secret("file:key.txt")) == ("re_1", "re_2")
    with pytest.raises(SettingsError, match="the environment variable OTHER_KEY, which"):
        settings.secret("env:OTHER_KEY")
    with pytest.raises(SettingsError, match=r"cannot read the secret file nokey\.txt: No such"):
        settings.secret("file:nokey.txt")


def test_a_secret_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key.bin").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"the secret file key\.bin is not text"):
        load(tmp_path, "").secret("file:key.bin")


def test_the_outbox_is_there_without_being_written_down(tmp_path: Path) -> None:
    settings = load(tmp_path, "[provider.mine]\nkind = 'outbox'\nfolder = 'mails'\n")
    assert settings.provider_named("outbox") == ProviderSettings(kind="outbox")
    assert settings.provider_named("mine").folder == Path("mails")
    with pytest.raises(SettingsError, match=r"no \[provider.other\].*mine, outbox"):
        settings.provider_named("other")


def test_the_sender_is_named_after_the_site_unless_told(tmp_path: Path) -> None:
    text = "[site]\nname = 'The Institute'\n[sender]\naddress = 'desk@example.org'\n"
    assert load(tmp_path, text).default_sender == Sender("The Institute", "desk@example.org")
    named = load(tmp_path, text + "name = 'The Desk'\n").default_sender
    assert named == Sender("The Desk", "desk@example.org")


def test_a_key_of_another_kind_of_provider_is_refused(tmp_path: Path) -> None:
    text = '[provider.bulk]\nkind = "resend"\napi_key = "env:KEY"\nstream = "weekly"\n'
    assert refusal(tmp_path, text) == (
        "[provider.bulk]: kind resend has no key stream: expected one of api_key, base_url, kind, "
        "rate, webhook_secret, webhook_secret_previous"
    )


@pytest.mark.parametrize(
    ("base_url", "reaches"),
    [
        ("http://127.0.0.1:8025", False),
        ("http://localhost:8025", False),
        ("http://[::1]:8025", False),
        ("https://127.0.0.1.example.org", True),
        ("https://api.resend.com", True),
        (None, True),
    ],
)
def test_only_a_stand_in_on_this_machine_reaches_nobody(base_url: str | None, reaches: bool):
    own = ProviderSettings(kind="resend", api_key="env:KEY", base_url=base_url)
    assert own.reaches_people is reaches
