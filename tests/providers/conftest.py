"""
A provider of each kind in turn, and a Resend on the loopback with the adapter that uses it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_resend import FakeResend
from flavours import FLAVOURS, KINDS, Carrier, carrying

from newsletter.providers.lanes import Lanes
from newsletter.providers.resend import ResendProvider

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def specs() -> Path | None:
    """
    The folder of what providers publish; calls are compared with it wherever it is there.
    """
    folder = Path(os.environ.get("NEWSLETTER_SHARED", ROOT.parent / "shared")) / "specs"
    return folder if folder.is_dir() else None


@pytest.fixture(params=KINDS)
def carrier(
    request: pytest.FixtureRequest, tmp_path: Path, specs: Path | None
) -> Iterator[Carrier]:
    with carrying(request.param, tmp_path, specs) as carrier:
        yield carrier


@pytest.fixture(params=FLAVOURS)
def on_the_wire(
    request: pytest.FixtureRequest, tmp_path: Path, specs: Path | None
) -> Iterator[Carrier]:
    with carrying(request.param, tmp_path, specs) as carrier:
        yield carrier


@pytest.fixture
def fake(specs: Path | None) -> Iterator[FakeResend]:
    with FakeResend.running(specs) as fake:
        yield fake


@pytest.fixture
def lanes() -> Iterator[Lanes]:
    with Lanes(1) as lanes:
        yield lanes


@pytest.fixture
def resend(fake: FakeResend, lanes: Lanes) -> ResendProvider:
    return fake.opened(lanes)
