"""
The whole life of a list and an issue, by a client that was generated from the API's document.

It is run as a program with the address of the server, a token and the address of a receiver of
webhooks. `mypy --strict` reads it with the client: the types that it relies on are in the document.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from typing import Any, TypeVar

from newsletter_client import AuthenticatedClient, models
from newsletter_client.api.briefs import keep_brief, remove_brief, write_brief
from newsletter_client.api.delivery import list_recipients, send_issue, show_issue_status
from newsletter_client.api.exports import download_export, show_export, start_export
from newsletter_client.api.fields import make_field
from newsletter_client.api.imports import show_import, show_import_errors, start_import
from newsletter_client.api.issues import (
    approve_issue,
    change_issue,
    check_issue,
    list_issues,
    make_issue,
    preview_issue,
    remove_issue,
    show_issue,
)
from newsletter_client.api.lists import change_list, count_list, make_list
from newsletter_client.api.subscribers import (
    erase_subscriber,
    explain_subscriber,
    export_subscriber,
    keep_subscriber,
    list_subscribers,
    show_subscriber,
)
from newsletter_client.api.subscriptions import change_tags, keep_subscription, list_history
from newsletter_client.api.webhooks import (
    list_webhook_attempts,
    make_webhook,
    show_webhook_status,
)
from newsletter_client.types import Response

T = TypeVar("T")
ADA, BORIS = "ada@example.org", "boris@example.org"
DAY = dt.date(2026, 11, 24)


def got(kind: type[T], answer: object) -> T:
    """
    Return *answer*, which is of that *kind* and no problem.
    """
    assert isinstance(answer, kind), answer
    return answer


def until(look: Callable[[], T], is_so: Callable[[T], bool]) -> T:
    """
    Return what *look* returns once it is so.
    """
    deadline = time.monotonic() + 120
    while not is_so(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def is_recent(moment: dt.datetime | None) -> bool:
    """
    Return whether it is a time with its zone, and about now.
    """
    assert moment is not None
    return abs(dt.datetime.now(dt.UTC) - moment) < dt.timedelta(minutes=10)


def make_people(client: AuthenticatedClient) -> None:
    """
    Make a list, declare fields of each type, and put two people on the list.
    """
    made = got(
        models.ListBody,
        make_list.sync(
            client=client,
            body=models.ListToMake(slug="harbor", name="Harbor", needs_approval=True),
        ),
    )
    assert (made.needs_approval, made.opt_in) == (True, models.OptIn.DOUBLE)
    changed = change_list.sync(
        "harbor", client=client, body=models.ListChanges(second_person_above=5_000)
    )
    assert got(models.ListBody, changed).second_person_above == 5_000
    for name, kind in (
        ("seats", models.FieldType.NUMBER),
        ("share", models.FieldType.NUMBER),
        ("is_member", models.FieldType.BOOLEAN),
        ("born_on", models.FieldType.DATE),
        ("city", models.FieldType.TEXT),
    ):
        field = make_field.sync(client=client, body=models.FieldToMake(name=name, type_=kind))
        assert got(models.FieldBody, field).type_ is kind
    values: dict[str, Any] = {
        "seats": 5,
        "share": 0.25,
        "is_member": True,
        "born_on": "1990-12-24",
        "city": "2026",
    }
    ada = models.SubscriberToKeep(
        name="Ada Byron",
        fields=models.SubscriberToKeepFields.from_dict(values),
        lists=["harbor"],
        consent="ticked the box at the checkout",
    )
    made_ada = keep_subscriber.sync_detailed(ADA, client=client, body=ada, if_none_match="*")
    assert made_ada.status_code == 201, made_ada
    found = got(models.SubscriberBody, show_subscriber.sync(ADA, client=client))
    kept = {name: found.fields[name] for name in values}
    assert kept == values
    assert {name: type(each) for name, each in kept.items()} == {
        name: type(each) for name, each in values.items()
    }
    assert is_recent(found.created_at)
    (subscription,) = found.subscriptions
    assert subscription.state is models.SubscriptionState.ACTIVE
    assert is_recent(subscription.since)

    boris = keep_subscriber.sync_detailed(
        BORIS, client=client, body=models.SubscriberToKeep(lists=["harbor"])
    )
    assert got(models.SubscriberBody, boris.parsed).subscriptions[0].state.value == "pending"
    joined = keep_subscription.sync(
        BORIS, "harbor", client=client, body=models.SubscriptionToKeep(consent="told us by phone")
    )
    assert got(models.SubscriptionBody, joined).state is models.SubscriptionState.ACTIVE
    tagged = change_tags.sync(ADA, client=client, body=models.TagChanges(add=["press", "vip"]))
    assert got(models.SubscriberBody, tagged).tags == ["press", "vip"]
    counted = got(models.ListCountsBody, count_list.sync("harbor", client=client))
    assert counted.active == 2
    page = list_subscribers.sync(client=client, rule="seats = 5 and tag has vip", total=True)
    match = got(models.CountedPageSubscriberBody, page)
    assert (match.total, [each.address for each in match.items]) == (1, [ADA])


def send_an_issue(client: AuthenticatedClient) -> int:
    """
    Write a brief and an issue of it, send it, and return its number.
    """
    body = models.BriefToWrite(
        title="The quieter quay",
        date=DAY,
        takeaways=["Two boats fewer"],
        body="The board **decided** on Tuesday: two boats fewer a day.",
        call_to_action=models.CallToAction(label="Read on", url="https://example.org/quay"),
    )
    brief = got(models.BriefBody, keep_brief.sync("quay-2026-11-24", client=client, body=body))
    assert (brief.date, brief.takeaways, brief.pinned) == (DAY, ["Two boats fewer"], False)
    assert brief.call_to_action is not None
    assert is_recent(brief.first_seen_at)

    draft = models.IssueToMake(lists=["harbor"], briefs=[brief.id], subject="The quieter quay")
    issue = got(models.IssueBody, make_issue.sync(client=client, body=draft))
    assert issue.state is models.IssueState.DRAFT
    assert (issue.sent_at, issue.send_at, issue.needs_approval) == (None, None, True)
    change = models.IssueChanges(preheader="What the board decided")
    changed = got(models.IssueBody, change_issue.sync(issue.id, client=client, body=change))
    assert changed.preheader == "What the board decided"
    preview = got(models.PreviewBody, preview_issue.sync(issue.id, client=client))
    assert "two boats fewer a day" in preview.text
    assert 0 < preview.bytes_ < 1_000_000
    check = got(models.CheckBody, check_issue.sync(issue.id, client=client))
    assert check.errors == 0, check
    assert all(isinstance(each.level, models.Level) for each in check.findings)

    refused = send_issue.sync(issue.id, client=client, body=models.IssueToSend())
    problem = got(models.ProblemBody, refused)
    assert (problem.status, problem.type_) == (409, "urn:newsletter:problem:refused")
    later = dt.datetime(2030, 1, 2, 6, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    approved = approve_issue.sync_detailed(issue.id, client=client)
    assert is_recent(got(models.IssueBody, approved.parsed).approved_at)
    planned = send_issue.sync(issue.id, client=client, body=models.IssueToSend(at=later))
    assert got(models.IssueBody, planned).send_at == later
    sent = send_issue.sync(issue.id, client=client, body=models.IssueToSend())
    assert got(models.IssueBody, sent).state is not models.IssueState.SCHEDULED

    status = until(
        lambda: got(models.IssueStatusBody, show_issue_status.sync(issue.id, client=client)),
        lambda found: found.state is models.IssueState.SUBMITTED,
    )
    assert (status.audience, status.accepted, status.uncertain) == (2, 2, 0)
    ended = got(models.IssueBody, show_issue.sync(issue.id, client=client))
    assert is_recent(ended.sent_at)
    assert is_recent(ended.submitted_at)
    assert ended.url is not None
    assert ended.url.startswith("http")
    readers = list_recipients.sync(issue.id, client=client)
    assert {
        each.address: each.state for each in got(models.ResourcePageRecipientBody, readers).items
    } == {ADA: models.DeliveryState.ACCEPTED, BORIS: models.DeliveryState.ACCEPTED}
    page = got(models.CountedPageIssueSummaryBody, list_issues.sync(client=client))
    assert [each.id for each in page.items] == [issue.id]
    return issue.id


def ask_afterwards(client: AuthenticatedClient, issue: int) -> None:
    """
    Ask why Ada got the issue, what happened to her, and what the webhook was told.
    """
    explained = got(models.ExplanationBody, explain_subscriber.sync(ADA, client=client))
    (delivery,) = [each for each in explained.issues if each.issue == issue]
    assert delivery.kind is models.IssueKind.ISSUE
    assert is_recent(delivery.submitted_at)
    assert delivery.explanation
    history = got(models.ResourcePageHistoryEntryBody, list_history.sync(ADA, client=client))
    assert models.HistoryEvent.JOINED in {each.what for each in history.items}
    assert all(is_recent(each.at) for each in history.items)
    assert any(each.detail.additional_properties for each in history.items)

    attempts = until(
        lambda: (
            got(
                models.ResourcePageWebhookAttemptBody,
                list_webhook_attempts.sync("desk", client=client),
            ).items
        ),
        lambda found: "issue.submitted" in {each.kind for each in found},
    )
    assert all(is_recent(each.at) and each.duration_ms >= 0 for each in attempts)
    assert {each.status for each in attempts} == {204}
    receiver = got(models.WebhookStatusBody, show_webhook_status.sync("desk", client=client))
    assert is_recent(receiver.last_success_at)
    assert all(isinstance(each, int) for each in receiver.events.additional_properties.values())


def move_people_in_and_out(client: AuthenticatedClient) -> None:
    """
    Import a file with a row that is not valid, and download its errors and an export.
    """
    text = "email,seats\nclara@example.org,7\nnobody,1\n"
    files = models.FilesToImport(
        list_="harbor",
        consent="their member's form",
        files=[models.UploadBody(name="members.csv", text=text)],
    )
    started = got(models.ImportBody, start_import.sync(client=client, body=files))
    done = until(
        lambda: got(models.ImportBody, show_import.sync(started.id, client=client)),
        lambda found: found.state is models.JobState.DONE,
    )
    assert is_recent(done.ended_at)
    errors: Response[Any] = show_import_errors.sync_detailed(done.id, client=client)
    assert "nobody" in got(str, errors.parsed)
    clara = got(models.SubscriberBody, show_subscriber.sync("clara@example.org", client=client))
    assert clara.fields["seats"] == 7

    wanted = models.PeopleToExport(which=models.PeopleChoice(list_="harbor"))
    export = got(models.ExportBody, start_export.sync(client=client, body=wanted))
    ready = until(
        lambda: got(models.ExportBody, show_export.sync(export.id, client=client)),
        lambda found: found.state is models.JobState.DONE,
    )
    assert (ready.lines, ready.written) == (4, 3)
    assert ready.expires_at is not None
    assert ready.expires_at > dt.datetime.now(dt.UTC)
    file = got(str, download_export.sync(export.id, client=client))
    assert all(each in file for each in (ADA, BORIS, "clara@example.org"))


def remove_what_was_made(client: AuthenticatedClient) -> None:
    """
    Export and erase Ada, and delete a draft and a brief that are not needed.
    """
    own = got(models.PersonalDataBody, export_subscriber.sync(ADA, client=client))
    assert ADA in str(own.data.to_dict())
    assert erase_subscriber.sync_detailed(ADA, client=client).status_code == 204
    gone = got(models.ProblemBody, show_subscriber.sync(ADA, client=client))
    assert gone.status == 404

    body = models.BriefToWrite(title="Not for now", body="A draft.")
    brief = got(models.BriefBody, write_brief.sync(client=client, body=body))
    draft = models.IssueToMake(lists=["harbor"], briefs=[brief.id])
    issue = got(models.IssueBody, make_issue.sync(client=client, body=draft))
    assert remove_issue.sync_detailed(issue.id, client=client).status_code == 204
    assert remove_brief.sync_detailed(brief.id, client=client).status_code == 204
    assert got(models.ProblemBody, show_issue.sync(issue.id, client=client)).status == 404


def main(address: str, token: str, receiver: str) -> None:
    """
    Live through all of it, from an installation without a list.
    """
    client = AuthenticatedClient(base_url=address, token=token, raise_on_unexpected_status=True)
    with client:
        hook = models.WebhookToMake(
            name="desk", url=receiver, kinds=[models.OutgoingKind.ISSUE_SUBMITTED]
        )
        made = got(models.WebhookWithSecretBody, make_webhook.sync(client=client, body=hook))
        assert made.secret.startswith("whsec_")
        make_people(client)
        issue = send_an_issue(client)
        ask_afterwards(client, issue)
        move_people_in_and_out(client)
        remove_what_was_made(client)


if __name__ == "__main__":
    main(*sys.argv[1:])
