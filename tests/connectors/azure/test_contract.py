"""Every field of an answer that is read exists, so that a misspelt one cannot pass for `not configured`."""

from __future__ import annotations

from tests.connectors.azure.contract import DOCUMENTED, columns, fields_of_sdk, fields_read, fields_recorded, fields_unrecorded
from tierwise.connectors.azure.collectors import declared_reads


def test_every_field_that_is_read_is_known_to_exist():
    known = fields_of_sdk()
    unknown = {name: sorted(left) for name, paths in fields_unrecorded().items() if (left := paths - known.get(name, frozenset()))}
    assert unknown == {}  # a field is new: look it up with `tools/azure_fields.py`


def test_nothing_is_looked_up_or_cited_that_is_not_read():
    read = fields_read()
    for named in (fields_of_sdk(), {name: frozenset(paths) for name, paths in DOCUMENTED.items()}):
        assert {name: sorted(left) for name, paths in named.items() if (left := paths - read.get(name, frozenset()))} == {}
    assert all(fields_of_sdk().values())
    assert all(where for paths in DOCUMENTED.values() for where in paths.values())


def test_all_that_is_declared_is_read_here_but_for_lists_of_which_only_the_length_counts():
    known = {one.via.via for one in declared_reads()}
    assert len(fields_read()) > 60
    assert {name for name in fields_read() if name.startswith("graph:")} <= known


def test_recordings_tell_much_of_it_by_themselves():
    recorded = fields_recorded()
    told = sum(len(paths & (recorded.get(name, frozenset()) | columns())) for name, paths in fields_read().items())
    assert told > 250
