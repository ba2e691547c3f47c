"""
A refusal that names a command on the command line names the operation that does the same in the
API.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from api_client import ApiClient, kind_of
from command_tree import every_command, every_option
from installation import Installation
from pydantic import BaseModel

from newsletter.web.api.application import all_nouns
from newsletter.web.api.bodies.people.acts import PeopleChoice
from newsletter.web.api.refusals.command_names import (
    OPTION,
    PLACEHOLDERS,
    parse_command,
    with_operations,
)
from newsletter.web.api.refusals.command_operations import (
    FIELDS,
    NOT_IN_THE_API,
    OPERATIONS,
    OPTIONS,
)
from newsletter.web.api.text import explain
from subscribers.text.phrases import Phrase, phrase

ROOT = Path(__file__).resolve().parents[3]
# Here the command line speaks; the pages for staff link to pages.
OF_PEOPLE = ("newsletter/cli/", "newsletter/web/admin/")
# No operation runs what names options here, or the option is in a command.
NOT_OF_THE_API = (
    "newsletter/actions/access/staff_links.py",
    "newsletter/actions/operations/secrets.py",
    "newsletter/isolation/dns.py",
    "newsletter/issues/odd_briefs.py",
    "newsletter/operations/alerts.py",
    "newsletter/operations/dns_guide/compare.py",
    "newsletter/operations/move",
    "newsletter/settings/",
    "newsletter/web/api/refusals/command_operations.py",
    "newsletter/web/http_server.py",
    "newsletter/web/page/style.py",
    "newsletter/web/preview/",
)
BODIES = {
    f"{each.method} {each.path}": each.request_model
    for noun in all_nouns()
    for each in noun.operations
}
# What the operation does without: its people come with the request, its invitation goes by email.
WITHOUT_FIELD = {"staff invite --link", "subscriber confirm --file"}
EXPRESSION = "{}"
# The program says why in fields with these names, but in these people do, or it is no text.
EXPLAINS = re.compile(r"\w*(detail|error|hints|message|problem|reason|reasons|stopped|warnings)")
NOT_OF_THE_PROGRAM = {
    "HistoryEntryBody.detail",
    "KillSwitchBody.reason",
    "ListBody.held_reason",
    "SourceBody.pause_reason",
    "SubscriptionBody.ended_reason",
}
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def texts_in(source: str) -> Iterator[str]:
    """
    Yield the string literals of a module. In an f-string, EXPRESSION stands for each expression.
    """
    nodes = list(ast.walk(ast.parse(source)))
    joined = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    for each in joined:
        yield "".join(_text(part) or EXPRESSION for part in each.values)
    parts = {id(part) for each in joined for part in each.values}
    yield from (_text(node) for node in nodes if id(node) not in parts)


def sentences_in(source: str) -> Iterator[tuple[str, bool]]:
    """
    Yield the texts of a module but for docstrings, each with whether it is a phrase's.
    """
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    phrases = {
        argument.value
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("phrase", "plural")
        for argument in node.args
        if isinstance(argument, ast.Constant)
    }
    documented = {_text(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for text in texts_in(source):
        if text not in documented:
            yield text, text in phrases


def options_in(text: str) -> list[str]:
    """
    Return the options that a text names outside of backticks.
    """
    return [found[1] for found in OPTION.finditer(text) if found[1]]


def _text(node: ast.AST) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""


@cache
def commands_in_texts() -> dict[str, str]:
    """
    Return every command in a text that the API may show, and the module where it stands.
    """
    modules = [
        module
        for package in ("newsletter", "subscribers")
        for module in sorted((ROOT / package).rglob("*.py"))
        if not str(module.relative_to(ROOT)).startswith(OF_PEOPLE)
    ]
    return {
        command: str(module.relative_to(ROOT))
        for module in modules
        if "`newsletter" in (source := module.read_text("utf-8"))
        for text in texts_in(source)
        for command in re.findall(r"`newsletter\s+([a-z][^`]*)`", text)
    }


def all_responses() -> set[type[BaseModel]]:
    """
    Return the class of every body of a response, and of every part of one.
    """
    found: set[type[BaseModel]] = set()
    waiting = [each.response_model for noun in all_nouns() for each in noun.operations]
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in found:
            found.add(kind)
            waiting += [field.annotation for field in kind.model_fields.values()]
    return found


def test_every_command_in_a_text_is_known_with_its_options() -> None:
    named = commands_in_texts()
    assert len(named) > 60
    parsed = {command: parse_command(command) for command in named}
    assert [(named[each], each) for each, found in parsed.items() if found is None] == []
    known = {*OPERATIONS, *FIELDS, *NOT_IN_THE_API, *WITHOUT_FIELD}
    unknown = [
        (named[each], option)
        for each, found in parsed.items()
        if found is not None and found.name not in NOT_IN_THE_API
        for option in found.with_options
        if option not in known
    ]
    assert unknown == []


def test_what_stands_for_an_argument_is_no_argument() -> None:
    parsed = [parse_command(command) for command in commands_in_texts()]
    arguments = {found.argument for found in parsed if found is not None}
    assert {each for each in arguments if each.isalpha() and each.isupper()} <= PLACEHOLDERS


def test_every_command_has_an_operation_or_none() -> None:
    commands = {" ".join(words) for words in every_command()}
    assert {key.partition(" --")[0] for key in OPERATIONS} | NOT_IN_THE_API >= commands
    options = {f"{name} {each}" for name, those in every_option().items() for each in those}
    assert {*OPERATIONS, *FIELDS, *NOT_IN_THE_API} <= commands | options
    assert NOT_IN_THE_API.isdisjoint(OPERATIONS)


def test_every_operation_and_field_exists() -> None:
    assert {*OPERATIONS.values()} <= {*BODIES}
    for option, field in FIELDS.items():
        name = option.partition(" --")[0]
        bodies = [BODIES[each] for key, each in OPERATIONS.items() if key.startswith(name)]
        assert any(body is not None and field in body.model_fields for body in bodies), option


def test_every_option_in_a_sentence_has_its_field() -> None:
    modules = {
        str(module.relative_to(ROOT)): module.read_text("utf-8")
        for package in ("newsletter", "subscribers")
        for module in sorted((ROOT / package).rglob("*.py"))
    }
    faults, found = [], set()
    for module, source in modules.items():
        if module.startswith((*OF_PEOPLE, *NOT_OF_THE_API)):
            continue
        for text, is_phrase in sentences_in(source):
            shown = with_operations(Phrase(text, {})) if is_phrase else text
            faults += [(module, option) for option in options_in(shown)]
            found |= set(options_in(text)) if is_phrase else set()
    assert sorted(faults) == []
    assert found == {*OPTIONS}


def test_every_field_of_an_option_exists() -> None:
    operations = [each for noun in all_nouns() for each in noun.operations]
    names = {name for each in operations for name in (*each.names.body, *each.names.query)}
    names |= {*PeopleChoice.model_fields}
    assert [each for fields in OPTIONS.values() for each in fields if each not in names] == []


@pytest.mark.parametrize(
    ("text", "names", "shown"),
    [
        (phrase("--max is less than --min"), ["min", "max"], "`max` is less than `min`"),
        (phrase("add --reason TEXT"), ["reason"], "add `reason`"),
        (phrase("add --deadline 2h, please"), [], "add `deadline_s`, please"),
        (phrase("on --list {list}", list="a"), ["lists"], "on `lists` a"),
        (phrase("on --list {list}", list="a"), [], "on `list` a"),
        (phrase("{a}: {b}", a="x --max", b=phrase("--max {c}", c=3)), [], "x --max: `max` 3"),
        (phrase("`newsletter issue show {n}`, --at", n=3), [], "`GET /api/v1/issues/3`, `at`"),
        ("the --list of a person", ["list"], "the --list of a person"),
    ],
)
def test_a_field_is_named_for_an_option(text: str, names: list[str], shown: str) -> None:
    assert with_operations(text, names) == shown


@sqlite
def test_a_refusal_names_fields(api: ApiClient, installation: Installation) -> None:
    installation.add_list()
    installation.add_schedule()
    refused = api.patch("/schedules/morning", {"min": 5, "max": 2}).json()
    assert refused["detail"] == "`max` is less than `min`: nothing could ever be sent"
    undecided = api.patch("/schedules/morning", {"approval": "deadline"}).json()
    assert undecided["detail"] == "`approval` deadline needs a time: add `deadline_s`"
    everybody = api.post("/bulk/tag", {"which": {}, "add": ["press"]}).json()
    assert everybody["detail"] == "say whom: an address, a file, or a filter such as a list"


def test_what_the_program_explains_in_a_response_names_operations() -> None:
    fields = {
        f"{model.__name__}.{name}": f"{field.annotation} {field.metadata}"
        for model in all_responses()
        for name, field in model.model_fields.items()
        if EXPLAINS.fullmatch(name)
    }
    texts = {name: kind for name, kind in fields.items() if "str" in kind}
    others = {name for name, kind in texts.items() if explain.__name__ not in kind}
    assert others == NOT_OF_THE_PROGRAM


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see `newsletter issue show 3`", "see `GET /api/v1/issues/3`"),
        ("`newsletter issue list` shows them", "`GET /api/v1/issues` shows them"),
        ("`newsletter brief edit N`", "`PATCH /api/v1/briefs/{brief}`"),
        ("`newsletter list ask-again daily --status`", "`GET /api/v1/lists/daily/ask-again`"),
        ("`newsletter issue edit 3 --brief 1 --brief 2`", "`PATCH /api/v1/issues/3` (`briefs`)"),
        ("`newsletter segment edit a/b`", "`PATCH /api/v1/segments/a%2Fb`"),
        (
            "`newsletter subscriber tag --tag 'a b' --add 'c' --remove 'a b'`",
            "`POST /api/v1/bulk/tag` (`which`, `add`, `remove`)",
        ),
        ("`newsletter list edit daily --release`", "`POST /api/v1/lists/daily/release`"),
        ("`newsletter serve` and `newsletter`", "`newsletter serve` and `newsletter`"),
        ("`newsletter nonesuch 3`", "`newsletter nonesuch 3`"),
    ],
)
def test_an_operation_is_named_for_a_command(text: str, shown: str) -> None:
    assert with_operations(text) == shown


def test_a_refusal_names_operations(api: ApiClient, installation: Installation) -> None:
    installation.add_list()
    issue = f"/issues/{installation.add_issue()}"
    resumed = api.post(f"{issue}/resume", {})
    assert kind_of(resumed) == "refused"
    assert resumed.json()["detail"].endswith(f"see `GET /api/v1{issue}`")
    api.post(f"{issue}/cancel")
    held = api.post(f"{issue}/hold").json()
    assert held["detail"].endswith(f"see `GET /api/v1{issue}/status`")
    resumed_later = api.post(f"{issue}/resume", {}).json()
    assert resumed_later["detail"].endswith("`POST /api/v1/issues` makes another")


@sqlite
def test_a_value_that_is_not_valid_names_operations(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list()
    rule = {"name": "press", "rule": "field size is 3"}
    refused = api.post("/segments", rule).json()
    assert "see `GET /api/v1/fields`" in refused["detail"]
    (error,) = refused["errors"]
    assert "see `GET /api/v1/fields`" in error["detail"]


@sqlite
def test_what_only_a_command_can_do_names_the_command(
    api: ApiClient, installation: Installation
) -> None:
    folder = api.post("/sources", {"name": "here", "kind": "folder", "location": "/etc"})
    assert "use `newsletter source add here` there" in folder.json()["detail"]


@sqlite
def test_a_reason_in_a_response_names_operations(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list()
    installation.add_schedule()
    api.post("/operations/kill-switch/engage", {"reason": "the provider reports a breach"})
    stopped = api.get("/schedules/morning/runs").json()["stopped"]
    assert stopped.endswith("to continue: `POST /api/v1/operations/kill-switch/disengage`")
