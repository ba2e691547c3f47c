"""
Every field of the newsroom's forms, one letter longer than a browser lets a person type, and fields
without such a limit with more than anybody types. Set ATTACKS=all for every form.
"""

from __future__ import annotations

import pytest
from filled_newsroom import Filled
from hostile.attack_size import ALL, MOST
from hostile.attempts import FormWalk, some_of
from hostile.page_forms import TOKEN, Control
from staff_samples import StaffBrowser

TYPED = ("text", "search", "email", "url", "tel", "password", "textarea")
# Of a field that does not say how many letters it takes.
FAR_TOO_MANY = 200_000

pytestmark = pytest.mark.ci


def test_no_field_stores_more_than_its_limit_or_fails(filled: Filled, walker: StaffBrowser) -> None:
    walk = FormWalk(filled, walker)
    forms = some_of(walk.forms(filled.steps("GET", most=MOST)))
    faults, tried = [], 0
    for route, form in forms:
        for control in form.controls:
            if control.kind not in TYPED or control.name == TOKEN:
                continue
            tried += 1
            text = one_beyond(control)
            values = [each for each in form.sent() if each[0] != control.name]
            found = walk.attempt(form, [*values, (control.name, text)])
            where = f"{route.path} on {form.page}: {control.name} of {len(text):,} letters"
            if found.status >= 500:
                faults.append(f"{where}: {found.status}")
            stored = [cell for cell, now in found.cells().items() if any(text in x for x in now)]
            faults += [f"{where} is stored in {cell}" for cell in stored]
    walk.close()
    assert tried > (150 if ALL else 20)
    assert not faults, "\n".join(faults)


def one_beyond(control: Control) -> str:
    """
    Return a value that is one letter too long, in the form that the field expects.
    """
    begin, end = {
        "email": ("", "@example.org"),
        "url": ("https://example.org/", ""),
    }.get(control.kind, ("", ""))
    letters = (control.most or FAR_TOO_MANY) + 1 - len(begin) - len(end)
    return f"{begin}{'a' * letters}{end}"
