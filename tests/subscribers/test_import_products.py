"""
The shared samples of each product's export, by count, and what becomes of everybody in them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import states

from subscribers.import_export.importer import import_csv
from subscribers.lists import add_list
from subscribers.model import ImportReport, MailingList
from subscribers.suppression.records import list_suppressions


class Sample(NamedTuple):
    """
    The files of a product, and the counts of their import: people who are created, the product's
    words with ours, rows that are refused, not valid or about somebody again, and people who are
    suppressed. `into` is what the list is called.
    """

    product: str
    files: Sequence[str]
    created: int
    words: Mapping[str, Mapping[str, int]]
    refused: int = 0
    invalid: int = 0
    duplicate: int = 0
    suppressed: Mapping[str, int] = {}
    into: str = "Weekly"


MAILCHIMP = Sample(
    "mailchimp",
    ["audience_export.zip"],
    created=15,
    refused=3,
    suppressed={"bounce": 3, "complaint": 1},
    words={
        "subscribed": {"active": 8},
        "unsubscribed": {"unsubscribed": 3},
        "UNSUB_REASON: spam": {"complained": 1},
        "cleaned": {"bounced": 3},
        "nonsubscribed": {"no_consent": 3},
    },
)
SAMPLES = (
    MAILCHIMP,
    MAILCHIMP._replace(
        files=[
            f"{status}_email_audience_export_a1b2c3d4e5.csv"
            for status in ("subscribed", "nonsubscribed", "unsubscribed", "cleaned")
        ]
    ),
    Sample(
        "substack",
        ["email_list.example.csv"],
        created=6,
        refused=1,
        words={
            "email_disabled: false": {"active": 5},
            "email_disabled: true": {"unsubscribed": 1},
            "deletion request": {"erased": 1},
        },
    ),
    Sample(
        "ghost",
        ["members.csv"],
        created=6,
        refused=1,
        words={
            "subscribed_to_emails: true": {"active": 5},
            "subscribed_to_emails: false": {"unsubscribed": 1},
            "deleted_at": {"erased": 1},
        },
    ),
    Sample(
        "beehiiv",
        ["subscribers.csv"],
        created=6,
        words={
            "active": {"active": 3},
            "inactive": {"unsubscribed": 2},
            "pending": {"pending": 1},
        },
    ),
    Sample(
        "kit",
        ["subscribers.csv"],
        created=6,
        suppressed={"bounce": 1, "complaint": 1},
        words={
            "active": {"active": 2},
            "cancelled": {"unsubscribed": 1},
            "bounced": {"bounced": 1},
            "complained": {"complained": 1},
            "inactive": {"pending": 1},
        },
    ),
    Sample(
        "buttondown",
        ["subscribers.csv"],
        created=8,
        suppressed={"bounce": 1, "complaint": 1},
        words={
            "regular": {"active": 2},
            "premium": {"active": 1},
            "unactivated": {"pending": 1},
            "unsubscribed": {"unsubscribed": 1},
            "removed": {"unsubscribed": 1},
            "undeliverable": {"bounced": 1},
            "complained": {"complained": 1},
        },
    ),
    Sample(
        "mailerlite",
        ["subscribers.csv"],
        created=6,
        suppressed={"bounce": 1, "complaint": 1},
        words={
            "active": {"active": 2},
            "unsubscribed": {"unsubscribed": 1},
            "unconfirmed": {"pending": 1},
            "bounced": {"bounced": 1},
            "junk": {"complained": 1},
        },
    ),
    Sample(
        "brevo",
        ["contacts.csv"],
        created=6,
        suppressed={"unknown": 2},
        words={
            "EMAIL_BLACKLISTED: no": {"active": 4},
            "EMAIL_BLACKLISTED: yes": {"suppressed": 2},
        },
    ),
    Sample(
        "sendgrid",
        [
            "contacts.csv",
            "suppression_bounces.csv",
            "suppression_spam_reports.csv",
            "suppression_unsubscribes.csv",
        ],
        created=7,
        duplicate=3,
        suppressed={"bounce": 2, "complaint": 1},
        words={
            "contact": {"active": 3},
            "unsubscribe": {"unsubscribed": 1},
            "bounce": {"bounced": 2},
            "spam report": {"complained": 1},
        },
    ),
    Sample(
        "hubspot",
        ["all-contacts.csv", "unsubscribes-and-bounces.csv"],
        created=4,
        refused=1,
        invalid=1,
        duplicate=3,
        suppressed={"bounce": 1, "complaint": 1},
        words={
            "non-marketing contact": {"no_consent": 1},
            "Portal Unsubscribe: true": {"unsubscribed": 1},
            "Portal Bounce: mailbox full": {"bounced": 1},
            "Portal Spam Report: true": {"complained": 1},
            "Weekly Brief: true": {"unsubscribed": 1},
        },
    ),
    # On another list than the one that somebody opted out of.
    Sample(
        "hubspot",
        ["all-contacts.csv", "unsubscribes-and-bounces.csv"],
        into="Daily",
        created=4,
        refused=1,
        invalid=1,
        duplicate=2,
        suppressed={"bounce": 1, "complaint": 1},
        words={
            "marketing contact": {"active": 1},
            "non-marketing contact": {"no_consent": 1},
            "Portal Unsubscribe: true": {"unsubscribed": 1},
            "Portal Bounce: mailbox full": {"bounced": 1},
            "Portal Spam Report: true": {"complained": 1},
        },
    ),
    Sample("google", ["contacts.csv"], created=0, refused=4, words={"contact": {"no_consent": 4}}),
    Sample(
        "listmonk",
        ["subscribers.csv"],
        created=5,
        suppressed={"unknown": 1},
        words={"enabled": {"pending": 4}, "blocklisted": {"suppressed": 1}},
    ),
    Sample(
        "mailman",
        ["list_members-fullnames.txt", "nomail-bybounce.txt"],
        created=5,
        duplicate=1,
        suppressed={"bounce": 1},
        words={"member": {"active": 4}, "bybounce": {"bounced": 1}},
    ),
    Sample(
        "phplist",
        ["export.csv"],
        created=6,
        suppressed={"unknown": 1},
        words={
            "Is this subscriber confirmed: 1": {"active": 4},
            "Is this subscriber confirmed: 0": {"pending": 1},
            "Is this subscriber blacklisted: 1": {"suppressed": 1},
        },
    ),
    Sample(
        "keila",
        ["contacts.csv"],
        created=4,
        suppressed={"bounce": 1},
        words={
            "active": {"active": 2},
            "unsubscribed": {"unsubscribed": 1},
            "unreachable": {"bounced": 1},
        },
    ),
)
# Those samples whose people expected.json counts by their status.
EXPECTED = (
    "mailchimp/audience_export.zip",
    "substack/email_list.example.csv",
    "ghost/members.csv",
    "beehiiv/subscribers.csv",
    "kit/subscribers.csv",
    "mailerlite/subscribers.csv",
    "brevo/contacts.csv",
    "google/contacts.csv",
    "listmonk/subscribers.csv",
    "phplist/export.csv",
    "keila/contacts.csv",
    "sendgrid/*",
    "hubspot/*",
    "mailman/*",
)
# The words of expected.json that are not ours, by product or for all of them. None are counts of
# something else: rows, or people who are counted by another word as well.
THEIRS: Mapping[str, Mapping[str, str | None]] = {
    "": {
        "rows": None,
        "note": None,
        "contacts": None,
        "no_email": None,
        "skipped": "erased",
        "inactive": "unsubscribed",
        "non_marketing": "no_consent",
        "unknown_list_status": "pending",
    },
    # On the block list for a reason that the file does not give.
    "brevo": {"unsubscribed": "suppressed"},
    # In a file of suppressions only.
    "sendgrid": {"extra_suppressed": "bounced"},
    # Active, but on another list than the one that this person opted out of.
    "hubspot": {"extra_suppressed": "complained", "list_opt_out": None},
}


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "samples" / "imports"


def run(
    engine: sa.Engine,
    files: Sequence[Path],
    mailing_list: MailingList,
    now: dt.datetime,
    *,
    dry_run: bool = False,
    folder: Path | None = None,
) -> ImportReport:
    return import_csv(
        engine,
        files,
        mailing_list=mailing_list,
        consent="moved here",
        dry_run=dry_run,
        now=now,
        errors_path=folder and folder / "errors.csv",
        by=STAFF,
    )


@pytest.mark.parametrize(
    "sample", SAMPLES, ids=lambda sample: f"{sample.product}-{sample.files[0]}-{sample.into}"
)
def test_everybody_in_a_product_s_export_is_counted_in_its_words_and_ours(
    engine: sa.Engine, samples: Path, tmp_path: Path, now: dt.datetime, sample: Sample
) -> None:
    files = [samples / sample.product / name for name in sample.files]

    with engine.begin() as connection:
        into = add_list(connection, "moved", name=sample.into, now=now)

    tried = run(engine, files, into, now, dry_run=True)
    report = run(engine, files[::-1], into, now, folder=tmp_path)

    assert (report.product, report.created, report.refused, report.invalid, report.duplicate) == (
        sample.product, sample.created, sample.refused, sample.invalid, sample.duplicate,
    )  # fmt: skip
    assert report.words == sample.words
    assert (tried.words, tried.rows, tried.by_status) == (
        sample.words, report.rows, report.by_status,
    )  # fmt: skip
    assert Counter(states(engine).values())["active"] == sum(
        counts.get("active", 0) for counts in sample.words.values()
    )
    with engine.connect() as connection:
        held = Counter(found.reason.value for found in list_suppressions(connection))
    assert held == sample.suppressed


@pytest.mark.parametrize("name", EXPECTED)
def test_the_counts_are_those_that_were_expected(samples: Path, name: str) -> None:
    product, _, file = name.partition("/")
    counts = json.loads((samples / "expected.json").read_text())[name]
    called = {**THEIRS[""], **THEIRS.get(product, {})}
    theirs: Counter[str] = Counter()
    for word, number in counts.get("by_status", counts).items():
        if ours := called.get(word, word):
            theirs[ours] += number
    into = "Daily" if product == "hubspot" else "Weekly"
    sample = next(
        each
        for each in SAMPLES
        if each.product == product and file in ("*", each.files[0]) and each.into == into
    )
    if product == "mailman":
        theirs["active"] = counts["rows"] - counts["bounced"]
    found = Counter[str]()
    for meaning in sample.words.values():
        found.update(meaning)

    assert found == theirs


def test_every_kind_of_subscriber_at_buttondown_is_counted(samples: Path) -> None:
    types = json.loads((samples / "expected.json").read_text())["buttondown/subscribers.csv"]
    words = next(each.words for each in SAMPLES if each.product == "buttondown")

    assert Counter(types["types"]) == {word: sum(each.values()) for word, each in words.items()}


def test_every_product_is_compared_with_what_was_expected(samples: Path) -> None:
    expected = json.loads((samples / "expected.json").read_text())
    products = {name.partition("/")[0] for name in expected} - {"generic", "buttondown"}

    assert {name.partition("/")[0] for name in EXPECTED} == products


def test_the_errors_of_several_files_can_be_corrected_and_imported_as_what_they_were(
    engine: sa.Engine, weekly: MailingList, tmp_path: Path, now: dt.datetime
) -> None:
    marks = "LEID,EUID,OPTIN_TIME,CONFIRM_TIME"
    exports = {
        "subscribed": f"Email Address,{marks}\nada@@example.org,1,e,,\n",
        "unsubscribed": f"Email Address,{marks},UNSUB_TIME\nbea@@example.org,2,e,,,\n",
        "cleaned": f"Email Address,{marks},CLEAN_TIME\ncora@@example.org,3,e,,,\n",
        "nonsubscribed": f"Email Address,{marks}\ndora@example.org,4,e,,\n",
    }
    files = [tmp_path / f"{name}_email_audience_export_x.csv" for name in exports]
    for file, text in zip(files, exports.values(), strict=True):
        file.write_text(text)

    report = run(engine, files, weekly, now, folder=tmp_path)
    assert (report.invalid, report.refused, report.created) == (3, 1, 0)
    assert report.errors_file is not None
    corrected = tmp_path / "corrected.csv"
    corrected.write_text(report.errors_file.read_text().replace("@@", "@"))
    again = run(engine, [corrected], weekly, now, folder=tmp_path)

    assert (again.product, again.created, again.refused) == ("mailchimp", 3, 1)
    assert again.by_status == {"active": 1, "bounced": 1, "unsubscribed": 1}
