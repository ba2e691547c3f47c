"""
Findings of the check, sorted by what they are about, so that each stands beside it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from newsletter.issues.release_conditions.link_check import stands_in
from newsletter.mail.checks.foreign_fields import ForeignField, find_foreign_fields
from newsletter.model.check import Finding, Level, TypedPlace, of_level
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import ChosenBrief
from newsletter.web.admin.frame.words import StaffWords
from subscribers.text.phrases import phrase

# Rules about one field of the form; the others are about the email as a whole.
_PLACES = {"subject": "subject", "preheader": "preheader", "audience": "audience"}
_TYPED: Mapping[str, str] = {
    TypedPlace.SUBJECT: "subject",
    TypedPlace.PREHEADER: "preheader",
    TypedPlace.INTRO: "intro",
}
_BRIEF_NUMBER = re.compile(r"brief (\d{1,18})\b")
# The start of an address in the tag that a finding is about, or the address of a link.
_ADDRESS = re.compile(r'"(https?:[^"]+)"|^(https?:\S+)')
_FIELD = re.compile(r"%%[a-z0-9_]+")
_COMMAND = re.compile(r"`newsletter |--[a-z]")
_MOST_OF_TITLE = 60
_NOT_PUBLIC = phrase(
    "the public address of this installation is not set, so links to its own pages work only here: "
    "ask who runs it"
)
_SHOWN = (Level.ERROR, Level.WARNING, Level.ADVICE)


@dataclass(frozen=True, kw_only=True)
class SortedFindings:
    """
    The findings of an issue: by place ("subject", "brief-12", "email"), and how many of each level
    there are.
    """

    by_place: Mapping[str, Sequence[Finding]]
    errors: int
    warnings: int
    advice: int

    def address_of(self, finding: Finding) -> str:
        """
        Return the address that a finding is about; empty if it is about none.
        """
        match = _ADDRESS.search(finding.where)
        return (match[1] or match[2]) if match else ""


def sort_findings(
    findings: Sequence[Finding],
    briefs: Sequence[ChosenBrief],
    *,
    intro: str | None = None,
    base_url: str,
) -> SortedFindings:
    """
    Sort findings by what they are about, the worst first. *intro* is the text that staff typed,
    *base_url* the address of the site.
    """
    findings = _with_one_of_installation(findings, base_url)
    places: defaultdict[str, list[Finding]] = defaultdict(list)
    for level in _SHOWN:
        for finding in of_level(findings, level):
            places[_place_of(finding, briefs, intro or "")].append(finding)
    return SortedFindings(
        by_place=dict(places),
        errors=len(of_level(findings, Level.ERROR)),
        warnings=len(of_level(findings, Level.WARNING)),
        advice=len(of_level(findings, Level.ADVICE)),
    )


def _place_of(finding: Finding, briefs: Sequence[ChosenBrief], intro: str) -> str:
    if place := _PLACES.get(finding.rule) or _TYPED.get(finding.where):
        return place
    numbers = {str(each.brief_id) for each in briefs}
    for text in (finding.where, finding.message):
        if (match := _BRIEF_NUMBER.search(text)) and match[1] in numbers:
            return f"brief-{match[1]}"
    for each in briefs:
        if finding.where == f"brief “{each.brief.title[:_MOST_OF_TITLE]}”":
            return f"brief-{each.brief_id}"
    if match := _ADDRESS.search(finding.where):
        return _place_of_address(match[1] or match[2], briefs, intro)
    is_typed = any(field in finding.message for field in _FIELD.findall(intro))
    return "intro" if is_typed else "email"


def _place_of_address(address: str, briefs: Sequence[ChosenBrief], intro: str) -> str:
    if address in intro:
        return "intro"
    has_it = (each.brief_id for each in briefs if stands_in(each.brief, address))
    return next((f"brief-{number}" for number in has_it), "email")


def _with_one_of_installation(findings: Sequence[Finding], base_url: str) -> Sequence[Finding]:
    """
    Return the findings with one in place of all that say that the public address of the site is
    not set: no editor can mend that, and each link to the site would have one.
    """
    own = f"{urlsplit(base_url).netloc}/"
    found = [each for each in findings if _is_of_installation(each, own)]
    if not found:
        return findings
    worst = min((each.level for each in found), key=list(Level).index)
    rest = [each for each in findings if each not in found]
    return [*rest, Finding("installation", worst, _NOT_PUBLIC)]


def _is_of_installation(finding: Finding, own: str) -> bool:
    if "[site] base_url" in finding.message:
        return True
    return finding.rule == "urls" and f"//{own}" in f"{finding.where}/"


def foreign_fields_in(
    content: DraftContent, words: StaffWords
) -> dict[str, list[tuple[ForeignField, str | None]]]:
    """
    Return the merge fields of other products that were typed into a draft, by the name of the
    field of the form, each with what to write instead.
    """
    texts = {"subject": content.subject, "preheader": content.preheader, "intro": content.intro}
    return {
        name: [(each, each.with_fallback(words.gettext("reader"))) for each in found]
        for name, text in texts.items()
        if (found := find_foreign_fields(text))
    }


def with_ours_instead(content: DraftContent, asked: str, words: StaffWords) -> DraftContent:
    """
    Return the draft with the merge field of another product replaced by ours, as the button says:
    *asked* is the name of the field of the form, a space, and what is written there.
    """
    name, _, written = asked.partition(" ")
    for each, ours in foreign_fields_in(content, words).get(name, ()):
        if each.written == written and ours is not None:
            text = getattr(content, name).replace(written, ours)
            return replace(content, **{name: text})
    return content


def titles_of(briefs: Sequence[ChosenBrief]) -> dict[str, str]:
    """
    Return the headline of each brief by the place of its findings.
    """
    return {f"brief-{each.brief_id}": each.brief.title for each in briefs}


def without_command(message: str) -> str:
    """
    Return what was found without the command that would mend it: the page itself can.
    """
    found, colon, advice = message.partition(": ")
    return found if colon and _COMMAND.search(advice) else message
