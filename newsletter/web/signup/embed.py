"""
The form to copy into another website, as text, and a page that shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from newsletter.app import App
from newsletter.issues.settings.public_lists import PublicList, joinable_list
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.cards import card_of, masthead_of
from newsletter.web.public.page_values import Form, FormField, NewsletterCard
from newsletter.web.public.settings_values import EmbedPage
from newsletter.web.signup.form import form_fields
from newsletter.web.typed_form import TypedForm


@dataclass(frozen=True, kw_only=True)
class EmbeddedForm:
    """
    `readers/embedded-form.html`: the form that is copied into another website. `with_script` adds
    the script that shows the answer in its place.
    """

    newsletter: NewsletterCard
    form: Form
    button_colour: str
    fields: tuple[FormField, ...] = ()
    consent: str = ""
    with_script: bool = False


class EmbedPages:
    """
    The pages that show the forms of one App for other websites.
    """

    def __init__(self, app: App, templates: PageTemplates) -> None:
        self.app = app
        self.templates = templates

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        return [Route("/join/{slug}/embed", self.show)]

    def show(self, request: Request) -> Response:
        """
        Show the form of one newsletter, to be copied.
        """
        with self.app.database.read() as connection:
            slug = request.path_params["slug"]
            newsletter = joinable_list(self.app.publishing, connection, slug)
        page = EmbedPage(
            name=newsletter.name,
            language=newsletter.language,
            snippet=snippet(self.templates, newsletter),
            script_snippet=snippet(self.templates, newsletter, with_script=True),
        )
        offered = [self.app.site.language, newsletter.language]
        return self.templates.page(
            "readers/embed.html",
            language=self.templates.language(request, offered),
            brand=newsletter.brand,
            masthead=masthead_of(newsletter),
            page=page,
        )


def find_snippet(app: App, slug: str, *, with_script: bool) -> str:
    """
    Return the form of a list for other websites, as HTML.

    Raises:
        UnknownList: there is no such list, or it is private.
    """
    with app.database.read() as connection:
        newsletter = joinable_list(app.publishing, connection, slug)
    templates = PageTemplates(app.site, app.settings.template_folders)
    return snippet(templates, newsletter, with_script=with_script)


def snippet(templates: PageTemplates, newsletter: PublicList, *, with_script: bool = False) -> str:
    """
    Return the form of *newsletter* for other websites, as HTML in its language.
    """
    page = EmbeddedForm(
        newsletter=card_of(newsletter),
        form=Form(action=f"{templates.site.base_url}/join/{newsletter.slug}"),
        button_colour=newsletter.brand.light.button,
        fields=form_fields(TypedForm(), newsletter.asks, newsletter.language),
        consent=newsletter.consent,
        with_script=with_script,
    )
    text = templates.text("readers/embedded-form.html", language=newsletter.language, page=page)
    return text.strip() + "\n"
