"""
The home page of a site: who publishes here, and the newsletters to sign up for.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.issues.settings.public_lists import public_lists
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.cards import card_of
from newsletter.web.public.page_values import HomePage


class HomePages:
    """
    The home page of one App.
    """

    def __init__(self, app: App, templates: PageTemplates) -> None:
        self.app = app
        self.templates = templates

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [Route("/", self.home)]

    def home(self, request: Request) -> Response:
        """
        Show the public newsletters, each with the way to its form.
        """
        with self.app.database.read() as connection:
            newsletters = public_lists(self.app.publishing, connection)
        offered = [self.app.site.language, *(each.language for each in newsletters)]
        languages = list(dict.fromkeys(offered))
        language = self.templates.language(request, languages)
        page = HomePage(newsletters=tuple(card_of(each) for each in newsletters), join_url="/join")
        return self.templates.page(
            "readers/home.html", language=language, languages=languages, page=page
        )
