"""
The entries of the audit trail, and the chain of hashes that links them.

Each entry's hash covers the one before it and is keyed with the installation's secret. Somebody who
can only write to the database cannot change, remove or swap entries unnoticed. What an entry says
about a person is hashed separately, with a salt, so that it can be removed without breaking the
chain.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# The hash before the first entry of all.
START = "0" * 64


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """
    What was done: `number` is its place in the chain. `changes` holds facts about the object,
    `personal` what is about a person; that is None once the person was erased.
    """

    number: int
    at: dt.datetime
    actor: str
    channel: str
    staff_id: int | None
    token_id: int | None
    from_address: str
    action: str
    object_kind: str
    object_id: str
    changes: Mapping[str, Any]
    person_id: int | None = None
    personal: Mapping[str, Any] | None = None
    personal_hash: str | None = None
    hash: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditHead:
    """
    Where the chain begins and ends. `before_first` is the hash before the oldest entry kept.
    """

    first_number: int = 1
    before_first: str = START
    last_number: int = 0
    last_hash: str = START
    seal: str = ""


@dataclass(frozen=True, kw_only=True)
class AuditProblem:
    """
    What is wrong with the chain at one entry; `number` is 0 for the head.
    """

    number: int
    problem: str


def canonical(value: Any) -> bytes:
    """
    Return *value* as JSON, always the same bytes for the same value.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def personal_digest(personal: Mapping[str, Any]) -> str:
    """
    Return the hash of what an entry says about a person, its salt included.
    """
    return hashlib.sha256(canonical(personal)).hexdigest()


def entry_hash(key: str, before: str, entry: AuditEntry) -> str:
    """
    Return the hash of *entry*, which follows the one whose hash is *before*.
    """
    facts = [
        entry.number,
        entry.at.astimezone(dt.UTC).isoformat(),
        entry.actor,
        entry.channel,
        entry.staff_id,
        entry.token_id,
        entry.from_address,
        entry.action,
        entry.object_kind,
        entry.object_id,
        entry.changes,
        entry.person_id,
        entry.personal_hash,
    ]
    return _keyed(key, before.encode() + canonical(facts))


def head_seal(key: str, head: AuditHead) -> str:
    """
    Return the seal of the head, without which entries could be cut off at either end unnoticed.
    """
    ends = [head.first_number, head.before_first, head.last_number, head.last_hash]
    return _keyed(key, b"head" + canonical(ends))


def _keyed(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


def problems_of(
    keys: Sequence[str], head: AuditHead | None, entries: Iterable[AuditEntry]
) -> Iterator[AuditProblem]:
    """
    Yield what is wrong with the chain of *entries*, which are in order. *keys* are those of the
    current secret and its former ones.
    """
    if head is None:
        if next(iter(entries), None) is not None:
            yield AuditProblem(number=0, problem="the head of the trail is missing")
        return
    if not any(head.seal == head_seal(key, head) for key in keys):
        yield AuditProblem(number=0, problem="the head of the trail was changed")
    expected, before = head.first_number, head.before_first
    for entry in entries:
        if entry.number != expected:
            yield AuditProblem(
                number=expected, problem=f"entries {expected} to {entry.number - 1} are missing"
            )
        elif not any(entry.hash == entry_hash(key, before, entry) for key in keys):
            yield AuditProblem(number=entry.number, problem="the entry was changed")
        if entry.personal is not None and personal_digest(entry.personal) != entry.personal_hash:
            yield AuditProblem(
                number=entry.number, problem="what the entry says about a person was changed"
            )
        expected, before = entry.number + 1, entry.hash
    if (expected - 1, before) != (head.last_number, head.last_hash):
        yield AuditProblem(number=expected, problem="entries are missing at the end")
