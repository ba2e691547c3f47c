"""
What an approval is bound to, and that approvals of older versions still hold.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import pytest

from newsletter.issues.release_conditions.approved_content import approval_hash
from newsletter.model.issue import AudienceRule
from newsletter.model.mail import Mail, MergeField, Sender
from subscribers.model import Cadence

MAIL = Mail(
    subject="Hello n0x",
    html="<p>n0x</p>",
    text="n0x",
    sender=Sender("Harbour", "news@example.org"),
    reply_to="desk@example.org",
    headers=(("List-Id", "<daily.example.org>"),),
    nonce="0123456789ab",
    fields=(MergeField("name", "reader"),),
)
RULE = AudienceRule(lists=("daily",), minus=("staff",))
BOTH = AudienceRule(lists=("daily", "weekly"), cadences=(Cadence.EACH, Cadence.WEEKLY))


@pytest.mark.parametrize(
    ("rule", "sha256"),
    [
        (RULE, "fa259c0d125139c0f02bf9b6dfd92d5f0715c64981cb2339377f4c9c34679d3a"),
        (BOTH, "dd8be157faa8b500d5d5890db6234bcd8084aece1830b239bb73b6445c47acf0"),
    ],
)
def test_an_approval_that_was_stored_before_there_were_segments_still_holds(
    rule: AudienceRule, sha256: str
) -> None:
    assert approval_hash(MAIL, rule) == sha256


def test_every_value_of_the_audience_counts() -> None:
    others = [
        replace(RULE, lists=("weekly",)),
        replace(RULE, minus=()),
        replace(RULE, cadences=tuple(Cadence)),
        replace(RULE, sent_to_issue=4),
        replace(RULE, segment="press"),
        replace(RULE, segment="press", segment_rule="tag has press"),
        replace(RULE, segment="press", segment_rule="tag has radio"),
    ]
    assert len({approval_hash(MAIL, rule) for rule in (RULE, *others)}) == len(others) + 1


@dataclass(frozen=True, kw_only=True)
class WiderRule(AudienceRule):
    """
    An audience rule with a value that a later version adds.
    """

    region: str | None = None


def test_a_value_that_a_later_version_adds_counts_only_where_it_says_something() -> None:
    wider = WiderRule(**asdict(RULE))
    assert approval_hash(MAIL, wider) == approval_hash(MAIL, RULE)
    assert approval_hash(MAIL, replace(wider, region="north")) != approval_hash(MAIL, RULE)
