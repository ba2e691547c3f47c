"""
Who may be emailed by files of any product: what the columns say, by their names or their cells, and
what the name of the file says if no column does.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from people_files import rows_of, source_of


def statuses(folder: Path, text: str, *, name: str = "people.csv") -> list[str]:
    return [row.status.value for row in rows_of(source_of(folder, name, text))]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("unsubscribes.csv", "unsubscribed"),
        ("Cancelled subscribers.csv", "unsubscribed"),
        ("global-unsubscribes 2024.csv", "unsubscribed"),
        ("newsletter_opt-outs.csv", "unsubscribed"),
        ("Abgemeldet.csv", "unsubscribed"),
        ("bounced_subscribers.csv", "bounced"),
        ("spam_reports.csv", "complained"),
        ("blacklist.csv", "suppressed"),
        ("Do not mail.csv", "suppressed"),
        ("unconfirmed.csv", "pending"),
        ("non-subscribers.csv", "active"),
        ("readers-without-bounces.csv", "active"),
        ("subscribers-and-unsubscribes.csv", "active"),
        ("spammers-anonymous.csv", "active"),
        ("list_cleaned.csv", "active"),
    ],
)
def test_the_name_of_a_file_counts_if_nothing_in_it_says_who_may_be_emailed(
    tmp_path: Path, name: str, status: str
) -> None:
    assert statuses(tmp_path, "email,name\nada@example.org,Ada\n", name=name) == [status]
    assert statuses(tmp_path, "email,status\nada@example.org,active\n", name=name) == ["active"]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("non-subscribed.csv", "no_consent"),
        ("nonsubscribers.csv", "no_consent"),
        ("unsubscribed-and-bounced.csv", "bounced"),
        ("bounces_and_complaints.csv", "complained"),
        ("Unsubscribed contacts and hard bounces.csv", "bounced"),
        ("blocked.csv", "suppressed"),
        ("removed.csv", "unsubscribed"),
        ("Cleaned 2024.csv", "bounced"),
        ("deleted.csv", "erased"),
        ("erased.csv", "erased"),
        ("my unsubs.csv", "unsubscribed"),
        ("abgemeldet und gesperrt.csv", "suppressed"),
        ("bajas.csv", "unsubscribed"),
        ("active-and-unsubscribed.csv", "active"),
        ("readers and friends unsubscribed.csv", "active"),
        ("duplicates_removed.csv", "active"),
        ("contact list.csv", "active"),
        ("Baja California.csv", "active"),
    ],
)
def test_the_name_of_a_file_has_the_words_of_a_column_of_statuses(
    tmp_path: Path, name: str, status: str
) -> None:
    assert statuses(tmp_path, "email,name\nada@example.org,Ada\n", name=name) == [status]


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [
        ("consent", "at the fair,no", "unsubscribed no_consent"),
        ("bounced_at", ",2024-01-02", "unsubscribed bounced"),
        ("Subscribed", "1,0", "active unsubscribed"),
    ],
)
def test_the_name_of_a_file_counts_for_rows_about_which_no_column_says_anything(
    tmp_path: Path, column: str, cells: str, expected: str
) -> None:
    first, _, second = cells.partition(",")
    text = f"email,name,{column}\nada@example.org,A,{first}\nbea@example.org,B,{second}\n"

    assert statuses(tmp_path, text, name="unsubscribed.csv") == expected.split()


@pytest.mark.parametrize(
    "word",
    [
        "Abgemeldet",
        "abbestellt",
        "gekündigt",
        "désabonné",
        "desabonne",
        "annulé",
        "cancelado",
        "anulado",
        "annullato",
        "disiscritto",
        "uitgeschreven",
        "geannuleerd",
        "descadastrado",
    ],
)
def test_who_left_is_known_in_seven_languages(tmp_path: Path, word: str) -> None:
    assert statuses(tmp_path, f"email,status\nada@example.org,{word}\n") == ["unsubscribed"]


def test_the_name_of_a_file_without_a_header_counts_too(tmp_path: Path) -> None:
    assert statuses(tmp_path, "ada@example.org\n", name="bounces.txt") == ["bounced"]


@pytest.mark.parametrize(
    ("column", "cells", "expected"),
    [
        ("Date unsubscribed", ",11/5/2023", "active unsubscribed"),
        ("Unsubscribed date", ',"Nov 5, 2023"', "active unsubscribed"),
        ("Unsub Date", ',"Nov 5, 2023"', "active unsubscribed"),
        ("Newsletter unsubscribed", "No,Yes", "active unsubscribed"),
        ("Von allen E-Mails abgemeldet", ",Ja", "active unsubscribed"),
        ("Désabonné de tous les e-mails", "faux,vrai", "active unsubscribed"),
        ("Hard bounced", "0,1", "active bounced"),
        ("Bounce reason", ",Unknown user", "active bounced"),
        ("Ist auf der Sperrliste", "0,1", "active suppressed"),
        ("disabled", "0,1", "active suppressed"),
        ("Ist bestätigt", "1,0", "active pending"),
        ("Newsletter status", "Subscribed,Never asked", "active unknown"),
        ("Statut", "Abonné,Désabonné", "active unsubscribed"),
        ("Estado", "Activo,Baja", "active unsubscribed"),
        ("List", "Subscribed,Unsubscribed", "active unsubscribed"),
        ("Status", "5.1.1,4.2.2", "bounced bounced"),
        ("unsubscribed_at", "0000-00-00 00:00:00,2023-11-05", "active unsubscribed"),
        ("unsubscribed_at", "NULL,1699200000", "active unsubscribed"),
        ("Blacklisted", "-,?", "active unknown"),
        ("Status", "-,?", "pending unknown"),
        ("Complaint", "0,1", "active complained"),
        ("Spam", "no,yes", "active complained"),
        ("Hard bounce", "false,true", "active bounced"),
        ("Deleted", "0,1", "active erased"),
        ("Subscribe", "1,0", "active unsubscribed"),
        ("is_subscribed", "1,0", "active unsubscribed"),
        ("newsletter_opt_in", "true,false", "active unsubscribed"),
        ("Marketing consent", "yes,no", "active no_consent"),
        ("GDPR permission", ",no", "active no_consent"),
        ("Consent", "yes,no", "active no_consent"),
        ("Consent", "signed a form,asked by phone", "active active"),
        ("Email Opt Out", "0,1", "active unsubscribed"),
        ("global_unsubscribe", "FALSE,TRUE", "active unsubscribed"),
        ("Newsletter unsubscribed?", "yes,yes (phoned)", "unsubscribed unknown"),
        ("Newsletter unsubscribed", "no,asked us to", "active unknown"),
        ("list_unsubscribed", ",last week", "active unknown"),
        ("list_unsubscribed", "2024-01-02,last week", "unsubscribed unknown"),
        ("optout", "no,confirmed", "active unknown"),
        ("optout", "no,bounced", "active bounced"),
        ("unsubscribed", "subscribed,unsubscribed", "unknown unsubscribed"),
        ("unsubscribe_url", "example.org/a,example.org/b", "active active"),
        ("emails_bounced", "0,3", "active active"),
        ("Unsubscribes", "0,1", "active active"),
        ("Labels", "Subscribed,Unsubscribed", "active active"),
        ("Unsubscribed count", "0,1", "active active"),
        ("SMS marketing status", "Subscribed,Unsubscribed", "active active"),
        ("SMS unsubscribed", "No,Yes", "active active"),
        ("State", "Berlin,Baja California", "active active"),
    ],
)
def test_a_column_counts_by_parts_of_its_name_or_by_its_cells(
    tmp_path: Path, column: str, cells: str, expected: str
) -> None:
    first, _, second = cells.partition(",")
    text = f"email,{column}\nada@example.org,{first}\nbea@example.org,{second}\n"

    assert statuses(tmp_path, text) == expected.split()


def test_a_flag_beside_the_status_of_a_product_may_be_about_something_else(tmp_path: Path) -> None:
    text = "email,status,tier,webinar_opt_in\nada@example.org,active,free,no\n"

    assert statuses(tmp_path, text) == ["active"]


def test_a_word_of_two_products_has_the_stricter_meaning(tmp_path: Path) -> None:
    text = "email,First Name,Last Name,status,created_at,tags\nada@example.org,A,L,inactive,,\n"

    assert statuses(tmp_path, text) == ["unsubscribed"]
    assert statuses(tmp_path, text.replace(",Last Name,", ",").replace(",L,", ",")) == ["pending"]


def test_nothing_is_guessed_from_other_columns_of_our_own_export(tmp_path: Path) -> None:
    text = (
        "email,status,status_changed_at,status_reason,consent,marketing_consent\n"
        "ada@example.org,active,2026-01-02,,no,no\n"
        "bea@example.org,unsubscribed,2026-01-02,unsubscribed,yes,yes\n"
    )
    assert statuses(tmp_path, text) == ["active", "unsubscribed"]
