"""
Every command has its place in the newsroom, or a reason why it has none.
"""

from __future__ import annotations

import pytest
from command_tree import every_command
from installation import Installation
from starlette.routing import Match, Route

from newsletter.web.admin.places.command_places import PLACES, WITHOUT_PLACE
from newsletter.web.admin.places.place_links import place_of, with_places
from newsletter.web.admin.staff_site import staff_routes
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.write_pool import WritePool


def test_every_command_has_one_place_or_one_reason() -> None:
    commands = {" ".join(words) for words in every_command()}
    assert sorted([*PLACES, *WITHOUT_PLACE]) == sorted(commands)
    assert all(len(reason) > 10 for reason in WITHOUT_PLACE.values())


def test_every_place_is_a_page(installation: Installation) -> None:
    routes = staff_routes(installation.app, StaticFiles(), writes=WritePool())
    pages = [
        route
        for route in routes
        if isinstance(route, Route) and "GET" in (route.methods or ()) and ":path" not in route.path
    ]
    for command, path in PLACES.items():
        scope = {"type": "http", "method": "GET", "path": path.replace("{", "").replace("}", "")}
        if "{issue}" in path or "{brief}" in path:
            scope["path"] = path.rpartition("/")[0] + "/1"
        assert any(route.matches(scope)[0] is Match.FULL for route in pages), (command, path)


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("issue resume 5 --override REASON", "/admin/issues/5"),
        ("issue resume N", "/admin/issues"),
        ("schedule pause a/b", "/admin/schedules/a%2Fb"),
        ("list reasons daily", "/admin/lists/daily/readers"),
        ("list reasons SLUG", "/admin/lists"),
        ("start-all", "/admin/stop"),
        ("resume --only-copy", None),
        ("nonsense", None),
    ],
)
def test_a_command_leads_to_the_page_of_what_it_is_about(command: str, path: str | None) -> None:
    assert place_of(command) == path


def test_a_refusal_links_to_the_page_and_stays_text_otherwise() -> None:
    text = "issue 5 <b> is paused: `newsletter issue resume 5`, or `newsletter restore`"
    assert with_places(text) == (
        'issue 5 &lt;b&gt; is paused: <a href="/admin/issues/5">issues › 5</a>, or '
        "`newsletter restore`"
    )
