"""
Each kind of wrong setting is named in a sentence of ours: where, which value, what to write.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_origin

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from newsletter.errors import SettingsError
from newsletter.settings import ProviderSettings, Settings, load_settings, problems
from newsletter.settings.sections import DeliverySettings, SiteSettings

SMTP = "[provider.x]\nkind = 'smtp'\n"
SES = "[provider.x]\nkind = 'ses'\n"
SOCIAL = "".join(f"s{number} = 'https://example.org'\n" for number in range(13))
KINDS = (
    "'brevo', 'mailgun', 'mailjet', 'outbox', 'postmark', 'resend', 'sendgrid', 'ses', 'smtp' "
    "or 'sparkpost'"
)


@pytest.fixture(autouse=True)
def _a_bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("NEWSLETTER_")]:
        monkeypatch.delenv(name)


def refusal(folder: Path, text: str) -> str:
    """
    What is said of a file with *text*.
    """
    path = folder / "newsletter.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    line = str(refused.value)
    assert len(line.splitlines()) == 1
    return line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[site]\nname = 3", "[site] name cannot be 3: write text in quotes"),
        ("[site]\nname = ['x']", "[site] name cannot be a list: write text in quotes"),
        (
            "[site]\nname = 1979-05-27",
            '[site] name cannot be "1979-05-27": write text in quotes',
        ),
        ("[site]\ntemplates = 3", "[site] templates cannot be 3: write a path in quotes"),
        ("[web]\nport = 'x'", '[web] port cannot be "x": write a whole number'),
        ("[web]\nport = 1.5", "[web] port cannot be 1.5: write a whole number"),
        ("[web]\nport = [1]", "[web] port cannot be a list: write a whole number"),
        (
            f"[web]\nport = '{'9' * 5000}'",
            f'[web] port cannot be "{"9" * 58}…: write a whole number',
        ),
        ("[web]\nport = 70000", "[web] port cannot be 70000: write a number of at most 65535"),
        ("[web]\nport = -1", "[web] port cannot be -1: write a number of at least 0"),
        (
            "[limits]\nfetch_deadline_s = 'x'",
            '[limits] fetch_deadline_s cannot be "x": write a number',
        ),
        (
            "[limits]\nfetch_deadline_s = []",
            "[limits] fetch_deadline_s cannot be a list: write a number",
        ),
        (
            "[limits]\nfetch_deadline_s = inf",
            "[limits] fetch_deadline_s cannot be Infinity: write a number",
        ),
        (
            "[limits]\nfetch_deadline_s = 0",
            "[limits] fetch_deadline_s cannot be 0: write a number above 0",
        ),
        (
            "[limits]\nfetch_ports = 80",
            "[limits] fetch_ports cannot be 80: write a list in square brackets, such as [80, 443]",
        ),
        (
            "[limits]\nfetch_ports = [80, 0]",
            "[limits] fetch_ports cannot be 0: write a number of at least 1",
        ),
        ("[images]\nmeasure = 'so'", '[images] measure cannot be "so": write true or false'),
        ("[images]\nmeasure = []", "[images] measure cannot be a list: write true or false"),
        ("[log]\nformat = 'xml'", "[log] format cannot be \"xml\": write 'text' or 'json'"),
        (
            "[brand]\nsocial = 'x'",
            '[brand] social cannot be "x": write a table, such as '
            '{ Mastodon = "https://example.org/@news" }',
        ),
        (
            f"[brand.social]\n{SOCIAL}",
            "[brand] social cannot be a table: write at most 12 entries",
        ),
        ("site = 3", "[site] cannot be 3: write [site] on a line of its own, and its keys below"),
        (
            "[provider]\nkind = 'resend'",
            "[provider.kind] cannot be this value: write [provider.NAME] on a line of its own, and "
            "its keys below",
        ),
        (
            "[[provider]]\nkind = 'resend'",
            "[provider] cannot be a list: write [provider.NAME] on a line of its own, and its keys "
            "below",
        ),
        (
            "[provider.x]\nrate = 3",
            "[provider.x] kind is missing: write one of brevo, mailgun, mailjet, outbox, postmark, "
            "resend, sendgrid, ses, smtp, sparkpost",
        ),
        (
            "[provider.x]\nkind = 'pigeon'",
            f'[provider.x] kind cannot be "pigeon": write {KINDS}',
        ),
        (
            f"{SMTP}username = ''",
            '[provider.x] username cannot be "": write at least one character, or leave the key '
            "out",
        ),
        (
            f"{SMTP}host = 'a b'",
            '[provider.x] host cannot be "a b": write the name or address of a server, such as '
            "smtp.example.org",
        ),
        (
            f"{SMTP}bounce_address = 'x'",
            '[provider.x] bounce_address cannot be "x": write an address with at most 15 '
            "characters before the @, such as bounces@example.org",
        ),
        (
            f"{SMTP}dkim_selector = '-'",
            '[provider.x] dkim_selector cannot be "-": write letters, digits, -, . and _, at most '
            "63, such as s1",
        ),
        (
            f"{SES}configuration_set = 'a b'",
            '[provider.x] configuration_set cannot be "a b": write letters, digits, - and _, at '
            "most 64",
        ),
        (
            f"{SES}topics = ['news-events']",
            '[provider.x] topics cannot be "news-events": write the ARN of each SNS topic, such as '
            "arn:aws:sns:eu-west-1:123456789012:news",
        ),
        (f"{SMTP}password = 3", "[provider.x] password cannot be this value: write text in quotes"),
    ],
)
def test_a_wrong_value_in_the_file(tmp_path: Path, text: str, line: str) -> None:
    assert refusal(tmp_path, text) == f"{tmp_path / 'newsletter.toml'}: {line}"


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("WEB__PORT", "x", '{} cannot be "x": write a whole number'),
        ("WEB__PORT", "", '{} cannot be "": write a whole number'),
        ("WEB__PORT", "9" * 5000, '{} cannot be "' + "9" * 58 + "…: write a whole number"),
        ("WEB__PORT", "70000", '{} cannot be "70000": write a number of at most 65535'),
        ("IMAGES__MEASURE", "maybe", '{} cannot be "maybe": write true or false'),
        ("LOG__FORMAT", "xml", "{} cannot be \"xml\": write 'text' or 'json'"),
        ("WEB", '{"port": "x"}', '{} cannot be "x": write a whole number'),
        (
            "WEB",
            "[1]",
            "{} cannot be a list: set a variable for each key, such as NEWSLETTER_SITE__NAME",
        ),
        (
            "SITE",
            "My newsletter",
            "{} cannot be read: set a variable for each key, such as NEWSLETTER_SITE__NAME",
        ),
        (
            "LIMITS__FETCH_PORTS",
            "80,443",
            '{} cannot be read: write it as JSON, such as [80, 443], ["10.0.0.0/8"] or '
            '{{"Name": "…"}}',
        ),
        (
            "BRAND__SOCIAL",
            "https://example.org",
            '{} cannot be read: write it as JSON, such as [80, 443], ["10.0.0.0/8"] or '
            '{{"Name": "…"}}',
        ),
        (
            "LIMITS__FETCH_PORTS",
            "80",
            "{} cannot be 80: write a list in square brackets, such as [80, 443]",
        ),
        ("SITE__NAEM", "x", "unknown key {}: did you mean name?"),
        ("SITE__BASE_URL", "x.org", "{}: 'x.org' is not a URL: start it with http:// or https://"),
        (
            "PROVIDER__X",
            "re_0123456789",
            "{} cannot be this value: set a variable for each key, such as NEWSLETTER_SITE__NAME",
        ),
        ("PROVIDER__X__RATE", "fast", '{} cannot be "fast": write a number'),
        (
            "PROVIDER__X__API_KEY",
            "re_0123456789",
            "{}: write env:NAME or file:PATH here, never the secret itself",
        ),
    ],
)
def test_a_wrong_value_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str
) -> None:
    monkeypatch.setenv(f"NEWSLETTER_{name}", value)
    text = "[provider.x]\nkind = 'resend'\n" if name.startswith("PROVIDER__X__") else ""
    variable = line.format(f"NEWSLETTER_{name}")
    assert refusal(tmp_path, text) == f"the environment: {variable}"


def test_bytes_that_are_no_text_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_WEB__PORT", "\udc80")
    assert refusal(tmp_path, "") == (
        'the environment: NEWSLETTER_WEB__PORT cannot be "\\udc80": write text in UTF-8'
    )


def test_the_file_is_named_where_a_variable_sets_other_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSLETTER_WEB", '{"host": "::1"}')
    assert refusal(tmp_path, "[web]\nport = 'x'\n") == (
        f'{tmp_path / "newsletter.toml"}: [web] port cannot be "x": write a whole number'
    )


def places() -> list[tuple[str, ...]]:
    """
    Every key of the settings, with its section.
    """
    sections = [name for name in Settings.model_fields if name not in ("folder", "provider")]
    found = [
        (section, key)
        for section in sections
        for key in Settings.model_fields[section].annotation.model_fields  # type: ignore[union-attr]
    ]
    return [*found, *(("provider", "x", key) for key in ProviderSettings.model_fields)]


WRONG = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.dates(),
    st.just("9" * 5000),
    st.lists(st.integers() | st.text() | st.floats(), max_size=3),
    st.dictionaries(st.text(min_size=1), st.integers() | st.text(), max_size=14),
)


# How long values take to make depends on the load of the machine.
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@example(place=("site", "name"), value="\x85", is_whole=True)
@example(place=("delivery", "fallback_provider"), value="\r", is_whole=False)
@given(place=st.sampled_from(places()), value=WRONG, is_whole=st.booleans())
def test_no_sentence_of_pydantic_is_shown(
    place: tuple[str, ...], value: Any, *, is_whole: bool
) -> None:
    """
    Whatever a key holds, or stands in the place of its section.
    """
    values: dict[str, Any] = {place[-1]: value}
    if place[0] == "provider":
        values = {"kind": "smtp"} | values
    for name in reversed(place[:-1]):
        values = {name: values}
    if is_whole:
        values = {place[0]: value}
    try:
        Settings(**values)
    except ValidationError as error:
        found = error.errors()[0]
        line = problems.describe_problem(error, Settings, file=Path("newsletter.toml"))
        assert len(line.splitlines()) == 1
        assert found["msg"] not in line
        assert "write another value" not in line
        for words in (
            "nput should",
            "Value error",
            "Extra inputs",
            "Field required",
            "nable to parse",
        ):
            assert words not in line.replace(str(value), "")


def test_every_key_with_a_pattern_has_an_example() -> None:
    patterns = {
        name
        for section in (ProviderSettings, DeliverySettings)
        for name, field in section.model_fields.items()
        if "pattern" in repr(field.metadata) or get_origin(field.annotation) is tuple
    }
    assert patterns == set(problems._FORMS)


def test_no_value_of_a_secret_is_shown(tmp_path: Path) -> None:
    for key in problems.SECRETS:
        line = refusal(tmp_path, f"{SMTP}{key} = 're_0123456789'")
        assert "re_0123456789" not in line


@pytest.mark.parametrize("language", ["xx", "english", ""])
def test_an_unknown_language_is_an_error(language: str) -> None:
    with pytest.raises(ValidationError, match="is not a known language: write its code"):
        SiteSettings(language=language)
    assert SiteSettings(language="pt-BR").language == "pt-BR"
