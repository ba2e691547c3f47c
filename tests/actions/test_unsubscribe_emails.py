"""
Unsubscribing by email: the header of every issue names an address, and what arrives there ends the
subscription as the link does.
"""

from __future__ import annotations

import datetime as dt
import imaplib
import logging
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import sqlalchemy as sa
from dovecot import PASSWORD, running_dovecot, why_not
from imap_server import make_certificate
from installation import Installation

from newsletter import pipeline
from newsletter.actions.operations import bounces
from newsletter.errors import Refused
from newsletter.events.bounce_mailbox import BounceCounts
from newsletter.ingest.sources.imap.unseen import unseen_mails
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import OPERATOR
from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from subscribers.database.history_tables import history
from subscribers.database.tables import subscription
from subscribers.lists import find_list

BYE = "bye+news@example.org"
FOLDED = re.compile(
    rb"\r\nList-Unsubscribe: <https://news\.example\.org/u/([\w-]+)>,"
    rb"\r\n <mailto:bye\+news@example\.org\?subject=([\w-]+)>\r\n"
    rb"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
)


@pytest.fixture
def office(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox, now: dt.datetime
) -> Iterator[Installation]:
    """
    An installation with an address for unsubscribe emails, and two readers.
    """
    for name in ("new", "cur", "tmp"):
        (tmp_path / "Leaving" / name).mkdir(parents=True)
    delivery = {"unsubscribe_address": BYE, "unsubscribe_mailbox": "Leaving"}
    office = Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox, delivery=delivery)
    office.add_list()
    office.add_readers(2)
    yield office
    office.close()


def send_issue(office: Installation) -> None:
    pipeline.publish_issue(office.app.publishing, office.add_issue())
    office.submit_all()


def email_of(mail: bytes) -> bytes:
    """
    Return what a mail program sends for the mailto: link of a mail.
    """
    (found,) = re.findall(rb"<mailto:([^?>]+)\?subject=([^>]+)>", mail)
    to, subject = (unquote(part.decode()) for part in found)
    return f"From: x@example.com\r\nTo: {to}\r\nSubject: {subject}\r\n\r\n".encode()


def sent(office: Installation) -> list[bytes]:
    return [file.read_bytes() for file in sorted((office.folder / "outbox").glob("*.eml"))]


def deliver(office: Installation, *mails: bytes) -> None:
    new = office.folder / "Leaving" / "new"
    for number, mail in enumerate(mails, len(list(new.iterdir()))):
        (new / f"{number:03}.mx").write_bytes(mail)


def states(office: Installation) -> list[tuple[str, str | None]]:
    columns = sa.select(subscription.c.state, subscription.c.ended_reason)
    with office.app.database.read() as connection:
        rows = connection.execute(columns.order_by(subscription.c.subscriber_id)).all()
    return [(str(row.state), row.ended_reason) for row in rows]


def departures(office: Installation) -> list[tuple[str, str]]:
    columns = sa.select(history.c.by, history.c.through).where(history.c.what == "left")
    with office.app.database.read() as connection:
        return [(str(row[0]), str(row[1])) for row in connection.execute(columns).all()]


ENDED, ACTIVE = ("ended", "by the reader"), ("active", None)


def test_each_email_has_the_link_before_the_address_and_the_same_token_in_both(
    office: Installation,
) -> None:
    send_issue(office)
    tokens = [FOLDED.findall(mail) for mail in sent(office)]
    assert all(len(found) == 1 and found[0][0] == found[0][1] for found in tokens)
    assert len({found[0][0] for found in tokens}) == 2


