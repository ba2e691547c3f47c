"""
The scripts and style sheets of pages, at paths that change with their contents, so that browsers
keep them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOLDER = Path(__file__).parent.parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_CACHED = {"Cache-Control": "public, max-age=31536000, immutable"}


class StaticFiles:
    """
    The files below `newsletter/web/static`.
    """

    def __init__(self) -> None:
        self._files = {
            path.relative_to(_FOLDER).as_posix(): path.read_bytes()
            for path in sorted(_FOLDER.rglob("*"))
            if path.suffix in _TYPES
        }
        digest = hashlib.sha256(b"\0".join(self._files.values())).hexdigest()[:12]
        self.prefix = f"/static/{digest}"

    def path(self, name: str) -> str:
        """
        Return the path at which the file *name* ("newsroom/newsroom.css") is served.
        """
        if name not in self._files:
            raise KeyError(f"there is no static file {name}")
        return f"{self.prefix}/{name}"

    def routes(self) -> list[Route]:
        """
        Return the route of all files.
        """
        return [Route(f"{self.prefix}/{{name:path}}", self.respond)]

    def respond(self, request: Request) -> Response:
        """
        Respond with a file.
        """
        name = request.path_params["name"]
        content = self._files.get(name)
        if content is None:
            return Response(status_code=404)
        return Response(content, media_type=_TYPES[Path(name).suffix], headers=_CACHED)
