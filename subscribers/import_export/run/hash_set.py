"""
A set of hashes for millions of people, in a fifth of the memory of a set of Python.
"""

from __future__ import annotations

from array import array

_EMPTY = 0
_FIRST_SIZE = 2**12


class HashSet:
    """
    A hash table with linear probing, of 64-bit integers, at most half full.
    """

    def __init__(self) -> None:
        self._slots = _empty_slots(_FIRST_SIZE)
        self._count = 0

    def __contains__(self, number: int) -> bool:
        return self._slots[self._place(number)] != _EMPTY

    def add(self, number: int) -> None:
        """
        Add a number, if it is not there yet. 0 and 1 are taken for the same.
        """
        place = self._place(number)
        if self._slots[place] == _EMPTY:
            self._slots[place] = number or 1
            self._count += 1
            if 2 * self._count > len(self._slots):
                self._grow()

    def _place(self, number: int) -> int:
        slots, number = self._slots, number or 1
        last = len(slots) - 1
        place = number & last
        while slots[place] not in (_EMPTY, number):
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        before, self._slots = self._slots, _empty_slots(2 * len(self._slots))
        for number in before:
            if number != _EMPTY:
                self._slots[self._place(number)] = number


def _empty_slots(size: int) -> array[int]:
    return array("q", bytes(8 * size))
