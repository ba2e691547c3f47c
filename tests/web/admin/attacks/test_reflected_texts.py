"""
Scripts and addresses of other sites in what a request sends: forms, queries, paths, headers,
cookies and the names of files. No page gives them back as anything but text, and none leads to
another site. Set ATTACKS=all to send every vector from every page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from filled_newsroom import Filled
from hostile.answers import faults_of
from hostile.attack_size import ALL, MOST
from hostile.attempts import FormWalk, some_of
from hostile.page_forms import TOKEN, Control, PageForm, forms_of, links_of
from hostile.vectors import FEW, VECTORS
from staff_samples import StaffBrowser

import newsletter.web.admin

TYPED = ("text", "textarea", "search", "email", "url", "number", "date", "time", "password", "tel")
SOURCES = Path(newsletter.web.admin.__path__[0])
# How the code of pages reads a query.
ASKED = re.compile(r'(?:query_params|query|asked|params)(?:\.get(?:list)?\(|\[)\s*"([\w-]+)"')
PRESENT = re.compile(r'"([\w-]+)" in [\w.]*query_params')
ELSEWHERE = "//evil.example/"
# What addresses to go on to are called, here and elsewhere.
ONWARD = ("next", "back", "url", "return", "to", "redirect")
HEADERS = (
    "User-Agent", "Referer", "Accept-Language", "X-Forwarded-For", "X-Forwarded-Host", "Forwarded",
    "X-Original-URL", "HX-Current-URL", "HX-Prompt", "HX-Target", "HX-Trigger", "X-Requested-With",
)  # fmt: skip

pytestmark = pytest.mark.ci


@pytest.fixture
def walk(filled: Filled, walker: StaffBrowser) -> Iterator[FormWalk]:
    made = FormWalk(filled, walker)
    yield made
    made.close()


def texts() -> Iterator[str]:
    """
    Yield what is sent: one vector alone, which fits into most fields, and many.
    """
    yield FEW[0]
    yield "".join(FEW)
    if ALL:
        yield from FEW[1:]
        yield from ("".join(VECTORS[n : n + 12]) for n in range(len(FEW), len(VECTORS), 12))
        yield "".join(VECTORS)


def test_what_a_form_sends_comes_back_as_text(walk: FormWalk, filled: Filled) -> None:
    def is_typed(control: Control) -> bool:
        return control.kind in TYPED

    def is_chosen(control: Control) -> bool:
        return control.kind not in (*TYPED, "file") and control.name != TOKEN

    faults = []
    for route, form in some_of(walk.forms(filled.steps("GET", most=MOST))):
        attempts = [(is_typed, text) for text in texts()]
        attempts += [(is_chosen, FEW[0]), (is_chosen, ELSEWHERE), (is_typed, ELSEWHERE)]
        for chosen, text in attempts:
            names = {control.name for control in form.controls if chosen(control)}
            if names:
                wrong = sent_faults(walk, form, names, text)
                # A brief may lead to any site.
                wrong = [each for each in wrong if not each.startswith("a link to")]
                faults += [f"{route.path} on {form.page}, {text[:20]!r}: {each}" for each in wrong]
    assert not faults, "\n".join(faults)


def sent_faults(walk: FormWalk, form: PageForm, names: set[str], text: str) -> list[str]:
    """
    Send a form with *text* in these fields, and return what is wrong with the answer and with the
    page that it leads to.
    """
    kept = [(name, value) for name, value in form.sent() if name not in names]
    response = walk.send(form, [*kept, *((name, text) for name in sorted(names))])
    found = faults_of(response)
    location = response.headers.get("location", "")
    if location.startswith("/admin"):
        found += faults_of(walk.browser.get(location))
    walk.rows.restore()
    return found


def query_names(walk: FormWalk) -> list[str]:
    """
    Return every name that a query of the newsroom can have.
    """
    found = set(ONWARD)
    for path, html in walk.pages.items():
        for link in links_of(html):
            found |= {name for name, _ in parse_qsl(urlsplit(link).query, keep_blank_values=True)}
        for form in forms_of(path, html):
            if form.method == "GET":
                found |= form.names
    for file in SOURCES.rglob("*.py"):
        code = file.read_text()
        found |= {*ASKED.findall(code), *PRESENT.findall(code)}
    return sorted(found)


def test_what_a_query_or_a_header_says_comes_back_as_text(walk: FormWalk, filled: Filled) -> None:
    list(walk.forms(filled.steps("GET", most=1)))
    names = query_names(walk)
    assert {"q", "next", "reader", "before", "shown", "location"} <= set(names)
    header = "".join(FEW).encode("ascii")
    faults = []
    steps = list(filled.steps("GET", most=MOST))
    for n, step in enumerate(steps if ALL else steps[::2]):
        queries = [dict.fromkeys(names, FEW[0]), dict.fromkeys(names, ELSEWHERE)]
        if ALL:
            queries += [{name: text} for name in names for text in ("".join(FEW), ELSEWHERE)]
        for query in queries if ALL else [queries[n % 2] | dict.fromkeys(ONWARD, ELSEWHERE)]:
            headers: dict[str, str | bytes] = dict.fromkeys(HEADERS, header)
            answer = walk.browser.client.get(step.path, params=query, headers=headers)
            faults += [f"{step.path}: {each}" for each in faults_of(answer)]
            assert answer.status_code < 500, (step.path, query)
    assert not faults, "\n".join(faults)


def test_what_a_path_or_a_cookie_says_comes_back_as_text(
    filled: Filled, walker: StaffBrowser
) -> None:
    faults = []
    for step in filled.steps("GET", most=1):
        if step.of_nothing:
            path = step.of_nothing.replace("999999", quote("".join(FEW), safe=""))
            faults += [f"{step.route}: {each}" for each in faults_of(walker.get(path))]
    for vector in VECTORS:
        faults += faults_of(walker.get(f"/admin/{quote(vector)}"))
    session = f"__Host-staff={walker.session}"
    for name in ("__Host-staff-notice", "__Host-staff-form", "__Host-staff-known", "lang"):
        for vector in (*FEW, "eyJ0ZXh0Ijoi.x"):
            cookie = f"{session}; {name}={quote(vector)}"
            faults += faults_of(walker.get("/admin/help", Cookie=cookie))
            faults += faults_of(walker.get("/admin/login", Cookie=f"{name}={quote(vector)}"))
    assert not faults, "\n".join(faults)
