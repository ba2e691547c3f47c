"""
Members of staff for tests, and a browser that logs in as one of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import httpx
import pyotp
from installation import Installation
from web_samples import TestClient

from newsletter.access import members
from newsletter.app import App
from newsletter.model.access import Role
from newsletter.model.staff import Member
from newsletter.store.access import members as stored
from subscribers.validation.address import parse_address

EVE = "eve@example.org"
PASSWORD = "harbour lights at dawn"
# What a browser says of a form on a page of the site.
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin", "Origin": "https://news.example.org"}
BASE_URL = "https://news.example.org"


def add_member(
    installation: Installation,
    address: str = EVE,
    *,
    role: Role = Role.OWNER,
    lists: Iterable[str] | None = None,
    password: str | None = PASSWORD,
    language: str = "en",
) -> Member:
    """
    Add a member who can log in with the password.
    """
    app = installation.app
    with app.database.write() as connection:
        member = members.invite(
            connection,
            parse_address(address),
            name="Eve Adams",
            language=language,
            role=role,
            lists=lists,
            now=installation.now,
        )
        hashed = app.passwords.hash(password or PASSWORD)
        return members.activate(connection, member, name=member.name, password_hash=hashed)


def activate_member(app: App, address: str = EVE) -> Member:
    """
    Give a member who was invited the password.
    """
    member = member_of(app, address)
    with app.database.write() as connection:
        hashed = app.passwords.hash(PASSWORD)
        return members.activate(connection, member, name=member.name, password_hash=hashed)


def load_member(installation: Installation, address: str = EVE) -> Member:
    return member_of(installation.app, address)


def member_of(app: App, address: str) -> Member:
    with app.database.read() as connection:
        found = stored.member_by_key(connection, parse_address(address).key)
    assert found is not None
    return found


def add_totp(installation: Installation, member: Member) -> pyotp.TOTP:
    """
    Give a member an authenticator app, and return it.
    """
    from newsletter.actions.access.login import totp_purpose

    app, secret = installation.app, pyotp.random_base32()
    encrypted = app.text_cipher.encrypt(secret, totp_purpose(member.id))
    with app.database.write() as connection:
        stored.edit_member(connection, member.id, totp_secret=encrypted)
    return pyotp.TOTP(secret)


class StaffBrowser:
    """
    A browser on the staff pages: it keeps cookies, and sends forms back with their token.
    """

    def __init__(self, client: TestClient, **headers: str) -> None:
        self.client = client
        self.headers = {**SAME_ORIGIN, **headers}

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers=headers)

    def post(
        self, path: str, *, on: str | None = None, token: str | None = None, **values: Any
    ) -> httpx.Response:
        """
        Send the form of the page *on*, by default that at the same path.
        """
        if token is None:
            token = form_token(self.client.get(on or path).text)
        return self.client.post(path, data={"form_token": token, **values}, headers=self.headers)

    def log_in(self, email: str = EVE, password: str = PASSWORD) -> httpx.Response:
        """
        Log in, even if somebody is logged in already.
        """
        token = form_token(self.client.get("/admin/login").text)
        if not token:
            self.client.cookies.clear()
        return self.post("/admin/login", token=token or None, email=email, password=password)

    @property
    def session(self) -> str | None:
        return self.client.cookies.get("__Host-staff")


def form_token(page: str) -> str:
    """
    Return the token of the forms on a page; empty if there is none.
    """
    return next(iter(re.findall(r'name="form_token" value="([^"]*)"', page)), "")
