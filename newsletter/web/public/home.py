"""
The home page of a site.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.web.page_templates import PageTemplates
from newsletter.web.public.page_values import HomePage


class HomePages:
    """
    The home page of one site.
    """

    def __init__(self, templates: PageTemplates) -> None:
        self.templates = templates

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [Route("/", self.home)]

    def home(self, request: Request) -> Response:
        """
        Show the name of the site and how to unsubscribe.
        """
        return self.templates.page(
            "readers/home.html", language=self.templates.site.language, page=HomePage()
        )
