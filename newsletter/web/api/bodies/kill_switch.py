"""
The bodies of requests and responses about the kill switch.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from newsletter.store.flow_control.kill_switch import Stop, StopKind
from newsletter.web.api.body import RequestBody, ResponseBody
from newsletter.web.api.times import Moment


class StopReason(RequestBody):
    """
    Why everything is stopped.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "the provider reports a breach"}
    reason: Annotated[str, Field(min_length=1, max_length=1_000)]


class KillSwitchBody(ResponseBody):
    """
    Whether everything is stopped: by a person (`all`), because this is a copy of another
    installation (`copy`), or because the database moved (`moved`).
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "is_engaged": True,
        "kind": "all",
        "reason": "the provider reports a breach",
        "since": "2026-03-04T12:00:00Z",
    }
    is_engaged: bool
    kind: StopKind | None
    reason: str | None
    since: Moment | None


def kill_switch_body(stop: Stop | None) -> KillSwitchBody:
    """
    Return the body of the kill switch.
    """
    return KillSwitchBody(
        is_engaged=stop is not None,
        kind=stop.kind if stop else None,
        reason=stop.reason if stop else None,
        since=stop.since if stop else None,
    )


class StoppedBody(ResponseBody):
    """
    The stop that is active, and how many batches were with a provider already and are finished.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"stop": KillSwitchBody.EXAMPLE, "batches_in_flight": 1}
    stop: KillSwitchBody
    batches_in_flight: int
