"""
What a list has of its own: set by commands and by a file, and shown again.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Cli

FIELDS = """\
[field.port]
type = "choice"
label = { en = "Your port" }
option = { north = { en = "North", de = "Nord" }, south = {} }
public = true

[field.born]
type = "date"
public = true
personal = true

"""
OWN = """\
[list.weekly]
name = "The Weekly"
opt_in = "double"
visibility = "public"
language = "de"
from = "Desk <desk@example.org>"
reply_to = "letters@example.org"
provider = "outbox"
fallback_provider = "none"
postal_address = "Quay 1, Port Haven"
brand = { accent = "#8a1c16", social = { Mastodon = "https://social.example/@desk" } }
approval = true
tagline = "Every Friday"
consent = "Yes, send me The Weekly."
confirm_on_open = true
proof_of_work = true
welcome = false
goodbye = true
ask = ["port", "born"]
required = ["born"]
"""


@pytest.fixture
def fields(cli: Cli, office: Path) -> None:
    cli("field", "add", "port", "--type", "text", "--public")
    cli("field", "add", "born", "--type", "date", "--public", "--personal")


def show(cli: Cli, slug: str = "daily") -> dict[str, object]:
    shown = cli("list", "show", slug, "--json").document
    assert isinstance(shown, dict)
    return shown


def test_a_new_list_is_private_and_has_everything_from_the_site(cli: Cli, office: Path) -> None:
    assert show(cli) == {
        "slug": "daily",
        "name": "The Daily",
        "description": "",
        "tagline": "",
        "opt_in": "double",
        "visibility": "private",
        "language": "en",
        "from": None,
        "reply_to": None,
        "provider": None,
        "fallback_provider": None,
        "postal_address": None,
        "brand": {},
        "needs_approval": False,
        "second_person_above": None,
        "quiet": None,
        "timezone": "UTC",
        "consent": "",
        "consent_version": 1,
        "asks": [],
        "confirms_on_open": False,
        "needs_proof_of_work": False,
        "sends_welcome": True,
        "sends_goodbye": False,
        "origins": [],
        "joined_url": None,
        "confirmed_url": None,
        "left_url": None,
        "held_reason": None,
        "ask_again": None,
    }


def test_an_empty_value_is_the_site_s_again(cli: Cli, office: Path) -> None:
    names = ("--from", "--reply-to", "--provider", "--fallback-provider", "--postal-address")
    given = ("desk@example.org", "re@example.org", "outbox", "none", "Quay 1, Port Haven")
    cli(
        "list", "edit", "daily", *(word for pair in zip(names, given, strict=True) for word in pair)
    )
    shown = show(cli)
    assert [shown[name] for name in ("reply_to", "provider", "fallback_provider")] == [
        "re@example.org", "outbox", "none"
    ]  # fmt: skip
    cli("list", "edit", "daily", *(word for name in names for word in (name, "")))
    assert {show(cli)[name.strip("-").replace("-", "_")] for name in names} == {None}


def test_another_consent_sentence_is_another_version(cli: Cli, office: Path) -> None:
    cli("list", "edit", "daily", "--consent", "Yes, send it.")
    cli("list", "edit", "daily", "--consent", "Yes, send it.", "--tagline", "At noon")
    assert show(cli)["consent_version"] == 2
    cli("list", "edit", "daily", "--consent", "")
    assert (show(cli)["consent"], show(cli)["consent_version"]) == ("", 3)


def test_a_key_of_the_brand_is_changed_alone_and_taken_back(cli: Cli, office: Path) -> None:
    link = "social.Mastodon=https://social.example/@desk"
    cli("list", "edit", "daily", "--brand", "accent=#8A1C16", "--brand", link)
    cli("list", "edit", "daily", "--brand", "button=#0b5394")
    social = {"Mastodon": "https://social.example/@desk"}
    assert show(cli)["brand"] == {"accent": "#8a1c16", "button": "#0b5394", "social": social}
    cli("list", "edit", "daily", "--brand", "accent=", "--brand", "social.Mastodon=")
    assert show(cli)["brand"] == {"button": "#0b5394"}


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--brand", "accent=#ffff00"), "accent: #ffff00 has a contrast of"),
        (("--brand", "acent=#000000"), "unknown key acent of the brand: did you mean accent?"),
        (("--brand", "accent"), "--brand accent: write KEY=VALUE, such as accent=#8a1c16"),
        (("--provider", "nobody"), "list daily: no [provider.nobody] in newsletter.toml"),
        (("--visibility", "secret"), "write public, unlisted or private"),
        (("--ask", "nothing"), "there is no field 'nothing'"),
        (("--language", "xx-none"), "is not a known language"),
        (("--hold", "why", "--release"), "--hold and --release exclude each other"),
        (("--release",), "list daily is not held"),
    ],
)
def test_what_a_list_cannot_have_is_refused_in_one_line(
    cli: Cli, office: Path, words: tuple[str, ...], line: str
) -> None:
    before = show(cli)
    ran = cli("list", "edit", "daily", *words)
    assert ran.status in (1, 2)
    assert line in ran.err
    assert show(cli) == before


def test_a_list_asks_for_fields_and_stops_asking(cli: Cli, fields: None) -> None:
    cli("list", "edit", "daily", "--ask", "port", "--required", "born")
    asked = [{"field": "port", "required": False}, {"field": "born", "required": True}]
    assert show(cli)["asks"] == asked
    cli("list", "edit", "daily", "--no-ask", "port")
    assert show(cli)["asks"] == asked[1:]


def test_a_file_gives_a_list_all_of_that_and_is_written_the_same(
    cli: Cli, office: Path, fields: None
) -> None:
    (office / "setup.toml").write_text(OWN, encoding="utf-8")
    assert cli("apply", "setup.toml").status == 0
    written = cli("apply", "--export").out
    assert OWN in written
    (office / "again.toml").write_text(written, encoding="utf-8")
    (done,) = [
        one
        for one in cli("apply", "again.toml", "--json").document["done"]
        if one["name"] == "weekly"
    ]
    assert done["did"] == "unchanged"


def test_a_file_declares_the_fields_that_its_lists_ask_for(cli: Cli, office: Path) -> None:
    (office / "setup.toml").write_text(FIELDS + OWN, encoding="utf-8")
    assert cli("apply", "setup.toml").status == 0
    assert FIELDS in cli("apply", "--export").out
    done = cli("apply", "setup.toml", "--json").document["done"]
    assert {one["did"] for one in done} == {"unchanged"}


def test_a_file_cannot_give_a_field_another_type(cli: Cli, office: Path, fields: None) -> None:
    (office / "setup.toml").write_text('[field.port]\ntype = "date"\n', encoding="utf-8")
    ran = cli("apply", "setup.toml")
    assert (ran.status, "[field.port] type: it is text, and stays so" in ran.err) == (1, True)


def test_a_file_that_says_nothing_more_leaves_a_held_list_held(
    cli: Cli, office: Path, fields: None
) -> None:
    (office / "setup.toml").write_text(OWN, encoding="utf-8")
    cli("apply", "setup.toml")
    cli("list", "edit", "weekly", "--hold", "after a restore")
    (office / "short.toml").write_text('[list.weekly]\nname = "Weekly"\n', encoding="utf-8")
    cli("apply", "short.toml")
    shown = show(cli, "weekly")
    assert (shown["held_reason"], shown["asks"], shown["brand"]) == ("after a restore", [], {})
    assert (shown["consent"], shown["consent_version"]) == ("", 3)
