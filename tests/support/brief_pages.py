"""
Stored briefs for tests of the newsroom, and a member of staff who looks at them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter.actions.content import briefs
from newsletter.model.access import OPERATOR
from newsletter.model.brief import Brief, BriefStatus
from newsletter.store.content.manual_briefs import store_by_hand

HOSTILE = "<script>alert(1)</script>\"onmouseover='x'"
QUAY = Brief(
    title="The Quiet Harbour",
    date=dt.date(2026, 3, 4),
    takeaways=("The ferries stay.",),
    body_html="<p>Nobody left the quay.</p>",
    body_text="Nobody left the quay in ÅLESUND.",
)


def add_brief(installation: Installation, title: str, **values: object) -> int:
    brief = replace(QUAY, title=title, **values)  # type: ignore[arg-type]
    with installation.app.database.write() as connection:
        return store_by_hand(connection, brief, key=title, now=installation.now).id


def enter(installation: Installation, browser: StaffBrowser, **values: object) -> None:
    add_member(installation, **values)  # type: ignore[arg-type]
    browser.log_in()


def status_of(installation: Installation, brief_id: int) -> BriefStatus:
    return briefs.show(installation.app, brief_id, by=OPERATOR)[0].status
