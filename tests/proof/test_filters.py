"""
The small version of `make proof`: what spam filters and the validator say about every template, and
that they would find a fault.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from proof import rspamd, spamassassin, vnu
from proof.cases import CASES
from proof.samples import Sample, issue_samples, notice_samples
from template_samples import ISSUE_TEMPLATES

pytestmark = pytest.mark.ci

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "templates"
SOME = {name: CASES[name] for name in ("digest", "rtl")}


@pytest.fixture(scope="module")
def samples() -> list[Sample]:
    templates = [*ISSUE_TEMPLATES, "mjml-digest"]
    return [*issue_samples(templates, folders=[EXAMPLES], cases=SOME), *notice_samples()]


def skip_without(line: str | None) -> pytest.MarkDecorator:
    return pytest.mark.skipif(line is not None, reason=f"not installed: {line}")


@skip_without(spamassassin.missing())
def test_no_template_is_spam_to_spamassassin(samples: list[Sample]) -> None:
    scores = [score for score, _ in spamassassin.scores([each.eml for each in samples])]
    assert max(scores) < spamassassin.LIMIT


@skip_without(spamassassin.missing())
def test_spamassassin_would_find_spam(samples: list[Sample]) -> None:
    # The text every filter takes for spam (https://spamassassin.apache.org/gtube/).
    spam = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    ((score, rules),) = spamassassin.scores([samples[0].eml.replace(b"Ada", spam)])
    assert score > 100
    assert "GTUBE" in rules


@skip_without(rspamd.missing())
def test_every_template_passes_rspamd_and_a_foreign_sender_does_not(samples: list[Sample]) -> None:
    foreign = samples[0].eml.replace(b"<news@example.org>", b"<news@example.net>", 1)
    *ours, theirs = rspamd.looks([*(each.eml for each in samples), foreign])
    for answer in ours:
        assert [cell for cell in rspamd.cells_of(answer).values() if not cell.is_met] == []
    refused = rspamd.cells_of(theirs)["auth"]
    assert (refused.is_met, "no DMARC_POLICY_ALLOW" in refused.notes) == (False, True)


@skip_without(vnu.missing())
def test_every_template_is_html(samples: list[Sample]) -> None:
    pages = {each.name: each.html for each in samples}
    wrong = samples[0].html.replace("</h1>", "</h2>", 1)
    faults = vnu.faults_of({**pages, "wrong": wrong})
    assert "End tag “h2” seen, but there were open elements" in faults.pop("wrong")[0]
    assert faults == {name: [] for name in pages}
