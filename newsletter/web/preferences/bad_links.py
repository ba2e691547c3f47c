"""
The page for a link that does not work any more; it offers a new one by mail.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from newsletter.app import App
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.page_values import BadLinkPage, Form, LinkProblem
from subscribers.requests.model import LIVES, RequestKind

FIND_PATH = "/find"


class BadLinks:
    """
    The page of one App.
    """

    def __init__(self, app: App, templates: PageTemplates) -> None:
        self.app = app
        self.templates = templates

    def page(self, request: Request, reason: LinkProblem) -> Response:
        """
        Say why the link of *request* does not work, with the status 410.
        """
        language = self.templates.language(request)
        page = BadLinkPage(
            reason=reason,
            form=Form(action=FIND_PATH),
            join_url="/join",
            days=LIVES[RequestKind.FIND].days,
        )
        return self.templates.page("readers/bad-link.html", 410, language=language, page=page)
