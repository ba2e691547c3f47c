"""
Keep a list in step with another system, such as a shop or a CRM.

    python sync_people.py customers.csv --list daily --consent "ticked the box at the checkout"

Rows of the file that are new or changed since the last run go to the newsletter. What happened
there meanwhile, for example that somebody left, comes back in `changes.csv`. The environment has
the URL of the newsletter in NEWSLETTER_URL, and a token with the scopes people:read and
people:write in NEWSLETTER_TOKEN.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import email.utils
import hashlib
import itertools
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from newsletter_api import ApiRefusal, NewsletterApi

# So many changed rows are sent one by one; more are sent many at a time.
FEW = 20
AT_ONCE = 1000
# What was being written when the last run looked is read by this one.
OVERLAP = dt.timedelta(minutes=5)
PERSON = ("name", "language", "timezone")
CHANGES = ("address", "state", "since", "is_suppressed")


class SyncState:
    """
    What the last run knew: until when it read changes, and a hash of each row that was taken.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        kept = json.loads(file.read_text("utf-8")) if file.exists() else {}
        self.since: str | None = kept.get("since")
        self.sent: dict[str, str] = kept.get("sent", {})

    def save(self) -> None:
        """
        Write the file, whole or not at all.
        """
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps({"since": self.since, "sent": self.sent}), "utf-8")
        part.replace(self.file)


def main() -> int:
    """
    Fetch, then send. Returns 1 if rows were refused.
    """
    parser = argparse.ArgumentParser(description="Keep a list in step with a CSV file.")
    parser.add_argument("file", type=Path, help="a CSV file with the column address")
    parser.add_argument("--list", required=True, help="the slug of the list")
    parser.add_argument("--consent", help="how they agreed; without it they are asked to confirm")
    parser.add_argument("--state", type=Path, default=Path("sync.json"))
    parser.add_argument("--changes", type=Path, default=Path("changes.csv"))
    options = parser.parse_args()
    api = NewsletterApi(os.environ["NEWSLETTER_URL"], os.environ["NEWSLETTER_TOKEN"])
    state = SyncState(options.state)
    changed = fetch(api, state, options.list, options.changes)
    with options.file.open(encoding="utf-8-sig", newline="") as rows:
        refused = send(api, state, csv.DictReader(rows), options.list, options.consent)
    print(f"{changed} changes fetched, {refused} rows refused")
    return 1 if refused else 0


def fetch(api: NewsletterApi, state: SyncState, list_slug: str, file: Path) -> int:
    """
    Write down who changed on the list since the last run, and return how many did.
    """
    filters: dict[str, Any] = {"list": list_slug, "limit": AT_ONCE}
    if state.since is not None:
        filters["changed_since"] = state.since
    answered_at = api.get(f"/lists/{list_slug}/counts").headers["date"]
    count = 0
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(CHANGES)
        for person in api.pages("/subscribers", filters):
            for each in person["subscriptions"]:
                if each["list"] == list_slug:
                    row = (each["state"], each["since"], each["is_suppressed"])
                    writer.writerow((person["address"], *row))
                    count += 1
    # By the clock of the server, which is not that of this machine.
    since = email.utils.parsedate_to_datetime(answered_at) - OVERLAP
    state.since = since.isoformat().replace("+00:00", "Z")
    state.save()
    return count


def send(
    api: NewsletterApi,
    state: SyncState,
    rows: Iterator[Mapping[str, str]],
    list_slug: str,
    consent: str | None,
) -> int:
    """
    Send the rows that are new, changed or refused before, and return how many were refused.
    """
    changed = [person for person in map(person_in, rows) if is_changed(state, person)]
    refused = 0
    if len(changed) <= FEW:
        for person in changed:
            if is_refused(api, person, list_slug, consent):
                refused += 1
            else:
                remember(state, [person])
        return refused
    for some in batches(changed):
        body: dict[str, Any] = {"list": list_slug, "rows": some}
        if consent is not None:
            body["consent"] = consent
        results = api.write("POST", "/bulk/subscribers", body)["rows"]
        invalid = [each for each in results if each["result"] == "invalid"]
        for each in invalid:
            print(f"{each['address']}: {each['detail']}", file=sys.stderr)
        refused += len(invalid)
        pairs = zip(some, results, strict=True)
        remember(state, [person for person, each in pairs if each["result"] != "invalid"])
    return refused


def person_in(row: Mapping[str, str]) -> dict[str, Any]:
    """
    Return a row as the API takes it. A column that it does not know is a field of the list.
    """
    filled = {name: value.strip() for name, value in row.items() if value and value.strip()}
    person: dict[str, Any] = {"address": filled.pop("address", "")}
    person |= {name: filled.pop(name) for name in PERSON if name in filled}
    return {**person, "fields": filled} if filled else person


def is_refused(
    api: NewsletterApi, person: Mapping[str, Any], list_slug: str, consent: str | None
) -> bool:
    """
    Make or change one person. Returns True if that was refused.
    """
    body = {name: value for name, value in person.items() if name != "address"}
    body["lists"] = [list_slug]
    if consent is not None:
        body["consent"] = consent
    try:
        api.write("PUT", f"/subscribers/{quote(person['address'], safe='')}", body)
    except ApiRefusal as refusal:
        if refusal.status == 409:
            # They left the list or are suppressed, and stay as they are.
            return False
        if refusal.status not in (404, 422):
            raise
        print(f"{person['address']}: {refusal}", file=sys.stderr)
        return True
    return False


def is_changed(state: SyncState, person: Mapping[str, Any]) -> bool:
    """
    Return True if a row is not as it was when it was taken.
    """
    return state.sent.get(person["address"]) != hash_of(person)


def remember(state: SyncState, people: Sequence[Mapping[str, Any]]) -> None:
    """
    Keep the hashes of rows that were taken, so that a run that is killed continues behind them.
    Rows that were refused are sent and reported again by the next run.
    """
    state.sent |= {person["address"]: hash_of(person) for person in people}
    state.save()


def hash_of(person: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(person, sort_keys=True).encode()).hexdigest()[:16]


def batches(people: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """
    Yield the people in parts that the API takes at once.
    """
    left = iter(people)
    while some := list(itertools.islice(left, AT_ONCE)):
        yield some


if __name__ == "__main__":
    sys.exit(main())
