"""
Every form of the newsroom, sent with what its page does not offer. Set ATTACKS=all to send each of
them from each page that has it, with each of its buttons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from filled_newsroom import LIMITED, Filled
from hostile.attack_size import ALL, MOST
from hostile.attempts import FormWalk, Outcome, some_of
from hostile.page_forms import TOKEN, PageForm
from hostile.references import ForeignRows, own_objects
from list_reach.other_list import MARK, OTHER
from newsroom_walk import steps
from staff_samples import StaffBrowser, form_token
from starlette.routing import Route

from newsletter.model.access import Role
from subscribers.database.tables import metadata

# What no form may set, and what stands there to tell.
VALUES = {
    "approved_by": "somebody",
    "back": "https://evil.example",
    "is_admin": "yes",
    "list": OTHER,
    "lists": OTHER,
    "next": "https://evil.example",
    "permissions": "staff:write",
    "role": "owner",
    "state": "sent",
    "then": "https://evil.example",
    "url": "https://evil.example",
}
# What the form shows in another state of its object, or after a search.
ASKED_ELSEWHERE = ("anywhere", "q", "reason")
# Forms that are refused say little about what they could set.
LEAST_EFFECT = 0.5 if ALL else 0.4
# What the program alone decides about.
REFERENCES = ("hidden", "select", "checkbox", "radio")
# Who types an address adds that person to a list of their own, or suppresses the address there.
ADDRESSES = ("email", "address")
# At least so many forms are open to somebody who is limited to one list.
FORMS_OF = {Role.EDITOR: 30, Role.PEOPLE: 15}
# The examples in hints.
EXAMPLE = re.compile("“Harbour( brief)?”")
NAMED = re.compile(rf"[^\s<>\"=]*{MARK}[^\s<>\"]*", re.IGNORECASE)

pytestmark = pytest.mark.ci


@pytest.fixture
def walk(filled: Filled, walker: StaffBrowser) -> Iterator[FormWalk]:
    made = FormWalk(filled, walker)
    yield made
    made.close()


def test_a_form_sets_nothing_that_it_does_not_show(walk: FormWalk, filled: Filled) -> None:
    forms = list(walk.forms(filled.steps("GET", most=MOST)))
    forms += questions(walk, forms) if ALL else []
    shown: dict[str, set[str]] = {}
    for route, form in forms:
        shown.setdefault(route.path, set(ASKED_ELSEWHERE)).update(form.names)
    columns = {column.name for table in metadata.sorted_tables for column in table.columns}
    names = sorted(columns.union(VALUES, *shown.values()) - {TOKEN})
    faults, effects, sent = [], set(), set()
    for route, form in some_of(forms):
        more = [(name, VALUES.get(name, "1")) for name in names if name not in shown[route.path]]
        for button in form.buttons if ALL and form.buttons else [None]:
            values = form.sent(button)
            plain = walk.attempt(form, values)
            sent.add(route.path)
            effects |= {route.path} if plain.changes else set()
            different = plain.differences(walk.attempt(form, [*values, *more]))
            if different := different and different - random_in(walk, form, values, plain):
                faults.append(f"{route.path} on {form.page}: {sorted(different)}")
    assert not faults, "\n".join(faults)
    assert len(effects) >= LEAST_EFFECT * len(sent), sorted(sent - effects)


def questions(walk: FormWalk, forms: list[tuple[Route, PageForm]]) -> list[tuple[Route, PageForm]]:
    """
    Return the forms of pages that ask something before another form does anything.
    """
    found: dict[tuple[str, frozenset[str]], tuple[Route, PageForm]] = {}
    known = {(route.path, form.names) for route, form in forms}
    left = [form for _, form in forms]
    while left:
        form = left.pop()
        for button in form.buttons or [None]:
            for route, asked in walk.forms_after(form, walk.attempt(form, form.sent(button))):
                key = (route.path, asked.names)
                if key not in known and key not in found:
                    found[key] = (route, asked)
                    left.append(asked)
    return list(found.values())


def random_in(
    walk: FormWalk, form: PageForm, values: list[tuple[str, str]], plain: Outcome
) -> set[str]:
    """
    Return what differs when the same form is sent again.
    """
    return plain.differences(walk.attempt(form, values))


@pytest.mark.parametrize(
    ("walker", "least"),
    [(f"limited-{role}", FORMS_OF[role]) for role in (LIMITED if ALL else (Role.EDITOR,))],
    indirect=["walker"],
)
def test_a_form_leads_to_nothing_of_another_list(
    walk: FormWalk, filled: Filled, least: int
) -> None:
    foreign, own = ForeignRows(filled), own_objects(filled)
    pages = [
        *filled.steps("GET", most=MOST),
        *steps(filled.installation, own, "GET", most=1),
    ]
    forms = some_of(walk.forms(pages))
    kinds = ("text", "number", "email", "textarea", *REFERENCES) if ALL else REFERENCES
    faults = []
    for route, form in forms:
        values = form.sent()
        plain = walk.attempt(form, values)
        for name in {each.name for each in form.controls if each.kind in kinds} - {TOKEN}:
            is_text = all(
                each.kind not in REFERENCES for each in form.controls if each.name == name
            )
            for value in foreign.names if ALL else (OTHER,):
                if name in ADDRESSES and "@" in value:
                    continue
                others = [each for each in values if each[0] != name]
                found = walk.attempt(form, [*others, (name, value)])
                wrong = foreign.touched(found.changes)
                # Test emails go to any address.
                if not is_text and "@" not in value:
                    wrong += [
                        cell for cell, stored in found.cells().items() if OTHER in str(stored)
                    ]
                seen = named_in(found) - named_in(plain)
                wrong += [each for each in seen if value not in each.lower()]
                if wrong:
                    faults.append(f"{route.path} {name}={value}: {wrong}")
    assert len(forms) > (least if ALL else 5)
    assert not faults, "\n".join(faults)


def named_in(outcome: Outcome) -> set[str]:
    """
    Return the words of an answer that name something of the other list.
    """
    # The word alone stands in a brief, which is everybody's.
    return set(NAMED.findall(EXAMPLE.sub("", outcome.text))) - {MARK}


def test_no_other_method_and_no_override_sends_a_form(filled: Filled, walker: StaffBrowser) -> None:
    token = form_token(walker.get("/admin/account").text)
    typed = {"form_token": token, "sure": "yes", "reason": "mine", "_method": "POST"}
    override = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}
    before = filled.stored()
    for step in list(filled.steps("POST", most=1))[:: 1 if ALL else 5]:
        headers = {**walker.headers, **override}
        walker.client.get(step.path, params=typed, headers=headers)
        for method in ("PUT", "PATCH", "DELETE"):
            sent = walker.client.request(method, step.path, data=typed, headers=headers)
            assert sent.status_code in (404, 405), (method, step.path)
    assert filled.stored() == before


def test_a_form_without_a_token_is_refused_whatever_its_type(
    filled: Filled, walker: StaffBrowser
) -> None:
    token = form_token(walker.get("/admin/account").text)
    before = filled.stored()
    for kind, body in (
        ("text/plain", f"form_token={token[:-1]}x&reason=mine"),
        ("application/json", f'{{"form_token":"{token}","reason":"mine"}}'),
        ("multipart/form-data; boundary=x", f"--x\r\n\r\n{token}\r\n--x--"),
        ("", ""),
    ):
        headers = {**walker.headers, "Content-Type": kind}
        sent = walker.client.post("/admin/stop", content=body, headers=headers)
        assert sent.status_code == 403, kind
    assert filled.stored() == before
