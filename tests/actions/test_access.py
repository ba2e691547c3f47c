"""
Who may do what: every action declares a permission, each role has its own, and staff who are
limited to some lists never see or change what belongs to others.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from installation import Installation

from newsletter.actions.guard.requires import REQUIREMENTS, Requirement
from newsletter.actions.issues import issue_delivery, issue_details, issues, schedules
from newsletter.actions.people import lists, person, segments, subscribers, suppressions
from newsletter.app import App
from newsletter.errors import Forbidden, NotFound
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import (
    OPERATOR,
    AccessDecision,
    Actor,
    Channel,
    ObjectKind,
    Permission,
    Role,
    Target,
    may,
)
from newsletter.model.issue import AudienceRule
from subscribers.errors import RuleError, UnknownSegment

ACTIONS = Path(__file__).resolve().parents[2] / "newsletter" / "actions"
# Public functions of `actions` that nobody asks for: the program calls them, or a caller that has
# checked who asks.
NOT_ASKED_FOR = {
    "access.audit.as_json",
    "access.audit.purge",
    "issues.checks.check_file",  # a file of the machine; there is no database
    "issues.drafts.second_person.missing_person",
    "operations.bounces.fetch",
    "operations.installation.open_installation",
    "operations.installation.restore_backup",
    "operations.installation.upgrade",
    "people.bulk.run_act",
    "people.newsroom.bulk_acts.acts_of",
    "people.newsroom.bulk_acts.require_act",
    "people.newsroom.bulk_acts.run",
    "people.newsroom.bulk_jobs.delete_expired",
    "people.newsroom.bulk_jobs.work_some",
    "operations.departures.complete_file",
    "operations.departures.departures_of",
    "operations.departures.merge_departures",
    "people.files.drafts.delete_expired",
    "people.files.exports.delete_expired",
    "people.files.imports.require_undo_within_reach",
    "people.files.subscriber_files.as_exported",
    "people.files.uploads.new_folder",
    "people.files.uploads.stored_files",
    "people.files.uploads.temporary_files",
    "people.files.uploads.upload_folder",
    "people.files.work_export.work",
    "people.files.subscriber_files.write_people",
    "people.files.subscriber_files.write_preset",
    "people.files.suppression_uploads.delete_expired",
    "people.files.suppression_uploads.kept_file",
    "people.lists.details_of",
    "people.newsroom.past_addresses.with_addresses",
    "people.newsroom.person_page.find_seen",
    "people.person.seen_by_address",
    "people.person.sees_person",
    "people.person.visible_entries",
    "people.person.visible_part",
    "people.person.visible_people",
    "people.subscribers.add_to_list",
    "people.privacy.all_about",
    "people.search.segment_of",
    "people.search.with_values",
    "people.search.within_reach",
    "people.suppressions.new_suppression",
    "people.sync.joining.join",
}
ALLOWED, HIDDEN = AccessDecision.ALLOWED, AccessDecision.HIDDEN
ADA = "ada@example.org"
# Modules of what people do with their own account, before and after they logged in.
OWN = {
    ("access", "account"),
    ("access", "staff_links"),
    ("access", "login"),
    ("access", "passkeys"),
    ("access", "single_sign_on"),
    ("access", "staff_mails"),
}


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    for path in sorted(ACTIONS.rglob("*.py")):
        parts = path.relative_to(ACTIONS).with_suffix("").parts
        if parts[0] in ("guard", "readers") or parts in OWN or path.name == "__init__.py":
            continue
        module = importlib.import_module(".".join(("newsletter", "actions", *parts)))
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield ".".join((*parts, node.name)), getattr(module, node.name)


def requirements() -> dict[str, Requirement]:
    return {
        name: function.requirement  # type: ignore[attr-defined]
        for name, function in public_functions()
        if hasattr(function, "requirement")
    }


def test_every_action_declares_what_it_requires() -> None:
    undeclared = {
        name for name, function in public_functions() if not hasattr(function, "requirement")
    }
    assert undeclared == NOT_ASKED_FOR


def test_every_name_in_the_audit_trail_is_that_of_one_action() -> None:
    names = [each.action for each in requirements().values()]
    assert sorted(set(names)) == sorted(names)
    assert set(names) <= set(REQUIREMENTS)


def test_every_object_is_named_by_a_parameter_of_its_action() -> None:
    wrong = []
    for name, function in public_functions():
        if not hasattr(function, "requirement"):
            continue
        about = function.requirement.about
        paths = [about.argument, about.segment, *about.more_lists]
        given = set(inspect.signature(function).parameters)
        wrong += [(name, path) for path in paths if path and path.split(".")[0] not in given]
    assert wrong == []


def test_what_changes_something_is_never_open_to_those_who_only_look() -> None:
    observed = Role.OBSERVER.permissions
    assert [each for each in observed if each.is_audited] == []


@pytest.mark.parametrize(
    ("role", "permission", "decision"),
    [
        (Role.OWNER, Permission.STAFF_WRITE, AccessDecision.ALLOWED),
        (Role.EDITOR, Permission.ISSUES_SEND, AccessDecision.ALLOWED),
        (Role.EDITOR, Permission.STAFF_WRITE, AccessDecision.FORBIDDEN),
        (Role.EDITOR, Permission.PEOPLE_EXPORT, AccessDecision.FORBIDDEN),
        (Role.AUTHOR, Permission.ISSUES_WRITE, AccessDecision.ALLOWED),
        (Role.AUTHOR, Permission.ISSUES_SEND, AccessDecision.FORBIDDEN),
        (Role.AUTHOR, Permission.ISSUES_APPROVE, AccessDecision.FORBIDDEN),
        (Role.AUTHOR, Permission.PEOPLE_READ, AccessDecision.FORBIDDEN),
        (Role.PEOPLE, Permission.PEOPLE_ERASE, AccessDecision.ALLOWED),
        (Role.PEOPLE, Permission.ISSUES_READ, AccessDecision.FORBIDDEN),
        (Role.OBSERVER, Permission.PEOPLE_READ, AccessDecision.ALLOWED),
        (Role.OBSERVER, Permission.PEOPLE_EXPORT, AccessDecision.FORBIDDEN),
    ],
)
def test_each_role_may_do_its_own(
    role: Role, permission: Permission, decision: AccessDecision
) -> None:
    actor = Actor(name="x", channel=Channel.WEB, permissions=role.permissions)
    assert may(actor, permission, Target(kind=ObjectKind.LIST)) is decision


@pytest.mark.parametrize(
    ("target", "is_within"),
    [
        (Target(kind=ObjectKind.ISSUE, lists=frozenset({"a"})), True),
        (Target(kind=ObjectKind.ISSUE, lists=frozenset({"a", "b"})), False),
        (Target(kind=ObjectKind.PERSON, lists=frozenset({"a", "b"}), any_list=True), True),
        (Target(kind=ObjectKind.PERSON, lists=frozenset({"b"}), any_list=True), False),
        (Target(kind=ObjectKind.SUPPRESSION), False),
        (Target(kind=ObjectKind.BRIEF, is_shared=True), True),
        (Target(kind=ObjectKind.BRIEF, lists=frozenset({"b"}), is_shared=True), False),
    ],
)
def test_an_object_is_within_reach_by_its_lists(target: Target, is_within: bool) -> None:
    assert target.is_within(frozenset({"a"})) is is_within
    assert target.is_within(None)


def limited_to(*slugs: str) -> Actor:
    return Actor(name="Lim", channel=Channel.WEB, lists=frozenset(slugs))


LISTS = ("a", "b")


@pytest.fixture
def two_lists(installation: Installation) -> Installation:
    """
    The lists `a` and `b`, each with a reader of its own, a source, a brief, a draft, a schedule, a
    segment, a suppression and an import; Ada is on both.
    """
    app = installation.app
    for slug in LISTS:
        lists.add(app, slug, slug.upper(), ListValues(), by=OPERATOR)
        installation.subscribe([ADA, f"only-{slug}@example.org"], slug)
        segments.add(app, f"people-{slug}", "state = active", list_slug=slug, by=OPERATOR)
        values = suppressions.SuppressionValues(list_slug=slug)
        suppressions.add(app, f"gone-{slug}@example.org", by=OPERATOR, values=values)
        installation.add_source(f"source-{slug}", "folder", str(installation.folder))
        rule = AudienceRule(lists=(slug,))
        installation.add_schedule(f"daily-{slug}", audience=rule, sources=(f"source-{slug}",))
        installation.add_issue(f"Title {slug}", lists=(slug,))
    return installation


def names_of(slug: str) -> dict[ObjectKind, str | int]:
    number = LISTS.index(slug) + 1
    return {
        ObjectKind.LIST: slug,
        ObjectKind.ISSUE: number,
        ObjectKind.BRIEF: number,
        ObjectKind.SCHEDULE: f"daily-{slug}",
        ObjectKind.SOURCE: f"source-{slug}",
        ObjectKind.SEGMENT: f"people-{slug}",
        ObjectKind.PERSON: f"only-{slug}@example.org",
    }


def arguments_of(requirement: Requirement, slug: str) -> dict[str, Any]:
    """
    Arguments of an action by which it is about the objects of one list.
    """
    about = requirement.about
    given: dict[str, Any] = {}

    def put(path: str, value: Any) -> None:
        name, *attributes = path.split(".")
        holder: Any = given
        for each in (name, *attributes[:-1]) if attributes else ():
            holder = holder.setdefault(each, {})
        holder[attributes[-1] if attributes else name] = value

    if about.argument and about.find_lists is not None:
        put(about.argument, names_of(slug).get(about.kind))
    for path in about.more_lists:
        put(path, AudienceRule(lists=(slug,)) if path == "audience" else slug)
    if about.segment and about.segment.split(".")[0] not in given:
        put(about.segment, f"people-{slug}")
    return given


def decision_on(app: App, requirement: Requirement, actor: Actor, slug: str) -> AccessDecision:
    try:
        target = requirement.about.target(app, actor, arguments_of(requirement, slug))
    except UnknownSegment:
        return HIDDEN
    return may(actor, requirement.permission, target)


def test_nothing_of_another_list_is_within_reach_of_any_action(two_lists: Installation) -> None:
    actor, app = limited_to("a"), two_lists.app
    by_list = {
        name: each
        for name, each in requirements().items()
        if each.about.find_lists is not None or each.about.more_lists
    }
    jobs = {name for name, each in by_list.items() if each.about.kind is ObjectKind.FILE_JOB}
    others = {name for name, each in by_list.items() if name not in jobs}
    reached = [n for n in others if decision_on(app, by_list[n], actor, "b") is not HIDDEN]
    kept = [n for n in others if decision_on(app, by_list[n], actor, "a") is not ALLOWED]
    assert (reached, kept) == ([], [])
    assert len(others) > 60


def test_what_is_about_no_list_is_out_of_reach_unless_it_is_shared(
    two_lists: Installation,
) -> None:
    actor, app = limited_to("a"), two_lists.app
    for each in requirements().values():
        if each.about.find_lists is None and not each.about.more_lists:
            expected = ALLOWED if each.about.is_shared else HIDDEN
            assert decision_on(app, each, actor, "a") is expected, each.action


def test_lists_of_things_show_only_what_is_within_reach(two_lists: Installation) -> None:
    actor, app = limited_to("a"), two_lists.app
    assert [d.mailing_list.slug for d, _ in lists.all_with_counts(app, by=actor)] == ["a"]
    assert [each.issue.id for each in issue_details.latest(app, limit=9, by=actor)] == [1]
    assert [each.name for each, _ in schedules.all_with_next(app, by=actor)] == ["daily-a"]
    assert [each.name for each in segments.show_all(app, by=actor)] == ["people-a"]
    assert [each.scope for each in suppressions.all_of(app, by=actor)] == ["a"]


def test_a_person_on_two_lists_is_seen_by_each_with_their_own(two_lists: Installation) -> None:
    app = two_lists.app
    for slug in LISTS:
        shown = person.show(app, ADA, by=limited_to(slug))
        assert [each.list_slug for each in shown.person.subscriptions] == [slug]
        assert len(shown.consents) == 1
        entries = person.history(app, ADA, by=limited_to(slug))
        assert {each.list_slug for each in entries} == {slug}
    with pytest.raises(NotFound):
        person.show(app, "only-b@example.org", by=limited_to("a"))


def test_what_a_person_shares_is_changed_only_with_all_their_lists(
    two_lists: Installation,
) -> None:
    app = two_lists.app
    with pytest.raises(NotFound):
        subscribers.edit(app, ADA, by=limited_to("a"), name="Countess")
    with pytest.raises(NotFound):
        subscribers.erase_person(app, ADA, by=limited_to("a"))
    subscribers.edit(app, ADA, by=limited_to("a", "b"), name="Countess")
    subscribers.add(app, ADA, "a", by=limited_to("a"), name="Other", consent="asked us")
    assert person.show(app, ADA, by=OPERATOR).person.name == "Countess"


def test_a_draft_for_a_list_out_of_reach_is_not_made(two_lists: Installation) -> None:
    actor, app = limited_to("a"), two_lists.app
    texts = issues.IssueTexts(subject="x")
    for rule in (AudienceRule(lists=("a", "b")), AudienceRule(lists=("a",), segment="people-b")):
        with pytest.raises((NotFound, UnknownSegment)):
            issues.create_draft(app, rule, briefs=[1], texts=texts, by=actor)
    with pytest.raises(NotFound):
        issues.edit_draft(app, 1, lists=["b"], texts=texts, by=actor)


def test_a_rule_that_names_a_list_out_of_reach_is_not_stored(two_lists: Installation) -> None:
    actor, app = limited_to("a"), two_lists.app
    for unknown in ("on list b", "not on list b", "on list nonesuch"):
        with pytest.raises(RuleError, match="there is no list"):
            segments.add(app, "spies", unknown, list_slug="a", by=actor)
        with pytest.raises(RuleError, match="there is no list"):
            segments.edit(app, "people-a", rule=unknown, by=actor)
    with pytest.raises(NotFound):
        segments.add(app, "all", "on list a", by=actor)


def test_whoever_lacks_the_permission_is_refused_by_name(two_lists: Installation) -> None:
    author = Actor(name="Aude", channel=Channel.WEB, permissions=Role.AUTHOR.permissions)
    with pytest.raises(Forbidden, match="Aude may not do this: it needs the permission issues:sen"):
        issue_delivery.pause(two_lists.app, 1, reason=None, by=author)
