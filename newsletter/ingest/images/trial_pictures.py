"""
Fetch the lead images of briefs that are not stored, small, to show what a source would bring.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.errors import FetchError, ReadError, SandboxError
from newsletter.ingest.images.illustrator import IMAGE_MODULES, Illustrator
from newsletter.model.brief import Brief

MOST = 6
# No image is fetched once the others have taken this long.
PATIENCE_S = 5.0


@dataclass(frozen=True, kw_only=True)
class TrialPicture:
    """
    A picture at an address on the web: its size in pixels, its weight in bytes, and a small JPEG of
    it in base64. `problem` says why there is none.
    """

    width: int = 0
    height: int = 0
    weight: int = 0
    copy: str = ""
    problem: str = ""


def trial_pictures(
    illustrator: Illustrator,
    briefs: Sequence[Brief],
    *,
    location: str,
    monotonic: Callable[[], float] = time.monotonic,
) -> dict[str, TrialPicture]:
    """
    Return the lead images of the first *briefs* by their addresses; nothing is stored. None is
    fetched if the settings say that images are not.
    """
    addresses = dict.fromkeys(b.image_url for b in briefs if (b.image_url or "").startswith("http"))
    until = monotonic() + PATIENCE_S
    found: dict[str, TrialPicture] = {}
    for address in list(addresses)[:MOST]:
        if illustrator.get is not None and address is not None and monotonic() < until:
            found[address] = _picture(illustrator, address, location)
    return found


def _picture(illustrator: Illustrator, address: str, location: str) -> TrialPicture:
    assert illustrator.get is not None
    try:
        raw = illustrator.get(address, location)
        packed = base64.b64encode(raw).decode("ascii")
        made = illustrator.sandbox.call(f"{IMAGE_MODULES[0]}:thumbnail", packed)
    except (FetchError, ReadError) as error:
        return TrialPicture(problem=str(error))
    except SandboxError as error:
        return TrialPicture(problem=error.reason)
    return TrialPicture(
        width=made["width"], height=made["height"], weight=len(raw), copy=made["copy"]
    )
