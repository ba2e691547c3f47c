"""
All that people set of a draft, as one value that can be compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.model.issue import AudienceRule, ChosenBrief, Issue, ShownAs


@dataclass(frozen=True, kw_only=True)
class DraftContent:
    """
    What people set of a draft. An empty text is the template's own; `briefs` are the numbers of its
    briefs in order, each with how much of it is shown.
    """

    audience: AudienceRule
    template: str
    subject: str = ""
    preheader: str = ""
    intro: str = ""
    briefs: tuple[tuple[int, ShownAs], ...] = ()

    @classmethod
    def of(cls, issue: Issue, briefs: Sequence[ChosenBrief]) -> DraftContent:
        """
        Return what is stored of a draft.
        """
        return cls(
            audience=issue.audience,
            template=issue.template,
            subject=issue.subject or "",
            preheader=issue.preheader or "",
            intro=issue.intro or "",
            briefs=tuple((each.brief_id, each.shown_as) for each in briefs),
        )

    @property
    def version(self) -> str:
        """
        Return a text that differs whenever the content does.
        """
        return hashlib.blake2b(repr(self).encode(), digest_size=16).hexdigest()
