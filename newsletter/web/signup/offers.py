"""
What a sign-up form offers: one newsletter, or all public ones to choose from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from newsletter.app import App
from newsletter.issues.settings.list_identity import list_identity
from newsletter.issues.settings.public_lists import PublicList, joinable_list, public_lists
from newsletter.model.brand import Brand
from newsletter.model.mail import Sender
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.cards import masthead_of
from newsletter.web.public.page_values import Masthead
from newsletter.web.signup.form import NEWSLETTER
from newsletter.web.typed_form import TypedForm
from subscribers.fields.model import AskedField


@dataclass(frozen=True, kw_only=True)
class Offer:
    """
    The newsletters of one form, who the email comes from, and the language of the page. `slug` is
    empty if there are several to choose from; `path` is where the form is sent.
    """

    slug: str
    newsletters: Sequence[PublicList]
    sender: Sender
    site_name: str
    brand: Brand
    language: str
    languages: Sequence[str]
    path: str

    @property
    def asks(self) -> tuple[AskedField, ...]:
        """
        Return the questions of the form.
        """
        return self.newsletters[0].asks if self.slug else ()

    @property
    def origins(self) -> tuple[str, ...]:
        """
        Return the sites whose pages may sign people up.
        """
        return self.newsletters[0].origins if self.slug else ()

    @property
    def landing_page(self) -> str:
        """
        Return the page that readers land on; empty if it is ours.
        """
        return self.newsletters[0].joined_url if self.slug else ""

    @property
    def needs_proof(self) -> bool:
        """
        Return True if one of the newsletters asks for a proof of work.
        """
        return any(each.needs_proof_of_work for each in self.newsletters)

    @property
    def masthead(self) -> Masthead:
        """
        Return the band at the top of the page.
        """
        if not self.slug:
            return Masthead(name=self.site_name)
        return masthead_of(self.newsletters[0])

    def chosen(self, typed: TypedForm) -> list[PublicList]:
        """
        Return the newsletters that are asked for, and that are not held.
        """
        return [each for each in self._asked_for(typed) if not each.is_held]

    def held(self, typed: TypedForm) -> list[PublicList]:
        """
        Return the newsletters that are asked for and held, so that nobody can sign up for them now.
        """
        return [each for each in self._asked_for(typed) if each.is_held]

    def _asked_for(self, typed: TypedForm) -> list[PublicList]:
        slugs = {self.slug} if self.slug else set(typed.many(NEWSLETTER))
        return [each for each in self.newsletters if each.slug in slugs]


def find_offer(app: App, request: Request, templates: PageTemplates) -> Offer:
    """
    Return what the form at the address of *request* offers.

    Raises:
        UnknownList: there is no such list, or it is private.
    """
    slug = request.path_params.get("slug", "")
    context = app.publishing
    with app.database.read() as connection:
        if slug:
            newsletters = [joinable_list(context, connection, slug)]
        else:
            newsletters = public_lists(context, connection)
        if not newsletters:
            raise HTTPException(404)
        own = list_identity(context, connection, newsletters[0].id) if slug else None
    languages = list(dict.fromkeys([each.language for each in newsletters]))
    offered = languages if slug else list(dict.fromkeys([app.site.language, *languages]))
    language = templates.language(request, offered)
    asked = request.query_params.get("lang")
    return Offer(
        slug=slug,
        newsletters=newsletters,
        sender=own.sender if own else context.default_sender,
        site_name=app.site.name,
        brand=newsletters[0].brand if slug else app.site.brand,
        language=language,
        languages=list(dict.fromkeys([*offered, app.site.language])),
        path=f"{request.url.path}?lang={language}" if asked else request.url.path,
    )
