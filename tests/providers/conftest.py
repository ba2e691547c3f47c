"""
A Resend on the loopback, a lane to it, and the provider that uses both.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_resend import FakeResend, provider_at, running_resend

from newsletter.providers.lanes import Lanes
from newsletter.providers.resend import ResendProvider


@pytest.fixture
def fake() -> Iterator[FakeResend]:
    with running_resend() as fake:
        yield fake


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    with Lanes(1) as lanes:
        yield lanes


@pytest.fixture
def resend(fake: FakeResend, lanes: Lanes) -> ResendProvider:
    return provider_at(fake.base_url, lanes)
