"""
The challenges of the proof of work, and the script that solves them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.web.limits.proof_of_work import ProofOfWork

_FOLDER = Path(__file__).parent.parent / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css"}
CHALLENGE_PATH = "/proof/challenge"
# Their names change with their contents.
_CACHED = {"Cache-Control": "public, max-age=31536000, immutable"}
POLICY = "script-src 'self'; worker-src 'self'; connect-src 'self'"
"""
What a page with the script adds to its content security policy.
"""


class ProofPages:
    """
    The endpoint of challenges, and the files of the widget.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        self.proof = ProofOfWork(app.links.keys)
        self.files = {
            path.relative_to(_FOLDER).as_posix(): path.read_bytes()
            for path in sorted(_FOLDER.rglob("*"))
            if path.suffix in _TYPES
        }
        digest = hashlib.sha256(b"\0".join(self.files.values())).hexdigest()[:12]
        self.prefix = f"/static/{digest}"

    @property
    def passkey_script(self) -> str:
        """
        Return the path of the script that asks for passkeys.
        """
        return f"{self.prefix}/passkeys.js"

    @property
    def script(self) -> str:
        """
        Return the path of the script that sets up the widget.
        """
        return f"{self.prefix}/proof-of-work.js"

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [
            Route(CHALLENGE_PATH, self.challenge),
            Route(f"{self.prefix}/{{name:path}}", self.file),
        ]

    def challenge(self, request: Request) -> Response:
        """
        Respond with a new challenge, as JSON.
        """
        return JSONResponse(self.proof.challenge(self.app.clock()))

    def file(self, request: Request) -> Response:
        """
        Respond with a file of the widget, or another script.
        """
        name = request.path_params["name"]
        content = self.files.get(name)
        if content is None:
            return Response(status_code=404)
        media_type = _TYPES[Path(name).suffix]
        return Response(content, media_type=media_type, headers=_CACHED)
