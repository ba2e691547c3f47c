"""
Find the credentials that requests to Amazon are signed with.

They are the access key of `[provider.NAME]`, or else the machine's own (environment, `~/.aws`,
role), which `botocore` of the extra `aws` finds and renews.
"""

from __future__ import annotations

from collections.abc import Callable

from newsletter.errors import SettingsError
from newsletter.providers.account import Account, check_secret
from newsletter.providers.ses.sigv4 import Credentials

_FOUND_AT = "the security credentials of your IAM user"


def read_credentials(account: Account) -> Callable[[], Credentials]:
    """
    Return a function that returns the current credentials, because those of a role expire.

    Raises:
        SettingsError: only half of a key is set, or no credentials can be found.
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
            f"[provider.{name}] access_key_id is missing: set it and secret_access_key to "
            "env:NAME, or install the extra `aws` to use this machine's credentials"
        ) from error
    missing = f"[provider.{name}] access_key_id is missing, and this machine"
    found = botocore.session.get_session().get_credentials()
    if found is None:
        raise SettingsError(f"{missing} has no key or role: set it and secret_access_key")

    def current() -> Credentials:
        try:
            frozen = found.get_frozen_credentials()
        except botocore.exceptions.BotoCoreError as error:
            raise SettingsError(f"{missing}'s key cannot be renewed: {error}") from error
        return Credentials(
            access_key_id=frozen.access_key,
            secret_access_key=frozen.secret_key,
            session_token=frozen.token,
        )

    return current
