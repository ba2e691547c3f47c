"""
The shapes of the factories in `conftest`, for the tests to name.
"""

from __future__ import annotations

from collections.abc import Callable

from subscribers.model import ImportReport, MailingList, Subscription

MakeList = Callable[..., MailingList]
Join = Callable[..., Subscription]
ImportText = Callable[..., ImportReport]
