"""
The checks of an installation for staff: those of `newsletter doctor`, and of `doctor --dns`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.isolation.dns import DnsLookup, open_lookup
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.operations.dns_guide.report import OwnNames, report_dns
from newsletter.operations.dns_guide.row import DnsRow
from newsletter.operations.doctor import ANSWERS_WITHIN_S, Check, run_checks


@requires(
    Permission.OPERATIONS_READ, "installation.check", about=unlimited(ObjectKind.INSTALLATION)
)
def check(app: App, *, by: Actor) -> list[Check]:
    """
    Run every check, with less patience for providers than a submission has.
    """
    with App(settings=app.settings, clock=app.clock, deadline_s=ANSWERS_WITHIN_S) as own:
        return run_checks(own)


@requires(Permission.OPERATIONS_READ, "installation.dns", about=unlimited(ObjectKind.INSTALLATION))
def look_up_dns(
    app: App,
    *,
    selectors: Sequence[str] = (),
    return_paths: Sequence[str] = (),
    lookup: Callable[[], DnsLookup] = open_lookup,
    by: Actor,
) -> list[DnsRow]:
    """
    Return the DNS records that the sending domains need, and what is there.

    Raises:
        Refused: this machine has no name server.
    """
    own = OwnNames(selectors=selectors, return_paths=return_paths)
    return report_dns(app, lookup(), own)
