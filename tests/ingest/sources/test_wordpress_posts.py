"""
Converting a post of the REST API to a raw item: real, odd and malformed responses.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from http_server import ScriptedServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wordpress_site import WordPressSite, source_at

from newsletter.errors import SourceError
from newsletter.ingest.parsing.read import read as read_brief
from newsletter.ingest.sources.wordpress.posts import read_post
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import MediaType, Poll, RawItem, ReadingRules

HOME = "https://mysite.com/"
SAMPLES = "samples/sources/wordpress"
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(),
    st.just([]), st.just({}), st.sampled_from(["http://[", "0000-00-00T00:00:00", "9999-12-31"]),
)  # fmt: skip


def read(**fields: Any) -> RawItem | str:
    entry = {"id": 310, "link": f"{HOME}a/", "date_gmt": "2026-03-04T11:00:00"} | fields
    return read_post(entry, home=HOME, zone=None)


def read_item(**fields: Any) -> RawItem:
    item = read(**fields)
    assert isinstance(item, RawItem)
    return item


def media(widths: dict[str, tuple[int, int]], full: tuple[int, int] = (3000, 2000)) -> Any:
    sizes = {
        name: {"source_url": f"/{name}.jpg", "width": width, "height": height}
        for name, (width, height) in widths.items()
    }
    details = {"width": full[0], "height": full[1], "sizes": sizes}
    return {"wp:featuredmedia": [{"source_url": "/full.jpg", "media_details": details}]}


def poll_of(body: bytes, server: ScriptedServer, fetcher: Fetcher) -> Poll:
    server.answer("/wp-json/wp/v2/posts", body=body)
    return source_at(WordPressSite(server), fetcher).fetch({})


def paths_in(value: Any) -> list[tuple[Any, ...]]:
    """
    Yield the path to each value inside *value*.
    """
    names: list[Any] = list(value) if isinstance(value, dict) else []
    names += range(len(value)) if isinstance(value, list) else []
    return [(), *((name, *path) for name in names for path in paths_in(value[name]))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize(
    ("sample", "tag"),
    [("rest-post-embed", "Bar & Baz"), ("rest-post-linked-images", "Bar Baz")],
)
def test_a_real_post_is_read_with_all_its_fields(
    shared: Path, server: ScriptedServer, fetcher: Fetcher, sample: str, tag: str
) -> None:
    body = (shared / SAMPLES / f"{sample}.json").read_bytes()
    poll = poll_of(b"[" + body + b"]", server, fetcher)
    link = "https://mysite.com/bloob/2020/09/05/my-awesome-post-with-a-canonical"
    assert poll.items == (
        RawItem(
            key="12345",
            site_key="mysite.com?p=12345",
            content=json.loads(body)["content"]["rendered"],
            media_type=MediaType.HTML,
            title="My Awesome Post",
            url=link,
            base_url=link,
            published_at=dt.datetime(2019, 11, 7, 15, 36, 54, tzinfo=dt.UTC),
            image_url="https://mysite.com/wp-content/uploads/2019/11/BOOP.jpg",
            image_alt="Boopity",
            image_caption="<p>This is Boopity</p>\n",
            categories=("Boop", "foo", tag, "boop", "beep"),
        ),
    )
    assert poll.state["modified"] == "2019-11-07T15:37:03+00:00"


def test_posts_without_an_id_are_left_out(
    shared: Path, server: ScriptedServer, fetcher: Fetcher
) -> None:
    body = (shared / SAMPLES / "rest-posts-dated.json").read_bytes()
    poll = poll_of(body, server, fetcher)
    assert (poll.items, poll.notes) == ((), ("left out 3: without id",))
    assert poll.state["published"] == "2022-03-01T11:06:00+00:00"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"id": True}, "without id"),
        ({"id": 0}, "without id"),
        ({"content": {"rendered": "", "protected": True}}, "password-protected"),
        ({"status": "private"}, "not published"),
        ({"status": "future"}, "not published"),
    ],
)
def test_a_post_that_must_not_be_mailed_has_a_reason(fields: Any, reason: str) -> None:
    assert read(**fields) == reason


@pytest.mark.parametrize(
    ("gmt", "zone", "when"),
    [
        ("2026-03-04T11:00:00", None, "2026-03-04T11:00:00+00:00"),
        ("0000-00-00T00:00:00", None, None),
        ("0000-00-00T00:00:00", dt.timezone(dt.timedelta(hours=-5)), "2026-03-04T11:00:00+00:00"),
        (None, dt.UTC, "2026-03-04T06:00:00+00:00"),
    ],
)
def test_a_post_without_a_time_in_gmt_has_the_sites_own(
    gmt: str | None, zone: dt.tzinfo | None, when: str | None
) -> None:
    entry = {"id": 1, "date": "2026-03-04T06:00:00", "date_gmt": gmt}
    item = read_post(entry, home=HOME, zone=zone)
    assert isinstance(item, RawItem)
    assert item.published_at == (dt.datetime.fromisoformat(when) if when else None)


@pytest.mark.parametrize(
    ("sizes", "full", "chosen"),
    [
        ({"small": (300, 200), "large": (1024, 683), "huge": (2048, 1365)}, (3000, 2000), "large"),
        # A crop is another image.
        ({"square": (1200, 1200), "large": (1024, 683)}, (3000, 2000), "large"),
        ({"small": (300, 200)}, (1300, 867), "full"),
        ({}, (3000, 2000), "full"),
    ],
)
def test_the_image_is_the_size_nearest_to_twice_the_column(
    sizes: Any, full: tuple[int, int], chosen: str
) -> None:
    assert read_item(_embedded=media(sizes, full)).image_url == f"{HOME}{chosen}.jpg"


@pytest.mark.parametrize(
    "embedded",
    [
        None,
        {"wp:featuredmedia": [{"code": "rest_forbidden", "data": {"status": 401}}]},
        {"wp:featuredmedia": [{"media_type": "file", "source_url": "/a.mp3"}]},
    ],
)
def test_a_post_without_a_visible_image_has_none(embedded: Any) -> None:
    assert read_item(_embedded=embedded).image_url is None


def test_a_site_in_a_folder_has_it_in_its_site_key() -> None:
    item = read_post(
        {"id": 3, "link": "https://www.H.example/blog/x/"}, home=HOME + "blog/", zone=None
    )
    assert isinstance(item, RawItem)
    assert item.site_key == "h.example/blog?p=3"


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_malformed_response_is_read_or_refused_in_one_line(
    shared: Path, server: ScriptedServer, fetcher: Fetcher, data: st.DataObject
) -> None:
    entries = [json.loads((shared / SAMPLES / "rest-post-embed.json").read_bytes())]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths_in(entries)))
        entries = replaced(entries, path, data.draw(JUNK))
        if not isinstance(entries, list):
            break
    body = json.dumps(entries).encode()
    body = body[: data.draw(st.integers(0, len(body)))] if data.draw(st.booleans()) else body
    with contextlib.suppress(SourceError):
        poll = poll_of(body, server, fetcher)
        assert [RawItem.from_json(item.as_json()) for item in poll.items] == list(poll.items)


@pytest.mark.parametrize(
    ("image", "caption", "credit"),
    [
        ({"caption": {"rendered": "<p>At the quay (Photo: A. Bee)</p>\n"}},
         "At the quay", "Photo: A. Bee"),
        ({"caption": {"rendered": "<p>At the quay</p>"},
          "media_details": {"image_meta": {"credit": "Ann Bee/Reuters", "copyright": "X"}}},
         "At the quay", "Ann Bee/Reuters"),
        ({"media_details": {"image_meta": {"credit": "", "copyright": "2026 Ann Bee"}}},
         None, "2026 Ann Bee"),
        ({"description": {"rendered": '<p class="attachment"><a href="/full.jpg">'
          '<img src="/s.jpg"></a></p><p>The quay, by night</p>'}}, "The quay, by night", None),
        ({"caption": {"rendered": "<p>OLYMPUS DIGITAL CAMERA</p>"},
          "media_details": {"image_meta": {"credit": "Picasa"}}}, None, None),
        ({"caption": []}, None, None),
    ],
)  # fmt: skip
def test_the_featured_image_has_its_caption_and_credit(
    image: dict[str, Any], caption: str | None, credit: str | None
) -> None:
    embedded = {"wp:featuredmedia": [{"source_url": "/full.jpg", **image}]}
    item = read_item(
        _embedded=embedded, content={"rendered": "<p>Text.</p>"}, title={"rendered": "T"}
    )
    brief = read_brief(item, ReadingRules())
    assert (brief.image_url, brief.caption, brief.credit) == (f"{HOME}full.jpg", caption, credit)


@pytest.mark.parametrize(
    ("links", "embedded", "is_partial"),
    [
        ({"wp:featuredmedia": [{"href": "x"}]}, None, True),
        ({"wp:term": [{"href": "x"}]}, {}, True),
        ({"wp:featuredmedia": [{"href": "x"}]}, {"wp:featuredmedia": [{"code": "no"}]}, False),
        ({}, None, False),
    ],
)
def test_a_post_without_what_it_refers_to_is_partial(
    links: Any, embedded: Any, is_partial: bool
) -> None:
    assert read_item(_links=links, _embedded=embedded).is_partial is is_partial
