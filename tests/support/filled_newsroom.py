"""
An installation with something in every room, and hostile texts in every field.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from api_client import ApiClient, token_for
from hostile.other_rows import add_failed_job, add_other_rows
from hostile.vectors import FEW
from hostile.writing import write_vectors
from http_server import ScriptedServer
from installation import Installation
from list_reach.other_list import OWN, OWN_TOO, OtherList, make_other_list
from newsroom_walk import Step, numbers_of, steps
from people_samples import NOW, all_rows
from staff_samples import BASE_URL, StaffBrowser, add_member
from web_samples import TestClient

from newsletter.isolation.sandbox import Sandbox
from newsletter.model.access import Role
from newsletter.web.application import make_web

LIMITED = (Role.EDITOR, Role.PEOPLE)
GERMAN = Role.EDITOR
# What changes because somebody looks.
_OF_VISITS = {"staff_session", "staff_member", "draft_visitor", "issue_check", "login_failure"}


@dataclass(frozen=True, kw_only=True)
class Filled:
    """
    An installation with something in every room, and the objects of the list `harbour`.
    """

    installation: Installation
    other: OtherList

    def steps(self, method: str, *, most: int | None = None) -> Iterator[Step]:
        return steps(self.installation, self.other, method, most=most)

    def stored(self) -> dict[str, object]:
        """
        Return every row, without those that change because somebody looks.
        """
        rows = all_rows(self.installation.app.database.engine)
        return {name: found for name, found in rows.items() if name not in _OF_VISITS}


@contextlib.contextmanager
def filled_newsroom(
    folder: Path, sqlite_template: Path, sandbox: Sandbox, *, vectors: Sequence[str] = FEW
) -> Iterator[Filled]:
    """
    Yield the installation, with the *vectors* in every text. It takes any number of requests, and
    has a member in each role, and one in those of `LIMITED` who is limited to lists that are not
    `harbour`.
    """
    shutil.copy(sqlite_template, folder / "newsletter.db")
    no_limits = {"reads_per_minute": 0, "writes_per_minute": 0, "bulk_per_minute": 0}
    url = f"sqlite:///{folder / 'newsletter.db'}"
    made = Installation(folder, url, now=NOW, sandbox=sandbox, api=no_limits)
    web = make_web(made.app, stopping=threading.Event())
    with TestClient(web, follow_redirects=False) as client, ScriptedServer() as server:
        everything = ApiClient(client, token_for(made, name="everything"))
        other = make_other_list(made, everything, server)
        add_other_rows(made.app.database, now=NOW)
        write_vectors(made.app.database, vectors)
        for role in Role:
            language = "de" if role is GERMAN else "en"
            member = add_member(made, f"{role}@example.org", role=role, language=language)
            if role is Role.OWNER:
                # The walk puts the number of a person there.
                number = numbers_of(made, other)["person"]
                error = "".join(vectors)
                add_failed_job(made.app.database, number, member.id, error=error, now=NOW)
        for role in LIMITED:
            add_member(made, f"limited-{role}@example.org", role=role, lists=[OWN, OWN_TOO])
        yield Filled(installation=made, other=other)
    made.close()


@contextlib.contextmanager
def member_browser(filled: Filled, address: str) -> Iterator[StaffBrowser]:
    """
    Yield the browser of a member who has just logged in.
    """
    web = make_web(filled.installation.app, stopping=threading.Event())
    with TestClient(web, base_url=BASE_URL, follow_redirects=False) as client:
        browser = StaffBrowser(client)
        entered = browser.log_in(address)
        assert entered.status_code == 303, entered.text
        yield browser
