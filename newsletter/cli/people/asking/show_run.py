"""
How a run that asks people again is shown, as JSON and to people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsletter.cli.format_values import format_people

if TYPE_CHECKING:
    from newsletter.cli.session import Session
    from subscribers.ask_again.model import AskRunStatus, AskTerms

_AUDIENCES = {
    "all": "everybody who is active",
    "segment": "those in segment {segment}",
    "pending": "those who are pending and were never asked",
    "import": "those who are pending since import {import_id} and were never asked",
}
# What became of people, in the order in which it is shown.
_STATES = {
    "waiting": "not asked yet",
    "asked": "asked, no answer so far",
    "answered": "want it",
    "no_answer": "did not answer, and were unsubscribed",
    "left": "left or were suppressed meanwhile",
    "unreached": "may not have got the email, and stay as they were",
}


def show_run(session: Session, slug: str, status: AskRunStatus) -> None:
    """
    Print a run and how far it is.
    """
    session.show(run_as_json(slug, status), "\n".join(_lines(slug, status)))


def show_count(session: Session, slug: str, terms: AskTerms, count: int) -> None:
    """
    Print how many people a run would ask, and how long it would take.
    """
    value = {"list": slug, **_terms_as_json(terms), "people": count}
    if not count:
        session.show(value, f"nobody would be asked: {slug}, {_audience(terms)}")
        return
    words = (
        f"{format_people(count)} would be asked: {slug}, {_audience(terms)}\n"
        f"{terms.per_day} in 24 hours: {_days(-(-count // terms.per_day))} until everybody is "
        f"asked, and {terms.days} more to answer"
    )
    session.show(value, words)


def run_as_json(slug: str, status: AskRunStatus) -> dict[str, Any]:
    """
    Return a run as JSON values.
    """
    run, counts = status.run, {state.value: count for state, count in status.counts.items()}
    return {
        "run": run.id,
        "list": slug,
        **_terms_as_json(run.terms),
        "state": run.state.value,
        "by": run.by_name,
        "started_at": run.started_at.isoformat(),
        "ends_at": status.ends_at.isoformat(),
        "people": status.people,
        **{state: counts.get(state, 0) for state in _STATES},
    }


def run_in_words(value: dict[str, Any]) -> str:
    """
    Return in one line what `run_as_json` returned.
    """
    people = format_people(value["people"])
    done = value["people"] - value["waiting"]
    return (
        f"run {value['run']} is {value['state']}: {done} of {people} asked, "
        f"{value['answered']} want it"
    )


def _terms_as_json(terms: AskTerms) -> dict[str, Any]:
    return {
        "audience": terms.audience.value,
        "segment": terms.segment,
        "import": terms.import_id,
        "per_day": terms.per_day,
        "days": terms.days,
    }


def _lines(slug: str, status: AskRunStatus) -> list[str]:
    run = status.run
    ends = "ends about" if run.ended_at is None else "ended"
    terms = f"at most {run.terms.per_day} in 24 hours, {_days(run.terms.days)} to answer"
    lines = [
        f"run {run.id} on list {slug} is {run.state.value}: {_audience(run.terms)}",
        f"{terms}; started on {run.started_at:%Y-%m-%d}, {ends} {status.ends_at:%Y-%m-%d}",
        f"{format_people(status.people)} in all",
    ]
    counts = {state.value: count for state, count in status.counts.items()}
    width = max(len(str(count)) for count in counts.values()) if counts else 1
    lines += [
        f"  {counts[state]:>{width}} {words}" for state, words in _STATES.items() if state in counts
    ]
    return lines


def _audience(terms: AskTerms) -> str:
    words = _AUDIENCES[terms.audience.value]
    return words.format(segment=terms.segment, import_id=terms.import_id)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
