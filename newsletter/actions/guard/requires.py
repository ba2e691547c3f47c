"""
Check that the actor may run an action, run it in a unit of work, and append an audit entry.

Every action for staff is decorated with `requires`. What an action changes and its audit entry are
committed together.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

from newsletter.actions.guard.audit import AuditedChange
from newsletter.actions.guard.objects import ObjectOf
from newsletter.errors import Forbidden, NotFound, Refused
from newsletter.model.access import (
    AccessDecision,
    Actor,
    Permission,
    Target,
    may,
)
from subscribers.text.phrases import phrase

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """
    What an action requires. `action` is its name in the audit trail. An action `in_steps` has
    several transactions, or waits for something; its entry is part of the first one. If
    `names_result`, what it returns names its object. One that is not `audited` leaves no entry,
    though it needs a permission to change something. One that `records_refusals` leaves an entry
    when it is refused.
    """

    action: str
    permission: Permission
    about: ObjectOf
    in_steps: bool = False
    names_result: bool = False
    audited: bool = True
    records_refusals: bool = False

    @property
    def is_audited(self) -> bool:
        """
        Return True if each use that changes something leaves an audit entry.
        """
        return self.audited and self.permission.is_audited


# Each action's requirement, by the name in the audit trail.
REQUIREMENTS: dict[str, Requirement] = {}


def requires(
    permission: Permission,
    action: str,
    *,
    about: ObjectOf,
    in_steps: bool = False,
    names_result: bool = False,
    audited: bool = True,
    records_refusals: bool = False,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """
    Let an action run only for actors with *permission* on the object it is *about*. Its first
    parameter is the App, and `by` (or `run.by`) is the actor. With *names_result* what it returns
    names the object.

    Raises, when it is called:
        Forbidden: the actor lacks the permission.
        NotFound: the object is out of the actor's reach.
    """
    requirement = Requirement(
        action=action,
        permission=permission,
        about=about,
        in_steps=in_steps,
        names_result=names_result,
        audited=audited,
        records_refusals=records_refusals,
    )
    REQUIREMENTS[action] = requirement

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def checked(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            return _run(requirement, function, bound)

        checked.requirement = requirement  # type: ignore[attr-defined]
        return checked

    return decorate


class _Recording(threading.local):
    """
    Whether this thread is in an action that will have an entry: what it asks of others is a part of
    it and has none of its own.
    """

    is_recording = False


_of_thread = _Recording()


@contextmanager
def _recording() -> Iterator[None]:
    _of_thread.is_recording = True
    try:
        yield
    finally:
        _of_thread.is_recording = False


def _run(
    requirement: Requirement, function: Callable[..., Result], bound: inspect.BoundArguments
) -> Result:
    arguments = bound.arguments
    app, actor = next(iter(arguments.values())), _actor(arguments)
    require_permission(actor, requirement.permission)
    target = requirement.about.target(app, actor, arguments)
    require(actor, requirement.permission, target)
    if not requirement.is_audited or _of_thread.is_recording or _is_dry_run(arguments):
        return function(*bound.args, **bound.kwargs)
    change = AuditedChange(app, actor, requirement.action, target)
    with _recording():
        return _record(requirement, function, bound, change)


def _record(
    requirement: Requirement,
    function: Callable[..., Result],
    bound: inspect.BoundArguments,
    change: AuditedChange,
) -> Result:
    app, others = change.app, _other_arguments(requirement, bound.arguments)
    if requirement.in_steps:
        try:
            with app.database.first_write(partial(change.append_start, arguments=others)):
                return function(*bound.args, **bound.kwargs)
        except Refused:
            if requirement.records_refusals:
                with app.database.write() as connection:
                    change.append_refusal(connection, arguments=others)
            raise
    after = partial(change.append, arguments=others)
    with app.database.unit(before=change.load_before, after=after):
        result = function(*bound.args, **bound.kwargs)
        if requirement.names_result:
            change.name_object(result)
        return result


def require(actor: Actor, permission: Permission, target: Target) -> None:
    """
    Refuse what *actor* may not do.

    Raises:
        Forbidden: the actor lacks the permission.
        NotFound: the object is out of the actor's reach.
    """
    require_permission(actor, permission)
    decision = may(actor, permission, target)
    if decision is AccessDecision.HIDDEN and not (target.id or target.lists):
        raise Forbidden(
            phrase("{actor} may not do this: it is about more than some lists", actor=actor.name)
        )
    if decision is AccessDecision.HIDDEN:
        if not target.id:
            raise NotFound(phrase("there is no {kind} for you", kind=target.kind))
        raise NotFound(
            phrase("there is no {kind} {number} for you", kind=target.kind, number=target.id)
        )


def require_permission(actor: Actor, permission: Permission) -> None:
    """
    Refuse what needs a permission that *actor* lacks.

    Raises:
        Forbidden: they lack it.
    """
    if permission not in actor.permissions:
        raise Forbidden(
            phrase(
                "{actor} may not do this: it needs the permission {right}",
                actor=actor.name,
                right=permission,
            )
        )


def _actor(arguments: Mapping[str, Any]) -> Actor:
    actor = arguments["by"] if "by" in arguments else arguments["run"].by
    assert isinstance(actor, Actor)
    return actor


def _other_arguments(requirement: Requirement, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Return the arguments without the one that names the object.
    """
    return {name: v for name, v in arguments.items() if name != requirement.about.argument}


def _is_dry_run(arguments: Mapping[str, Any]) -> bool:
    run = arguments.get("run")
    return bool(arguments.get("dry_run") or getattr(run, "dry_run", False))
