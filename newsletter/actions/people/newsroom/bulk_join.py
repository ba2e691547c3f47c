"""
Add many people, who are known already, to a list at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from newsletter.actions.guard.objects import within
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.bulk import BulkRun, run_act
from newsletter.app import App
from newsletter.model.access import ObjectKind, Permission
from subscribers.bulk.activate import Evidence
from subscribers.bulk.join import join_people
from subscribers.bulk.targets import Targets
from subscribers.lists import find_list


@requires(
    Permission.PEOPLE_WRITE,
    "people.join",
    about=within(ObjectKind.PERSON, "list_slug"),
    in_steps=True,
)
def join(
    app: App, people: Targets, run: BulkRun, *, list_slug: str, evidence: str = ""
) -> Mapping[str, int]:
    """
    Add people to a list. *evidence* says how they agreed; without it they have to confirm, and are
    sent nothing, unless the list has single opt-in. Count those who `joined`, were there `already`,
    and who are `kept_unsubscribed` or `kept_suppressed`.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.read() as connection:
        target = find_list(connection, list_slug)
    now, text = app.clock(), evidence.strip()
    proof = Evidence(text=text, source=run.by.channel, given_at=now, recorded_at=now)
    act = partial(
        join_people,
        target=target,
        evidence=proof if text else None,
        dry_run=run.dry_run,
        keyring=app.links.keys,
        by=run.by.origin,
        now=now,
    )
    return run_act(
        app, people, run, act, ("joined", "already", "kept_unsubscribed", "kept_suppressed")
    )
