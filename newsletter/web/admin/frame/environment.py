"""
Render the templates of the newsroom. They are the project's own, below `templates/admin`, and not
replaced by a user's: what they show and send is part of the program.
"""

from __future__ import annotations

import functools
from typing import Any

import jinja2

from newsletter.mail.templating.files import project_templates
from newsletter.mail.templating.translations import language_in_itself
from newsletter.web.admin.frame.dates import DATE_FILTERS
from newsletter.web.admin.frame.field_lengths import LETTERS
from newsletter.web.admin.frame.words import Catalogues, StaffWords
from newsletter.web.admin.places.place_links import with_places
from newsletter.web.page.compiled_templates import CompiledTemplates
from newsletter.web.page.filters import address, direction, foreign
from newsletter.web.page.static_files import StaticFiles

_MOST_LANGUAGES = 32
# The environments of the languages differ in the texts, not in the code.
_COMPILED = CompiledTemplates()


class AdminTemplates:
    """
    The templates, with the words of each language of *catalogues*.
    """

    def __init__(self, catalogues: Catalogues, files: StaticFiles) -> None:
        self.catalogues = catalogues
        self._files = files
        self._environment = functools.lru_cache(_MOST_LANGUAGES)(self._new_environment)

    def render(self, name: str, *, language: str, **values: Any) -> str:
        """
        Render the template *name* ("today/today.html") in *language*.
        """
        return self._environment(language).get_template(f"admin/{name}").render(values)

    def _new_environment(self, language: str) -> jinja2.Environment:
        words = self.catalogues.words(language)
        made = jinja2.Environment(
            loader=jinja2.FileSystemLoader(project_templates()),
            extensions=["jinja2.ext.i18n"],
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
            # Constants stay in the code as they are: a language may change them.
            optimized=False,
            bytecode_cache=_COMPILED,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        made.policies["ext.i18n.trimmed"] = True
        _install_words(made, words)
        made.globals |= {
            "lang": words.language,
            "dir": words.dir,
            "static": self._files.path,
            "letters": LETTERS,
        }
        made.filters |= DATE_FILTERS | {
            "address": address,
            "dir_of": direction,
            "foreign": foreign,
            "translated": words.phrases.filter(),
            "language_name": language_in_itself,
            "with_places": with_places,
        }
        return made


def _install_words(environment: jinja2.Environment, words: StaffWords) -> None:
    found = words.translations
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # of the extension
        found.gettext, found.ngettext, newstyle=True
    )
    environment.globals["locale"] = words.locale
