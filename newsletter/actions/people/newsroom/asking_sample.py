"""
An action that shows the email by which a run asks people of a list.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import the_list
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.issues.standing.notices import sample_notice
from newsletter.model.access import Actor, Permission
from newsletter.model.mail import Message
from newsletter.model.notice import NoticeKind
from subscribers.ask_again.model import AskAudience
from subscribers.lists import find_list


@requires(Permission.LISTS_READ, "ask_run.sample", about=the_list("list_slug"))
def show(app: App, list_slug: str, audience: AskAudience, *, by: Actor) -> Message:
    """
    Return the email as a sample reader gets it, in the language of the list: people who are
    pending are asked to confirm, others whether they still want the list.

    Raises:
        UnknownList: there is no such list.
        TemplateError, MergeError, SandboxError: the email cannot be rendered.
    """
    with app.database.read() as connection:
        found = find_list(connection, list_slug)
    kind = NoticeKind.CONFIRM if audience.is_pending else NoticeKind.ASK_AGAIN
    return sample_notice(app.publishing, kind, found.id)
