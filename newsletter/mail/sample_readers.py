"""
Provide invented readers: an ordinary one for samples, and some whose values are hard to display.
"""

from __future__ import annotations

from collections.abc import Mapping

from newsletter.model.mail import Recipient

_URL = "https://example.org"


def reader_named(name: str, email: str = "reader@example.org") -> Recipient:
    """
    Return a reader called *name* with a value for every merge field.
    """
    first, _, last = name.partition(" ")
    links = {
        "unsubscribe_url": f"{_URL}/u/sample",
        "confirm_url": f"{_URL}/c/sample",
        "review_url": f"{_URL}/r/sample",
        "invitation_url": f"{_URL}/admin/invitation/sample",
        "reset_url": f"{_URL}/admin/reset/sample",
        "preferences_url": f"{_URL}/p/sample",
        "settings_url": f"{_URL}/p/find/sample",
        "new_address_url": f"{_URL}/p/address/sample",
        "erasure_url": f"{_URL}/p/erase/sample",
    }
    return Recipient(
        delivery_id=0,
        email=email,
        name=name,
        message_id="<sample@example.org>",
        unsubscribe_url=links["unsubscribe_url"],
        values={"email": email, "name": name, "first_name": first, "last_name": last, **links},
    )


READER = reader_named("Robin Berg")
# Each under a description that is shown to staff. A name has at most 200 characters.
EDGE_CASES: Mapping[str, Recipient] = {
    "the longest name": reader_named(
        "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaftschaferswessen "
        "Schafewarenwohlgepflegeundsorgfaltigkeitbeschutzenvorangreifendurchihrraubgierigfeinde "
        "the Second, of Anywhere at All",
        email=f"{'o' * 64}@{'a-long-domain.' * 13}example",
    ),
    "no name": reader_named(""),
    "a right-to-left name": reader_named("نور الهدى عبد الرحمن"),
    "markup in the name": reader_named("<script>alert('x')</script> & \"Sons\""),
}
