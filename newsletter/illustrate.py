"""
The pictures of briefs: taken out of what a brief came in, measured once, and encoded anew in the
limited child. `collect` and the commands that read files ask.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeGuard
from urllib.parse import unquote

from newsletter.errors import ReadError, SandboxError
from newsletter.img_tags import Img, images_in, replace_images
from newsletter.model.brief import Brief, Poll
from newsletter.model.picture import CAME_WITH, STORED, Copy, Picture, picture_id
from newsletter.sandbox import Sandbox
from newsletter.store import pictures
from newsletter.store.database import Database

PICTURE_MODULES = ("newsletter.recode",)
# What is no larger counts readers, or keeps a place.
PIXEL = 2

# The bytes of a picture that came with an item, by its name in it; raises ReadError.
OpenPicture = Callable[[str], bytes]


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
    Puts pictures on the *shelf*; *sandbox* has PICTURE_MODULES.
    """

    sandbox: Sandbox
    shelf: Shelf

    def illustrated(self, poll: Poll, read: Sequence[Brief | str]) -> list[Brief | str]:
        """
        What was *read* of each item of *poll*, the briefs as `with_own` makes them.
        """
        return [
            one
            if isinstance(one, str)
            else self.with_own(one, partial(poll.open_picture, item.key))
            for item, one in zip(poll.items, read, strict=True)
        ]

    def with_own(self, brief: Brief, open_picture: OpenPicture) -> Brief:
        """
        *brief* with the pictures that came with it on the shelf; one that cannot be used is left
        out, with a warning.
        """
        addresses = [a for a in addresses_in(brief) if a.startswith(CAME_WITH)]
        if not addresses:
            return brief
        found: dict[str, Picture | str] = {}
        for address in addresses:
            try:
                raw = open_picture(unquote(address.removeprefix(CAME_WITH)))
                found[address] = self._stored(raw)
            except (ReadError, SandboxError) as error:
                found[address] = _reason(error)
        return _with_pictures(brief, found)

    def _stored(self, raw: bytes) -> Picture:
        known = self.shelf.find([STORED + picture_id(raw)])
        for picture in known.values():
            if picture.is_copied:
                return picture
        told = self.sandbox.call("newsletter.recode:recode", _packed(raw))
        copy = Copy(told["copy_kind"], base64.b64decode(told["copy"]))
        picture = _picture(raw, told, is_copied=True)
        self.shelf.keep(picture, copy=copy, address=None)
        return picture


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
    return isinstance(picture, Picture) and min(picture.width, picture.height) > PIXEL


def _with_lead(brief: Brief, lead: Picture | str) -> Brief:
    if not _is_shown(lead):
        return replace(brief, image_url=None, image_alt="", image_width=None, image_height=None)
    return replace(
        brief, image_url=STORED + lead.id, image_width=lead.width, image_height=lead.height
    )


def _picture(raw: bytes, told: Mapping[str, object], *, is_copied: bool) -> Picture:
    return Picture(
        id=picture_id(raw),
        kind=str(told["kind"]),
        width=int(str(told["width"])),
        height=int(str(told["height"])),
        weight=len(raw),
        is_copied=is_copied,
    )


def _packed(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _reason(error: ReadError | SandboxError) -> str:
    """
    The line of *error* without the name of the function in the child, which says nothing to people.
    """
    line = str(error)
    return line.partition(" ")[2] if line.startswith(PICTURE_MODULES[0]) else line
