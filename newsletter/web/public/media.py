"""
Serve copies of images. The content of `/media/ID` never changes, so it can be cached forever. No
cookies are read or set, and readers cannot be identified.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.model.image import ImageCopy
from newsletter.store.content.images import load_copy

_ID = re.compile(r"[0-9a-f]{1,64}")
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    # Webmail shows mails on pages of other sites.
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class Media:
    """
    The endpoint for the images of one App.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    def routes(self) -> list[Route]:
        """
        Return the one route.
        """
        return [Route("/media/{image_id}", self.image)]

    def image(self, request: Request) -> Response:
        """
        Respond with the bytes of one image.
        """
        copy = self._copy(request.path_params["image_id"])
        if copy is None:
            return PlainTextResponse("image not found\n", status_code=404)
        return Response(copy.content, media_type=copy.kind, headers=_HEADERS)

    def _copy(self, image_id: str) -> ImageCopy | None:
        # PostgreSQL refuses a NUL even in a query.
        if not _ID.fullmatch(image_id):
            return None
        with self.app.database.read() as connection:
            return load_copy(connection, image_id)
