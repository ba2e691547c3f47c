"""
A Ghost site polled through its Content API, on a server that pages as Ghost does.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from http_server import Answer, Received, ScriptedServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.errors import FetchError, SourceError
from newsletter.ingest.sources.ghost import GhostSource
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import MediaType, Poll, RawItem

KEY = "22444f78447824223cefc48062"
API = "/ghost/api/content/posts/"
START = dt.datetime(2026, 1, 1, 12, 0, tzinfo=dt.UTC)
SAMPLE = "samples/sources/ghost/content-api-posts.json"


def make_post(number: int, **fields: Any) -> dict[str, Any]:
    saved = (START + dt.timedelta(days=number)).isoformat(timespec="milliseconds")
    post = {"id": f"{number:024x}", "title": f"T{number}", "html": "<p>x</p>", "updated_at": saved}
    return post | fields


@pytest.fixture
def posts(server: ScriptedServer) -> dict[int, dict[str, Any]]:
    """
    Return the 250 posts of the site, by number.
    """
    posts = {number: make_post(number) for number in range(1, 251)}
    server.answer(API, lambda request: answer_from(posts, request))
    return posts


def answer_from(posts: dict[int, dict[str, Any]], request: Received) -> Answer:
    fields = {k: v[0] for k, v in parse_qs(urlsplit(request.path).query).items()}
    if fields.get("key") != KEY:
        return Answer(status=401)
    page, limit = int(fields["page"]), int(fields["limit"])
    since = fields.get("filter", "").removeprefix("updated_at:>'").removesuffix("'")
    found = sorted(
        (post for post in posts.values() if post["updated_at"].replace("T", " ") > since),
        key=lambda post: str(post["updated_at"]),
        reverse=True,
    )
    following = page + 1 if page * limit < len(found) else None
    meta = {"pagination": {"page": page, "next": following}}
    shown = found[(page - 1) * limit : page * limit]
    return Answer(body=json.dumps({"posts": shown, "meta": meta}).encode())


@pytest.fixture
def source(server: ScriptedServer, fetcher: Fetcher) -> Source:
    return GhostSource("briefs", server.url("/"), key=KEY, fetcher=fetcher)


def titles(poll: Poll) -> list[str | None]:
    return [item.title for item in poll.items]


def test_the_first_poll_gives_every_post_once(
    server: ScriptedServer, source: Source, posts: dict[int, dict[str, Any]]
) -> None:
    poll = source.fetch({})
    assert titles(poll) == [f"T{number}" for number in range(250, 0, -1)]
    assert parse_qs(urlsplit(server.requests[2].path).query) == {
        "key": [KEY],
        "include": ["tags,authors"],
        "formats": ["html"],
        "order": ["updated_at desc"],
        "limit": ["100"],
        "page": ["3"],
    }
    assert poll.state == {"address": server.url("/"), "updated": "2026-09-08T12:00:00+00:00"}


def test_a_later_poll_requests_only_posts_saved_since(
    server: ScriptedServer, source: Source, posts: dict[int, dict[str, Any]]
) -> None:
    state = source.fetch({}).state
    posts[7] |= {"updated_at": "2026-10-01T08:00:00.000+00:00", "slug": "renamed"}
    del posts[249]
    poll = source.fetch(state)
    # The newest known post is within the overlap.
    assert titles(poll) == ["T7", "T250"]
    (asked,) = [parse_qs(urlsplit(request.path).query) for request in server.requests[3:]]
    assert asked["filter"] == ["updated_at:>'2026-09-08 11:55:00'"]
    assert poll.state["updated"] == "2026-10-01T08:00:00+00:00"


def test_a_real_post_is_read_with_all_its_fields(
    server: ScriptedServer, source: Source, shared: Path
) -> None:
    server.answer(API, body=(shared / SAMPLE).read_bytes())
    assert source.fetch({}).items == (
        RawItem(
            key="5c7ece47da174000c0c5c6d7",
            content="<p>👋 Welcome, it's great to have you here.</p>",
            media_type=MediaType.HTML,
            title="Welcome",
            url="https://demo.ghost.io/welcome-short/",
            base_url="https://demo.ghost.io/welcome-short/",
            published_at=dt.datetime(2012, 11, 27, 15, 30, tzinfo=dt.UTC),
            image_url="https://casper.ghost.org/v2.0.0/images/welcome-to-ghost.jpg",
            categories=("Getting Started",),
        ),
    )


def test_a_members_only_post_is_left_out(source: Source, posts: dict[int, dict[str, Any]]) -> None:
    posts.clear()
    posts[1] = make_post(1, visibility="paid")
    posts[2] = make_post(2, visibility="members", access=True)
    posts[3] = make_post(3, visibility="public", access=False)
    posts[4] = make_post(4, visibility="public", access=True)
    poll = source.fetch({})
    assert (titles(poll), poll.notes) == (["T4"], ("left out 3: members only",))


def test_the_feature_image_is_read_with_its_caption(
    source: Source, posts: dict[int, dict[str, Any]]
) -> None:
    posts.clear()
    posts[1] = make_post(
        1,
        feature_image="/a.jpg?x=1&y=2",
        feature_image_alt='A "b"',
        feature_image_caption="<b>Words</b> (AP Photo/X)",
        url="https://h.example/a/",
        tags=[{"name": "A"}, {"name": "#own", "visibility": "internal"}],
    )
    (item,) = source.fetch({}).items
    assert (item.image_url, item.image_alt) == ("https://h.example/a.jpg?x=1&y=2", 'A "b"')
    assert item.categories == ("A",)
    assert (item.content, item.image_caption) == ("<p>x</p>", "<b>Words</b> (AP Photo/X)")


@pytest.mark.parametrize(
    "path", ["/ghost/api/content/", "/ghost/", "/ghost/api/content/posts/?key=x"]
)
def test_the_address_of_the_api_is_accepted(
    server: ScriptedServer, fetcher: Fetcher, posts: dict[int, dict[str, Any]], path: str
) -> None:
    source = GhostSource("briefs", server.url(path), key=KEY, fetcher=fetcher)
    assert len(source.fetch({}).items) == 250


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        (
            Answer(status=401),
            "127.0.0.1 responded with 401: the Content API key is not valid; copy it again from "
            "Settings, Integrations",
        ),
        (
            Answer(status=404),
            "127.0.0.1 responded with 404: there is no Ghost site at this address",
        ),
        (Answer(status=500), "127.0.0.1 responded with 500 Internal Server Error: try later"),
        (
            Answer(body=b"<html>"),
            "127.0.0.1 sent a web page instead of JSON: check the address",
        ),
        (Answer(body=b"[]"), "127.0.0.1 sent JSON without posts: check the address"),
        (
            Answer(status=302, headers={"Location": f"ftp://h/?key={KEY}"}),
            "127.0.0.1 could not be reached: check the address",
        ),
        (
            Answer(status=302, headers={"Location": f"gopher://h/{KEY}"}),
            "'gopher://h/…' was not fetched: use an http:// or https:// address",
        ),
    ],
)
def test_no_failure_shows_the_key(
    server: ScriptedServer,
    source: Source,
    answer: Answer,
    line: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.answer(API, lambda request: answer)
    with caplog.at_level(logging.DEBUG), pytest.raises(SourceError) as caught:
        source.fetch({})
    assert str(caught.value) == line
    assert KEY not in caplog.text + "".join(traceback.format_exception(caught.value))


def test_a_malformed_address_does_not_show_the_key(fetcher: Fetcher) -> None:
    for location in ("h.example", "http://[", "ftp://h.example/" + "a" * 140):
        with pytest.raises(SourceError) as caught:
            GhostSource("briefs", location, key=KEY, fetcher=fetcher).fetch({})
        assert KEY[:4] not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "is_gone", "retry_after_s"), [(410, True, None), (429, False, 90), (503, False, 90)]
)
def test_a_site_that_is_gone_or_busy_says_so(
    server: ScriptedServer, source: Source, status: int, is_gone: bool, retry_after_s: float | None
) -> None:
    server.answer(API, status=status, headers={"Retry-After": "90"})
    with pytest.raises(FetchError) as caught:
        source.fetch({})
    assert (caught.value.is_gone, caught.value.retry_after_s) == (is_gone, retry_after_s)


def test_a_source_without_a_key_is_refused_before_any_request(
    server: ScriptedServer, fetcher: Fetcher
) -> None:
    with pytest.raises(SourceError) as caught:
        GhostSource("briefs", server.url("/"), key=" ", fetcher=fetcher).fetch({})
    assert str(caught.value) == (
        "briefs has no Content API key: give the source a key (env:NAME or file:PATH)"
    )
    assert server.requests == []


@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from([
        "id", "title", "html", "url", "tags", "visibility", "feature_image", "published_at",
        "updated_at", "feature_image_caption",
    ]),
    junk=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.just("http://["),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("name"), inner),
    ),
    end=st.none() | st.integers(0, 600),
)  # fmt: skip
def test_a_malformed_response_is_read_or_refused_in_one_line(
    server: ScriptedServer, source: Source, name: str, junk: Any, end: int | None
) -> None:
    post = make_post(1, feature_image="/a.jpg", feature_image_caption="c", tags=[{"name": "A"}])
    server.answer(API, body=json.dumps({"posts": [post | {name: junk}, junk]}).encode()[:end])
    with contextlib.suppress(SourceError):
        poll = source.fetch({})
        assert [RawItem.from_json(item.as_json()) for item in poll.items] == list(poll.items)
