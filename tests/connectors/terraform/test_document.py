from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tierwise.connectors.terraform.document import read_document
from tierwise.connectors.terraform.source import open_plans
from tierwise.errors import InputError
from tierwise.model.resource import Gap

EMPTY = {"format_version": "1.2", "planned_values": {"root_module": {}}, "configuration": {"root_module": {}}}
MEND = "terraform show -json plan.bin > plan.json"
WRAPPED = '[command]/home/runner/terraform-bin show -json tfplan\n{"format_version": "1.2", "planned_values": {}}\n'
STATE_V4 = json.dumps({"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "x", "resources": []})
EVENTS = '{"@level":"info","@message":"Terraform 1.9","type":"version"}\n{"@level":"info","type":"planned_change"}\n'

BAD = {
    "empty": (b"", ["is empty", MEND]),
    "blank": (b" \n\t ", ["is empty"]),
    "truncated": (json.dumps(EMPTY).encode()[:-9], ["cut short", MEND]),
    "not json": (b"Terraform will perform the following actions:", ["is not JSON", MEND]),
    "broken json": (b'{"format_version": nope}', ["is not JSON", MEND]),
    "a list": (b"[1, 2]", ["is not JSON", "begin with '{'"]),
    "other json": (b'{"name": "x"}', ["neither a Terraform plan nor a state", MEND]),
    "events": (EVENTS.encode(), ["terraform plan -json", "-out plan.bin"]),
    "one event": (EVENTS.splitlines()[0].encode(), ["terraform plan -json", "-out plan.bin"]),
    "binary plan": (b"PK\x03\x04tfplan", ["binary plan", "terraform show -json"]),
    "raw state": (STATE_V4.encode(), ["raw state", "terraform show -json"]),
    "wrapper": (WRAPPED.encode(), ["terraform_wrapper: false", MEND]),
    "deep": (b'{"format_version":"1.2","planned_values":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, ["nested too deeply"]),
    "deep and cut": (b'{"resource_changes":' + b"[" * 100_000, ["nested too deeply"]),
    "major": (b'{"format_version": "2.0", "resource_changes": []}', ["'2.0'", "0.x and 1.x"]),
    "wrong shape": (b'{"format_version": "1.2", "resource_changes": [{"address": 7}]}', ["resource_changes", "$[0].address", MEND]),
    "bad utf-8": (
        b'{"format_version": "1.2", "planned_values": {"root_module": {"resources": [{"address": "\xff"}]}}}',
        ["planned_values"],
    ),
    "trailing": (json.dumps(EMPTY).encode() + b"\n::debug::exitcode: 0", ["text follows the JSON"]),
    "half utf-16": (json.dumps(EMPTY).encode("utf-16")[:-1], ["not whole UTF-16"]),
}


@pytest.mark.parametrize("name", BAD)
def test_input_that_is_no_plan_is_named_and_mended(tmp_path, name):
    raw, wanted = BAD[name]
    path = tmp_path / "input.json"
    path.write_bytes(raw)
    with pytest.raises(InputError) as found:
        open_plans([path])
    message = str(found.value)
    assert message.startswith(str(path))
    assert len(message.splitlines()) <= 6
    for part in wanted:
        assert part in message


def test_a_deep_value_inside_one_change_is_refused(tmp_path):
    path = tmp_path / "p.json"
    change = b'{"actions":["create"],"after":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}"
    path.write_bytes(b'{"format_version":"1.2","resource_changes":[{"address":"a.b","type":"a","name":"b","change":' + change + b"}]}")
    with pytest.raises(InputError, match="nested too deeply"):
        open_plans([path])


def test_what_is_no_file_is_refused_at_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, wanted in ((pipe, "pipe it in as '-'"), (tmp_path, "is a directory"), (tmp_path / "none.json", "no such file")):
        with pytest.raises(InputError, match=wanted):
            open_plans([path])


def test_a_file_over_the_bound_is_refused_and_the_option_named(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps(EMPTY))
    with pytest.raises(InputError, match="--max-input"):
        open_plans([path], max_bytes=20)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_encoding_that_shells_write_is_read(tmp_path, encoding):
    path = tmp_path / "p.json"
    plan = {**EMPTY, "resource_changes": [{"address": "aws_s3_bucket.ö", "type": "aws_s3_bucket", "name": "ö", "change": {}}]}
    path.write_bytes(json.dumps(plan, ensure_ascii=False).encode(encoding))
    document = read_document(path)
    assert document.changes is not None
    assert [one.address for one in document.changes] == ["aws_s3_bucket.ö"]


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2", "1.99", None])
def test_every_minor_version_and_none_is_read_and_unknown_keys_are_ignored(tmp_path, version):
    path = tmp_path / "p.json"
    path.write_text(json.dumps({**EMPTY, "format_version": version, "new_section": {"a": [1]}, "resource_changes": None}))
    plan = open_plans([path]).plans[0]
    assert plan.counts.changes == 0
    assert plan.document.notes == ()


def test_standard_input_is_read_for_a_dash(monkeypatch):
    class Stream:
        def __init__(self) -> None:
            read, write = os.pipe()
            os.write(write, json.dumps(EMPTY).encode())
            os.close(write)
            self.buffer = os.fdopen(read, "rb")

    monkeypatch.setattr("sys.stdin", Stream())
    source = open_plans(["-"])
    assert source.name == "plan:stdin"


def test_an_errored_plan_is_read_and_leaves_a_gap(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps({**EMPTY, "errored": True}))
    source = open_plans([path])
    assert "ended in an error" in source.notes[0]
    items = [item for unit in source.survey() for item in unit.run()]
    assert [item.reason for item in items if isinstance(item, Gap)] == ["not-collected"]


def test_deferred_changes_leave_a_gap(tmp_path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps({**EMPTY, "deferred_changes": [{"reason": "unknown"}]}))
    items = [item for unit in open_plans([path]).survey() for item in unit.run()]
    assert [item.reason for item in items if isinstance(item, Gap)] == ["known-after-apply"]


def test_one_file_twice_is_refused(tmp_path: Path):
    path = tmp_path / "p.json"
    path.write_text(json.dumps(EMPTY))
    with pytest.raises(InputError, match="given twice"):
        open_plans([path, path])
