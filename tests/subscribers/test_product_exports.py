"""
Files that the products write besides the usual one: of each state, of other menus, of older and
newer versions, of other languages and of the API. In the texts here, `@` stands for an address.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Mapping
from pathlib import Path

import pytest
from people_files import rows_of, source_of

from subscribers.errors import ImportRefused
from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.rows import RowReader

MARKS = "MEMBER_RATING,OPTIN_TIME,LAST_CHANGED,LEID,EUID,TAGS"
MEMBER = "2,2021-08-10 10:10:00,,1,e,"
AUDIENCE = f"Email Address,First Name,{MARKS}\n@,Ada,{MEMBER}\n"
# The files by product, each by its name, with the text and the status of each of its people.
FILES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "mailchimp": (
        (
            "subscribed_email_audience_export_x.csv",
            f"E-Mail-Adresse,Vorname,{MARKS}\n@,Ada,{MEMBER}\n\n\n",
            "active",
        ),
        ("Copy of subscribed_email_audience_export_x (1).csv", AUDIENCE, "active"),
        ("subscribed_segment_export_x.csv", AUDIENCE, "active"),
        ("members_export_x.csv", AUDIENCE, "pending"),
        ("sms_only_audience_export_x.csv", AUDIENCE, "no_consent"),
        ("subscribed_sms_audience_export_x.csv", AUDIENCE, "no_consent"),
        ("archived_members_export_x.csv", "Email Address,First Name\n@,Ada\n", "no_consent"),
        (
            "members.csv",
            f"Email Address,Email Marketing Status,{MARKS}\n@,Subscribed,{MEMBER}\n"
            f"@,Unsubscribed,{MEMBER}\n@,Cleaned,{MEMBER}\n@,Non-subscribed,{MEMBER}\n"
            f"@,Archived,{MEMBER}\n@,Pending,{MEMBER}\n@,New word,{MEMBER}\n@,,{MEMBER}\n",
            "active unsubscribed bounced no_consent no_consent pending unknown pending",
        ),
        (
            "people.csv",
            "Email Address,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON,LEID,EUID\n"
            "@,,05/11/2023 17:30,Reported as spam,1,e\n@,,,NEVER SIGNED UP FOR LIST,1,e\n",
            "complained unsubscribed",
        ),
    ),
    "substack": (
        (
            "subscribers.csv",
            "email,expiry,email_disabled,stripe_connected_customer_id,type\n"
            "@,2021-07-06T16:20:44.000Z,false,cus_1,paid\n@,,true,,comp\n",
            "active unsubscribed",
        ),
        (
            "signups.csv",
            "email,created_at,email_disabled,digest_enabled\n"
            "@,2019-07-06T16:20:44.000Z,false,true\n@,,true,false\n",
            "active unsubscribed",
        ),
        (
            "subscriber_details.csv",
            "Email,Name,Stripe plan,Cancel date,Start date,Paid upgrade date,"
            "Emails received (6mo),num_emails_opened,Subscription source (free),Type\n"
            "@,Ada,Free,2023-02-03,2023-01-02,,3,0,,Free\n",
            "pending",
        ),
        ("table.csv", "user_email_address,user_name,is_subscribed\n@,Ada,1\n", "pending"),
        (
            "email_list.x.csv",
            "Email,Active_Subscription,Expiry,Plan,Email_Disabled\n"
            "@,FALSCH,,other,WAHR\n@,FALSCH,,other,FALSCH\n@,,,,\n@,,,,perhaps\n",
            "unsubscribed active pending unknown",
        ),
    ),
    "ghost": (
        (
            "members.csv",
            "id,email,name,note,subscribed,complimentary_plan,stripe_customer_id,labels\n"
            "1,@,Ada,,true,,,vip\n2,@,Bea,,false,,,\n",
            "active unsubscribed",
        ),
        (
            "members.csv",
            "email,subscribed_to_emails,email_disabled,complimentary_plan,labels,tiers\n"
            "@,true,true,false,vip,Gold\n@,WAHR,,,,\n@,,,,,\n@,maybe,,,,\n",
            "unsubscribed active pending unknown",
        ),
        (
            "members.csv",
            "id,email,name,note,complimentary_plan,stripe_customer_id,labels\n1,@,A,,,,\n",
            "pending",
        ),
    ),
    "beehiiv": (
        (
            "full.csv",
            "Email,Status,Created At,First Name,Last Name,Tags,UTM Source,Referral Count\n"
            '@,Active,"Mar 24, 2023",Ada,,x,,0\n@,Inactive,,,,,,\n@,Pending,,,,,,\n',
            "active unsubscribed pending",
        ),
        (
            "api.csv",
            "id,email,first_name,status,created_at,tags,subscription_premium_tier_names\n"
            "1,@,,active,1679653390,,\n2,@,,inactive,,,\n3,@,,needs attention,,,\n",
            "active unsubscribed pending",
        ),
        (
            "people.csv",
            "status,tier,email\nACTIVE,free,@\n,free,@\nPaused,free,@\nnew word,free,@\n",
            "active pending unsubscribed unknown",
        ),
    ),
    "kit": (
        (
            "people.csv",
            "first_name,email_address,created_at,status,last_name\nA,@,2023-01-20,Confirmed,L\n"
            "B,@,,Unconfirmed,\nC,@,,Unsubscribed,\nD,@,,,\nE,@,,Cold,\n",
            "active pending unsubscribed pending unknown",
        ),
        (
            "people.csv",
            "Email,First Name,Status,State,Subscribed At,Tags,ID\n"
            "@,A,Active,CA,20/01/2023,,1\n@,B,Inactive,OR,,,2\n",
            "active pending",
        ),
    ),
    "buttondown": (
        (
            "api.csv",
            "id,email_address,notes,type,creation_date,tags,metadata,source\n1,@,,regular,,,,api\n"
            "2,@,,unactivated,,,,\n3,@,,unsubscribed,,,,\n4,@,,removed,,,,\n5,@,,spammy,,,,\n"
            "6,@,,malicious,,,,\n7,@,,,,,,\n",
            "active pending unsubscribed unsubscribed complained unknown pending",
        ),
        (
            "people.csv",
            "email,metadata,secondary_id,subscriber_type\n@,,1,churning\n@,,2,throttled\n",
            "active unknown",
        ),
        ("old.csv", "id,email,metadata,creation_date,secondary_id\n1,@,,,1\n", "pending"),
    ),
    "mailerlite": (
        (
            "table.csv",
            "Subscriber,Sent,Opens,Clicks,Subscribed,Location,Status\n"
            "@,3,1,0,2021-08-30 14:22:00,DE,Active\n@,3,1,0,,DE,Unsubscribed\n",
            "active unsubscribed",
        ),
        (
            "people.csv",
            "Email,Status,Date subscribed,Date unsubscribed,Signup IP,Confirmed,Groups\n"
            "@,active,2021-08-30 14:22:00,,192.0.2.1,,x\n@,active,,30/08/2022,,,\n"
            "@,unconfirmed,,,,,\n@,junk,,,,,\n@,spam,,,,,\n@,deleted?,,,,,\n",
            "active unsubscribed pending complained complained unknown",
        ),
    ),
    "brevo": (
        (
            "contacts.csv",
            "CONTACT ID,EMAIL,SMS,EMAIL_MARKETING,SMS_MARKETING,ADDED_TIME\n"
            "1,@,,Subscribed,Unsubscribed,01-05-2023\n2,@,,Unsubscribed,Subscribed,\n"
            "3,@,,,,\n4,@,,Blocklisted,,\n5,@,,New word,,\n6,@,,true,,\n7,@,,false,,\n",
            "active unsubscribed pending suppressed unknown active suppressed",
        ),
        (
            "contacts.csv",
            "EMAIL,SMS,Email marketing subscription status,ADDED_TIME\n"
            "@,,Subscribed,\n@,,Unsubscribed,\n",
            "active unsubscribed",
        ),
        (
            "contacts.csv",
            "EMAIL,NACHNAME,SMS,BLOCKLISTED,ADDED_TIME\n@,L,,FALSCH,\n@,L,,WAHR,\n@,,,maybe,\n",
            "active suppressed unknown",
        ),
        (
            "contacts.csv",
            "EMAIL,SMS,EMAIL_BLACKLISTED,EMAIL_HARDBOUNCED,ADDED_TIME\n@,,No,Yes,\n@,,No,No,\n",
            "bounced active",
        ),
        (
            "blocklisted_contacts.csv",
            "EMAIL,SMS,ADDED_TIME,MODIFIED_TIME\n@,,,\n",
            "suppressed",
        ),
        ("contacts.csv", "EMAIL,SMS,SMS_BLACKLISTED,ADDED_TIME\n@,,Yes,\n", "pending"),
    ),
    "sendgrid": (
        (
            "contacts.csv",
            "email,first_name,address_line_1,created_at,list_names\n@,Ada,,,weekly\n",
            "active",
        ),
        ("suppression_blocks.csv", "status,reason,email,created\n4.0,x,@,1683800000\n", "unknown"),
        ("suppression_invalid_emails.csv", "reason,email,created\nx,@,1683800000\n", "bounced"),
        ("suppression_spam_reports.csv", "ip,email,created\n,@,1683800000\n", "complained"),
        (
            "suppression_group_unsubscribes.csv",
            "email,group_id,group_name,created\n@,1,Weekly,1683800000\n",
            "unsubscribed",
        ),
        ("bounces.csv", "STATUS,REASON,EMAIL,CREATED\n5.1.1,no,@,1683800000\n", "bounced"),
    ),
    "hubspot": (
        (
            "contacts.csv",
            "Contact ID,Email,Marketing contact status,Marketing email confirmation status,"
            "Lifecycle Stage\n1,@,Marketing contact,Confirmed,Lead\n"
            "2,@,Marketing contact,,Lead\n3,@,Marketing contact,Pending,\n4,@,New word,,\n",
            "active active pending unknown",
        ),
        (
            "kontakte.csv",
            "Datensatz-ID,E-Mail,Lifecycle-Phase,Marketingkontakt-Status,"
            "Von allen E-Mails abgemeldet\n1,@,Lead,Marketingkontakt,\n"
            "2,@,Lead,Nicht-Marketingkontakt,\n3,@,Lead,Marketingkontakt,Ja\n4,@,Lead,,\n",
            "active no_consent unsubscribed no_consent",
        ),
        (
            "fiches.csv",
            "Prénom,E-mail,Phase du cycle de vie,Statut du contact marketing,"
            "Désabonné de tous les e-mails\nA,@,Lead,Contact marketing,faux\nB,@,Lead,,vrai\n"
            "C,@,Lead,Autre mot,\n",
            "active unsubscribed unknown",
        ),
        (
            "api.csv",
            "vid,email,hs_marketable_status,hs_email_optout,hs_email_hard_bounce_reason_enum,"
            "hs_email_optout_6871816\n1,@,true,,,\n2,@,true,true,,\n3,@,true,,UNKNOWN_USER,\n"
            "4,@,false,,,\n5,@,true,,,true\n6,@,,,,\n",
            "active unsubscribed bounced no_consent unsubscribed no_consent",
        ),
        ("list.csv", "Record ID,Email,Create Date\n1,@,2023-04-01\n", "no_consent"),
        (
            "optouts.csv",
            "Email,Portal Bounce,Portal Unsubscribe,Portal Spam Report,Global Bounce\n"
            "@,FALSE,FALSE,FALSE,FALSE\n@,FALSE,TRUE,FALSE,FALSE\n",
            "no_consent unsubscribed",
        ),
    ),
    "google": (
        (
            "contacts.csv",
            "Vorname,Nachname,E-Mail 1 – Bezeichnung,E-Mail 1 – Wert,Labels\nA,L,* Work,@,\n",
            "no_consent",
        ),
        (
            "contacts.csv",
            "First Name,Last Name,E-mail Address,E-mail 2 Address,Home Phone,Categories\n"
            "A,L,@,,,myContacts\n",
            "no_consent",
        ),
        (
            "contacts.csv",
            "Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,E-mail 2 - Value\n"
            "A,Newsletter ::: * myContacts,* ,@,\n,,Home,,@\n",
            "no_consent no_consent",
        ),
    ),
    "listmonk": (
        (
            "subscribers.csv",
            "uuid,email,status,subscription_status\nu,@,enabled,confirmed\n"
            "u,@,enabled,unconfirmed\nu,@,enabled,unsubscribed\nu,@,blocklisted,confirmed\n"
            "u,@,enabled,\nu,@,enabled,new word\n",
            "active pending unsubscribed suppressed pending unknown",
        ),
        (
            "subscribers.csv",
            'id,uuid,email,attribs,status,lists\n1,u,@,{},enabled,"[{""name"": ""x"", '
            '""subscription_status"": ""unsubscribed""}]"\n2,u,@,{},enabled,[]\n',
            "unsubscribed pending",
        ),
        ("export.csv", "uuid,email,status\nu,@,enabled\nu,@,disabled\n", "pending suppressed"),
    ),
    "mailman": (
        ("members.csv", "Subscribed Addresses\n@\n@\n", "active active"),
        (
            "members.csv",
            "address,realname,mod,hide,nomail,digest\n@,A,off,off,off,off\n@,B,off,off,on [B],off\n"
            "@,C,off,off,[U],on\n@,D,off,off,[A],on\n@,E,off,off,[?],on\n",
            "active bounced unsubscribed suppressed unknown",
        ),
        (
            "members.csv",
            "email,display_name,delivery_status,role\n@,A,enabled,member\n@,B,by_bounces,member\n"
            "@,C,by_user,member\n@,D,by_moderator,member\n@,E,enabled,nonmember\n",
            "active bounced unsubscribed suppressed no_consent",
        ),
    ),
    "phplist": (
        (
            "export.csv",
            "id,Email,Is this user confirmed,Is this user blacklisted,Is this account disabled?\n"
            "1,@,1,0,0\n2,@,1,0,1\n3,@,0,0,0\n4,@,,,\n5,@,yes,no,\n6,@,maybe,0,\n",
            "active suppressed pending pending active unknown",
        ),
        (
            "export.csv",
            "Email,Is this subscriber confirmed,Is this subscriber blacklisted,Unsubscribed\n"
            "@,1,0,0000-00-00 00:00:00\n@,1,1,\n@,1,0,2023-05-06 07:08:09\n",
            "active suppressed unsubscribed",
        ),
        (
            "user.csv",
            "id,email,confirmed,blacklisted,optedin,bouncecount,uniqid,htmlemail,disabled\n"
            "1,@,1,0,0,0,x,1,0\n2,@,0,0,0,0,x,1,0\n3,@,1,1,0,0,x,1,0\n4,@,1,0,0,0,x,1,1\n",
            "active pending suppressed suppressed",
        ),
    ),
    "keila": (
        (
            "contacts.csv",
            "Email,First name,Data,Status,Labels\n@,A,,Active,unsubscribed\n",
            "active",
        ),
        (
            "contacts.csv",
            "Email,First name,Data,Status,Double opt-in at\n@,A,,active,\n@,B,,unsubscribed,\n"
            "@,C,,unreachable,\n@,D,,,\n@,E,,paused,\n",
            "active unsubscribed bounced pending unknown",
        ),
        ("contacts.csv", "Email,First name,Data,External ID\n@,A,,\n", "pending"),
    ),
}  # fmt: skip
# Plain text, a line for each member.
ROSTERS = (
    ("roster.txt", "@\n@\n", "active active"),
    ("list_members-digest.txt", "Ada Lind <@>\n", "active"),
    ("who.txt", "@ (Ada Lind)\n@ (Bea)\n", "active active"),
    ("nomail.txt", "@\nBea <@>\n", "unsubscribed unsubscribed"),
    ("nomail-byadmin.txt", "@\n", "suppressed"),
    ("nomail-enabled.txt", "@\n", "active"),
    ("list_members_nonmembers.txt", "Ada <@>\n", "no_consent"),
    ("mailman-banned.txt", "@\n", "suppressed"),
)
# What columns are read as whose cells are taken as they are.
VERBATIM = {"first_name", "last_name", "name", "tags", "note", "attributes"}
CASES = [(product, *each) for product, files in FILES.items() for each in files]


def with_addresses(text: str) -> str:
    """
    Return the text with an address in place of each `@`.
    """
    first, *parts = text.split("@")
    numbers = itertools.count(1)
    return first + "".join(f"p{next(numbers)}@example.org{part}" for part in parts)


def statuses_in(folder: Path, product: str, name: str, text: str | bytes) -> str:
    source = source_of(folder, name, text)
    assert source.layout.product == product
    return " ".join(row.status.value for row in rows_of(source))


@pytest.mark.parametrize(("product", "name", "text", "statuses"), CASES)
def test_a_file_is_recognised_and_nobody_becomes_active_whom_it_calls_otherwise(
    tmp_path: Path, product: str, name: str, text: str, statuses: str
) -> None:
    assert statuses_in(tmp_path, product, name, with_addresses(text)) == statuses


def test_each_value_of_a_file_is_kept_or_named_in_the_report(tmp_path: Path) -> None:
    """
    A word in the place of a cell is in the row that is read; of values by name, its name is.
    """
    kept, lost = set[str](), list[tuple[str, str, str]]()
    for product, name, text, _ in CASES:
        layout = source_of(tmp_path, name, with_addresses(text)).layout
        reader, width = RowReader(layout), len(layout.header)
        for place, column in enumerate(layout.header):
            read_as = layout.columns.get(column)
            assert (read_as is None) == (column in layout.ignored_columns)
            if read_as not in VERBATIM:
                continue
            cells = [
                "p@example.org" if layout.columns.get(c) == "email" else "" for c in layout.header
            ]
            cells[place] = '{"zq7x": "y"}' if read_as == "attributes" else "Zq7x"
            row = reader.read(CsvRecord(2, cells))
            kept.add(read_as)
            if "zq7x" not in repr(row._replace(record=CsvRecord(2, [""] * width))).lower():
                lost.append((product, name, column))
    assert (lost, kept) == ([], VERBATIM)


@pytest.mark.parametrize(("name", "text", "statuses"), ROSTERS)
def test_a_roster_says_by_its_name_to_whom_delivery_is_disabled(
    tmp_path: Path, name: str, text: str, statuses: str
) -> None:
    assert statuses_in(tmp_path, "mailman", name, with_addresses(text)) == statuses


@pytest.mark.parametrize(("product", "name", "text", "statuses"), CASES)
def test_a_file_is_the_same_after_a_spreadsheet_saved_it(
    tmp_path: Path, product: str, name: str, text: str, statuses: str
) -> None:
    rows = list(csv.reader(io.StringIO(with_addresses(text))))
    # In what Mailchimp exports, the address comes first, whatever it is called.
    turned = [[*row[:1], *row[:0:-1]] for row in rows]
    saved = {
        "utf-8-sig": _saved(turned, delimiter=";", end="\r\n") + "\r\n;;\r\n",
        "utf-16": _saved(turned, delimiter="\t", end="\r\n"),
        "cp1252": _saved(rows, delimiter=";", end="\n", quoting=csv.QUOTE_ALL),
    }

    found = {
        codec: statuses_in(tmp_path, product, name, each.encode(codec))
        for codec, each in saved.items()
    }

    assert found == dict.fromkeys(saved, statuses)


def _saved(
    rows: list[list[str]], *, delimiter: str, end: str, quoting: int = csv.QUOTE_MINIMAL
) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows(rows)
    return out.getvalue()


def test_contacts_as_vcards_are_refused_in_a_line_that_says_what_to_do(tmp_path: Path) -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Ada\nEMAIL;TYPE=INTERNET:ada@example.org\nEND:VCARD\n"

    with pytest.raises(ImportRefused, match="vCards: export the contacts as CSV instead"):
        source_of(tmp_path, "contacts.vcf", card)
