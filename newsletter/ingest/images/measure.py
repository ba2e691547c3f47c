"""
Pictures that lie on the web: each measured once, or copied where the settings say so. `collect` and
the commands that store briefs ask. One that cannot be had is a warning, and holds nobody up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from newsletter.errors import FetchError, ReadError, SandboxError
from newsletter.ingest.images.illustrator import GetPicture, Illustrator, addresses_in, reason_of
from newsletter.model.brief import Brief
from newsletter.model.image import Picture

# No picture is asked for later than so many seconds into a poll.
PATIENCE_S = 20.0
# Above it a picture is slow on a phone.
HEAVY_BYTES = 1024 * 1024
_COPY = "`[images] copies = true` makes a light JPEG of it"


@dataclass(kw_only=True)
class _Round:
    """
    What one poll has asked for so far: what there is to say of each address, and which hosts were
    not heard.
    """

    ends: float
    said: dict[str, str | None] = field(default_factory=dict)
    unheard: set[str] = field(default_factory=set)


def with_measured(
    illustrator: Illustrator,
    briefs: Sequence[Brief],
    *,
    location: str,
    monotonic: Callable[[], float] = time.monotonic,
) -> list[Brief]:
    """
    *briefs*, of a source at *location*, with a warning at each that has a picture on the web which
    mails cannot show, or not well. What was measured is on the shelf.
    """
    if illustrator.get is None:
        return list(briefs)
    this_round = _Round(ends=monotonic() + PATIENCE_S)
    for brief in briefs:
        for address in _unknown(illustrator, brief):
            if address not in this_round.said and monotonic() < this_round.ends:
                said = _look(
                    illustrator,
                    illustrator.get,
                    address,
                    location=location,
                    this_round=this_round,
                )
                this_round.said[address] = said
    return [_warned(brief, this_round) for brief in briefs]


def _unknown(illustrator: Illustrator, brief: Brief) -> Iterator[str]:
    """
    The addresses of its pictures on the web that were not measured, or not copied as they should.
    """
    addresses = [a for a in addresses_in(brief) if a.startswith(("http://", "https://"))]
    known = illustrator.shelf.find(addresses) if addresses else {}
    for address in addresses:
        picture = known.get(address)
        if picture is None or (illustrator.copies and not picture.is_copied):
            yield address


def _look(
    illustrator: Illustrator,
    get: GetPicture,
    address: str,
    *,
    location: str,
    this_round: _Round,
) -> str | None:
    """
    What a person should know of the picture at *address*, which is on the shelf if it is one.
    """
    host = urlsplit(address).hostname or ""
    if host in this_round.unheard:
        return None
    shown = f"The picture {address[:200]}"
    try:
        raw = get(address, location)
        picture = illustrator.kept(raw, address=address, copies=illustrator.copies)
    except FetchError as error:
        if error.status is None:
            this_round.unheard.add(host)
        return f"{shown} could not be looked at: {error}."
    except (ReadError, SandboxError) as error:
        return f"{shown} is none that mails can show: {reason_of(error)}."
    flaw = None if picture.is_copied else _flaw(picture)
    return f"{shown} {flaw}: {_COPY}." if flaw else None


def _flaw(picture: Picture) -> str | None:
    if picture.kind == "image/webp":
        return "is a WebP, which Outlook does not show"
    if picture.weight > HEAVY_BYTES:
        return f"weighs {picture.weight / HEAVY_BYTES:.1f} MB"
    return None


def _warned(brief: Brief, this_round: _Round) -> Brief:
    said = (this_round.said.get(address) for address in addresses_in(brief))
    warnings = dict.fromkeys([*brief.warnings, *filter(None, said)])
    return replace(brief, warnings=tuple(warnings))
