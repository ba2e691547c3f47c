"""
What `make reliability` says of words that it does not know.
"""

from __future__ import annotations

import pytest

from reliability.__main__ import main
from reliability.suites.registry import SUITES


def test_an_unknown_suite_is_answered_with_one_line_of_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main({"ONLY": "kills R3"}) == 2
    assert capsys.readouterr().err == f"no suite R3: the suites are {' '.join(SUITES)}\n"
