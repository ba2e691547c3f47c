"""
The challenges of the proof of work, and the script that solves them.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.web.limits.proof_of_work import ProofOfWork
from newsletter.web.page.static_files import StaticFiles

CHALLENGE_PATH = "/proof/challenge"
POLICY = "script-src 'self'; worker-src 'self'; connect-src 'self'"
"""
What a page with the script adds to its content security policy.
"""


class ProofPages:
    """
    The endpoint of challenges, and where the script is.
    """

    def __init__(self, app: App, files: StaticFiles) -> None:
        self.app = app
        self.files = files
        self.proof = ProofOfWork(app.links.keys)

    @property
    def script(self) -> str:
        """
        Return the path of the script that sets up the widget.
        """
        return self.files.path("proof-of-work.js")

    def routes(self) -> list[Route]:
        """
        Return the route of challenges.
        """
        return [Route(CHALLENGE_PATH, self.challenge)]

    def challenge(self, request: Request) -> Response:
        """
        Respond with a new challenge, as JSON.
        """
        # Anybody may ask for one, so scripts of other sites may, too.
        headers = {"Access-Control-Allow-Origin": "*"}
        return JSONResponse(self.proof.challenge(self.app.clock()), headers=headers)
