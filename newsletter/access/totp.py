"""
The codes of an authenticator app (RFC 6238): six digits, a new one every 30 seconds.
"""

from __future__ import annotations

import datetime as dt
import hmac

STEP_S = 30
# The clock of the app may be off by one step.
_STEPS = (-1, 0, 1)
_DIGITS = 6


def new_totp_secret() -> str:
    """
    Return a new secret to be shared with the app: 160 random bits in base 32.
    """
    import pyotp

    return pyotp.random_base32()


def totp_url(secret: str, *, address: str, site: str) -> str:
    """
    Return the URL of the QR code that the app scans. The app shows *site* and *address*.
    """
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=address, issuer_name=site)


def matching_step(secret: str, code: str, *, now: dt.datetime) -> int | None:
    """
    Return the number of the time step whose code this is, or None. Spaces are ignored.
    """
    import pyotp

    typed = "".join(code.split())
    if len(typed) != _DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    current = int(now.timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    found = None
    for step in (current + away for away in _STEPS):
        if hmac.compare_digest(totp.generate_otp(step), typed):
            found = step
    return found
