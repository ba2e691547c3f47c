"""
The pictures of briefs: taken out of what a brief came in, measured once, and encoded anew in the
limited child. `collect` and the commands that read files ask.
"""

from __future__ import annotations

import base64
import datetime as dt
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeGuard
from urllib.parse import unquote

from newsletter.errors import ReadError, SandboxError
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Brief, Poll
from newsletter.model.image import (
    CAME_WITH,
    STORED,
    Copy,
    Img,
    Picture,
    images_in,
    picture_id,
    replace_images,
)
from newsletter.store.content import images as pictures
from newsletter.store.database import Database

PICTURE_MODULES = ("newsletter.ingest.images.encode",)
MOST_PICTURES = 50
TOO_MANY = f"a brief has at most {MOST_PICTURES} pictures"
# No picture of a poll is encoded later than so many seconds into it: by mail anybody can send many.
PATIENCE_S = 60.0

# The bytes of a picture that came with an item, by its name in it; raises ReadError.
OpenPicture = Callable[[str], bytes]
# The bytes at an address on the web, which stands in a source at a location; raises FetchError.
GetPicture = Callable[[str, str], bytes]


class Shelf(Protocol):
    """
    Where pictures are kept.
    """

    def find(self, addresses: Iterable[str]) -> Mapping[str, Picture]: ...

    def keep(self, picture: Picture, *, copy: Copy | None, address: str | None) -> None: ...


