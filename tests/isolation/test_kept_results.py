"""
What a sandbox returned is kept for the same call, and for no other.
"""

from __future__ import annotations

import pytest

from newsletter.errors import SandboxError
from newsletter.isolation.kept_results import KeptResults
from newsletter.isolation.sandbox import Sandbox

OK = {"ok": ["x" * 40]}
SIZE = len('["') + 40 + len('"]')


def test_only_the_same_call_is_not_made_again() -> None:
    with Sandbox(["time", "operator"], kept=KeptResults()) as sandbox:
        first = sandbox.call("time:perf_counter_ns")
        assert sandbox.call("time:perf_counter_ns") == first
        assert sandbox.call("time:monotonic_ns") != first
        assert sandbox.call("operator:add", 1, 2) == 3
        assert sandbox.call("operator:add", 1, 3) == 4
        assert sandbox.call("operator:add", "1", "2") == "12"
    with Sandbox(["time"]) as sandbox:
        assert sandbox.call("time:perf_counter_ns") != sandbox.call("time:perf_counter_ns")


def test_a_call_that_returned_nothing_is_known_and_one_that_failed_is_not() -> None:
    kept = KeptResults()
    kept.keep(b"nothing", {"ok": None})
    kept.keep(b"failed", {"error": "SandboxError", "message": "took too long"})
    assert kept.find(b"nothing") == {"ok": None}
    assert kept.find(b"failed") is None
    with (
        Sandbox(["operator"], kept=kept) as sandbox,
        pytest.raises(SandboxError, match="division"),
    ):
        sandbox.call("operator:truediv", 1, 0)


def test_nobody_changes_what_another_is_given() -> None:
    kept = KeptResults()
    with Sandbox(["operator"], kept=kept) as sandbox:
        sandbox.call("operator:add", ["a"], ["b"]).append("mine")
        sandbox.call("operator:add", ["a"], ["b"]).append("mine")
        assert sandbox.call("operator:add", ["a"], ["b"]) == ["a", "b"]


def test_what_was_not_asked_for_longest_goes_first() -> None:
    kept = KeptResults(most_bytes=2 * SIZE)
    for call in (b"1", b"2"):
        kept.keep(call, OK)
    assert kept.find(b"1") == OK
    kept.keep(b"3", OK)
    assert [kept.find(call) for call in (b"1", b"2", b"3")] == [OK, None, OK]
    kept.keep(b"3", OK)
    assert kept.find(b"1") == OK
    kept.keep(b"4", {"ok": "x" * 3 * SIZE})
    assert [kept.find(call) for call in (b"1", b"3", b"4")] == [None, None, None]
