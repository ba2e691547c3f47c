"""
Exports of the products that differ from the usual: of other years, in other languages, with columns
more, fewer or in another order, and with words that are not known.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from people_files import rows_of, source_of

from subscribers.errors import ImportRefused
from subscribers.import_export.products.detect_product import PRODUCTS
from subscribers.import_export.products.model import FileSigns
from subscribers.import_export.sources import ImportSource, find_sources, read_batches


class Variant(NamedTuple):
    """
    A file, the product that it is from, and the status of each of its people.
    """

    product: str
    file_name: str
    text: str
    statuses: str


def claimed_by(source: ImportSource) -> list[str]:
    """
    Return the names of all products that may have written the file.
    """
    with source.open() as text:
        records = [each for batch in read_batches(text, source.layout) for each in batch]
    header = source.layout.header if source.layout.has_header else ()
    signs = FileSigns(source.name, header, [record.cells for record in records])
    return [product.name for product in PRODUCTS.values() if product.is_origin_of(signs)]


VARIANTS = (
    Variant(
        "mailchimp",
        "subscribed_members_export_0a1b2c.csv",
        "Deine E-Mail Adresse,Vorname,Nachname,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,"
        "CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES\r\n"
        "ada@example.org,Ada,Lind,2,,,2019-02-03 04:05:06,192.0.2.1,,,,,DE,BE,,1,e1,\r\n",
        "active",
    ),
    Variant(
        "mailchimp",
        "people.csv",
        "Email Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,LEID,EUID,TAGS\n"
        "ada@example.org,2,2019-02-03 04:05:06,2019-02-03 04:05:06,,1,e1,\n",
        "pending",
    ),
    Variant(
        "mailchimp",
        "archive.csv",
        "Adresse e-mail,Prénom,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON,LEID,EUID,TAGS\n"
        "ada@example.org,Ada,,2020-01-01 00:00:00,Spammy content,1,e1,\n"
        "bea@example.org,Bea,,,NORMAL,2,e2,\n",
        "complained unsubscribed",
    ),
    Variant(
        "mailchimp",
        "nonsubscribed_email_audience_export_x.csv",
        "Email Address,Company\nada@example.org,Ltd\n",
        "no_consent",
    ),
    Variant(
        "mailchimp",
        "cleaned_members_export_x.csv",
        "First Name,Email Address\nAda,ada@example.org\n",
        "bounced",
    ),
    Variant(
        "substack",
        "email_list.tales.csv",
        "email,active_subscription,expiry,email_disabled,prefer_digests,created_at\n"
        "ada@example.org,true,2118-09-11T12:14:56.557Z,true,false,2020-01-01T00:00:00.000Z\n"
        "bea@example.org,false,,false,true,2020-01-01T00:00:00.000Z\n"
        "0f3a@deletion-request.substack.com,false,,false,false,2020-01-01T00:00:00.000Z\n",
        "unsubscribed active erased",
    ),
    Variant(
        "substack",
        "list.csv",
        "email,active_subscription,expiry,plan,created_at\nada@example.org,true,,yearly,\n",
        "pending",
    ),
    Variant(
        "ghost",
        "members.csv",
        "\ufeffname,email,subscribed_to_emails,labels,gift_id,error\n"
        'Ada,ada@example.org,TRUE,"VIP, Press",,Member exists\nBea,bea@example.org,0,,,\n'
        "Cora,cora@example.org,,,,\n",
        "active unsubscribed pending",
    ),
    Variant(
        "beehiiv",
        "subs.csv",
        "email,status,subscription_tier,created_at,unsubscribed_at,Favourite colour\n"
        "ada@example.org,active,free,2023-03-24 10:23:10 UTC,,red\n"
        "bea@example.org,validating,free,,,\ncora@example.org,invalid,free,,,\n"
        "dora@example.org,needs_attention,free,,,\nemil@example.org,active,free,,2024-01-01 UTC,\n"
        "finn@example.org,sleeping,free,,,\n",
        "active pending bounced pending unsubscribed unknown",
    ),
    Variant(
        "kit",
        "subscribers.csv",
        "email_address,first_name,state,created_at,id,tags,last_name\n"
        "ada@example.org,Ada,active,2023-01-20T11:43:55Z,1,,Lind\n"
        "bea@example.org,Bea,inactive,2023-01-20T11:43:55Z,2,,\n"
        "cora@example.org,Cora,complained,2023-01-20T11:43:55Z,3,,\n",
        "active pending complained",
    ),
    Variant(
        "buttondown",
        "export.csv",
        "email,subscriber_type,tags,creation_date,unsubscription_date,metadata\n"
        "ada@example.org,gifted,,2024-03-13 00:03:09.183465+00:00,,\"{'a': 'b'}\"\n"
        "bea@example.org,past_due,,,,{}\ncora@example.org,blocked,,,,{}\n"
        "dora@example.org,regular,,,2024-01-01 00:00:00+00:00,{}\nemil@example.org,odd,,,,{}\n",
        "active active suppressed unsubscribed unknown",
    ),
    Variant(
        "mailerlite",
        "subscribers.csv",
        "Email;Status;Subscribed;Unsubscribed;Groups\n"
        "ada@example.org;Active;2021-08-30 14:22:00;;A\nbea@example.org;Junk;2021-08-30;;\n"
        "cora@example.org;Active;2021-08-30 14:22:00;2022-01-02 03:04:05;\n",
        "active complained unsubscribed",
    ),
    Variant(
        "mailerlite",
        "api.csv",
        "id,email,status,subscribed_at,ip_address,opted_in_at,optin_ip,unsubscribed_at\n"
        "1,ada@example.org,unconfirmed,2021-08-30 14:22:00,192.0.2.1,,,\n",
        "pending",
    ),
    Variant(
        "brevo",
        "contacts.csv",
        "CONTACT ID;EMAIL;NOM;PRENOM;SMS;BLACKLIST;ADDED_TIME;MODIFIED_TIME\r\n"
        "1;ada@example.org;Lind;Ada;;Non;31-12-2023 10:00:00;\r\n"
        "2;bea@example.org;Berg;Bea;;Oui;;\r\n",
        "active suppressed",
    ),
    Variant(
        "brevo",
        "contacts.csv",
        "CONTACT ID,EMAIL,FIRSTNAME,SMS,ADDED_TIME\n1,ada@example.org,Ada,,2023-12-31\n",
        "pending",
    ),
    Variant(
        "sendgrid",
        "suppression_group_unsubscribes.csv",
        "email,created\nada@example.org,2023-05-11T12:00:00Z\n",
        "unsubscribed",
    ),
    Variant("sendgrid", "x.csv", "created,email\n1683800000,ada@example.org\n", "unsubscribed"),
    Variant(
        "sendgrid",
        "invalid.csv",
        "reason,email,created\nMail domain,ada@example.org,1683800000\n",
        "bounced",
    ),
    Variant(
        "sendgrid",
        "spam.csv",
        "email,created,ip\nada@example.org,1683800000,192.0.2.1\n",
        "complained",
    ),
    Variant(
        "hubspot",
        "contacts.csv",
        "Record ID,Email,Lifecycle Stage,Contact owner,Create Date (GMT+05:30)\n"
        "1,ada@example.org,Lead,Bea,2023-04-01 09:10\n",
        "no_consent",
    ),
    Variant(
        "hubspot",
        "contacts.csv",
        "Record ID,Email,Marketing contact status,Unsubscribed from all email,"
        "Opted out of email: Weekly\n"
        "1,ada@example.org,Marketing contact,No,\n2,bea@example.org,Marketing contact,,Yes\n"
        "3,cora@example.org,,,\n4,dora@example.org,Something new,,\n",
        "active unsubscribed no_consent unknown",
    ),
    Variant(
        "hubspot",
        "optouts.csv",
        "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce\n"
        "ada@example.org,,,TRUE,\nbea@example.org,,,,Unknown user\ncora@example.org,,,,\n",
        "complained bounced no_consent",
    ),
    Variant(
        "google",
        "contacts.csv",
        "Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value\n"
        "Ada Lind,Ada,Lind,* myContacts,* Home,ada@example.org ::: a@example.org\n",
        "no_consent",
    ),
    Variant(
        "listmonk",
        "subs.csv",
        "email,name,attributes,status,created_at\n"
        "ada@example.org,Ada,{},enabled,2024-03-10 00:03:09 +0000 UTC\n"
        "bea@example.org,Bea,{},disabled,\n",
        "pending suppressed",
    ),
    Variant("mailman", "members.txt", "Ada <ada@example.org>\nbea@example.org\n", "active active"),
    Variant(
        "mailman", "nomail_byuser.txt", '"Lind, Ada" <ada@example.org>\n', "unsubscribed"
    ),
    Variant("mailman", "list_members-byadmin", "ada@example.org\n", "suppressed"),
    Variant(
        "phplist",
        "export.txt",
        "id\tEmail\tIs this subscriber confirmed\tIs this subscriber blacklisted\tEntered\t\n"
        "1\tada@example.org\t1\t0\t2022-05-10 08:00:00\t\n2\tbea@example.org\t1\t1\t\t\n"
        "3\tcora@example.org\t0\t0\t\t\n4\tdora@example.org\t\t\t\t\n",
        "active suppressed pending pending",
    ),
    Variant(
        "keila",
        "contacts.csv",
        "\ufeffEmail;First name;Last name;Data;Status;External ID\r\n"
        "ada@example.org;Ada;Lind;\"{\"\"tags\"\": [\"\"a\"\"]}\";active;\r\n"
        "bea@example.org;Bea;;;inactive;\r\n",
        "active unknown",
    ),
)  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda each: f"{each.product}-{each.file_name}")
def test_a_variant_is_recognised_and_makes_nobody_active_who_is_not(
    tmp_path: Path, variant: Variant
) -> None:
    source = source_of(tmp_path, variant.file_name, variant.text)

    assert source.layout.product == variant.product
    assert [row.status.value for row in rows_of(source)] == variant.statuses.split()


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("variant", VARIANTS[:10:3], ids=lambda each: each.product)
def test_a_variant_is_the_same_in_other_encodings_delimiters_and_orders(
    tmp_path: Path, variant: Variant, codec: str
) -> None:
    text = variant.text.removeprefix("\ufeff")
    cells = [row[::-1] for row in csv.reader(io.StringIO(text))]
    # The address comes first in what Mailchimp exports, whatever it is called.
    cells = [[row[-1], *row[:-1]] for row in cells]
    out = io.StringIO()
    csv.writer(out, delimiter="\t").writerows(cells)

    source = source_of(tmp_path, variant.file_name, out.getvalue().encode(codec, "replace"))

    assert source.layout.product == variant.product
    assert [row.status.value for row in rows_of(source)] == variant.statuses.split()


def test_tags_are_read_as_each_product_joins_them(tmp_path: Path) -> None:
    mailchimp = (
        "Email Address,LEID,EUID,OPTIN_TIME,TAGS,NOTES\n"
        'ada@example.org,1,e,,"""Analysts"",""Board, 2024""",Called once\n'
    )
    keila = 'Email,Data,Status\nada@example.org,"{""tags"": [""Press"", ""A;B""]}",active\n'
    phplist = "Email,Is this subscriber confirmed,List Membership\nada@example.org,1,Weekly; B; \n"
    generic = "email,tags\nada@example.org,a; B;a\n"

    read = [
        rows_of(source_of(tmp_path, "people.csv", text))[0]
        for text in (mailchimp, keila, phplist, generic)
    ]

    assert [row.tags for row in read] == [
        ("analysts", "board 2024"), ("press", "a b"), ("weekly", "b"), ("a", "b"),
    ]  # fmt: skip
    assert read[0].note == "Called once"


def test_times_are_read_in_the_zone_and_order_of_the_product(tmp_path: Path) -> None:
    def signed_up(name: str, text: str) -> str:
        found = rows_of(source_of(tmp_path, name, text))[0]
        return (found.signed_up_at or found.status_at or "none").isoformat()[:16]  # type: ignore[union-attr]

    brevo = "EMAIL;SMS;BLACKLIST;ADDED_TIME\na@example.org;;No;{}\nb@example.org;;No;{}\n"
    hubspot = "Record ID,Email,Lifecycle Stage,Create Date ({})\n1,a@example.org,,2023-04-01 09:10"
    assert signed_up("a.csv", brevo.format("03-05-2023 10:15", "")) == "2023-05-03T10:15"
    assert signed_up("b.csv", brevo.format("03-05-2023", "03-31-2023")) == "2023-03-05T00:00"
    assert signed_up("c.csv", hubspot.format("GMT+1")) == "2023-04-01T08:10"
    assert signed_up("d.csv", hubspot.format("GMT-03:30")) == "2023-04-01T12:40"
    assert signed_up("e.csv", "email,created\na@example.org,1683800000\n") == "2023-05-11T10:13"


def test_no_sample_is_taken_for_two_products(shared: Path) -> None:
    folder = shared / "samples" / "imports"
    for product in PRODUCTS:
        for path in (folder / product).iterdir():
            for source in find_sources([path], []):
                assert source.layout.product == product
                assert claimed_by(source) == [product]


@pytest.mark.parametrize(
    ("text", "choices", "words"),
    [
        (
            "email,created\na@example.org,1683800000\n",
            {"product": "mailman"},
            "an export of sendgrid: leave out --product mailman",
        ),
        (
            "email,email_disabled\na@example.org,true\n",
            {"columns": {"email_disabled": "ignore"}},
            "says who may be emailed",
        ),
        ("email\na@example.org\n", {"columns": {"Firma": "company"}}, "no column 'Firma'"),
        ("email,x\na@example.org,1\n", {"columns": {"x": "size"}}, "not a known field"),
        (
            "email,x,y\na@example.org,1,2\n",
            {"columns": {"x": "name", "y": "name"}},
            "more than one column is to be read as name",
        ),
        ("email,name,name\na@example.org,A,B\n", {}, "2 columns are called 'name'"),
        (f"email,{',' * 63}x\na@example.org\n", {}, "65 columns.*at most 64"),
        ("name,town\nAda,London\n", {"into": ("x",)}, 'header, or add --map "COLUMN=email"'),
        ("name,town\nAda,London\n", {}, "or remove the header$"),
        ("email,mail\nx,y\n", {"into": ("x",)}, 'rename one, or add --map "COLUMN=email"'),
    ],
)
def test_choices_that_do_not_fit_a_file_are_refused_in_one_line(
    tmp_path: Path, text: str, choices: dict[str, object], words: str
) -> None:
    with pytest.raises(ImportRefused, match=words) as refused:
        source_of(tmp_path, "people.csv", text, **choices)

    assert "\n" not in str(refused.value)


def test_columns_are_read_as_a_person_says(tmp_path: Path) -> None:
    text = "Kontakt,Zweitadresse,Firma,Gruppe,Stand\nx,a@example.org,b@example.org,Press,left\n"
    columns = {"Zweitadresse": "email", "kontakt": "name", "Gruppe": "tags", "Stand": "status"}

    found = rows_of(source_of(tmp_path, "people.csv", text, columns=columns))[0]

    assert (found.address.key, found.name, found.tags) == ("a@example.org", "x", ("press",))
    assert found.status == "unsubscribed"


OPT_OUTS = (
    "Record ID,Email,Marketing contact status,Opted out of email: Marketing Information,"
    "Opted out of email: One to One,Opted out of email: Weekly Brief\n"
    "1,ada@example.org,Marketing contact,TRUE,,\n2,bea@example.org,Marketing contact,,TRUE,\n"
    "3,cora@example.org,Marketing contact,,,TRUE\n"
)


@pytest.mark.parametrize(
    ("into", "statuses"),
    [
        (("weekly", "Weekly"), "unsubscribed active unsubscribed"),
        (("w", "The Weekly Brief (English)"), "unsubscribed active unsubscribed"),
        (("daily", "Daily Brief"), "unsubscribed active active"),
        (("newsletter", "Newsletter"), "unsubscribed unsubscribed unsubscribed"),
        (("news", "Our newsletter"), "unsubscribed unsubscribed unsubscribed"),
        ((), "unsubscribed unsubscribed unsubscribed"),
    ],
)
def test_an_opt_out_from_a_type_of_email_counts_for_the_list_of_that_name(
    tmp_path: Path, into: tuple[str, ...], statuses: str
) -> None:
    found = rows_of(source_of(tmp_path, "contacts.csv", OPT_OUTS, into=into))

    assert [row.status.value for row in found] == statuses.split()


def test_a_type_of_email_can_be_said_to_be_the_list(tmp_path: Path) -> None:
    name = "Opted out of email: Weekly Brief"
    layout = source_of(tmp_path, "contacts.csv", OPT_OUTS, into=("x", "X")).layout
    columns = {name: "status"}

    found = rows_of(source_of(tmp_path, "a.csv", OPT_OUTS, into=("x", "X"), columns=columns))

    assert '--map "Opted out of email: One to One=status"' in (layout.hint or "")
    assert [row.status.value for row in found] == ["unsubscribed", "active", "unsubscribed"]


def test_a_delivery_status_alone_does_not_make_a_file_one_of_mailman(tmp_path: Path) -> None:
    shop = (
        "email,Delivery Status\nada@example.org,\nbea@example.org,Shipped\nc@example.org,Bounced\n"
    )
    list_of_members = "email,Delivery Status\nada@example.org,enabled\nbea@example.org,by_user\n"

    shops, members = (
        source_of(tmp_path, f"{number}.csv", text)
        for number, text in enumerate((shop, list_of_members))
    )

    assert (shops.layout.product, members.layout.product) == ("generic", "mailman")
    assert [row.status.value for row in rows_of(shops)] == ["active", "active", "bounced"]
    left = rows_of(source_of(tmp_path, "unsubscribed.csv", shop))
    assert [row.status.value for row in left] == ["unsubscribed", "unsubscribed", "bounced"]


def test_a_product_that_is_not_recognised_can_be_named(tmp_path: Path) -> None:
    text = "email,status\nada@example.org,inactive\n"

    by_hand = rows_of(source_of(tmp_path, "people.csv", text, product="kit"))[0]
    generic = rows_of(source_of(tmp_path, "people.csv", text))[0]

    assert (by_hand.status, generic.status) == ("pending", "unsubscribed")


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("Ada <ada@example.org>, bea@example.org; c@example.org\n", "ada bea c"),
        ("ada@example.org bea@example.org\n", "ada bea"),
        (
            '"Ada Lind" <ada@example.org>,\n"Bea" <bea@example.org>,\ncora@example.org\n',
            "ada bea cora",
        ),
        ("ada@example.org;\nbea@example.org;\n", "ada bea"),
        ("ada@example.org, bea@example.org cora@example.org\nhello\n", "ada bea cora"),
        ('"Lind, Ada" <ada@example.org>\nBerg, Bea <bea@example.org>\n', "ada bea"),
    ],
)
def test_pasted_text_is_read_as_the_addresses_in_it(
    tmp_path: Path, text: str, addresses: str
) -> None:
    found = rows_of(source_of(tmp_path, "pasted.txt", text))

    assert [row.address.key.partition("@")[0] for row in found] == addresses.split()


def test_files_about_people_who_left_are_read_first(tmp_path: Path) -> None:
    paths: Sequence[Path] = [tmp_path / name for name in ("contacts.csv", "left.csv", "spam.csv")]
    paths[0].write_text("email\nada@example.org\n")
    paths[1].write_text("email,created\nada@example.org,1683800000\n")
    paths[2].write_text("ip,email,created\n192.0.2.1,ada@example.org,1683800000\n")

    names = [source.name for source in find_sources(paths, [])]

    assert names == ["spam.csv", "left.csv", "contacts.csv"]
