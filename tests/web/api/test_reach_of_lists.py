"""
Whoever is limited to one list asks everything that the API can be asked about another one, and is
answered as if that did not exist. An operation without a case here fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from api_client import ApiClient, token_for
from http_server import ScriptedServer
from installation import Installation
from list_reach.cases import Answer, Case
from list_reach.other_list import MARK, OWN, OWN_TOO, OtherList, make_other_list
from list_reach.people_cases import FILES, LISTS, PEOPLE, SEGMENTS
from list_reach.publishing_cases import CONTENT, ISSUES, STAFF
from people_samples import NOW
from staff_samples import add_member
from web_samples import TestClient

from newsletter.actions.access import tokens
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import ALL_PERMISSIONS, Role
from newsletter.store.database import Database
from newsletter.web.api.application import all_nouns
from newsletter.web.api.operations import PREFIX, Operation

CASES: Mapping[str, Sequence[Case]] = {
    **LISTS, **PEOPLE, **SEGMENTS, **FILES, **CONTENT, **ISSUES, **STAFF,
}  # fmt: skip
OPERATIONS = {
    operation.function.__name__: operation for noun in all_nouns() for operation in noun.operations
}


@pytest.fixture
def installation(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox
) -> Iterator[Installation]:
    """
    An installation that takes any number of requests.
    """
    no_limits = {"reads_per_minute": 0, "writes_per_minute": 0, "bulk_per_minute": 0}
    made = Installation(tmp_path, database_url, now=NOW, sandbox=warm_sandbox, api=no_limits)
    yield made
    made.close()


@pytest.fixture
def everything(installation: Installation, pages: TestClient) -> ApiClient:
    return ApiClient(pages, token_for(installation, name="everything"))


@pytest.fixture
def other(installation: Installation, everything: ApiClient) -> Iterator[OtherList]:
    with ScriptedServer() as server:
        yield make_other_list(installation, everything, server)


@pytest.fixture(params=[None, Role.EDITOR, Role.PEOPLE])
def limited(
    request: pytest.FixtureRequest, installation: Installation, pages: TestClient, other: OtherList
) -> ApiClient:
    """
    What is limited to the list: a token; or a member of staff, and by that their token.
    """
    if request.param is None:
        return ApiClient(pages, token_for(installation, lists=[OWN, OWN_TOO]))
    role: Role = request.param
    member = add_member(installation, "own@example.org", role=role, lists=[OWN, OWN_TOO])
    # It can do no more than its maker may do now.
    by = replace(member.actor("127.0.0.1"), permissions=ALL_PERMISSIONS)
    made = tokens.add(installation.app, "own", by=by, scopes=role.permissions)
    return ApiClient(pages, made.text)


def test_each_operation_has_cases_of_what_belongs_to_another_list() -> None:
    assert sorted(CASES) == sorted(OPERATIONS)
    with_an_object = {name for name, each in OPERATIONS.items() if each.names.path}
    assert [name for name in with_an_object if not CASES[name]] == []


@pytest.mark.parametrize("limited", [None], indirect=True)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_belongs_to_another_list_is_answered_as_what_does_not_exist(
    installation: Installation, limited: ApiClient, everything: ApiClient, other: OtherList
) -> None:
    walk = _Walk(installation, limited, everything, other)
    assert walk.leaks() == []


@pytest.mark.ci
@pytest.mark.parametrize(
    ("database_url", "limited"),
    [("sqlite", Role.EDITOR), ("sqlite", Role.PEOPLE), ("postgresql", None)],
    indirect=True,
)
def test_staff_are_answered_as_tokens_and_on_each_database(
    installation: Installation, limited: ApiClient, everything: ApiClient, other: OtherList
) -> None:
    walk = _Walk(installation, limited, everything, other)
    assert walk.leaks() == []


class _Walk:
    """
    All requests of one token that is limited to the list.
    """

    def __init__(
        self,
        installation: Installation,
        limited: ApiClient,
        everything: ApiClient,
        other: OtherList,
    ) -> None:
        self.limited, self.everything, self.other = limited, everything, other
        self.permissions = set(limited.get("/me").json()["scopes"])
        self.database = installation.app.database
        self.stored: dict[str, list[Any]] = {}
        self.about_nothing: dict[str, Any] = {}

    def leaks(self) -> list[str]:
        """
        Return a line on each case that tells something, changes something, or proves nothing.
        """
        found = list(self._cases_about_nothing())
        self.stored = _everything_in(self.database)
        for name, cases in CASES.items():
            if not OPERATIONS[name].needs <= self.permissions:
                continue
            for number, case in enumerate(cases):
                for headers in _conditions(OPERATIONS[name], is_first=not number):
                    leaks = self._leaks(OPERATIONS[name], case, headers)
                    found += [f"{name} {case} {headers}: {each}" for each in leaks]
            if changes := self._changes():
                found.append(f"{name} changes {changes}")
        return found

    def _cases_about_nothing(self) -> Iterator[str]:
        """
        Yield a line on each operation whose first object does not exist for anybody.
        """
        for name, cases in CASES.items():
            if OPERATIONS[name].method == "GET" and cases[0].answer is Answer.HIDDEN:
                named = cases[0].with_objects(self.other.objects)
                if _send(self.everything, OPERATIONS[name], named, {}).status_code == 404:
                    yield f"{name}: its object does not exist"

    def _leaks(self, operation: Operation, case: Case, headers: Mapping[str, str]) -> Iterator[str]:
        there = _send(self.limited, operation, case.with_objects(self.other.objects), headers)
        if case.answer in (Answer.OPEN, Answer.KEPT):
            if there.is_success is not (case.answer is Answer.OPEN):
                yield _shown(there)
        elif case.answer is Answer.SHOWN:
            if not there.is_success or MARK in there.text.lower():
                yield _shown(there)
        else:
            yield from self._differences(there, operation, case, headers)

    def _changes(self) -> list[str]:
        """
        Return the names of the tables that were changed.
        """
        before, self.stored = self.stored, _everything_in(self.database)
        return [name for name in before if self.stored[name] != before[name]]

    def _differences(
        self, there: Any, operation: Operation, case: Case, headers: Mapping[str, str]
    ) -> Iterator[str]:
        """
        Yield how a response differs from that about what does not exist.
        """
        nothing = self._answer_about_nothing(operation, case, headers)
        objects = self.other.objects
        named, unknown = case.named(objects), case.named(self.other.nothing)
        if _comparable(there, named) != _comparable(nothing, unknown):
            yield f"{_shown(there)} instead of {_shown(nothing)}"
        elif MARK in _without(named, there.text).lower():
            yield _shown(there)
        elif case.answer is not Answer.EQUAL and not headers:
            kind = there.json().get("type", "") if there.content else ""
            if not kind.endswith(f":{case.answer.value}"):
                yield _shown(there)

    def _answer_about_nothing(
        self, operation: Operation, case: Case, headers: Mapping[str, str]
    ) -> Any:
        named = case.with_objects(self.other.nothing)
        key = repr((operation.path, operation.method, named, headers))
        if key not in self.about_nothing:
            self.about_nothing[key] = _send(self.limited, operation, named, headers)
        return self.about_nothing[key]


def _shown(response: Any) -> str:
    return f"{response.status_code} {response.text}"


def _conditions(operation: Operation, *, is_first: bool) -> Sequence[Mapping[str, str]]:
    """
    Return the headers to send: none; and with the first case of an operation that compares
    versions, such as compare them.
    """
    compares = operation.method in ("PUT", "PATCH", "DELETE") or operation.version_of
    if not (is_first and compares):
        return ({},)
    return ({}, {"If-Match": '"0"'}, {"If-None-Match": "*"})


def _send(client: ApiClient, operation: Operation, case: Case, headers: Mapping[str, str]) -> Any:
    path = operation.path.removeprefix(PREFIX).format(**case.path)
    query = f"?{case.query}" if case.query else ""
    return client(operation.method, path + query, case.body, **headers)


def _comparable(response: Any, named: Sequence[str]) -> tuple[int, list[str], str]:
    """
    Return the status, the names of the headers and the body of a response, without the names in the
    request.
    """
    return response.status_code, sorted(response.headers), _without(named, response.text)


def _without(named: Sequence[str], text: str) -> str:
    for name in named:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", text)
    return text


def _everything_in(database: Database) -> dict[str, list[Any]]:
    """
    Return all rows of all tables.
    """
    from subscribers.database.tables import metadata

    with database.read() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(sa.select(table))))
            for table in metadata.sorted_tables
        }
