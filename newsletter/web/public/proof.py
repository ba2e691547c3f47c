"""
The challenges of the proof of work, and the script that solves them.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.issues.settings.public_lists import joinable_list
from newsletter.web.limits.proof_of_work import ProofOfWork
from newsletter.web.page.static_files import StaticFiles
from subscribers.errors import UnknownList

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
        Respond with a new challenge, as JSON; without one if the list that the query names does not
        ask for a proof.
        """
        # Anybody may ask for one, so scripts of other sites may, too.
        headers = {"Access-Control-Allow-Origin": "*"}
        if not self._is_needed(request.query_params.get("list", "")):
            return Response(status_code=204, headers=headers)
        return JSONResponse(self.proof.challenge(self.app.clock()), headers=headers)

    def _is_needed(self, slug: str) -> bool:
        """
        Return False for a list that everybody may join without a proof.
        """
        if not slug or not slug.isprintable():
            return True
        try:
            with self.app.database.read() as connection:
                found = joinable_list(self.app.publishing, connection, slug)
        except UnknownList:
            return True
        return found.needs_proof_of_work
