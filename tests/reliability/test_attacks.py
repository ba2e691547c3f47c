"""
The attacks at a small size: readers get their email, pages respond, nothing is stopped.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reliability.attacks import ATTACKS, PAGES, play


@pytest.mark.ci
@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_keeps_no_reader_from_their_email(attack: str, tmp_path: Path) -> None:
    # More silent connections than files are needed at any size.
    scale = 1.0 if attack == "silent" else 0.1
    figures = play(attack, tmp_path, scale=scale, readers=5)
    assert (figures.mailed, figures.is_stopped) == (5, False)
    assert figures.pages == PAGES
    assert figures.held <= 512
    assert figures.peak_mb < 400
    assert figures.log_kb < 50
