"""
Actions on the images that briefs show: upload one.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import ReadError, SandboxError
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.image import ImageInfo
from subscribers.text.phrases import phrase


@requires(
    Permission.BRIEFS_WRITE, "media.upload", about=shared(ObjectKind.IMAGE), names_result=True
)
def upload(app: App, content: bytes, *, by: Actor) -> ImageInfo:
    """
    Store an image file, re-encoded for email, and return it. The same file is stored once.

    Raises:
        ReadError: mail programs cannot show it, it is damaged, or it is too large.
    """
    try:
        image = app.illustrator.store_image(content)
    except SandboxError as error:
        raise ReadError(
            phrase("the image cannot be used: {reason}", reason=error.reason)
        ) from error
    if image.is_pixel:
        raise ReadError(
            phrase(
                "the image has only {width} × {height} pixels",
                width=image.width,
                height=image.height,
            )
        )
    return image
