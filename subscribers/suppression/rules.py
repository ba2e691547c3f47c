"""
Suppress whole domains, and addresses of which only a hash is known.

A rule is a row among the suppressions, under a key that no address can have. It is applied to the
people who are known when it is added, and to everybody who is added later: each gets a suppression
of their own that names the rule. So whatever asks whether an address is suppressed still looks up
that address alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.errors import InvalidAddress
from subscribers.history.model import Origin, OriginKind
from subscribers.suppression.bulk import NewSuppression, suppress_all
from subscribers.suppression.model import RULE_PREFIX, SuppressionReason
from subscribers.suppression.release import release
from subscribers.suppression.rule_keys import rule_keys
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

_p = tables.subscriber
_x = tables.suppression
_VALID = sa.select(_x).where(
    _x.c.email_key.in_(sa.bindparam("keys", expanding=True)),
    sa.or_(_x.c.expires_at.is_(None), _x.c.expires_at > sa.bindparam("now")),
)
_CHUNK = 2_000
_EXPIRY = Origin(kind=OriginKind.SYSTEM, through="expiry")
_OWN_WISH = frozenset({SuppressionReason.UNSUBSCRIBED, SuppressionReason.ERASED})
_HASHES: Mapping[int, str] = {64: "sha256", 32: "md5"}
_HEX = re.compile(r"[0-9a-fA-F]{32}(?:[0-9a-fA-F]{32})?")


def parse_rule(text: str) -> str | None:
    """
    Return the key of the rule in *text*: `@example.org` (or `*@example.org`) for a domain,
    `*.example.org` for the domains below it, 32 or 64 hexadecimal digits for the MD5 or SHA-256 of
    an address. Return None if it is not a rule.

    Raises:
        InvalidAddress: it names a domain that is not valid.
    """
    typed = text.strip().lower()
    if _HEX.fullmatch(typed):
        return f"{RULE_PREFIX}{_HASHES[len(typed)]}:{typed}"
    for start, prefix in (("*@", "@"), ("@", "@"), ("*.", "@.")):
        if typed.startswith(start):
            return prefix + _domain(typed.removeprefix(start), text)
    return None


def _domain(typed: str, text: str) -> str:
    try:
        return parse_address(f"a@{typed}").key.removeprefix("a@")
    except InvalidAddress as error:
        raise InvalidAddress(
            phrase(
                "{text!r} is not a valid domain: write it as @example.org, or as "
                "*.example.org for the domains below it",
                text=text.strip()[:60],
            )
        ) from error


def shown_rule(key: str) -> str:
    """
    Return a key of the table as people write it: a rule as `parse_rule` reads it.
    """
    if key.startswith("@."):
        return f"*{key[1:]}"
    kind, colon, digits = key[1:].partition(":")
    return digits if key.startswith(RULE_PREFIX) and colon and kind in _HASHES.values() else key


def apply_rules(
    connection: sa.Connection,
    email_keys: Iterable[str],
    *,
    keyring: KeyRing | None = None,
    by: Origin,
    now: dt.datetime,
) -> None:
    """
    Suppress those of the addresses, at most some thousand, to which a rule applies. Call this when
    they are added. With *keyring*, what a restore could store only under the hash of an address
    that was not known applies to it too, but for the wish of a person who may ask again.
    """
    covered: dict[str, list[str]] = {}
    hashes: set[str] = set()
    for key in email_keys:
        own = () if keyring is None else keyring.fingerprints(key)
        hashes.update(own)
        for rule in (*rule_keys(key), *own):
            covered.setdefault(rule, []).append(key)
    if not covered:
        return
    found = connection.execute(_VALID, {"keys": list(covered), "now": now}).all()
    for row in found:
        is_hash = row.email_key in hashes
        if is_hash and row.reason in _OWN_WISH:
            continue
        new = NewSuppression(
            reason=SuppressionReason(row.reason),
            scope=row.scope,
            expires_at=row.expires_at,
            note=row.note,
            rule=None if is_hash else row.email_key,
        )
        suppress_all(connection, covered[row.email_key], new, by=by, now=now)
        if is_hash:
            connection.execute(_x.delete().where(_x.c.id == row.id))


def add_rule(
    connection: sa.Connection, rule: str, new: NewSuppression, *, by: Origin, now: dt.datetime
) -> int:
    """
    Add a rule for a domain or a hash, and apply it to everybody who is known. Return 1 if it is
    new, or firmer than before.
    """
    added = suppress_all(connection, [rule], new, by=by, now=now)
    if ":" in rule:
        apply_to_known(connection, by=by, now=now)
        return added
    ending = rule if not rule.startswith("@.") else rule[1:]
    for keys in _chunks(connection, _p.c.email_key.endswith(ending, autoescape=True)):
        suppress_all(connection, keys, replace(new, rule=rule), by=by, now=now)
    return added


def apply_to_known(connection: sa.Connection, *, by: Origin, now: dt.datetime) -> None:
    """
    Apply all rules to everybody who is known.
    """
    for keys in _chunks(connection, sa.true()):
        apply_rules(connection, keys, by=by, now=now)


def lift(
    connection: sa.Connection,
    key: str,
    *,
    scope: str,
    by: Origin,
    now: dt.datetime,
    why: str = "",
) -> bool:
    """
    Delete the suppression under a key and, if it is that of a rule, those that follow from it.
    Other rules apply to these addresses from then on. Record *why*, and return False if there was
    none.
    """
    theirs = sa.and_(sa.or_(_x.c.email_key == key, _x.c.rule == key), _x.c.scope == scope)
    return _end(connection, theirs, by=by, now=now, why=why) > 0


def end_expired(connection: sa.Connection, *, now: dt.datetime) -> int:
    """
    Delete the suppressions that have expired, some thousand at most, and return their number. Rules
    apply to these addresses from then on.
    """
    due = sa.select(_x.c.id).where(_x.c.expires_at <= now).limit(_CHUNK)
    if connection.execute(due.limit(1)).first() is None:
        return 0
    return _end(connection, _x.c.id.in_(due), by=_EXPIRY, now=now)


def _end(
    connection: sa.Connection,
    which: sa.ColumnElement[bool],
    *,
    by: Origin,
    now: dt.datetime,
    why: str = "",
) -> int:
    released = release(connection, which, by=by, now=now, why=why)
    addresses = [key for key in released if not key.startswith(RULE_PREFIX)]
    for start in range(0, len(addresses), _CHUNK):
        apply_rules(connection, addresses[start : start + _CHUNK], by=by, now=now)
    return len(released)


def _chunks(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Iterator[list[str]]:
    """
    Yield the addresses for which *which* is true in order, some thousand at a time, each read by a
    statement of its own, so that the caller may write in between.
    """
    after = ""
    while True:
        following = sa.select(_p.c.email_key).where(_p.c.email_key > after, which)
        found = list(connection.scalars(following.order_by(_p.c.email_key).limit(_CHUNK)))
        if not found:
            return
        yield found
        after = found[-1]
