"""
Store the images of briefs: extract them from the file or mail that a brief came in, measure each
once, and re-encode it in the sandbox. Called by `collect` and by the commands that read files.
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
    CID_PREFIX,
    MEDIA_PREFIX,
    ImageCopy,
    ImageInfo,
    Img,
    image_id,
    images_in,
    replace_images,
)
from newsletter.store.content import images
from newsletter.store.database import Database
from subscribers.text.phrases import phrase

IMAGE_MODULES = ("newsletter.ingest.images.encode",)
MAX_IMAGES = 50
TOO_MANY = f"a brief has at most {MAX_IMAGES} images"
# No image is re-encoded once a poll has taken this long, since anybody can send many by email.
PATIENCE_S = 60.0

# Returns the bytes of an image that came with an item, by its name there; raises ReadError.
OpenImage = Callable[[str], bytes]
# Returns the bytes at a URL that a source at a location refers to; raises FetchError.
GetImage = Callable[[str, str], bytes]


class ImageStore(Protocol):
    """
    Where images and their copies are stored.
    """

    def find(self, addresses: Iterable[str]) -> Mapping[str, ImageInfo]: ...

    def save(self, image: ImageInfo, *, copy: ImageCopy | None, address: str | None) -> None: ...


class DatabaseImageStore:
    """
    The images in *database*.
    """

    def __init__(self, database: Database, clock: Callable[[], dt.datetime]) -> None:
        self._database = database
        self._clock = clock

    def find(self, addresses: Iterable[str]) -> Mapping[str, ImageInfo]:
        """
        Return the known images by their addresses, as `find_images` does.
        """
        with self._database.read() as connection:
            return images.find_images(connection, addresses)

    def save(self, image: ImageInfo, *, copy: ImageCopy | None, address: str | None) -> None:
        """
        Save the image as `save_image` does, in a transaction of its own.
        """
        with self._database.write() as connection:
            images.save_image(connection, image, copy=copy, address=address, now=self._clock())


class MemoryImageStore:
    """
    The images of briefs that are not stored in the database.
    """

    def __init__(self) -> None:
        self.images: dict[str, ImageInfo] = {}
        self.copies: dict[str, ImageCopy] = {}

    def find(self, addresses: Iterable[str]) -> Mapping[str, ImageInfo]:
        """
        Return the known images by their addresses.
        """
        return {a: self.images[a] for a in addresses if a in self.images}

    def save(self, image: ImageInfo, *, copy: ImageCopy | None, address: str | None) -> None:
        """
        Save the image, and its copy if there is one, in memory.
        """
        self.images[address or f"{MEDIA_PREFIX}{image.id}"] = image
        if copy is not None:
            self.copies[image.id] = copy


@dataclass(frozen=True, kw_only=True)
class Illustrator:
    """
    Saves the images of briefs in the *store*. *sandbox* has loaded IMAGE_MODULES. Images on the web
    are measured only if there is a function to *get* them; with `copies` they are copied as well.
    """

    sandbox: Sandbox
    store: ImageStore
    get: GetImage | None = None
    copies: bool = False
    monotonic: Callable[[], float] = time.monotonic

    def attach_images(self, poll: Poll, parsed: Sequence[Brief | str]) -> list[Brief | str]:
        """
        Store the images that came with the items of *poll*, within PATIENCE_S, and return what was
        *parsed* with their new addresses.
        """
        until = self.monotonic() + PATIENCE_S
        return [
            brief
            if isinstance(brief, str)
            else self.attach_own(brief, partial(poll.open_image, item.key), until=until)
            for item, brief in zip(poll.items, parsed, strict=True)
        ]

    def attach_own(self, brief: Brief, open_image: OpenImage, *, until: float = math.inf) -> Brief:
        """
        Store the images that came with *brief* and return it with their new addresses. An image
        that cannot be used, or would be encoded later than *until*, is left out with a warning.
        """
        addresses = [a for a in addresses_in(brief) if a.startswith(CID_PREFIX)]
        if not addresses:
            return brief
        found: dict[str, ImageInfo | str] = dict.fromkeys(addresses, TOO_MANY)
        for address in addresses[:MAX_IMAGES]:
            try:
                raw = open_image(unquote(address.removeprefix(CID_PREFIX)))
                found[address] = self.store_image(raw, until=until)
            except ReadError as error:
                found[address] = str(error)
            except SandboxError as error:
                found[address] = error.reason
        return _with_images(brief, found)

    def store_image(
        self,
        raw: bytes,
        *,
        address: str | None = None,
        copies: bool = True,
        until: float = math.inf,
    ) -> ImageInfo:
        """
        Measure the image file *raw*, found at *address* on the web, and store it; with *copies*
        also encode a copy, unless that would be later than *until*.

        Raises:
            ReadError: mail programs cannot show it, or the time is up.
            SandboxError: it exceeds the limits of the sandbox.
        """
        stored = MEDIA_PREFIX + image_id(raw)
        image = self.store.find([stored]).get(stored)
        if image is not None and (image.is_copied or not copies):
            if address is not None:
                self.store.save(image, copy=None, address=address)
            return image
        if self.monotonic() > until:
            raise ReadError(phrase("the time for the images of this poll is up"))
        image, copy = self._encode(raw, copies=copies)
        self.store.save(image, copy=copy, address=address)
        return image

    def _encode(self, raw: bytes, *, copies: bool) -> tuple[ImageInfo, ImageCopy | None]:
        function = "recode" if copies else "measure"
        packed = base64.b64encode(raw).decode("ascii")
        result = self.sandbox.call(f"{IMAGE_MODULES[0]}:{function}", packed)
        image = ImageInfo(
            id=image_id(raw),
            kind=result["kind"],
            width=result["width"],
            height=result["height"],
            weight=len(raw),
            is_copied=copies,
        )
        if not copies:
            return image, None
        return image, ImageCopy(result["copy_kind"], base64.b64decode(result["copy"]))


def addresses_in(brief: Brief) -> list[str]:
    """
    Return the addresses of the brief's images, the lead image first.
    """
    lead = [brief.image_url] if brief.image_url else []
    return list(dict.fromkeys([*lead, *(img.src for img in images_in(brief.body_html))]))


def _with_images(brief: Brief, found: Mapping[str, ImageInfo | str]) -> Brief:
    """
    Return *brief* with each image of *found* at its new address, and without those for which
    *found* has a reason instead.
    """

    def placed(img: Img) -> Img | None:
        image = found.get(img.src)
        if image is None:
            return img
        return replace(img, src=MEDIA_PREFIX + image.id) if _is_shown(image) else None

    lead = found.get(brief.image_url or "")
    if lead is not None:
        brief = _with_lead(brief, lead)
    left_out = tuple(
        f"the image {unquote(address.removeprefix(CID_PREFIX))[:200]} was left out: {why}"
        for address, why in found.items()
        if isinstance(why, str)
    )
    return replace(
        brief,
        body_html=replace_images(brief.body_html, placed),
        warnings=tuple(dict.fromkeys([*brief.warnings, *left_out])),
    )


def _is_shown(image: ImageInfo | str) -> TypeGuard[ImageInfo]:
    return isinstance(image, ImageInfo) and not image.is_pixel


def _with_lead(brief: Brief, lead: ImageInfo | str) -> Brief:
    if not _is_shown(lead):
        return replace(brief, image_url=None, image_alt="", image_width=None, image_height=None)
    return replace(
        brief, image_url=MEDIA_PREFIX + lead.id, image_width=lead.width, image_height=lead.height
    )
