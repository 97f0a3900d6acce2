"""Documents that several resources share are read once, and few of them are held as objects."""

from __future__ import annotations

import gc
from functools import partial

from tierwise.connectors import declared
from tierwise.connectors.declared import Once
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason

VIA = Provenance("ec2:DescribeSnapshots", "ec2:DescribeSnapshots")


class Item(dict[str, str]):
    """A part of a document that can be counted."""


def _large(number: int) -> Known[dict[str, object]]:
    return Known({"Snapshots": [Item(id=f"snap-{number:03d}-{one * 2654435761 % 2**32:08x}") for one in range(300)]}, VIA)


def test_a_document_is_made_once_and_stays_what_it_was(monkeypatch):
    monkeypatch.setattr(declared, "_WARM", declared._Warm(8 << 10))
    once, made = Once("account"), list[int]()

    def make(number: int) -> Maybe[dict[str, object]]:
        made.append(number)
        return _large(number)

    for _ in range(3):
        for number in range(20):
            assert once(str(number), partial(make, number)) == _large(number)
    assert made == list(range(20))
    gc.collect()
    # Of twenty documents with three hundred items each, as many are objects as eight kilobytes hold packed.
    assert 300 <= sum(type(one) is Item for one in gc.get_objects()) <= 1500


def test_what_could_not_be_read_and_what_is_small_stay_as_they_are():
    once = Once("account")
    failed = Unknown(UnknownReason.PERMISSION_DENIED, VIA)
    assert once("denied", lambda: failed) is once("denied", lambda: Known(None, VIA)) is failed
    small: Known[dict[str, object]] = Known({"Account": {}}, VIA)
    assert once("small", lambda: small) is once("small", lambda: failed) is small
