"""
The set of hashes that an import remembers people by.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from subscribers.import_export.run.hash_set import HashSet

HASHES = st.integers(min_value=-(2**63), max_value=2**63 - 1)


@given(st.lists(HASHES), st.lists(HASHES))
def test_it_has_what_was_added_and_nothing_else(added: list[int], others: list[int]) -> None:
    found = HashSet()
    for number in added:
        found.add(number)
        found.add(number)
    expected = {number or 1 for number in added}
    assert all(number in found for number in added)
    assert [each in found for each in others] == [(each or 1) in expected for each in others]


def test_it_grows_and_keeps_what_it_has() -> None:
    numbers = [number * 0x9E3779B97F4A7C15 % 2**63 for number in range(1, 20_000)]
    found = HashSet()
    for number in numbers[:10_000]:
        found.add(number)
    assert [number in found for number in numbers] == [place < 10_000 for place in range(19_999)]
