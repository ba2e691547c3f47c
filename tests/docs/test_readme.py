"""
The README knows every command, every setting, every kind of source and provider.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from command_tree import every_command, every_option

from newsletter.mail.checks.rules import RULES
from newsletter.model.source import SourceKind
from newsletter.settings import ProviderSettings, Settings

CHECKS = Path(__file__).resolve().parents[2] / "docs" / "reference" / "checks.md"
README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def readme() -> str:
    """
    The README with its spaces and line ends made one.
    """
    return " ".join(README.read_text("utf-8").split())


def every_setting() -> list[str]:
    """
    Each key as the README writes it: `[site] name`, `[provider.NAME] api_key`.
    """
    found = []
    for section, field in Settings.model_fields.items():
        if section == "provider":
            found += [f"[provider.NAME] {key}" for key in ProviderSettings.model_fields]
        elif section != "folder":
            assert isinstance(field.annotation, type)
            keys: dict[str, object] = field.annotation.model_fields
            found += [f"[{section}] {key}" for key in keys]
    return found


def is_named(readme: str, place: str) -> bool:
    """
    Whether a key stands in backticks or at the start of a TOML line, and its section somewhere.
    """
    section, _, key = place.partition(" ")
    written = rf"`(?:{re.escape(section)} )?{key}`|\b{key} ="
    start = section.removesuffix("NAME]")
    return start in readme and re.search(written, readme) is not None


def test_every_command_is_in_the_readme(readme: str) -> None:
    commands = [" ".join(words) for words in every_command()]
    missing = [
        command
        for command in commands
        if not re.search(rf"(?:newsletter |`){re.escape(command)}(?![\w-])", readme)
    ]
    assert missing == []


def test_every_setting_is_in_the_readme(readme: str) -> None:
    assert [place for place in every_setting() if not is_named(readme, place)] == []


def test_every_kind_of_source_is_in_the_readme(readme: str) -> None:
    assert [kind.value for kind in SourceKind if f"`{kind.value}`" not in readme] == []


def test_every_kind_of_provider_is_in_the_readme(readme: str) -> None:
    kinds = get_args(ProviderSettings.model_fields["kind"].annotation)
    assert len(kinds) > 1
    assert [kind for kind in kinds if f"`{kind}`" not in readme] == []


def test_a_setting_that_is_not_there_would_be_noticed(readme: str) -> None:
    assert not is_named(readme, "[site] nonesuch")
    assert not is_named(readme, "[nonesuch] name")


def test_every_rule_of_a_check_is_in_its_page_with_its_level() -> None:
    row = re.compile(r"^\| (\d+) \| `([\w-]+)` \| (\w+) \|", re.MULTILINE)
    rows = row.findall(CHECKS.read_text("utf-8"))
    assert [(int(number), name, level) for number, name, level in rows] == [
        (rule.number, rule.id, rule.level) for rule in RULES
    ]


# Their options are those of another command, as the README says.
AS_SAID_OF = {
    "schedule edit": "schedule add",
    "list edit": "list add",
    "issue edit": "issue new",
}


def test_every_option_stands_beside_its_command_in_the_readme() -> None:
    rows = [line for line in README.read_text("utf-8").splitlines() if line.startswith("| `")]
    missing = []
    for command, options in every_option().items():
        said = AS_SAID_OF.get(command, command)
        row = next(row for row in rows if re.match(rf"\| `newsletter {said}(?![\w-])", row))
        missing += [f"{command} {option}" for option in options if not is_said(row, option)]
    assert missing == []


def is_said(row: str, option: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", row) is not None
