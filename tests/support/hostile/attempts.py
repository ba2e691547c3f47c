"""
Send the forms of the newsroom in ways that its pages do not offer, and see what that changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import httpx
from filled_newsroom import Filled
from newsroom_walk import Step, newsroom_routes
from staff_samples import StaffBrowser
from starlette.routing import Route

from hostile.attack_size import ALL
from hostile.page_forms import PageForm, forms_of
from hostile.stored_rows import Change, StoredRows

# Where forms call hosts of others, and wait for them.
CALLS_OTHERS = frozenset({"/admin/settings/check", "/admin/domains/check"})
Values = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What a form led to: the status, where the browser was sent, what changed, and the text of the
    answer and of the page that it leads to.
    """

    status: int
    location: str
    changes: tuple[Change, ...]
    text: str

    def differences(self, other: Outcome) -> set[str]:
        """
        Return what is not the same in *other*, in one word each.
        """
        mine, others = self.cells(), other.cells()
        found = {name for name in mine.keys() | others.keys() if mine.get(name) != others.get(name)}
        if self.status != other.status:
            found.add(f"status {self.status} and {other.status}")
        # The query of a list is what was searched for there.
        if self.location.partition("?")[0] != other.location.partition("?")[0]:
            found.add(f"location {self.location} and {other.location}")
        return found

    def cells(self) -> dict[str, list[str]]:
        """
        Return the values that were written, by the table and column.
        """
        found: dict[str, list[str]] = {}
        for change in self.changes:
            for name, value in change.cells():
                found.setdefault(name, []).append(value)
        return {name: sorted(values) for name, values in found.items()}


class FormWalk:
    """
    The forms that a member sees on the pages of a filled installation. Each is sent to the same
    rows: what the one before changed is undone.
    """

    def __init__(self, filled: Filled, browser: StaffBrowser) -> None:
        self.filled, self.browser = filled, browser
        self.rows = StoredRows(filled.installation.folder / "newsletter.db")
        self._routes = newsroom_routes(filled.installation)
        self.pages: dict[str, str] = {}

    def forms(self, steps: Iterable[Step]) -> Iterator[tuple[Route, PageForm]]:
        """
        Yield each form that is posted from these pages, once for the route it is sent to and the
        fields it has.
        """
        seen = set()
        for step in steps:
            shown = self.browser.get(step.path)
            if not shown.headers.get("content-type", "").startswith("text/html"):
                continue
            self.pages[step.path] = shown.text
            for form in forms_of(step.path, shown.text):
                route = self.route_of(form)
                if route is None or form.method != "POST" or route.path in CALLS_OTHERS:
                    continue
                if (route.path, form.names) not in seen:
                    seen.add((route.path, form.names))
                    yield route, form

    def forms_after(self, form: PageForm, outcome: Outcome) -> list[tuple[Route, PageForm]]:
        """
        Return the forms of the page that asks something before *form* does anything.
        """
        if outcome.changes or outcome.location:
            return []
        asked = [(self.route_of(each), each) for each in forms_of(form.page, outcome.text)]
        return [
            (route, each)
            for route, each in asked
            if route and each.method == "POST" and each.names != form.names
        ]

    def route_of(self, form: PageForm) -> Route | None:
        """
        Return the route that a form is sent to; None if it belongs to the log-in or the account.
        """
        path = urlsplit(form.action).path
        matching = (
            route
            for route in self._routes
            if form.method in (route.methods or ()) and route.path_regex.match(path)
        )
        return next(matching, None)

    def attempt(self, form: PageForm, values: Values) -> Outcome:
        """
        Send a form with these *values*, look at the page it leads to, and undo what changed.
        """
        response = self.send(form, values)
        location = response.headers.get("location", "")
        text = response.text
        if location.startswith("/admin"):
            text += self.browser.get(location).text
        changes = self.rows.changes(self.rows.now())
        if changes:
            self.rows.restore()
        return Outcome(
            status=response.status_code, location=location, changes=tuple(changes), text=text
        )

    def send(self, form: PageForm, values: Values) -> httpx.Response:
        """
        Send a form with these *values*, and undo nothing.
        """
        headers = dict(self.browser.headers)
        files = [each.name for each in form.controls if each.kind == "file"]
        if form.is_multipart and files:
            return self.browser.client.post(
                form.action,
                files=[(name, (None, value.encode())) for name, value in values],
                headers=headers,
            )
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self.browser.client.post(form.action, content=urlencode(values), headers=headers)

    def close(self) -> None:
        self.rows.close()


def some_of(forms: Iterable[tuple[Route, PageForm]]) -> list[tuple[Route, PageForm]]:
    """
    Return the forms; in a small run, the first one that is sent to every fifth route.
    """
    found = list(forms)
    if ALL:
        return found
    first = {route.path: (route, form) for route, form in reversed(found)}
    return [first[path] for path in sorted(first)[::5]]
