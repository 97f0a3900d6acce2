"""Every field of an answer that is read exists in Google's discovery documents, so that a misspelt one cannot pass for `never set`."""

from __future__ import annotations

from tests.connectors.gcp.contract import ORG_POLICY, discovered, exported_versions, fields_read
from tierwise.connectors.gcp.collectors import declared_calls, declared_reads
from tierwise.connectors.gcp.history import LOG
from tierwise.connectors.gcp.read import Row

ANY_LIST = {"nextPageToken", "unreachable", "unreachables", "failedLocations"}
"""Asked of every list; most answers have some of them."""
OLDER = {
    ("bigtableadmin.googleapis.com/Instance", "v1"): "an export that terraform-validator wrote; the service has no version 1",
    ("cloudresourcemanager.googleapis.com/Project", "v1"): "both versions are read (`place_of`)",
    ("cloudresourcemanager.googleapis.com/Project", "v1beta1"): "as version 1",
}
"""Versions of an export that are not the one whose schema is read."""


def test_every_field_that_is_read_is_in_the_discovery_documents():
    known = {name: frozenset(one["fields"]) | ANY_LIST for name, one in discovered().items()}
    unknown = {name: sorted(left) for name, paths in fields_read().items() if (left := paths - known.get(name, frozenset()))}
    assert unknown == {}  # a field is new: look it up with `tools/google_fields.py`


def test_nothing_is_looked_up_that_is_not_read():
    read = fields_read()
    assert {name: sorted(left) for name, one in discovered().items() if (left := set(one["fields"]) - read.get(name, frozenset()))} == {}


def test_all_that_is_declared_is_read_here_but_for_policies_without_bindings():
    prefix = "cloudasset:cloudresourcemanager.googleapis.com/"
    listed = {
        f"{prefix}Folder",
        f"{prefix}Organization",
        "cloudasset:bigtableadmin.googleapis.com/Table",
    }  # their names and policies alone count
    # The log is asked with --since alone (test_rescan.py), and an entry holds what its service writes (LogEntry, protoPayload).
    calls = {one.via.via for one in declared_calls() if one.make is None and one is not LOG}
    names = {one.via.via for one in declared_reads() if isinstance(one, Row)} | calls
    assert {one for one in names - set(fields_read()) if not one.endswith("getIamPolicy")} == listed
    assert ORG_POLICY in fields_read()


def test_the_inventory_has_documents_of_the_version_whose_schema_is_read():
    apis = {one.type: discovered()[one.via.via]["api"] for one in declared_reads() if isinstance(one, Row) and one.via.via in discovered()}
    exported = {(kind, version) for kind, version in exported_versions() if kind in apis}
    assert len({kind for kind, _ in exported}) >= 12
    assert {(kind, version) for kind, version in exported if apis[kind].rpartition(".")[2] != version} == set(OLDER)
