"""
The drafts, schedules and templates that show a declared field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from newsletter.errors import Refused, TemplateError
from newsletter.issues.context import PublishingContext
from newsletter.issues.selection import template_for
from newsletter.mail.merge.fields import find_fields
from newsletter.mail.templating.files import gather_templates
from newsletter.model.issue import EDITABLE, IssueState
from newsletter.store.issues import issues
from newsletter.store.scheduling import schedules
from subscribers.text.phrases import phrase


def require_not_shown(context: PublishingContext, connection: sa.Connection, name: str) -> None:
    """
    Require that no issue that is not frozen yet, and no schedule, shows the declared field *name*.
    Frozen issues do not need it any more.

    Raises:
        Refused: one does; the line names it, and where the field is.
    """
    for issue in issues.issues_in(connection, [*EDITABLE, IssueState.FREEZING]):
        texts = {"subject": issue.subject, "preheader": issue.preheader, "intro": issue.intro}
        used_in = [place for place, text in texts.items() if text and _shows(text, name)]
        used_in += _files_showing(context, [issue.template], name)
        if used_in:
            raise Refused(
                phrase(
                    "issue {issue} shows %%{name}%% in its {place}: take it out with "
                    "`newsletter issue edit {issue}`, or send the issue first",
                    issue=issue.id,
                    name=name,
                    place=used_in[0],
                )
            )
    for rule in schedules.all_schedules(connection):
        names = [template_for(rule.template, count) for count in (1, 2)]
        for file in _files_showing(context, dict.fromkeys(names), name):
            raise Refused(
                phrase(
                    "schedule {rule} shows %%{name}%% in its {file}: take it out first",
                    rule=rule.name,
                    name=name,
                    file=file,
                )
            )


def _files_showing(
    context: PublishingContext, templates: Iterable[str], name: str
) -> Iterator[str]:
    for template in templates:
        try:
            sources = gather_templates(context.template_folders, template)
        except TemplateError:
            continue
        for path, source in sorted(sources.items()):
            if _shows(source, name):
                yield f"template {path}"


def _shows(text: str, name: str) -> bool:
    return any(field.name == name for field in find_fields(text))
