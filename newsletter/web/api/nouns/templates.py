"""
Templates of issues: list and show them.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.content import templates
from newsletter.model.access import Permission
from newsletter.web.api.body import ResourcePage, ResponseBody
from newsletter.web.api.call import Call
from newsletter.web.api.operations import Noun
from newsletter.web.api.requests.paging import CursorText, Limit

noun = Noun("templates", "Templates, of which issues are rendered. They are files of the server.")

TemplateInPath = Annotated[
    str, Path(max_length=60, description="The name of the template", examples=["digest"])
]


class TemplateNameBody(ResponseBody):
    """
    A template in a list.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"name": "digest"}
    name: str = Field(description="What an issue or a schedule names as its `template`")


class TemplateBody(ResponseBody):
    """
    A template with its files.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "name": "digest",
        "is_own": False,
        "is_mjml": False,
        "files": {"subject.txt": "{{ briefs[0].title }}", "body.html": "…", "body.txt": "…"},
    }
    name: str = Field(description="What an issue or a schedule names as its `template`")
    is_own: bool = Field(description="A folder of this installation has it, or changes it")
    is_mjml: bool = Field(description="Its HTML is made from MJML")
    files: dict[str, str] = Field(
        description="The text of each of its files, without the parts that all templates share"
    )


@noun.get("/templates", Permission.ISSUES_READ)
def list_templates(
    call: Call, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[TemplateNameBody]:
    """
    List the templates of issues, by name.
    """
    after = call.after(cursor, str, "")
    found = [name for name in templates.names(call.app, by=call.actor) if name > after]
    return call.page(found, limit, key=str, show=lambda name: TemplateNameBody(name=name))


@noun.get("/templates/{template}", Permission.ISSUES_READ)
def show_template(call: Call, template: TemplateInPath) -> TemplateBody:
    """
    Show a template with its files.
    """
    found = templates.show(call.app, template, by=call.actor)
    return TemplateBody(
        name=found.name, is_own=found.is_own, is_mjml=found.is_mjml, files=dict(found.files)
    )
