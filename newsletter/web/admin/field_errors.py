"""
What is wrong with fields that several forms for staff have.
"""

from __future__ import annotations

from newsletter.web.admin.routes import StaffRequest
from newsletter.web.admin.staff_pages import FieldError


def invalid_name(staff_request: StaffRequest) -> FieldError:
    """
    Say that a name is not valid.
    """
    _ = staff_request.words.gettext
    text = _("This name is too long, or has characters that a name cannot have.")
    return FieldError(name="name", text=text)


def invalid_email(staff_request: StaffRequest) -> FieldError:
    """
    Say that an address is not valid.
    """
    _ = staff_request.words.gettext
    return FieldError(name="email", text=_("This is not an email address."))


def wrong_code(staff_request: StaffRequest) -> FieldError:
    """
    Say that the code of an authenticator app is wrong.
    """
    _ = staff_request.words.gettext
    text = _("This code is wrong, or was used before. Wait for the next one.")
    return FieldError(name="code", text=text)


def wrong_passkey(staff_request: StaffRequest) -> str:
    """
    Say that a passkey was not accepted.
    """
    _ = staff_request.words.gettext
    return _("The passkey was not accepted. Try again, or choose another way.")
