"""
Judge what a receiver of webhooks wrote, without the product: what is lost, out of order or forged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from reliability.webhooks.receiver import ANSWERS, CLOSED_PORT

_ARRIVED = {"accepted", *(name for name, (is_accepted, _) in ANSWERS.items() if is_accepted)}


@dataclass
class Judgement:
    """
    `lost` events were never accepted; of `disordered` ones an earlier one of the same person had
    not been accepted when they came. `repeated` counts requests for what had been accepted.
    """

    lost: set[tuple[int, int]] = field(default_factory=set)
    disordered: list[tuple[int, int]] = field(default_factory=list)
    forged: int = 0
    repeated: int = 0
    requests: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    changed_ids: int = 0

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.disordered or self.forged or self.changed_ids)

    def __str__(self) -> str:
        figures = (
            f"{self.requests} requests, {self.repeated} repeated, {len(self.lost)} lost, "
            f"{len(self.disordered)} disordered, {self.forged} forged, "
            f"{self.changed_ids} with another id"
        )
        return f"{figures}; {dict(self.answers)}"


def judge(lines: Iterable[str], expected: Collection[tuple[int, int]]) -> Judgement:
    """
    Judge the *lines* of a receiver against the *expected* events: person, and number among theirs,
    from 0.
    """
    judgement = Judgement(lost=set(expected))
    ids: dict[tuple[int, int], str] = {}
    done: Counter[int] = Counter()
    for line in lines:
        key, person, number, answer = line.rstrip("\n").split("\t")
        judgement.answers[answer] += 1
        if answer == CLOSED_PORT:
            continue
        judgement.requests += 1
        if answer == "forged":
            judgement.forged += 1
            continue
        event = (int(person), int(number))
        judgement.changed_ids += ids.setdefault(event, key) != key
        if event[1] > done[event[0]]:
            judgement.disordered.append(event)
        if event not in judgement.lost:
            judgement.repeated += 1
        elif answer in _ARRIVED:
            judgement.lost.discard(event)
            done[event[0]] = event[1] + 1
    return judgement
