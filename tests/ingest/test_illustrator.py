"""
Images that came with a brief: how many are stored, and how long that may take.
"""

from __future__ import annotations

from collections.abc import Callable

from picture_files import picture

from newsletter.ingest.images.illustrator import (
    MAX_IMAGES,
    PATIENCE_S,
    Illustrator,
    MemoryImageStore,
)
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Brief, MediaType, Poll, RawItem


def pictured(names: list[str]) -> Brief:
    return Brief(title="T", body_html="".join(f'<img src="cid:{name}" alt="">' for name in names))


def ticking(step_s: float) -> Callable[[], float]:
    times = iter(number * step_s for number in range(999))
    return lambda: next(times)


def test_a_poll_with_many_images_ends_within_its_time_limit(warm_sandbox: Sandbox) -> None:
    illustrator = Illustrator(
        sandbox=warm_sandbox, store=MemoryImageStore(), monotonic=ticking(PATIENCE_S / 2)
    )
    item = RawItem(key="k", content="", media_type=MediaType.HTML)
    poll = Poll(items=(item,), open_image=lambda key, name: picture("PNG", 9, int(name)))
    (read,) = illustrator.attach_images(poll, [pictured(["7", "8", "9"])])
    assert isinstance(read, Brief)
    late = "the image 9 was left out: the time for the images of this poll is up"
    assert (read.warnings, read.body_html.count("media:")) == ((late,), 2)


def test_a_known_image_takes_no_time(warm_sandbox: Sandbox) -> None:
    store = MemoryImageStore()
    early = Illustrator(sandbox=warm_sandbox, store=store)
    late = Illustrator(sandbox=warm_sandbox, store=store, monotonic=lambda: 9.0)
    brief = pictured(["7"])
    first = early.attach_own(brief, lambda name: picture("PNG", 9, 7))
    assert late.attach_own(brief, lambda name: picture("PNG", 9, 7), until=1.0) == first


def test_a_brief_has_at_most_fifty_images(warm_sandbox: Sandbox) -> None:
    illustrator = Illustrator(sandbox=warm_sandbox, store=MemoryImageStore())
    names = [str(number) for number in range(MAX_IMAGES + 1)]
    read = illustrator.attach_own(pictured(names), lambda name: picture("PNG", 9, 7))
    assert read.warnings == ("the image 50 was left out: a brief has at most 50 images",)
