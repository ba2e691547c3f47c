"""
What the composer shows of a draft: its texts and briefs, as they are stored or were typed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.actions.issues.drafts.content import DraftChoices
from newsletter.actions.issues.issue_pages import StoredIssue
from newsletter.mail.merge.fields import unmark_fields
from newsletter.model.access import Actor, Permission
from newsletter.model.brief import Brief
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import ChosenBrief, Issue, ShownAs
from newsletter.model.mail import Mail
from newsletter.model.staff import Member
from newsletter.scheduling.local_times import wall_now
from newsletter.store.content.briefs import StoredBrief
from newsletter.store.issues.list_settings import AudienceLists, NamedList
from newsletter.web.admin.briefs.picks import Pick, Picks
from newsletter.web.admin.frame.words import StaffWords

# What inboxes show of a line before they cut it; on a phone, less.
SUBJECT_CHARS = 60
PREHEADER_CHARS = 100
PHONE_CHARS = 40


@dataclass(frozen=True, kw_only=True)
class OrderedBrief:
    """
    A brief in the order of a draft. `was_taken_out` if somebody else did, and who types still has
    it.
    """

    id: int
    shown_as: ShownAs
    brief: Brief | None
    heading: str | None = None
    was_taken_out: bool = False

    @property
    def title(self) -> str:
        """
        Return its headline; empty if it has none or is not known.
        """
        return self.brief.title if self.brief else ""

    @property
    def needs_link(self) -> frozenset[ShownAs]:
        """
        Return the ways in which it is shown in full after all, because it can be read nowhere else.
        """
        if self.brief is None:
            return frozenset()
        ways = set(ShownAs) - {ShownAs.FULL}
        chosen = [ChosenBrief(brief_id=self.id, shown_as=way, brief=self.brief) for way in ways]
        return frozenset(each.shown_as for each in chosen if each.shows_all)

    @property
    def words(self) -> int:
        """
        Return the number of words of its text.
        """
        return len(self.brief.body_text.split()) if self.brief else 0


@dataclass(frozen=True, kw_only=True)
class MemberRights:
    """
    What the member who looks may do with a draft.
    """

    write: bool
    approve: bool
    send: bool
    see_people: bool
    upload: bool

    @classmethod
    def of(cls, actor: Actor) -> MemberRights:
        """
        Return the rights that follow from the permissions of *actor*.
        """
        has = actor.permissions
        return cls(
            write=Permission.ISSUES_WRITE in has,
            approve=Permission.ISSUES_APPROVE in has,
            send=Permission.ISSUES_SEND in has,
            see_people=Permission.PEOPLE_READ in has,
            upload=Permission.BRIEFS_WRITE in has,
        )


@dataclass(frozen=True, kw_only=True)
class DraftView:
    """
    A draft as the composer shows it. `content` is what the form holds, and `version` the one that
    it was typed over. `theirs` is what somebody else has saved meanwhile, `titles` are the
    headlines of briefs by number, and `picks` the briefs that can be added.
    """

    issue: Issue
    schedule: str | None
    content: DraftContent
    briefs: Sequence[OrderedBrief]
    choices: DraftChoices
    version: str
    titles: Mapping[int, str]
    picks: Picks
    theirs: DraftContent | None = None

    @classmethod
    def of(
        cls,
        stored: StoredIssue,
        choices: DraftChoices,
        picks: Picks,
        *,
        content: DraftContent | None = None,
        theirs: DraftContent | None = None,
        taken_out: Sequence[StoredBrief] = (),
    ) -> DraftView:
        """
        Return the view of what is *stored*, or of the *content* that was typed over it, which may
        have briefs that were *taken_out*.
        """
        kept = DraftContent.of(stored.issue, stored.briefs)
        shown = content or kept
        known: dict[int, Brief] = {each.stored.id: each.stored.brief for each in picks.briefs}
        known |= {each.id: each.brief for each in taken_out}
        known |= {each.brief_id: each.brief for each in stored.briefs}
        gone = {each.id for each in taken_out}
        headings = {each.brief_id: each.heading for each in stored.briefs}
        return cls(
            issue=stored.issue,
            schedule=stored.schedule,
            content=shown,
            briefs=[
                OrderedBrief(
                    id=number,
                    shown_as=shown_as,
                    brief=known.get(number),
                    heading=headings.get(number),
                    was_taken_out=number in gone,
                )
                for number, shown_as in shown.briefs
            ],
            choices=choices,
            picks=picks,
            version=kept.version,
            theirs=theirs,
            titles={number: each.title for number, each in known.items()},
        )

    def title(self, words: StaffWords) -> str:
        """
        Return what the draft is called: its subject, or else its first headline.
        """
        first = self.briefs[0].title if self.briefs else ""
        return self.content.subject or first or words.gettext("A letter without a subject")

    @property
    def named(self) -> Mapping[str, str]:
        """
        Return the names of lists by their slug.
        """
        return named(self.choices.lists)

    @property
    def lists(self) -> Sequence[NamedList]:
        """
        Return the lists to choose from, those of the draft first and in their order.
        """
        chosen = self.content.audience.lists
        place = {slug: number for number, slug in enumerate(chosen)}
        return sorted(self.choices.lists, key=lambda each: place.get(each.slug, len(place)))

    @property
    def offered(self) -> Sequence[Pick]:
        """
        Return the briefs that can be added.
        """
        return self.picks.without([each.id for each in self.briefs])


def named(lists: Sequence[NamedList]) -> dict[str, str]:
    """
    Return the names of lists by their slug.
    """
    return {each.slug: each.name for each in lists}


def names_seen(lists: AudienceLists, by: Actor) -> dict[str, str]:
    """
    Return the names of those lists of an issue that somebody sees, by their slug.
    """
    return {each.slug: each.name for each in (*lists.lists, *lists.minus) if by.sees(each.slug)}


@dataclass(frozen=True, kw_only=True)
class TimeTyping:
    """
    In which time zone the times of an issue are typed: the member's own, or else that of its first
    list. `of_list` is that of the list if it is another one.
    """

    zone: str
    is_own: bool
    of_list: str = ""

    @classmethod
    def of(cls, member: Member, of_list: str) -> TimeTyping:
        """
        Return how *member* types the times of an issue whose first list is in the zone *of_list*.
        """
        zone = member.timezone or of_list
        return cls(
            zone=zone, is_own=bool(member.timezone), of_list=of_list if of_list != zone else ""
        )

    def local(self, moment: dt.datetime | None) -> str:
        """
        Return *moment* as a field for a local time has it; empty if there is none.
        """
        return wall_now(moment, self.zone) if moment else ""


def subject_of(mail: Mail) -> str:
    """
    Return the subject of a rendered mail with its merge fields as they are typed.
    """
    return unmark_fields(mail.subject, mail.fields, mail.nonce)
