"""
Images on the web: measured once or copied, only for new and changed briefs, without delays.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import ScriptedServer
from installation import Installation
from picture_files import noise, picture

from newsletter import pipeline
from newsletter.errors import FetchError
from newsletter.ingest.images.illustrator import Illustrator, MemoryImageStore
from newsletter.ingest.images.measure import PATIENCE_S, with_measured
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.drafts import new_issue
from newsletter.issues.rendering import render_issue
from newsletter.issues.selection import shown
from newsletter.model.brief import Brief
from newsletter.model.issue import AudienceRule
from newsletter.model.source import FirstPoll
from newsletter.store.issues.issues import add_issue

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


class Site:
    """
    A feed of one item with an image in its text, and an installation that polls it.
    """

    def __init__(self, installation: Installation, server: ScriptedServer) -> None:
        self.installation, self.server = installation, server
        installation.add_list()

    def add(self, first_poll: FirstPoll = FirstPoll.NEW) -> None:
        where = self.server.url("/feed")
        self.installation.add_source("site", "feed", where, first_poll=first_poll)

    def show(self, content: bytes | None, *, title: str = "Tolls") -> None:
        if content is not None:
            self.server.answer("/a.png", body=content)
        url = self.server.url("/a.png")
        text = f"<p>The tolls rise.</p><p>In May.</p><p><img src='{url}' alt='A'></p>"
        item = f"<item><guid>1</guid><title>{title}</title><description><![CDATA[{text}]]>"
        body = f"<rss version='2.0'><channel>{item}</description></item></channel></rss>"
        self.server.answer("/feed", body=body.encode())

    def collect(self) -> None:
        (report,) = pipeline.collect_sources(self.installation.app.publishing, ["site"])
        assert report.error is None

    def warnings(self) -> tuple[str, ...]:
        (stored,) = self.installation.stored_briefs()
        return stored.brief.warnings

    def asked(self) -> int:
        return [request.path for request in self.server.requests].count("/a.png")

    def images(self) -> list[str]:
        """
        Return the images in the mail of an issue with the brief.
        """
        with self.installation.app.database.write() as connection:
            lists = AudienceRule(lists=("daily",))
            context = self.installation.app.publishing
            draft = new_issue(context, connection, audience=lists, template="intelbrief")
            briefs = shown([self.installation.stored_briefs()[0].id])
            issue_id = add_issue(connection, draft, briefs, now=self.installation.now)
        html = render_issue(self.installation.app.publishing, issue_id).html
        return [re.sub(r' style="[^"]*"', "", tag) for tag in re.findall(r"<img\b[^>]*>", html)]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def site(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    database_url: str,
    warm_sandbox: Sandbox,
    server: ScriptedServer,
) -> Iterator[Site]:
    images = getattr(request, "param", {"measure": True})
    installation = Installation(
        tmp_path, database_url, now=NOW, sandbox=warm_sandbox, images=images
    )
    yield Site(installation, server)
    installation.close()


copying = pytest.mark.parametrize("site", [{"copies": True}], indirect=True)


def test_a_web_image_has_its_size_in_the_mail(site: Site) -> None:
    site.show(picture("PNG", 1152, 400))
    site.add()
    site.collect()
    url = site.server.url("/a.png")
    assert site.images() == [f'<img src="{url}" alt="A" width="576" height="200">']
    assert site.warnings() == ()


def test_an_image_is_fetched_once_and_not_again_when_its_brief_is_edited(site: Site) -> None:
    site.show(picture("PNG", 90, 60))
    site.add()
    site.collect()
    site.show(None, title="Tolls again")
    site.collect()
    assert site.asked() == 1


def test_images_of_recorded_briefs_are_not_fetched(site: Site) -> None:
    site.show(picture("PNG", 90, 60))
    site.add(FirstPoll.RECORD)
    site.collect()
    assert site.asked() == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "could not be checked: 127.0.0.1 responded with 404 Not Found: check the address"),
        (b"<svg/>", "cannot be shown in email: it is not a JPEG, PNG, GIF or WebP file"),
        (
            picture("WEBP", 90, 60),
            "is a WebP, which Outlook does not show: set `[images] copies =",
        ),
        (noise("PNG", 1400, 1000), "has "),
    ],
    ids=["gone", "svg", "webp", "heavy"],
)
def test_an_image_that_mails_cannot_show_well_is_a_warning(
    site: Site, content: bytes | None, said: str
) -> None:
    site.show(content)
    site.add()
    site.collect()
    site.collect()
    (warning,) = site.warnings()
    assert warning.startswith(f"the image {site.server.url('/a.png')} {said}")
    assert site.asked() == 1


def test_a_tracking_pixel_is_not_in_the_mail(site: Site) -> None:
    site.show(picture("GIF", 1, 1))
    site.add()
    site.collect()
    assert site.images() == []


@copying
def test_an_image_is_copied_if_the_settings_say_so(site: Site) -> None:
    site.show(picture("WEBP", 2000, 1000))
    site.add()
    site.collect()
    (image,) = site.images()
    src = r"https://news\.example\.org/media/[0-9a-f]{24}"
    assert re.fullmatch(rf'<img src="{src}" alt="A" width="576" height="288">', image)
    assert site.warnings() == ()


@copying
def test_a_copied_image_leaves_its_brief_unchanged_at_the_next_poll(site: Site) -> None:
    site.show(picture("PNG", 90, 60))
    site.add()
    site.collect()
    (report,) = pipeline.collect_sources(site.installation.app.publishing, ["site"])
    assert (report.unchanged, site.asked()) == (("1",), 1)


def measured(get: dict[str, bytes | FetchError], took_s: float, warm_sandbox: Sandbox) -> list[str]:
    """
    Measure one brief for each address in *get*, each response taking *took_s*; return the requests.
    """
    asked: list[str] = []

    def answer(url: str, location: str) -> bytes:
        asked.append(url)
        found = get[url]
        if isinstance(found, FetchError):
            raise found
        return found

    illustrator = Illustrator(sandbox=warm_sandbox, store=MemoryImageStore(), get=answer)
    briefs = [Brief(title="T", image_url=url) for url in get]
    clock = iter(number * took_s for number in range(99))
    with_measured(illustrator, briefs, location="", monotonic=lambda: next(clock))
    return asked


def test_a_poll_is_not_delayed_by_many_images(warm_sandbox: Sandbox) -> None:
    small = picture("PNG", 9, 6)
    many: dict[str, bytes | FetchError] = {f"https://h/{n}.png": small for n in range(9)}
    assert len(measured(many, PATIENCE_S / 4, warm_sandbox)) == 3


def test_a_host_that_does_not_respond_is_asked_once(warm_sandbox: Sandbox) -> None:
    deaf = FetchError("h did not answer")
    urls: dict[str, bytes | FetchError] = {f"https://h/{n}.png": deaf for n in range(9)}
    assert measured(urls, 0, warm_sandbox) == ["https://h/0.png"]
