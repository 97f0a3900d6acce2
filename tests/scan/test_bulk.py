from __future__ import annotations

import gc

import pytest

from tierwise.scan import bulk


def test_the_collector_of_garbage_is_off_inside_and_as_before_after_it():
    @bulk()
    def inner() -> bool:
        return gc.isenabled()

    @bulk()
    def outer() -> tuple[bool, bool]:
        return inner(), gc.isenabled()

    assert (gc.isenabled(), outer(), gc.isenabled()) == (True, (False, False), True)


def test_an_error_ends_it_as_well():
    @bulk()
    def fails() -> float:
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        fails()
    assert gc.isenabled()
