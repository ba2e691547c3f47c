"""
Count the active readers of a list by the domain of their address.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from subscribers.database import tables
from subscribers.model import MailingList, SubscriptionState
from subscribers.suppression.model import ALL_LISTS

_p = tables.subscriber
_s = tables.subscription


def count_domains(connection: sa.Connection, mailing_list: MailingList) -> Mapping[str, int]:
    """
    Return the number of active readers by the domain of their address. Suppressed addresses do not
    count.
    """
    at_sign = sa.func.strpos if connection.dialect.name == "postgresql" else sa.func.instr
    domain = sa.func.substr(_p.c.email_key, at_sign(_p.c.email_key, "@") + 1).label("domain")
    x = tables.suppression
    held = sa.select(x.c.id).where(
        x.c.email_key == _p.c.email_key, x.c.scope.in_([ALL_LISTS, mailing_list.slug])
    )
    counted = (
        sa.select(domain, sa.func.count().label("readers"))
        .join_from(_s, _p, _p.c.id == _s.c.subscriber_id)
        .where(
            _s.c.list_id == mailing_list.id,
            _s.c.state == SubscriptionState.ACTIVE.value,
            _p.c.email_key.is_not(None),
            sa.not_(held.correlate(_p).exists()),
        )
        .group_by(sa.text("1"))
    )
    return {row.domain: row.readers for row in connection.execute(counted)}
