"""
Render the pages of `templates/page` with the words, the style and the content security policy that
they need. A user's own templates and words replace the built-in ones; one that fails is logged, and
the built-in one is shown.
"""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter.errors import TemplateError
from newsletter.mail.templating.files import gather_pages
from newsletter.mail.templating.slow_templates import render_limited
from newsletter.mail.templating.translations import (
    PAGE_WORDS,
    Translation,
    Translations,
    languages_of,
    read_translations,
)
from newsletter.model.brand import Brand
from newsletter.model.issue import Site
from newsletter.web.page.environment import PageEnvironment
from newsletter.web.page.language import choose_language
from newsletter.web.page.plain_values import PlainValues
from newsletter.web.page.style import brand_style, page_policy
from newsletter.web.public.page_values import Masthead

logger = logging.getLogger(__name__)

# Mails use inline styles, and their images can be on any host.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; form-action 'none'"
)
# What an email that staff look at may do: open its links in a new window.
SANDBOXED = "sandbox allow-popups allow-popups-to-escape-sandbox"
_STYLE = "page/style.css"
_MOST_LANGUAGES = 64
# No line ends with the first letter of "E-Mail": its hyphen becomes one that does not break.
_BREAKABLE = re.compile(r"\b([^\W\d_])-(?=\w)")
# A style sheet must not end its own block.
_END_OF_STYLE = "</"


class PageTemplates:
    """
    The page templates of one site; *folders* are the user's own, searched first.

    `languages` are those in which there are words for pages.
    """

    def __init__(self, site: Site, folders: Sequence[Path] = ()) -> None:
        self.site = site
        self.languages = languages_of(folders, PAGE_WORDS)
        self._folders = tuple(folders)
        sources = gather_pages(())
        own = self._own_sources(sources)
        self._style = own.get(_STYLE, sources[_STYLE])
        self._built_in = PageEnvironment(sources)
        self._own = PageEnvironment(own) if own else None
        self.words = functools.lru_cache(_MOST_LANGUAGES)(self._read_words)

    def language(
        self, request: Request, offered: Sequence[str] = (), *, reader: str | None = None
    ) -> str:
        """
        Return the language of the page for *request*, as `choose_language` does. *offered* are
        those of the newsletter, by default that of the site.
        """
        return choose_language(
            request, self.languages, offered or [self.site.language], reader=reader
        )

    def page(
        self,
        name: str,
        status_code: int = 200,
        *,
        language: str,
        brand: Brand | None = None,
        masthead: Masthead | None = None,
        languages: Sequence[str] = (),
        policy: str = "",
        lands_on: str = "",
        **values: object,
    ) -> Response:
        """
        Render the page *name* ("readers/join.html") as a response.

        The *masthead* is that of the site if there is none. *languages* are offered at the foot.
        *policy* is added to the content security policy. *lands_on* is the page of another
        site that its form leads to in the end.
        """
        frame = {"masthead": masthead or Masthead(name=self.site.name), "languages": languages}
        plain = PlainValues(brand or self.site.brand)
        context = self._context(plain, language, {**frame, **values})
        allowed = page_policy(
            (self._style, context["brand_style"]), plain.brands, lands_on=lands_on
        )
        headers = {"Content-Security-Policy": f"{allowed}; {policy}" if policy else allowed}
        return HTMLResponse(self._render(name, context), status_code, headers=headers)

    def text(self, name: str, *, language: str, **values: object) -> str:
        """
        Render the page *name* and return its HTML, to be written to a file.
        """
        frame = {"masthead": Masthead(name=self.site.name, url=""), "languages": ()}
        plain = PlainValues(self.site.brand)
        return self._render(name, self._context(plain, language, {**frame, **values}))

    def _context(
        self, plain: PlainValues, language: str, values: dict[str, object]
    ) -> dict[str, Any]:
        words = self.words(language)
        site = self.site
        context: dict[str, Any] = plain.of(values)
        brand = plain.of(plain.brands[0])
        # These are the project's own file and rules made of checked colours; nothing else is safe.
        return context | {
            "brand": brand,
            "brand_style": Markup(brand_style(plain.brands)),  # noqa: S704
            "dir": words.dir,
            "lang": words.lang,
            "site": {
                "name": site.name,
                "base_url": site.base_url,
                "postal_address": site.postal_address,
                "language": site.language,
            },
            "style": Markup(self._style),  # noqa: S704
            "words": dict(words.table),
        }

    def _render(self, name: str, context: dict[str, Any]) -> str:
        path = f"page/{name}"
        if self._own is not None:
            try:
                return render_limited(self._own.get_template(path), context)
            except Exception:  # A template can fail in any way, and a reader must not notice it.
                self._log(f"page {name}")
        return render_limited(self._built_in.get_template(path), context)

    def _own_sources(self, built_in: dict[str, str]) -> dict[str, str]:
        """
        Return the sources with the user's own files, or none if there are none that can be read.
        """
        try:
            sources = gather_pages(self._folders)
            if _END_OF_STYLE in sources[_STYLE]:
                raise TemplateError(f"{_STYLE}: </ would end the style sheet; remove it")
        except TemplateError:
            self._log("the folder page")
            return {}
        return sources if sources != built_in else {}

    def _read_words(self, language: str) -> Translations:
        try:
            read = read_translations(self._folders, language, PAGE_WORDS)
        except TemplateError:
            self._log("the words of pages")
            read = read_translations((), language, PAGE_WORDS)
        return replace(read, table={name: _kept_whole(one) for name, one in read.table.items()})

    def _log(self, what: str) -> None:
        logger.exception(
            "your own templates failed at %s; the built-in ones are used",
            what,
            extra={"event": "page.override_failed"},
        )


def _kept_whole(translation: Translation) -> Translation:
    if isinstance(translation, str):
        return _BREAKABLE.sub("\\1\N{NON-BREAKING HYPHEN}", translation)
    return {form: str(_kept_whole(text)) for form, text in translation.items()}
