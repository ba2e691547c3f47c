"""
The generated reference: every command, argument, option and setting has a sentence and a place.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from reference_pages import GENERATORS
from reference_pages.commands import every_command, parameters_of, sentences_of
from reference_pages.database import tables
from reference_pages.settings import sections, sentence_of

from newsletter.mail.checks.rules import RULES
from newsletter.settings.plugins import PROVIDERS, declared
from newsletter.settings.provider import provider_kind
from newsletter.web.api.application import document
from subscribers.database.tables import metadata


def test_every_command_has_a_sentence_and_an_example() -> None:
    lacking = [
        words
        for words, command in every_command()
        if not all(sentences_of(command))
        or not sentences_of(command)[1].startswith(f"newsletter {words}")
    ]
    assert lacking == []


def test_every_argument_and_option_has_a_sentence() -> None:
    lacking = [
        f"{words} {parameter.name}"
        for words, command in every_command()
        for parameter in parameters_of(command)
        if not parameter.help
    ]
    assert lacking == []


def test_every_setting_has_a_sentence() -> None:
    lacking = [
        f"[{section}] {key}"
        for section, model in sections()
        for key in model.model_fields
        if not sentence_of(model, key)
    ]
    assert lacking == []


def test_every_table_is_there_and_has_a_sentence() -> None:
    found = {table.name: sentence for table, sentence in tables()}
    assert set(found) == set(metadata.tables)
    assert [name for name, sentence in found.items() if not sentence] == []


def test_every_kind_of_provider_has_its_keys() -> None:
    settings = GENERATORS["settings"]()
    lacking = [
        f"{kind} {key}"
        for kind in declared(PROVIDERS)
        for key in provider_kind(kind).keys
        if f"```{{confval}} [provider.NAME] {key}\n" not in settings
    ]
    assert lacking == []
    assert "[provider.NAME] own" not in settings


def test_the_reference_names_a_command_a_setting_and_its_variable() -> None:
    assert "### newsletter issue send\n" in GENERATORS["commands"]()
    settings = GENERATORS["settings"]()
    assert "```{confval} [provider.NAME] api_key\n" in settings
    variable = "NEWSLETTER_PROVIDER__NAME__API_KEY"
    assert f"Type: text. Default: not set. Environment: `{variable}`." in settings


def test_every_rule_of_a_check_is_in_its_page_with_its_level() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "checks.md"
    row = re.compile(r"^\| (\d+) \| `([\w-]+)` \| (\w+) \|", re.MULTILINE)
    rows = row.findall(page.read_text("utf-8"))
    assert [(int(number), name, level) for number, name, level in rows] == [
        (rule.number, rule.id, rule.level) for rule in RULES
    ]


def test_every_address_of_serve_is_in_its_page() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "reference" / "http.md").read_text("utf-8")
    code = "".join(file.read_text("utf-8") for file in (root / "newsletter" / "web").rglob("*.py"))
    paths = [re.sub(r"\{.*?\}", "WORD", path) for path in re.findall(r'Route\("(/[^"]*)"', code)]
    named = {re.sub(r"\b[A-Z]+\b", "WORD", path) for path in re.findall(r"`(/[^`?]*)`", page)}
    assert len(paths) > 5
    assert [path for path in paths if path not in named] == []
    assert "/hooks/WORD/WORD" in named


def test_the_reference_of_the_api_has_the_types_examples_and_responses_of_each_operation() -> None:
    page = GENERATORS["api"]()
    content = document().content
    lacking = []
    for path, methods in content["paths"].items():
        for method, described in methods.items():
            title = f"{method.upper()} {path}"
            section = page.partition(f"### {title}\n")[2].partition("\n### ")[0]
            wanted = [f"`{each['name']}`" for each in described["parameters"]]
            (answers,) = re.findall(r"^Responses: (.*)\\\n", section, re.MULTILINE)
            (refusals,) = re.findall(r"^\[Refusals\].*: (.*)\.", section, re.MULTILINE)
            found = set(re.findall(r"\b\d{3}\b", answers + refusals))
            wanted += sorted(set(described["responses"]) - found)
            body = described.get("requestBody", {}).get("content", {}).get("application/json")
            if body is not None:
                wanted += [
                    "| field | type | meaning |",
                    json.dumps(body["example"], indent=2, ensure_ascii=False),
                ]
            lacking += [f"{title}: {each}" for each in wanted if each not in section]
    assert lacking == []


def test_the_reference_of_the_api_has_every_body_and_its_required_fields_come_first() -> None:
    page = GENERATORS["api"]()
    headings = set(re.findall(r"^### (\w+)$", page, re.MULTILINE))
    links = set(re.findall(r"\[(\w+)\]\(#\w+\)", page))
    assert links <= headings
    assert len(links) > 100
    schemas = document().content["components"]["schemas"]
    values = {name: each["enum"] for name, each in schemas.items() if "enum" in each}
    assert [name for name in values if name not in headings] == []
    late = []
    for table in re.findall(r"^\| (?:field|parameter) .*\n(?:\|.*\n)+", page, re.MULTILINE):
        rows = table.splitlines()[2:]
        is_needed = ["Required." in row for row in rows]
        late += rows[:1] if is_needed != sorted(is_needed, reverse=True) else []
        late += [row for row in rows if len(re.findall(r"(?<!\\)\|", row)) != 4 or "|  |" in row]
    assert late == []
