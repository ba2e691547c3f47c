"""
Actions on the kill switch: stop everything, and let everything continue.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.actions.guard.objects import shared, unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.status import progress
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import Stop, StopKind
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line


@dataclass(frozen=True, kw_only=True)
class Engaged:
    """
    The stop that is active, and the number of batches in calls, which are not interrupted. If it
    is not `is_new`, it was active before, with its own reason.
    """

    stop: Stop
    is_new: bool
    batches_in_flight: int


@requires(Permission.ISSUES_SEND, "kill_switch.engage", about=unlimited(ObjectKind.INSTALLATION))
def engage(app: App, *, reason: str, by: Actor) -> Engaged:
    """
    Stop everything: no process submits a batch or fires a slot.

    Raises:
        InvalidText: the reason is longer than one line.
    """
    line = one_line(reason, phrase("reason"))
    with app.database.write() as connection:
        is_new = kill_switch.engage(connection, StopKind.ALL, reason=line, now=app.clock())
        stop = kill_switch.active_stop(connection)
        assert stop is not None
        flying = kill_switch.in_flight(connection)
        return Engaged(stop=stop, is_new=is_new, batches_in_flight=flying)


@requires(Permission.ISSUES_SEND, "kill_switch.disengage", about=unlimited(ObjectKind.INSTALLATION))
def disengage(app: App, *, by: Actor) -> bool:
    """
    Let everything continue, and return True if it was stopped.

    Raises:
        Refused: a different stop is active; the line says which.
    """
    with app.database.write() as connection:
        was_stopped = kill_switch.disengage(connection, StopKind.ALL)
        stop = kill_switch.active_stop(connection)
    if stop is not None:
        raise Refused(str(stop))
    return was_stopped


@requires(Permission.OPERATIONS_READ, "kill_switch.show", about=shared(ObjectKind.INSTALLATION))
def show(app: App, *, by: Actor) -> Stop | None:
    """
    Return the stop that is active, if there is one.
    """
    with app.database.read() as connection:
        return kill_switch.active_stop(connection)


@requires(Permission.OPERATIONS_READ, "kill_switch.pending", about=shared(ObjectKind.INSTALLATION))
def count_pending(app: App, *, by: Actor) -> int:
    """
    Count the recipients who are pending in everything that is being sent, so whom a stop concerns.
    """
    with app.database.read() as connection:
        return progress.count_pending(connection)
