"""
Every page of the newsroom in a real browser: filled and empty, light and dark, in German and from
right to left, and what answers its forms. `make walk` looks at all of them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from api_client import ApiClient, token_for
from http_server import ScriptedServer
from installation import Installation
from list_reach.other_list import make_other_list
from newsroom_looks import Looker
from newsroom_walk import steps
from playwright.sync_api import Browser
from proof.chromium import missing
from served_pages import served_installation
from staff_samples import EVE, add_member
from web_samples import TestClient

from newsletter import pipeline
from newsletter.isolation.sandbox import Sandbox
from newsletter.web.application import make_web

# "all", or a part of the addresses that are looked at, such as "schedules".
WALK = os.environ.get("WALK", "")
GOES_ALL = bool(WALK)
# What is looked at in each run of the tests: pages that are long, renewed or unlike others.
TELLING = {
    "GET": (
        "/admin/",
        "/admin/briefs",
        "/admin/issues/{draft}",
        "/admin/issues/{sending}",
        "/admin/schedules/morning/edit",
    ),
    "POST": ("/admin/stop", "/admin/sources/new"),
}
# In which light, in whose language and from which side pages are read.
VIEWS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"scheme": "dark"},
    "in German": {"email": "german@example.org"},
    "from right to left": {"way": "rtl"},
}
EACH_VIEW = VIEWS if GOES_ALL else ["light"]
NO_LIMITS = {"reads_per_minute": 0, "writes_per_minute": 0, "bulk_per_minute": 0}
MOST_BYTES = 150_000
FORM = {"reason": "mine", "sure": "yes"}

pytestmark = [
    pytest.mark.ci,
    pytest.mark.skipif(missing() is not None, reason=f"no Chromium or axe: {missing()}"),
]


@dataclass(frozen=True, kw_only=True)
class Newsroom:
    """
    An installation with something in every room; `paths` are the addresses of its pages, by method:
    each with every object that it can be about, or the telling ones.
    """

    installation: Installation
    paths: dict[str, list[str]]


@pytest.fixture(scope="module")
def newsroom(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, warm_sandbox: Sandbox
) -> Iterator[Newsroom]:
    folder = tmp_path_factory.mktemp("walk")
    with served_installation(folder, sqlite_template, warm_sandbox, api=NO_LIMITS) as made:
        paths = fill(made) if GOES_ALL else fill_little(made)
        add_member(made)
        add_member(made, VIEWS["in German"]["email"], language="de")
        yield Newsroom(installation=made, paths=paths)


def fill(made: Installation) -> dict[str, list[str]]:
    """
    Put something into every room, and return the paths of all pages.
    """
    web = make_web(made.app, stopping=threading.Event())
    with TestClient(web, base_url=made.app.site.base_url) as client, ScriptedServer() as server:
        other = make_other_list(made, ApiClient(client, token_for(made, name="every")), server)
    part = "" if WALK == "all" else WALK
    return {
        method: list(dict.fromkeys(s.path for s in steps(made, other, method) if part in s.path))
        for method in ("GET", "POST")
    }


def fill_little(made: Installation) -> dict[str, list[str]]:
    """
    Make what the telling pages are about, and return their paths.
    """
    made.add_list()
    made.add_readers(3)
    made.add_source("site", "feed", "https://example.org/feed")
    made.add_schedule()
    sending, draft = made.add_issue("The Quiet Quay", subject="Quay"), made.add_issue("A", "B")
    pipeline.publish_issue(made.app.publishing, sending)
    objects = {"sending": sending, "draft": draft}
    return {method: [each.format(**objects) for each in TELLING[method]] for method in TELLING}


@pytest.fixture
def empty(tmp_path: Path, sqlite_template: Path, warm_sandbox: Sandbox) -> Iterator[Installation]:
    """
    An installation that has one member of staff and nothing else.
    """
    with served_installation(tmp_path, sqlite_template, warm_sandbox) as made:
        add_member(made)
        yield made


@pytest.mark.parametrize("view", EACH_VIEW)
def test_every_page_can_be_read_and_used_by_everybody(
    newsroom: Newsroom, browser: Browser, view: str
) -> None:
    looker = Looker(browser, newsroom.installation, **VIEWS[view])
    faults = looker.look(newsroom.paths["GET"])
    looker.close()
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("view", ["light", "dark"] if GOES_ALL else ["dark"])
def test_every_page_of_an_empty_newsroom_can_be_read(
    empty: Installation, newsroom: Newsroom, browser: Browser, view: str
) -> None:
    looker = Looker(browser, empty, **VIEWS[view])
    # A page of something that does not exist says so.
    faults = looker.look(newsroom.paths["GET"] if GOES_ALL else ["/admin/"])
    looker.close()
    assert not faults, "\n".join(faults)


def test_nothing_that_is_renewed_takes_the_focus_away(newsroom: Newsroom, browser: Browser) -> None:
    looker = Looker(browser, newsroom.installation)
    paths = newsroom.paths["GET"] if GOES_ALL else newsroom.paths["GET"][3:4]
    faults = [f"{path}: {each}" for path in paths for each in looker.lost_focus(path)]
    looker.close()
    assert not faults, "\n".join(faults)


def test_the_first_pages_are_light(newsroom: Newsroom, browser: Browser) -> None:
    sizes = {}
    for path, email in (("/admin/login", ""), ("/admin/", EVE)):
        looker = Looker(browser, newsroom.installation, email=email)
        sizes[path] = looker.weight(path)
        looker.close()
    assert {path: size for path, size in sizes.items() if size >= MOST_BYTES} == {}, sizes


def test_what_answers_a_form_can_be_read(newsroom: Newsroom, browser: Browser) -> None:
    """
    First the forms with nothing in them, which shows what is missing at its field; then with what
    changes something, which shows notices, and in the end a newsroom where all sending is stopped.
    """
    looker = Looker(browser, newsroom.installation)
    faults = []
    for values in ({}, FORM) if GOES_ALL else ({},):
        for path in newsroom.paths["POST"]:
            looker.open("/admin/account")
            if looker.send(path, **values):
                faults += [f"{path} {sorted(values)}: {each}" for each in looker.faults()]
    looker.close()
    assert not faults, "\n".join(faults)