class DatabaseShelf:
    """
    The pictures in *database*.
    """

    def __init__(self, database: Database, clock: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._clock = clock

    def find(self, addresses: Iterable[str]) -> Mapping[str, Picture]:
        """
        As `pictures.find_pictures`.
        """
        with self._database.read() as connection:
            return pictures.find_pictures(connection, addresses)

    def keep(self, picture: Picture, *, copy: Copy | None, address: str | None) -> None:
        """
        As `pictures.keep_picture`, in a transaction of its own.
        """
        with self._database.write() as connection:
            pictures.keep_picture(
                connection, picture, copy=copy, address=address, now=self._clock()
            )


class MemoryShelf:
    """
    Pictures of briefs that are stored nowhere.
    """

    def __init__(self) -> None:
        self.pictures: dict[str, Picture] = {}
        self.copies: dict[str, Copy] = {}

    def find(self, addresses: Iterable[str]) -> Mapping[str, Picture]:
        """
        Those of *addresses* that are here.
        """
        return {a: self.pictures[a] for a in addresses if a in self.pictures}

    def keep(self, picture: Picture, *, copy: Copy | None, address: str | None) -> None:
        """
        Nothing; it is here from now on.
        """
        self.pictures[address or f"{STORED}{picture.id}"] = picture
        if copy is not None:
            self.copies[picture.id] = copy


@dataclass(frozen=True, kw_only=True)
class Illustrator:
    """
    Puts pictures on the *shelf*; *sandbox* has PICTURE_MODULES. Where those on the web are to be
    measured, they come through *get*; `copies` says that they are copied as well.
    """

    sandbox: Sandbox
    shelf: Shelf
    get: GetPicture | None = None
    copies: bool = False
    monotonic: Callable[[], float] = time.monotonic

    def illustrated(self, poll: Poll, read: Sequence[Brief | str]) -> list[Brief | str]:
        """
        What was *read* of each item of *poll*, the briefs as `with_own` makes them, within
        PATIENCE_S.
        """
        until = self.monotonic() + PATIENCE_S
        return [
            one
            if isinstance(one, str)
            else self.with_own(one, partial(poll.open_picture, item.key), until=until)
            for item, one in zip(poll.items, read, strict=True)
        ]

    def with_own(
        self, brief: Brief, open_picture: OpenPicture, *, until: float = math.inf
    ) -> Brief:
        """
        *brief* with the pictures that came with it on the shelf; one that cannot be used is left
        out, with a warning, as is one that would be encoded later than *until*.
        """
        addresses = [a for a in addresses_in(brief) if a.startswith(CAME_WITH)]
        if not addresses:
            return brief
        found: dict[str, Picture | str] = dict.fromkeys(addresses, TOO_MANY)
        for address in addresses[:MOST_PICTURES]:
            try:
                raw = open_picture(unquote(address.removeprefix(CAME_WITH)))
                found[address] = self.kept(raw, until=until)
            except (ReadError, SandboxError) as error:
                found[address] = reason_of(error)
        return _with_pictures(brief, found)

    def kept(
        self,
        raw: bytes,
        *,
        address: str | None = None,
        copies: bool = True,
        until: float = math.inf,
    ) -> Picture:
        """
        The picture file *raw*, found at *address* on the web, on the shelf: measured, and where it
        *copies* encoded anew, unless that would be later than *until*.

        Raises:
            ReadError: it is no picture that mails can show, or there was no time for it.
            SandboxError: it is too much for the child.
        """
        stored = STORED + picture_id(raw)
        picture = self.shelf.find([stored]).get(stored)
        if picture is not None and (picture.is_copied or not copies):
            if address is not None:
                self.shelf.keep(picture, copy=None, address=address)
            return picture
        if self.monotonic() > until:
            raise ReadError("the others of this poll took all its time")
        picture, copy = self._made(raw, copies=copies)
        self.shelf.keep(picture, copy=copy, address=address)
        return picture

    def _made(self, raw: bytes, *, copies: bool) -> tuple[Picture, Copy | None]:
        function = "recode" if copies else "measure"
        packed = base64.b64encode(raw).decode("ascii")
        told = self.sandbox.call(f"{PICTURE_MODULES[0]}:{function}", packed)
        picture = Picture(
            id=picture_id(raw),
            kind=told["kind"],
            width=told["width"],
            height=told["height"],
            weight=len(raw),
            is_copied=copies,
        )
        if not copies:
            return picture, None
        return picture, Copy(told["copy_kind"], base64.b64decode(told["copy"]))


def addresses_in(brief: Brief) -> list[str]:
    """
    The addresses of the brief's pictures, the leading one first.
    """
    lead = [brief.image_url] if brief.image_url else []
    return list(dict.fromkeys([*lead, *(img.src for img in images_in(brief.body_html))]))


def _with_pictures(brief: Brief, found: Mapping[str, Picture | str]) -> Brief:
    """
    *brief* with each picture of *found* at its new address; those with a reason are gone.
    """

    def placed(img: Img) -> Img | None:
        picture = found.get(img.src)
        if picture is None:
            return img
        return replace(img, src=STORED + picture.id) if _is_shown(picture) else None

    lead = found.get(brief.image_url or "")
    if lead is not None:
        brief = _with_lead(brief, lead)
    left_out = tuple(
        f"The picture {unquote(address.removeprefix(CAME_WITH))[:200]} was left out: {why}."
        for address, why in found.items()
        if isinstance(why, str)
    )
    return replace(
        brief,
        body_html=replace_images(brief.body_html, placed),
        warnings=tuple(dict.fromkeys([*brief.warnings, *left_out])),
    )


def _is_shown(picture: Picture | str) -> TypeGuard[Picture]:
    return isinstance(picture, Picture) and not picture.is_pixel


def _with_lead(brief: Brief, lead: Picture | str) -> Brief:
    if not _is_shown(lead):
        return replace(brief, image_url=None, image_alt="", image_width=None, image_height=None)
    return replace(
        brief, image_url=STORED + lead.id, image_width=lead.width, image_height=lead.height
    )


def reason_of(error: ReadError | SandboxError) -> str:
    """
    The line of *error* without the name of the function in the child, which says nothing to people.
    """
    line = str(error)
    return line.partition(" ")[2] if line.startswith(PICTURE_MODULES[0]) else line
