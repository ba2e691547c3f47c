"""
Render a sample email of a list, to show its look before it is stored. Nothing is stored or sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from newsletter.issues.context import PublishingContext
from newsletter.issues.selection import shown, template_for
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.samples import with_samples
from newsletter.mail.render import render_mail
from newsletter.mail.sample_readers import READER
from newsletter.model.brief import Brief
from newsletter.model.issue import ChosenBrief
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Message
from newsletter.store.issues.list_settings import ListSettings
from subscribers.model import MailingList

_NONCE = "5a5a5a5a5a5a"


def render_list_sample(
    context: PublishingContext,
    mailing_list: MailingList,
    own: ListSettings,
    *,
    brand: Mapping[str, Any],
    briefs: Sequence[Brief],
) -> Message:
    """
    Render *briefs* as an issue to a list with the settings *own*, but with *brand* as its look, and
    return the copy of a sample reader.

    Raises:
        SettingsError: a value of the look is not valid.
        TemplateError, MergeError, SandboxError: it cannot be rendered.
    """
    site = replace(
        context.site,
        language=mailing_list.language,
        postal_address=own.postal_address or context.site.postal_address,
        brand=context.brand_with(brand),
    )
    content = IssueContent(
        site=site,
        briefs=tuple(
            ChosenBrief(brief_id=place, shown_as=shown_as, brief=briefs[place])
            for place, shown_as in shown(range(len(briefs)))
        ),
        sender=own.sender or context.default_sender,
        list_name=mailing_list.name,
        list_slug=mailing_list.slug,
        view_url=f"{site.base_url}/",
        date=context.clock().date(),
        number=1,
    )
    mail = render_mail(
        content,
        template_for(None, len(briefs)),
        folders=context.template_folders,
        sandbox=context.sandbox,
        nonce=_NONCE,
    )
    return compile_mail(mail).fill(with_samples(READER, mail.fields))