def test_an_email_ends_the_subscription_as_the_link_does_and_once(
    office: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with office.app.database.write() as connection:
        daily = find_list(connection, "daily")
        set_list_settings(connection, daily.id, ListSettings(sends_goodbye=True))
    send_issue(office)
    request = email_of(sent(office)[0])
    deliver(office, request, b"Subject: a letter\n\nHello", request)

    bounces.fetch(office.app, by=OPERATOR)

    assert sorted(states(office), key=str) == sorted([ENDED, ACTIVE], key=str)
    assert departures(office) == [("reader", "unsubscribe email")]
    deliver(office, request)
    bounces.fetch(office.app, by=OPERATOR)
    assert departures(office) == [("reader", "unsubscribe email")]
    assert not list((office.folder / "Leaving" / "new").iterdir())
    # The list says goodbye, once; nothing else is answered.
    office.submit_all()
    assert len(sent(office)) == 3
    token = request.partition(b"Subject: ")[2].split()[0].decode()
    assert token not in caplog.text
    assert "@example" not in caplog.text


def test_the_welcome_names_the_address_too(office: Installation) -> None:
    from newsletter.issues.notices import NoticeSettings, compose_notice
    from newsletter.model.mail import MergeField, Sender

    names = ("unsubscribe_url", "preferences_url")
    settings = NoticeSettings(
        site=office.app.site, folders=(), sender=Sender("", "a@example.org"), list_slug="daily"
    )
    mail = compose_notice(
        settings,
        "welcome",
        {"list_name": "Daily", **{name: MergeField(name) for name in names}},
        sandbox=office.app.sandbox,
        nonce="0123456789ab",
    )
    assert dict(mail.headers)["List-Unsubscribe"] == (
        f"<NL0123456789ab0X>, <mailto:{BYE}?subject=NL0123456789ab2X>"
    )


def test_the_token_of_a_test_mail_ends_nothing(office: Installation) -> None:
    pipeline.queue_test(office.app.publishing, office.add_issue(), ["editor@example.org"])
    office.submit_all()
    (mail,) = sent(office)
    assert email_of(mail).endswith(b"Subject: test\r\n\r\n")
    assert bounces.read(office.app, [[email_of(mail)]], by=OPERATOR) == BounceCounts(
        read=1, other=1
    )
    assert states(office) == [ACTIVE, ACTIVE]


def test_forged_automatic_and_lost_ones_change_nothing(office: Installation) -> None:
    sign = office.app.links.keys.sign
    mine = sign("unsubscribe", 1)
    mails = [
        f"Subject: {mine[:-22]}{sign('unsubscribe', 2)[-22:]}\n\n",
        f"Subject: {sign('preferences', 1)}\n\n",
        f"Subject: Re: {mine}\nAuto-Submitted: auto-replied\n\n",
        f"Subject: {sign('unsubscribe', 999_999)}\n\n",
        f"Subject: hello\n\n{mine}",
    ]
    counts = bounces.read(office.app, [[mail.encode() for mail in mails]], by=OPERATOR)
    assert counts == BounceCounts(read=5, other=5)
    assert (states(office), departures(office)) == ([ACTIVE, ACTIVE], [])


def test_an_imap_folder_is_read_too(
    office: Installation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    send_issue(office)
    folder = tmp_path_factory.mktemp("dovecot")
    certificate, key = make_certificate(folder, "IP:127.0.0.1")
    trusted = ssl.create_default_context(cafile=certificate)
    with running_dovecot(certificate, key) as port:
        with imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=trusted) as person:
            person.authenticate("PLAIN", lambda _: f"\0sam\0{PASSWORD}".encode())
            for mail in (*map(email_of, sent(office)), b"Subject: a letter\r\n\r\nHello"):
                person.append("INBOX", "", "", mail)
        mailbox = unseen_mails(
            f"imaps://sam@127.0.0.1:{port}/INBOX",
            password=PASSWORD,
            networks=["127.0.0.0/8"],
            deadline_s=20.0,
            tls=trusted,
        )
        counts = bounces.read(office.app, [mailbox], by=OPERATOR)
    assert counts == BounceCounts(read=3, unsubscribed=2, other=1)
    assert states(office) == [ENDED, ENDED]


def test_without_any_address_there_is_nothing_to_read(installation: Installation) -> None:
    with pytest.raises(Refused, match="or unsubscribe_address in"):
        bounces.read(installation.app, by=OPERATOR)
