"""
Images for briefs: upload one.
"""

from __future__ import annotations

from newsletter.actions.content import media
from newsletter.model.access import Permission
from newsletter.web.api.bodies.content.media import ImageBody, ImageToUpload, image_body
from newsletter.web.api.call import Call
from newsletter.web.api.operations import Noun
from newsletter.web.api.requests.request_limits import RateClass

noun = Noun("media", "Images for briefs.")


def media_url(call: Call) -> str:
    """
    Return how the URL of each uploaded image begins.
    """
    return f"{call.app.site.base_url.rstrip('/')}/media/"


@noun.post("/media", Permission.BRIEFS_WRITE, rate=RateClass.BULK, status=201)
def upload_image(call: Call, body: ImageToUpload) -> ImageBody:
    """
    Upload an image for briefs.

    It is encoded again, no wider than an email can use and without metadata. The same file is
    stored once.
    """
    image = media.upload(call.app, body.as_bytes(), by=call.actor)
    found = image_body(image, media_url(call))
    call.made(found.url)
    return found
