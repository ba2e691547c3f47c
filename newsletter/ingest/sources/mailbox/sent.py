"""
Read when a mail was sent: from its header, or from the header that a forward shows. `message` uses
it.
"""

from __future__ import annotations

import datetime as dt
import email.utils

from newsletter.ingest.parsing.fields import dates

_LONGEST = 100
# Clocks differ, and the forward may show the time of another zone.
_AHEAD = dt.timedelta(days=1)


def sent_at(said: str | None) -> dt.datetime | None:
    """
    Parse the Date header *said*, with its offset; UTC if it has none. None if it is malformed.
    """
    try:
        sent = email.utils.parsedate_to_datetime(said or "")
    except (ValueError, TypeError, OverflowError):
        return dates.moment(said or "", dt.UTC)
    sent = sent if sent.tzinfo else sent.replace(tzinfo=dt.UTC)
    # The standard library takes CET and other names of time zones for UTC.
    moment = dates.moment(said or "", dt.UTC)
    return moment.astimezone(sent.tzinfo) if moment else sent


def first_sent_at(shown: str, forwarded: dt.datetime | None) -> dt.datetime | None:
    """
    Parse the date *shown* in the header of a mail that was *forwarded* then; *forwarded* if it
    cannot be read or is later. A time without an offset is that of the person who forwarded it.
    """
    if not shown or len(shown) > _LONGEST:
        return forwarded
    zone = forwarded.tzinfo if forwarded is not None and forwarded.tzinfo else dt.UTC
    found = dates.moment(shown, zone)
    if found is None or (forwarded is not None and found > forwarded + _AHEAD):
        return forwarded
    return found
