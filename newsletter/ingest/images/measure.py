"""
Measure each image on the web once, or copy it if the settings say so. Called by `collect` and by
the commands that store briefs. An image that cannot be fetched causes a warning, never a failure.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from newsletter.errors import FetchError, ReadError, SandboxError
from newsletter.ingest.images.illustrator import GetImage, Illustrator, addresses_in
from newsletter.model.brief import Brief
from newsletter.model.image import ImageInfo

# No image is fetched once a poll has taken this long.
PATIENCE_S = 20.0
# A larger image loads slowly on a phone.
HEAVY_BYTES = 1024 * 1024
_COPY = "set `[images] copies = true` to send a small JPEG instead"


@dataclass(kw_only=True)
class _Measuring:
    """
    What one poll has fetched so far: the warning of each address, if any, and the hosts that did
    not respond.
    """

    ends: float
    warnings: dict[str, str | None] = field(default_factory=dict)
    silent_hosts: set[str] = field(default_factory=set)


def with_measured(
    illustrator: Illustrator,
    briefs: Sequence[Brief],
    *,
    location: str,
    monotonic: Callable[[], float] = time.monotonic,
) -> list[Brief]:
    """
    Measure and store the web images of *briefs*, which came from a source at *location*. Return the
    briefs with a warning for each image that mail programs cannot show, or not well.
    """
    if illustrator.get is None:
        return list(briefs)
    progress = _Measuring(ends=monotonic() + PATIENCE_S)
    for brief in briefs:
        for address in _unknown(illustrator, brief):
            if address not in progress.warnings and monotonic() < progress.ends:
                progress.warnings[address] = _measure(
                    illustrator,
                    illustrator.get,
                    address,
                    location=location,
                    progress=progress,
                )
    return [_with_warnings(brief, progress) for brief in briefs]


def _unknown(illustrator: Illustrator, brief: Brief) -> Iterator[str]:
    """
    Yield the addresses of the brief's web images that were not measured or copied yet.
    """
    addresses = [a for a in addresses_in(brief) if a.startswith(("http://", "https://"))]
    known = illustrator.store.find(addresses) if addresses else {}
    for address in addresses:
        image = known.get(address)
        if image is None or (illustrator.copies and not image.is_copied):
            yield address


def _measure(
    illustrator: Illustrator,
    get: GetImage,
    address: str,
    *,
    location: str,
    progress: _Measuring,
) -> str | None:
    """
    Fetch and store the image at *address*. Return a warning if mail programs cannot show it well.
    """
    host = urlsplit(address).hostname or ""
    if host in progress.silent_hosts:
        return None
    shown = f"the image {address[:200]}"
    try:
        raw = get(address, location)
        image = illustrator.store_image(raw, address=address, copies=illustrator.copies)
    except FetchError as error:
        if error.status is None:
            progress.silent_hosts.add(host)
        return f"{shown} could not be checked: {error}"
    except ReadError as error:
        return f"{shown} cannot be shown in email: {error}"
    except SandboxError as error:
        return f"{shown} cannot be shown in email: {error.reason}"
    flaw = None if image.is_copied else _flaw(image)
    return f"{shown} {flaw}: {_COPY}" if flaw else None


def _flaw(image: ImageInfo) -> str | None:
    if image.kind == "image/webp":
        return "is a WebP, which Outlook does not show"
    if image.weight > HEAVY_BYTES:
        return f"has {image.weight / HEAVY_BYTES:.1f} MB, which loads slowly on a phone"
    return None


def _with_warnings(brief: Brief, progress: _Measuring) -> Brief:
    found = (progress.warnings.get(address) for address in addresses_in(brief))
    warnings = dict.fromkeys([*brief.warnings, *filter(None, found)])
    return replace(brief, warnings=tuple(warnings))
