"""
Define the cases in which each template is examined, and the reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from issue_samples import make_recipient
from template_samples import ENGLISH

from newsletter.mail.merge.fields import URL_FIELDS
from newsletter.model.mail import MergeField

# The one template that needs a typed subject.
LETTER = "letter"
_DIGEST = ("full", "takeaways", "excerpt", "line", "line")


@dataclass(frozen=True)
class Case:
    """
    Describe a case: how much of each brief is shown, in which script, and what its briefs contain.
    """

    shown: Sequence[str]
    writing: str = "ltr"
    brief: Mapping[str, Any] = field(default_factory=dict)


_LONG = {
    "title": "Ferries keep sailing while the harbour wall waits for a second survey and a vote",
    "body_html": "".join(f"<p>{' '.join(ENGLISH['paragraphs'])}</p>" for _ in range(9)),
    "body_text": "\n\n".join(" ".join(ENGLISH["paragraphs"]) for _ in range(9)),
}
CASES: Mapping[str, Case] = {
    "single": Case(["full"]),
    "digest": Case(_DIGEST),
    "rtl": Case(_DIGEST, "rtl"),
    "cjk": Case(_DIGEST, "cjk"),
    "no image": Case(_DIGEST, brief={"image_url": None}),
    "14 long": Case(["full"] * 14, brief=_LONG),
}
NOTICE_WRITINGS = {"single": "ltr", "rtl": "rtl", "cjk": "cjk"}
NOTICE_VALUES: Mapping[str, Any] = {
    "problems": "2 problems need your attention",
    "alerts": [
        {"what": "Issue 7 is paused: wrong picture", "advice": "`newsletter issue resume 7`."},
        {"what": "Source desk no longer exists", "advice": "`newsletter source list` shows why."},
    ],
    **{name: MergeField(name) for name in URL_FIELDS},
    "invited_by": "Eve Adams",
    "issue_subject": ENGLISH["title"],
    "schedule": "morning",
    "to": "daily",
    "readers": 12,
    "audience": "daily (12 readers)",
    "default_action": "none; waits for approval",
    "failing": [],
}
_PAGES = "https://news.example.org"
READER = make_recipient(
    email="ada@mail.example.com",
    message_id="<7.abc@example.org>",
    unsubscribe_url=f"{_PAGES}/u/T0K3N",
    values={
        "first_name": "Ada",
        "confirm_url": f"{_PAGES}/c/T0K3N",
        "settings_url": f"{_PAGES}/p/find/T0K3N",
        "preferences_url": f"{_PAGES}/p/T0K3N",
        "new_address_url": f"{_PAGES}/p/address/T0K3N",
        "erasure_url": f"{_PAGES}/p/erase/T0K3N",
        "review_url": f"{_PAGES}/r/T0K3N",
        "invitation_url": f"{_PAGES}/admin/invitation/T0K3N",
        "reset_url": f"{_PAGES}/admin/reset/T0K3N",
    },
)
