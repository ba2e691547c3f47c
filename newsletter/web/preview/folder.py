"""
Write a preview of an issue to a folder: the parts of the mail, its copies for different readers,
and one page that shows them on different screens side by side.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from newsletter.errors import FetchError, MergeError
from newsletter.isolation.fetcher import Fetcher
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.samples import with_samples
from newsletter.mail.mime.message import message_bytes
from newsletter.mail.sample_readers import EDGE_CASES, READER
from newsletter.mail.size.budget import HTML_LIMIT_BYTES, merged_bytes
from newsletter.model.issue import Site
from newsletter.model.mail import Mail, Message
from newsletter.settings.output_files import OutputFiles
from newsletter.web.page.templates import PageTemplates
from newsletter.web.preview import screenshots
from newsletter.web.preview.screenshots import Shot

PHONE, DESK = 375, 700
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_NO_IMAGES = '<meta http-equiv="Content-Security-Policy" content="img-src \'none\'">'
_HEAD = re.compile(r"<head\b[^<>]*>", re.IGNORECASE)

# Why there are no screenshots if nothing may be fetched for them.
NOT_WANTED = "no screenshots: --no-screenshots was given"


@dataclass(frozen=True, kw_only=True)
class View:
    """
    The mail in the file `page` on a screen of `width` pixels; `screenshot` is the file of its
    screenshot, if one was taken. Views with the same `heading` are grouped.
    """

    heading: str
    title: str
    page: str
    width: int
    scheme: Literal["light", "dark"]
    screenshot: str = ""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """
    A preview that was written. `problems` lists the readers whose copies cannot be made, and says
    if the mail is too large; `no_screenshots` says why there are no screenshots.
    """

    folder: Path
    mail: Mail
    bytes: int
    screenshots: tuple[str, ...]
    problems: tuple[str, ...]
    no_screenshots: str | None

    def as_json(self) -> dict[str, Any]:
        """
        Return what `issue preview --json` prints.
        """
        named = {"index": "index.html", "html": "issue.html", "text": "issue.txt"}
        return {
            **{name: str(self.folder / file) for name, file in named.items()},
            "eml": str(self.folder / "issue.eml"),
            "screenshots": [str(self.folder / file) for file in self.screenshots],
            "subject": _ordinary_copy(self.mail).subject,
            "bytes": self.bytes,
            "shortened": [brief.as_json() for brief in self.mail.shortened],
            "problems": list(self.problems),
            "no_screenshots": self.no_screenshots,
        }


def write_preview(
    mail: Mail,
    out: Path,
    *,
    files: OutputFiles,
    site: Site,
    fetcher: Fetcher | None,
    now: dt.datetime,
    shown: Callable[[str], str] = lambda html: html,
) -> Preview:
    """
    Write the preview of *mail* to the folder *out*, as *files* allows. Without a *fetcher* no
    screenshot is taken. *shown* embeds the images that are stored on this server in the HTML files.

    Raises:
        MergeError: not even the ordinary reader's copy can be made.
        Refused: *out* cannot be written, or holds a file of the preview already.
    """
    message = _ordinary_copy(mail)
    copies, problems = _worst_copies(mail)
    views = list(_views(copies))
    no_screenshots = screenshots.missing_requirement() if fetcher else NOT_WANTED
    pages = {"issue.html": message.html, "images-blocked.html": _without_images(message.html)}
    pages |= {_page(name): copy.html for name, copy in copies.items()}
    pages = {file: shown(html) for file, html in pages.items()}
    with files.new_files(out, [*pages, "issue.txt", "issue.eml", "index.html"]) as new:
        for file, html in pages.items():
            (new / file).write_text(html, encoding="utf-8")
        (new / "issue.txt").write_text(message.text, encoding="utf-8")
        (new / "issue.eml").write_bytes(message_bytes(message, date=now))
        if fetcher and no_screenshots is None:
            views = _with_screenshots(views, pages, new, fetcher)
        preview = Preview(
            folder=out,
            mail=mail,
            bytes=merged_bytes(mail),
            screenshots=tuple(view.screenshot for view in views if view.screenshot),
            problems=(*_too_large(mail), *problems),
            no_screenshots=no_screenshots,
        )
        index = PageTemplates(site).text(
            "staff/preview.html",
            language="en",
            subject=message.subject,
            sender=message.sender,
            size=f"{preview.bytes:,}",
            problems=preview.problems,
            shortened=[
                {"title": one.title, "brief_id": one.brief_id, "how": one.how.description}
                for one in mail.shortened
            ],
            groups=[
                (heading, list(of))
                for heading, of in itertools.groupby(views, lambda view: view.heading)
            ],
            no_screenshots=preview.no_screenshots,
        )
        (new / "index.html").write_text(index, encoding="utf-8")
    return preview


def _ordinary_copy(mail: Mail) -> Message:
    return compile_mail(mail).fill(with_samples(READER, mail.fields))


def _worst_copies(mail: Mail) -> tuple[dict[str, Message], list[str]]:
    """
    Return the copies of the sample readers, and a line for each copy that cannot be made.
    """
    compiled = compile_mail(mail)
    copies: dict[str, Message] = {}
    problems = []
    for name, reader in EDGE_CASES.items():
        try:
            copies[name] = compiled.fill(with_samples(reader, mail.fields))
        except MergeError as error:
            problems.append(f"a reader with {name}: {error.reason}")
    return copies, problems


def _views(copies: Mapping[str, Message]) -> Iterator[View]:
    yield from _screens("On phone and desktop", "issue.html")
    yield from _screens("With images blocked", "images-blocked.html", ", images blocked")
    for name in copies:
        yield View(
            heading="Edge-case readers",
            title=f"A reader with {name}",
            page=_page(name),
            width=PHONE,
            scheme="light",
        )


def _screens(heading: str, page: str, how: str = "") -> Iterator[View]:
    for width in (PHONE, DESK):
        for scheme in _SCHEMES:
            yield View(
                heading=heading,
                title=f"{width} pixels, {scheme}{how}",
                page=page,
                width=width,
                scheme=scheme,
            )


def _page(reader: str) -> str:
    return f"{reader.replace(' ', '-')}.html"


def _without_images(html: str) -> str:
    return _HEAD.sub(lambda head: head[0] + _NO_IMAGES, html, count=1)


def _with_screenshots(
    views: Sequence[View], pages: Mapping[str, str], out: Path, fetcher: Fetcher
) -> list[View]:
    """
    Take the screenshots, and return the views with their files.
    """
    found = [
        replace(view, screenshot=f"{Path(view.page).stem}-{view.width}-{view.scheme}.png")
        for view in views
    ]
    shots = [
        Shot(
            html=pages[view.page],
            width=view.width,
            scheme=view.scheme,
            file=out / view.screenshot,
        )
        for view in found
    ]
    screenshots.take_screenshots(shots, fetch=functools.cache(functools.partial(_fetched, fetcher)))
    return found


def _fetched(fetcher: Fetcher, url: str) -> tuple[str, bytes] | None:
    """
    Fetch an image of the mail through the guarded fetcher.
    """
    try:
        response = fetcher.get(url, {}, is_trusted=False)
    except FetchError:
        return None
    return response.headers.get("content-type", ""), response.body


def _too_large(mail: Mail) -> Iterator[str]:
    size = merged_bytes(mail)
    if size > HTML_LIMIT_BYTES:
        yield (
            f"the HTML has {size:,} bytes, and email programs may clip it after "
            f"{HTML_LIMIT_BYTES:,}: choose fewer briefs"
        )
