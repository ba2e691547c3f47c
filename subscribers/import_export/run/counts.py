"""
Count what becomes of the rows and people of an import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from subscribers.import_export.import_policy import REFUSED, RowDecision, RowOutcome
from subscribers.import_export.rows import Row
from subscribers.import_export.status_words import SEVERITY, RowStatus, stored_status
from subscribers.model import SubscriptionState
from subscribers.suppression.model import SuppressionReason

_ERRORS_SHOWN = 5
_WORDS_KEPT = 50
_KEYS_KEPT = 50
_OTHER_WORDS = "other words"


class ImportCounts:
    """
    The counts of one import, those of the rows that were done *earlier* included.
    """

    def __init__(self, earlier: Mapping[str, Any]) -> None:
        self.outcomes = Counter({RowOutcome(k): n for k, n in earlier.get("outcomes", {}).items()})
        self.by_status = Counter(earlier.get("by_status", {}))
        self.unknown_timezones: int = earlier.get("unknown_timezones", 0)
        self.unreadable_names: int = earlier.get("unreadable_names", 0)
        self.unknown_consent_times: int = earlier.get("unknown_consent_times", 0)
        self.kept_active: int = earlier.get("kept_active", 0)
        self.kept_pending: int = earlier.get("kept_pending", 0)
        self.words = {word: Counter(n) for word, n in earlier.get("words", {}).items()}
        self.keys_left_out = Counter(earlier.get("keys_left_out", {}))
        self.first_errors: list[str] = list(earlier.get("first_errors", ()))

    def as_json(self) -> dict[str, Any]:
        """
        Return the counts as `earlier` has them.
        """
        return {
            "outcomes": dict(self.outcomes),
            "by_status": dict(self.by_status),
            **self.remarks(),
            "words": self.words,
            "keys_left_out": self.keys_left_out,
            "first_errors": self.first_errors,
        }

    def summary(self) -> dict[str, Any]:
        """
        Return what is kept about an import that is done.
        """
        others = {**self.remarks(), "words": self.words, "keys_left_out": self.keys_left_out}
        return {**self.rows(), **others, "by_status": self.statuses()}

    def remarks(self) -> dict[str, int]:
        """
        Return how many people were imported without a value, or stay active in spite of the file.
        """
        return {
            "unknown_timezones": self.unknown_timezones,
            "unreadable_names": self.unreadable_names,
            "unknown_consent_times": self.unknown_consent_times,
            "kept_active": self.kept_active,
            "kept_pending": self.kept_pending,
        }

    def rows(self) -> dict[str, int]:
        """
        Return the number of rows by their outcome.
        """
        return {outcome.value: self.outcomes[outcome] for outcome in RowOutcome}

    def statuses(self) -> dict[str, int]:
        """
        Return the number of people by their status.
        """
        return {status: n for status, n in sorted(self.by_status.items()) if n > 0}

    def add_word(self, decision: RowDecision) -> None:
        """
        Count how the file says a person's status, and what they are here.
        """
        row = decision.row
        if not row.word:
            return
        word = row.word if row.word in self.words or len(self.words) < _WORDS_KEPT else _OTHER_WORDS
        ours = decision.status if row.status not in REFUSED else row.status
        self.words.setdefault(word, Counter())[(ours or row.status).value] += 1

    def add_left_out(self, row: Row) -> None:
        """
        Count what a row was imported without.
        """
        self.unknown_timezones += bool(row.unknown_timezone)
        self.unreadable_names += bool(row.unreadable_name)
        self.unknown_consent_times += bool(row.unknown_consent_time)

    def add_keys(self, row: Row) -> None:
        """
        Count the values of a row that no field has, by their keys.
        """
        for key in row.keys_left_out:
            if key in self.keys_left_out or len(self.keys_left_out) < _KEYS_KEPT:
                self.keys_left_out[key] += 1

    def add_refusal(self, decision: RowDecision) -> None:
        """
        Count somebody who stays active or pending, although the file does not say so.
        """
        self.kept_active += decision.status is RowStatus.ACTIVE
        self.kept_pending += decision.status is RowStatus.PENDING

    def add_error(self, where: str, reason: str) -> None:
        """
        Keep an error, if it is among the first few.
        """
        if len(self.first_errors) < _ERRORS_SHOWN:
            self.first_errors.append(f"{where}: {reason}")

    def move_status(self, before: RowStatus | None, after: RowStatus | None) -> None:
        """
        Count a person under another status than before; None is not counted.
        """
        if before is after:
            return
        if before is not None:
            self.by_status[before.value] -= 1
        if after is not None:
            self.by_status[after.value] += 1


class StoredStatuses:
    """
    The status of people before and after each decision. A dry run stores none, so it is remembered
    what an earlier row would have left.
    """

    def __init__(self, *, is_dry_run: bool) -> None:
        self._is_dry_run = is_dry_run
        self._stored: dict[int, RowStatus | None] = {}

    def around(
        self, decision: RowDecision, *, is_repeated: bool
    ) -> tuple[RowStatus | None, RowStatus | None]:
        """
        Return the status under which the person was counted before the decision, and the one after.
        """
        before, after = _status_before(decision), decision.status
        if self._is_dry_run:
            person = hash(decision.row.address.key)
            if is_repeated:
                before = self._stored[person]
                after = _status_after_dry_run(before, decision)
            self._stored[person] = after
        return before if is_repeated else None, after


def left_out(row: Row) -> Iterator[str]:
    """
    Yield what a row was imported without.
    """
    yield from row.value_faults
    if row.unknown_timezone:
        zone = row.unknown_timezone[:60]
        yield f"imported without time zone: {zone!r} is not known; use a name like Europe/Paris"
    if row.unknown_consent_time:
        time = row.unknown_consent_time[:60]
        yield (
            f"imported without the time of the consent: {time!r} is in the future, or cannot be "
            "read; write it as 2026-12-31"
        )
    if row.unreadable_name:
        yield (
            "imported without the name: it has characters that cannot be read; correct it here "
            "and import this file"
        )


def _status_before(decision: RowDecision) -> RowStatus | None:
    """
    Return the status that was stored before the decision; None if the person was not on the list,
    or erased.
    """
    known = decision.known
    is_unknown = known.state is None and known.suppressed is None
    if is_unknown or known.suppressed is SuppressionReason.ERASED:
        return None
    return stored_status(known.state or SubscriptionState.ENDED, known.suppressed)


def _status_after_dry_run(before: RowStatus | None, decision: RowDecision) -> RowStatus | None:
    """
    Return the status that a second decision about a person would leave, whom an earlier row of the
    file would have left with the status *before*.
    """
    if decision.row.status in REFUSED and before in (RowStatus.ACTIVE, RowStatus.PENDING):
        # A dry run begins nothing: whoever has a subscription had it before.
        return before if decision.known.state is not None else RowStatus.UNSUBSCRIBED
    if before is None or SEVERITY[decision.row.status] > SEVERITY[before]:
        return decision.status
    return before
