"""
The kill switch: stop everything, and let everything continue.
"""

from __future__ import annotations

from newsletter.actions.operations import kill_switch
from newsletter.model.access import Permission
from newsletter.web.api.bodies.kill_switch import (
    KillSwitchBody,
    StoppedBody,
    StopReason,
    kill_switch_body,
)
from newsletter.web.api.call import Call
from newsletter.web.api.operations import Noun

noun = Noun("operations", "The running program.")

_SWITCH = "/operations/kill-switch"


@noun.get(_SWITCH, Permission.OPERATIONS_READ)
def show_kill_switch(call: Call) -> KillSwitchBody:
    """
    Show whether everything is stopped.
    """
    return kill_switch_body(kill_switch.show(call.app, by=call.actor))


@noun.post(f"{_SWITCH}/engage", Permission.ISSUES_SEND)
def engage_kill_switch(call: Call, body: StopReason) -> StoppedBody:
    """
    Stop everything: nothing is submitted and no schedule runs.
    """
    engaged = kill_switch.engage(call.app, reason=body.reason, by=call.actor)
    return StoppedBody(
        stop=kill_switch_body(engaged.stop), batches_in_flight=engaged.batches_in_flight
    )


@noun.post(f"{_SWITCH}/disengage", Permission.ISSUES_SEND)
def disengage_kill_switch(call: Call) -> KillSwitchBody:
    """
    Let everything continue.
    """
    kill_switch.disengage(call.app, by=call.actor)
    return kill_switch_body(None)
