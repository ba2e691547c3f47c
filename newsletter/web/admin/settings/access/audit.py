"""
The page of the audit trail: who did what, and whether the record of it is whole.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from newsletter.actions.access import audit, staff
from newsletter.actions.access.audit import AuditFilter, AuditReport
from newsletter.web.admin.path_numbers import number_or_none
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.settings.access.action_words import action_words, kind_words
from newsletter.web.admin.settings.access.audit_lines import audit_lines
from newsletter.web.admin.settings.menu import AUDIT, SettingsPages
from newsletter.web.write_pool import WritePool

_ON_A_PAGE = 50
_MOST_PROBLEMS = 20
_BETWEEN = ","
_FIELDS = ("who", "action", "kind", "id", "since", "until")


class AuditPages:
    """
    The audit trail of one App.
    """

    def __init__(self, settings: SettingsPages, routes: StaffRoutes) -> None:
        self.settings = settings
        self.app = settings.app
        self.staff_routes = routes
        # A check of a long trail takes a while; two at once are enough.
        self.checks = WritePool(2, 4)

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page, needs = self.staff_routes.page, Needs.SESSION
        return [
            page(AUDIT, needs=needs, show=self.show),
            page(f"{AUDIT}/export", needs=needs, submit=self.export, back=AUDIT),
            page(f"{AUDIT}/check", needs=needs, submit=self.check, back=AUDIT, writes=self.checks),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show the newest entries that the query asks for.
        """
        query = staff_request.request.query_params
        asked = {name: query.get(name, "") for name in _FIELDS}
        return self._page(staff_request, asked, before=number_or_none(query.get("before", "")))

    def export(self, staff_request: StaffRequest) -> Response:
        """
        Return the entries that were asked for as a file of JSON Lines.
        """
        typed = staff_request.typed
        which = _filter({name: typed.one(name) for name in _FIELDS})
        with ExitStack() as stack:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory()), "audit.jsonl")
            with path.open("w", encoding="utf-8") as out:
                audit.export(self.app, out, which, by=staff_request.actor)
            # Deleted once it is sent.
            sent = BackgroundTask(stack.pop_all().close)
        return FileResponse(
            path, media_type="application/jsonl", filename=path.name, background=sent
        )

    def check(self, staff_request: StaffRequest) -> Response:
        """
        Check the chain of entries, and show what was found.
        """
        report = audit.check(self.app, by=staff_request.actor)
        return self._page(staff_request, dict.fromkeys(_FIELDS, ""), report=report)

    def _page(
        self,
        staff_request: StaffRequest,
        asked: dict[str, str],
        *,
        before: int | None = None,
        report: AuditReport | None = None,
    ) -> Response:
        actor, words = staff_request.actor, staff_request.words
        found = audit.entries(
            self.app, _filter(asked), before=before, limit=_ON_A_PAGE + 1, by=actor
        )
        shown = found[:_ON_A_PAGE]
        return self.settings.page(
            staff_request,
            "access/audit",
            here="audit",
            action=AUDIT,
            typed=asked,
            lines=audit_lines(shown, words),
            members=staff.show_all(self.app, by=actor),
            actions=_by_title(action_words(words)),
            kinds=_by_title(kind_words(words)),
            is_filtered=any(asked.values()) or before is not None,
            older=_older(asked, shown[-1].number) if len(found) > _ON_A_PAGE else "",
            report=report,
            problems=report.problems[:_MOST_PROBLEMS] if report else (),
            keep_days=self.app.settings.audit.keep_days,
        )


def _by_title(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """
    Return each title once, in alphabetical order, with all that is called so.
    """
    called = defaultdict[str, list[str]](list)
    for name, title in words.items():
        called[title].append(name)
    titles = sorted(called, key=str.casefold)
    return [(_BETWEEN.join(called[title]), title) for title in titles]


def _older(asked: Mapping[str, str], before: int) -> str:
    given = {name: text for name, text in asked.items() if text}
    return f"{AUDIT}?{urlencode({**given, 'before': str(before)})}"


def _filter(asked: Mapping[str, str]) -> AuditFilter:
    """
    Return what a query asks for. What cannot be read in it is left out.
    """
    until = _day(asked["until"])
    who: dict[str, Any] = {}
    kind, _, number = asked["who"].partition("-")
    if kind in ("staff", "token") and number_or_none(number) is not None:
        who = {f"{kind}_id": int(number)}
    elif asked["who"] == "program":
        who = {"actor": "the program"}
    return AuditFilter(
        **who,
        action=tuple(filter(None, asked["action"].split(_BETWEEN))),
        object_kind=asked["kind"],
        object_id=asked["id"],
        since=_day(asked["since"]),
        # The last day is included.
        until=None if until is None else until + dt.timedelta(days=1),
    )


def _day(typed: str) -> dt.datetime | None:
    try:
        return dt.datetime.combine(dt.date.fromisoformat(typed), dt.time(), dt.UTC)
    except ValueError:
        return None
