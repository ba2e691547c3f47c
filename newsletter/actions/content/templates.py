"""
Actions that show the templates of issues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.mail.templating.files import gather_templates, template_names
from newsletter.model.access import Actor, ObjectKind, Permission

_FOLDER = "issue"


@dataclass(frozen=True, kw_only=True)
class TemplateFiles:
    """
    A template: the text of each of its files by its name. `is_own` if a folder of this installation
    has it, or changes it.
    """

    name: str
    is_own: bool
    files: Mapping[str, str]

    @property
    def is_mjml(self) -> bool:
        """
        Return True if its HTML is made from MJML.
        """
        return "body.mjml" in self.files


@requires(Permission.ISSUES_READ, "template.list", about=shared(ObjectKind.INSTALLATION))
def names(app: App, *, by: Actor) -> list[str]:
    """
    Return the names of the templates of issues, in order.
    """
    return list(template_names(app.settings.template_folders))


@requires(Permission.ISSUES_READ, "template.show", about=shared(ObjectKind.INSTALLATION))
def show(app: App, name: str, *, by: Actor) -> TemplateFiles:
    """
    Return one template with its files; the parts that all share are left out.

    Raises:
        UnknownTemplate: there is no template of that name.
        TemplateError: one of its files is missing, or cannot be read.
    """
    folders = app.settings.template_folders
    found = gather_templates(folders, name)
    start = f"{_FOLDER}/{name}/"
    own = {path.removeprefix(start): text for path, text in found.items() if path.startswith(start)}
    is_own = any((folder / _FOLDER / name).is_dir() for folder in folders)
    return TemplateFiles(name=name, is_own=is_own, files=own)
