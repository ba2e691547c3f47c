"""
An issue has the sender, providers, look, postal address and language of its first list, and the
site's where the list has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from installation import Installation

from newsletter.actions.issues import issue_delivery
from newsletter.actions.issues.issues import IssueTexts, edit_draft
from newsletter.actions.people import lists
from newsletter.errors import NewsletterError, Refused, SettingsError
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.preflight import check_issue
from newsletter.issues.rendering import render_issue
from newsletter.issues.settings.list_identity import list_identity
from newsletter.issues.settings.lists import ListValues
from newsletter.issues.settings.public_lists import joinable_list, public_lists
from newsletter.model.access import OPERATOR
from newsletter.model.issue import Issue, IssueState
from newsletter.model.mail import Sender
from newsletter.operations.list_check import check_lists
from newsletter.pipeline import publish_issue
from newsletter.store.issues.issues import load_issue
from subscribers.errors import UnknownList
from subscribers.lists import find_list

PROVIDERS = {
    "provider": {"first": {"kind": "outbox"}, "second": {"kind": "outbox"}},
    "delivery": {"provider": "first", "fallback_provider": "second"},
}


@pytest.fixture
def office(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, installation: Installation
) -> Iterator[Installation]:
    """
    An installation with two providers, and two lists with a reader each.
    """
    made = Installation(
        tmp_path, database_url, now=installation.now, sandbox=warm_sandbox, **PROVIDERS
    )
    for slug in ("daily", "weekly"):
        made.add_list(slug)
        made.subscribe([f"{slug}@example.org"], slug)
    yield made
    made.close()


def give(office: Installation, slug: str, **values: Any) -> None:
    lists.edit(office.app, slug, ListValues(**values), by=OPERATOR)


def issue_of(office: Installation, number: int) -> Issue:
    with office.app.database.read() as connection:
        return load_issue(connection, number)


def providers(office: Installation, *slugs: str) -> tuple[str, str | None]:
    made = issue_of(office, office.add_issue(lists=slugs))
    return made.provider, made.fallback_provider


def test_an_issue_goes_through_the_providers_of_its_first_list(office: Installation) -> None:
    give(office, "weekly", provider="second", fallback_provider="first")
    assert providers(office, "daily", "weekly") == ("first", "second")
    assert providers(office, "weekly", "daily") == ("second", "first")
    give(office, "weekly", fallback_provider="none")
    assert providers(office, "weekly") == ("second", None)


def test_a_draft_that_gets_another_first_list_gets_its_identity(office: Installation) -> None:
    give(office, "weekly", provider="second", fallback_provider="none", sender="W <w@example.org>")
    number = office.add_issue(lists=("daily",))
    edit_draft(office.app, number, lists=["weekly"], texts=IssueTexts(), by=OPERATOR)
    changed = issue_of(office, number)
    assert (changed.provider, changed.sender) == ("second", Sender("W", "w@example.org"))


def test_a_list_cannot_fail_over_to_its_own_provider(office: Installation) -> None:
    with pytest.raises(SettingsError, match="list daily: second is already the first provider"):
        give(office, "daily", provider="second")


def test_mail_looks_and_reads_like_its_list(office: Installation) -> None:
    give(
        office,
        "weekly",
        language="de",
        postal_address="Kai 1, Nordhafen",
        brand={"accent": "#8a1c16"},
    )
    own = render_issue(office.app.publishing, office.add_issue(lists=("weekly",)))
    usual = render_issue(office.app.publishing, office.add_issue(lists=("daily",)))
    for text, is_own in (('lang="de"', True), ("Kai 1, Nordhafen", True), ("#8a1c16", True)):
        assert (text in own.html, text in usual.html) == (is_own, False)


def test_the_postal_address_of_the_list_is_enough_for_the_law(office: Installation) -> None:
    number = office.add_issue(lists=("weekly",))
    missing = {found.rule for found in check_issue(office.app.publishing, number)}
    give(office, "weekly", postal_address="Quay 1, Port Haven")
    found = {found.rule for found in check_issue(office.app.publishing, number)}
    assert missing - found == {"footer"}


def test_who_a_list_is_comes_in_one_piece(office: Installation) -> None:
    give(office, "weekly", provider="second", fallback_provider="first", reply_to="w@example.org")
    with office.app.database.read() as connection:
        weekly = find_list(connection, "weekly")
        identity = list_identity(office.app.publishing, connection, weekly.id)
    assert identity.sender == Sender("The Desk", "desk@example.org")
    assert (identity.provider, identity.fallback_provider) == ("second", "first")
    assert (identity.reply_to, identity.site) == ("w@example.org", office.app.publishing.site)


def test_a_provider_that_left_the_settings_is_named_with_its_list(
    office: Installation, installation: Installation
) -> None:
    give(office, "weekly", provider="second", fallback_provider="none")
    line = r"list weekly: no \[provider.second\] in newsletter.toml"
    with pytest.raises(SettingsError, match=line):
        installation.add_issue(lists=("weekly",))
    with pytest.raises(NewsletterError, match=line):
        check_lists(installation.app)


def test_nothing_is_frozen_for_a_held_list(office: Installation) -> None:
    number = office.add_issue(lists=("daily", "weekly"))
    assert lists.hold(office.app, "weekly", reason="after a restore", by=OPERATOR) == []
    line = r"list weekly is held \(after a restore\); to end that: `newsletter list edit weekly"
    with pytest.raises(Refused, match=line):
        publish_issue(office.app.publishing, number, override_reason="a test")
    with pytest.raises(NewsletterError, match=line):
        check_lists(office.app)
    assert issue_of(office, number).state is IssueState.DRAFT
    assert lists.release(office.app, "weekly", by=OPERATOR) == []
    assert publish_issue(office.app.publishing, number, override_reason="a test") == 2


def test_an_issue_on_its_way_to_a_held_list_is_paused_and_stays_so(office: Installation) -> None:
    number = office.add_issue(lists=("daily", "weekly"))
    publish_issue(office.app.publishing, number, override_reason="a test")
    assert lists.hold(office.app, "weekly", reason="who is on it?", by=OPERATOR) == [number]
    paused = issue_of(office, number)
    assert paused.state is IssueState.PAUSED
    assert "list weekly is held (who is on it?)" in (paused.pause_reason or "")
    with pytest.raises(Refused, match="list weekly is held"):
        issue_delivery.resume(office.app, number, by=OPERATOR)
    assert lists.release(office.app, "weekly", by=OPERATOR) == [number]
    issue_delivery.resume(office.app, number, by=OPERATOR)
    office.submit_all()
    assert len(office.mailed()) == 2


def test_pages_offer_public_lists_and_know_unlisted_ones(office: Installation) -> None:
    give(office, "daily", visibility="public", tagline="At noon", brand={"accent": "#8a1c16"})
    give(office, "weekly", visibility="unlisted", consent="Yes, send it.")
    context = office.app.publishing
    with office.app.database.read() as connection:
        (offered,) = public_lists(context, connection)
        unlisted = joinable_list(context, connection, "weekly")
    assert (offered.slug, offered.tagline) == ("daily", "At noon")
    assert offered.brand.light.accent == "#8a1c16"
    assert (unlisted.consent, unlisted.consent_version) == ("Yes, send it.", 2)
    assert unlisted.brand == context.site.brand


def test_a_private_list_has_no_page(office: Installation) -> None:
    with office.app.database.read() as connection, pytest.raises(UnknownList):
        joinable_list(office.app.publishing, connection, "daily")
