"""
Merge values of declared fields: each reader's own are frozen with the issue, and only those that
its mail shows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from installation import Installation
from origins import STAFF

from newsletter import pipeline
from newsletter.delivery.intent import request_hash
from newsletter.issues.preflight import check_issue
from newsletter.model.check import Level
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.delivery.freeze import load_mail
from newsletter.store.issues import issues
from newsletter.store.tables import delivery
from subscribers.fields.declare import add_field, edit_field, find_field, remove_field
from subscribers.fields.model import FieldOption, FieldType
from subscribers.fields.values import set_values
from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

ADA, BOB = "reader0000@example.org", "reader0001@example.org"
EDITIONS = [
    FieldOption(key="morning", labels={"en": "Morning paper", "de": "Morgenausgabe"}),
    FieldOption(key="evening", labels={"en": "Evening paper", "de": "Abendausgabe"}),
]


def declare(
    installation: Installation,
    name: str,
    of: FieldType = FieldType.TEXT,
    options: Sequence[FieldOption] = (),
) -> None:
    with installation.app.database.write() as connection:
        add_field(connection, name, of, labels={"en": name}, options=options, is_public=True)


def give(installation: Installation, address: str, **values: str) -> None:
    with installation.app.database.write() as connection:
        person = subscriber_by_address(connection, parse_address(address))
        set_values(connection, person.id, values, by=STAFF, now=installation.now)


def with_readers(installation: Installation, language: str = "en") -> None:
    installation.add_list(language=language)
    installation.add_readers(2)


def send(installation: Installation, **texts: str) -> int:
    issue_id = installation.add_issue(**texts)
    pipeline.publish_issue(installation.app.publishing, issue_id)
    return issue_id


def subjects(installation: Installation) -> dict[str, str]:
    installation.submit_all()
    return {str(mail["To"].addresses[0].addr_spec): mail["Subject"] for mail in mails(installation)}


def mails(installation: Installation) -> Sequence[EmailMessage]:
    return installation.mails()


def frozen(installation: Installation, issue_id: int) -> list[str | None]:
    query = (
        sa.select(delivery.c.merge_values)
        .where(delivery.c.issue_id == issue_id)
        .order_by(delivery.c.id)
    )
    with installation.app.database.read() as connection:
        return list(connection.scalars(query))


def test_each_reader_gets_their_own_value_or_the_fallback(installation: Installation):
    with_readers(installation)
    declare(installation, "company")
    give(installation, ADA, company='<b>"Quay" & Söhne</b>')
    send(installation, subject="For %%company|friends%%", intro="Dear %%company|friends%%,")
    assert subjects(installation) == {ADA: 'For <b>"Quay" & Söhne</b>', BOB: "For friends"}
    (hers,) = [mail for mail in mails(installation) if ADA in str(mail["To"])]
    page, text = (hers.get_body((kind,)) for kind in ("html", "plain"))
    assert page is not None
    assert text is not None
    assert 'Dear &lt;b&gt;"Quay" &amp; Söhne&lt;/b&gt;,' in page.get_content()
    assert 'Dear <b>"Quay" & Söhne</b>,' in text.get_content()


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "December 24, 2026; 12/24/26; December 24; December 2026; 2026; 2026-12-24"),
        ("de", "24. Dezember 2026; 24.12.26; 24. Dezember; Dezember 2026; 2026; 2026-12-24"),
    ],
)
def test_a_date_is_written_in_the_language_of_the_mail(
    installation: Installation, language: str, expected: str
):
    with_readers(installation, language)
    declare(installation, "joined", FieldType.DATE)
    give(installation, ADA, joined="2026-12-24")
    forms = ("date", "short", "day", "month", "year", "plain")
    send(installation, subject="; ".join(f"%%joined|{form}|soon%%" for form in forms))
    assert subjects(installation) == {ADA: expected, BOB: "; ".join(["soon"] * 6)}


def test_numbers_choices_and_yes_or_no_are_written_in_the_language_of_the_mail(
    installation: Installation,
):
    with_readers(installation, "de")
    declare(installation, "shares", FieldType.NUMBER)
    declare(installation, "member", FieldType.BOOLEAN)
    declare(installation, "edition", FieldType.CHOICE, EDITIONS)
    declare(installation, "editions", FieldType.CHOICES, EDITIONS)
    values = {"shares": "1234.5", "member": "no", "edition": "evening"}
    give(installation, ADA, **values, editions='["morning","evening"]')
    fields = (*values, "editions")
    shown = "; ".join(f"%%{name}|-%%" for name in fields)
    plain = "; ".join(f"%%{name}|plain|-%%" for name in fields)
    send(installation, subject=f"{shown}; {plain}")
    assert subjects(installation)[ADA] == (
        "1.234,5; Nein; Abendausgabe; Morgenausgabe und Abendausgabe; "
        "1234.5; no; evening; morning,evening"
    )


def test_what_is_after_the_bar_of_a_text_is_always_its_fallback(installation: Installation):
    with_readers(installation)
    declare(installation, "company")
    send(installation, subject="%%company|date%% %%company|plain|a%%")
    assert set(subjects(installation).values()) == {"date plain|a"}


def test_a_value_that_changes_after_the_freeze_does_not_change_the_mail(
    installation: Installation,
):
    with_readers(installation)
    declare(installation, "company")
    give(installation, ADA, company="Quay")
    send(installation, subject="For %%company|nobody%%")
    give(installation, ADA, company="Harbour")
    give(installation, BOB, company="Harbour")
    with installation.app.database.write() as connection:
        remove_field(connection, find_field(connection, "company"))
    assert subjects(installation) == {ADA: "For Quay", BOB: "For nobody"}


def test_only_the_fields_that_the_mail_shows_are_frozen(installation: Installation):
    with_readers(installation)
    declare(installation, "company")
    declare(installation, "city")
    give(installation, ADA, company="Quay", city="Bergen")
    assert frozen(installation, send(installation)) == [None, None]
    shown = send(installation, subject="%%city|here%%")
    assert frozen(installation, shown)[0] in ('{"city":"Bergen"}', '{ "city" : "Bergen" }')
    assert frozen(installation, shown)[1] is None


def test_a_field_that_is_removed_between_rendering_and_freezing_stops_the_issue(
    installation: Installation,
):
    from newsletter.errors import TemplateError
    from newsletter.issues.preflight import check_before_send

    with_readers(installation)
    declare(installation, "company")
    issue_id = installation.add_issue(subject="For %%company|nobody%%")
    context = installation.app.publishing
    with installation.app.database.read() as connection:
        checked = check_before_send(context, issues.load_issue(connection, issue_id))
    with installation.app.database.write() as connection:
        remove_field(connection, find_field(connection, "company"))
    with pytest.raises(TemplateError, match="unknown merge field %%company%%"):
        pipeline.publish_issue(context, issue_id, rendered=checked.rendered)
    assert installation.state(issue_id) == "draft"


def test_an_unknown_field_names_the_declared_one_that_was_meant(installation: Installation):
    with_readers(installation)
    declare(installation, "company")
    (found,) = errors_of(installation, subject="For %%compny%%")
    assert found == (
        "the issue's subject line 1: unknown merge field %%compny%%; did you mean company?"
    )


def test_a_field_without_a_fallback_is_refused_before_anything_is_sent(
    installation: Installation,
):
    with_readers(installation)
    declare(installation, "joined", FieldType.DATE)
    declare(installation, "company")
    found = errors_of(installation, subject="Since %%joined|year%%", intro="Dear %%company%%,")
    assert found == [
        "has no joined; write %%joined|year|fallback%% in the subject",
        "has no company; write %%company|fallback%% in the HTML and the text",
    ]


def errors_of(installation: Installation, **texts: str) -> list[str]:
    issue_id = installation.add_issue(**texts)
    found = check_issue(installation.app.publishing, issue_id)
    return [each.message for each in found if each.level is Level.ERROR]


def test_a_test_mail_shows_sample_values(installation: Installation):
    with_readers(installation)
    declare(installation, "company")
    declare(installation, "joined", FieldType.DATE)
    declare(installation, "edition", FieldType.CHOICE, EDITIONS)
    issue_id = installation.add_issue(subject="%%company|a%%, %%joined|b%%, %%edition|c%%")
    pipeline.queue_test(installation.app.publishing, issue_id, ["editor@example.org"])
    assert list(subjects(installation).values()) == [
        "[Test] Company, December 24, 2026, Morning paper"
    ]


def test_erasure_blanks_the_frozen_values(installation: Installation):
    with_readers(installation)
    declare(installation, "company")
    give(installation, ADA, company="Quay")
    issue_id = send(installation, subject="For %%company|friends%%")
    installation.submit_all()
    assert frozen(installation, issue_id)[0] is not None
    installation.now += dt.timedelta(days=1)
    from newsletter.store.delivery.erasure import forget_person

    address = parse_address(ADA)
    with installation.app.database.write() as connection:
        number = subscriber_by_address(connection, address).id
        forget_person(connection, number=number, email_key=address.key)
    assert frozen(installation, issue_id) == [None, None]


def test_the_hash_of_a_call_covers_the_values_as_they_are_shown(installation: Installation):
    with_readers(installation)
    declare(installation, "joined", FieldType.DATE)
    give(installation, ADA, joined="2026-12-24")
    issue_id = send(installation, subject="Since %%joined|year|-%% and %%joined|plain|-%%")
    with installation.app.database.read() as connection:
        found = load_mail(connection, issue_id)
        query = sa.select(*(delivery.c[name] for name in DeliveryRow._fields if name != "reason"))
        found_rows = connection.execute(query.order_by(delivery.c.id)).all()
    (row, _) = rows = [DeliveryRow(*each) for each in found_rows]
    assert found is not None
    mail, sha256 = found
    factory = installation.app.recipients_for
    hers, his = factory(rows, issue_id, mail, "")
    shown = {"joined|year": "2026", "joined|plain": "2026-12-24"}
    assert shown.items() <= hers.values.items()
    assert not shown.keys() & his.values.keys()
    other = row._replace(merge_values='{"joined": "2027-12-24"}')
    changed = factory([other, *rows[1:]], issue_id, mail, "")
    assert request_hash(sha256, "k", changed) != request_hash(sha256, "k", (hers, his))


def test_an_option_that_gets_another_label_changes_no_frozen_mail(installation: Installation):
    with_readers(installation)
    declare(installation, "edition", FieldType.CHOICE, EDITIONS)
    give(installation, ADA, edition="morning")
    send(installation, subject="The %%edition|paper%%")
    renamed = [FieldOption(key="morning", labels={"en": "Dawn"})]
    with installation.app.database.write() as connection:
        edit_field(connection, "edition", options=renamed)
    assert subjects(installation)[ADA] == "The Morning paper"


def test_a_field_for_staff_only_in_a_mail_is_a_warning(installation: Installation):
    with_readers(installation)
    declare(installation, "company")
    with installation.app.database.write() as connection:
        edit_field(connection, "company", is_public=False)
    issue_id = installation.add_issue(subject="For %%company|friends%%")
    found = check_issue(installation.app.publishing, issue_id)
    (warning,) = [each for each in found if each.rule == "merge-fields"]
    assert (warning.level, warning.where) == (Level.WARNING, "company")
    assert "newsletter field edit company --public" in warning.message


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("%%joined|yeer|long ago%%", "did you mean %%joined|year|long ago%%?"),
        ("%%joined|x|long ago%%", "its formats are date, short, day, month, year, plain"),
        ("%%first_name|dear|reader%%", "take the | out"),
    ],
)
def test_a_format_that_readers_would_see_is_a_warning(
    installation: Installation, typed: str, advice: str
):
    with_readers(installation)
    declare(installation, "joined", FieldType.DATE)
    issue_id = installation.add_issue(subject=f"Since {typed}")
    found = check_issue(installation.app.publishing, issue_id)
    (warning,) = [each for each in found if each.rule == "merge-fields"]
    shown = typed.strip("%").partition("|")[2]
    assert warning.level is Level.WARNING
    assert warning.message.startswith(f"readers without {warning.where} would see “{shown}”: ")
    assert warning.message.endswith(advice)
