"""
Find the credentials that requests to Amazon are signed with.

They are the access key of `[provider.NAME]`, or else what the machine has (its environment, its
`~/.aws`, its role), which `botocore` of the extra `aws` finds and renews.
"""

from __future__ import annotations

from collections.abc import Callable

from newsletter.errors import SettingsError
from newsletter.providers.account import Account, check_secret
from newsletter.providers.ses.sigv4 import Credentials

_FOUND_AT = "the security credentials of your user in Amazon's IAM"


def read_credentials(account: Account) -> Callable[[], Credentials]:
    """
    Return a function that gives the current credentials: the key of a role changes every few hours.

    Raises:
        SettingsError: only half a key is named, or none can be found.
    """
    own = account.settings
    if own.access_key_id is None and own.secret_access_key is None:
        return _machine_credentials(account.name)
    credentials = Credentials(
        access_key_id=account.secret("access_key_id"),
        secret_access_key=account.secret("secret_access_key"),
        session_token=account.secret("session_token") if own.session_token else None,
    )
    for key in ("access_key_id", "secret_access_key", "session_token"):
        value = getattr(credentials, key)
        if value is not None:
            check_secret(account.name, key, value, found_at=_FOUND_AT)
    return lambda: credentials


def _machine_credentials(name: str) -> Callable[[], Credentials]:
    try:
        import botocore.exceptions
        import botocore.session
    except ImportError as error:
        raise SettingsError(
            f"[provider.{name}] access_key_id is missing: name it and secret_access_key as "
            "env:NAME, or install the extra `aws` to use what this machine has"
        ) from error
    unusable = f"[provider.{name}] access_key_id is missing, and this machine has no key or role"
    found = botocore.session.get_session().get_credentials()
    if found is None:
        raise SettingsError(f"{unusable}: name access_key_id and secret_access_key as env:NAME")

    def current() -> Credentials:
        try:
            frozen = found.get_frozen_credentials()
        except botocore.exceptions.BotoCoreError as error:
            raise SettingsError(f"{unusable} that can be renewed: {error}") from error
        return Credentials(
            access_key_id=frozen.access_key,
            secret_access_key=frozen.secret_key,
            session_token=frozen.token,
        )

    return current
