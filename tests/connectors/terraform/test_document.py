from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import pytest

from tierwise.connectors.terraform.document import PlanPath, decode, read_document
from tierwise.connectors.terraform.source import open_plans, resources
from tierwise.errors import InputError
from tierwise.model.resource import Gap

EMPTY = {"format_version": "1.2", "planned_values": {"root_module": {}}, "configuration": {"root_module": {}}}
MEND = "terraform show -json plan.bin > plan.json"
STATE_V4 = json.dumps({"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "x", "resources": []})
EVENTS = '{"@level":"info","@message":"Terraform 1.9","type":"version"}\n{"@level":"info","type":"planned_change"}\n'


def entry(address: str) -> dict[str, object]:
    kind, _, name = address.partition(".")
    return {"address": address, "mode": "managed", "type": kind, "name": name, "change": {"actions": ["create"], "after": {}}}


def changed(change: bytes) -> bytes:
    return b'{"format_version":"1.2","resource_changes":[{"address":"aws_s3_bucket.b","type":"aws_s3_bucket","change":' + change + b"}]}"


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
    "deep": (b'{"format_version":"1.2","planned_values":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, ["nested too deeply"]),
    "deep and cut": (b'{"resource_changes":' + b"[" * 100_000, ["nested too deeply"]),
    "major": (b'{"format_version": "2.0", "resource_changes": []}', ["'2.0'", "0.x and 1.x"]),
    "wrong shape": (
        b'{"format_version": "1.2", "resource_changes": [{"address": 7}]}',
        ["resource_changes", "resource_changes[0] is not as a plan has it", MEND],
    ),
    "bad utf-8": (b'{"format_version": "1.2", "planned_values": {"root_module": {}}, "timestamp": "\xff"}', ["is not UTF-8", MEND]),
    "a surrogate in utf-8": (b'{"format_version": "1.2", "planned_values": {}, "timestamp": "\xed\xa0\x80"}', ["is not UTF-8"]),
    "a lone surrogate": (b'{"format_version": "1.2", "planned_values": {}, "timestamp": "\\ud800 and more"}', ["is not JSON", MEND]),
    "half a pair": (b'{"format_version": "1.2", "planned_values": {}, "timestamp": "\\udc00\\ud83d"}', ["is not JSON", MEND]),
    "cut inside a character": (json.dumps(EMPTY).encode() + b"\xe2\x82", ["is not UTF-8", MEND]),
    "huge integer": (
        changed(b'{"actions":["create"],"after":{"size":' + b"9" * 5000 + b"}}"),
        ["resource_changes[0] ('aws_s3_bucket.b'): change.after", "out of range"],
    ),
    "huge float": (
        changed(b'{"actions":["create"],"after":{"size":1e999}}'),
        ["resource_changes[0] ('aws_s3_bucket.b'): change.after", "out of range"],
    ),
    "a huge integer before a change": (
        changed(b'{"actions":["update"],"before":{"size":' + b"9" * 5000 + b'},"after":{"size":1}}'),
        ["resource_changes[0] ('aws_s3_bucket.b'): change.before", "out of range"],
    ),
    "a huge integer in what goes": (
        changed(b'{"actions":["delete"],"before":{"size":' + b"9" * 5000 + b'},"after":null}'),
        ["resource_changes[0] ('aws_s3_bucket.b'): change.before", "out of range"],
    ),
    "a huge integer in the state before": (
        b'{"resource_changes":[],"prior_state":{"values":{"root_module":{"resources":[{"address":"aws_s3_bucket.b","type":"aws_s3_bucket",'
        b'"name":"b","mode":"managed","values":{"size":' + b"9" * 5000 + b"}}]}}}}",
        ["a resource of the values ('aws_s3_bucket.b'): values", "out of range"],
    ),
    "an address twice before all that is wrong with the changes": (
        changed(b'{"actions":"create"}')[:-2] + b',{"address":"aws_s3_bucket.b","type":"aws_s3_bucket","change":{"actions":"create"}}]}',
        ["resource_changes[1]", "'aws_s3_bucket.b' a second time"],
    ),
    "not a number": (changed(b'{"actions":["create"],"after":{"size":NaN}}'), ["is not JSON", MEND]),
    "actions that are no list": (changed(b'{"actions":"create"}'), ["resource_changes[0].change", MEND]),
    "no resources at all": (b'{"format_version": "1.2", "configuration": {"root_module": {}}}', ["nothing in it can be judged", MEND]),
    "null for everything": (
        b'{"format_version": "1.2", "planned_values": null, "resource_changes": null}',
        ["nothing in it can be judged"],
    ),
    "a deployment of stacks": (
        b'{"terraform_stack_change_description": 1, "applyable": true, "plan_mode": "normal", "components": [], "resource_instances": []}',
        ["a deployment of Terraform Stacks", "terraform plan -out plan.bin"],
    ),
    "a deployment of stacks with a format version": (
        b'{"format_version": "1.0", "terraform_stack_change_description": 1, "components": []}',
        ["a deployment of Terraform Stacks"],
    ),
    "a validation": (b'{"format_version": "1.0", "valid": true, "error_count": 0}', ["neither a Terraform plan nor a state", MEND]),
    "schemas": (b'{"format_version": "1.0", "provider_schemas": {}}', ["neither a Terraform plan nor a state", MEND]),
    "an empty state": (b'{"format_version": "1.0"}', ["empty state", "was not given a plan", MEND]),
    "trailing": (json.dumps(EMPTY).encode() * 2, ["text follows the JSON"]),
    "trailing lines": (json.dumps(EMPTY).encode() + b"\n::debug::exitcode: 0\nError: Process completed", ["text follows the JSON"]),
    "an echo and no plan": (b"[command]/home/runner/terraform-bin show -json tfplan\n\nError: no such file", ["is not JSON", MEND]),
    "the changes twice, of which the last are none": (
        json.dumps({**EMPTY, "resource_changes": [entry("aws_s3_bucket.b")]}).encode()[:-1] + b', "resource_changes": []}',
        ["has 'resource_changes' a second time", MEND],
    ),
    "the changes twice, of which the first are none": (
        b'{"resource_changes": [], ' + json.dumps({**EMPTY, "resource_changes": [entry("aws_s3_bucket.b")]}).encode()[1:],
        ["has 'resource_changes' a second time"],
    ),
    "the same part twice, once written with an escape": (
        b'{"resource\\u005fchanges": [], "resource_changes": []}',
        ["has 'resource_changes' a second time"],
    ),
    "the same address twice": (
        json.dumps({**EMPTY, "resource_changes": [entry("aws_s3_bucket.b"), entry("aws_s3_bucket.c"), entry("aws_s3_bucket.b")]}).encode(),
        ["resource_changes[2]", "'aws_s3_bucket.b' a second time", MEND],
    ),
    "the same deposed object twice": (
        json.dumps({**EMPTY, "resource_changes": [{**entry("aws_s3_bucket.b"), "deposed": "ab12"}] * 2}).encode(),
        ["resource_changes[1]", "'aws_s3_bucket.b' a second time"],
    ),
    "the same planned value twice": (
        json.dumps({"planned_values": {"root_module": {"resources": [entry("aws_s3_bucket.b")] * 2}}}).encode(),
        ["planned_values lists 'aws_s3_bucket.b' a second time"],
    ),
    "the same address in a state twice": (
        json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": [entry("aws_s3_bucket.b")] * 2}}}).encode(),
        ["values lists 'aws_s3_bucket.b' a second time"],
    ),
    "a change of nothing": (
        json.dumps({**EMPTY, "resource_changes": [entry("aws_s3_bucket.b"), {"change": {"actions": ["create"]}}]}).encode(),
        ["resource_changes[1]", "neither an address nor a type", MEND],
    ),
    "a planned value of nothing": (
        json.dumps({"planned_values": {"root_module": {"child_modules": [{"resources": [{"values": {}}]}]}}}).encode(),
        ["planned_values", "neither an address nor a type", MEND],
    ),
    "a state of numbers": (
        json.dumps({"format_version": "1.0", "values": {"root_module": {"resources": [1, 2]}}}).encode(),
        ["values", "Expected `object", MEND],
    ),
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


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[command]/home/runner/terraform-bin show -json tfplan\n", b""),
        (b"$ tofu show -json tfplan\n", b"\n"),
        (b"", b"\n::debug::stdout: {}\n\n::debug::exitcode: 0\n"),
        (b"\xef\xbb\xbf[command]/x/terraform-bin show -json tfplan\n\n", b"\n::set-output name=stdout::{}\n::set-output name=exitcode::0"),
    ],
)
def test_what_a_wrapper_puts_around_a_plan_is_passed_over(tmp_path, before, after):
    path = tmp_path / "p.json"
    path.write_bytes(before + json.dumps({**EMPTY, "resource_changes": [entry("aws_s3_bucket.b")]}, indent=1).encode() + after)
    assert open_plans([path]).plans[0].counts.managed == 1


def test_a_file_that_is_bad_at_its_end_is_refused_without_making_objects_of_it(tmp_path):
    path = tmp_path / "p.json"
    path.write_bytes(b'{"format_version":"1.2","resource_changes":[' + b",".join([b'{"address":"a.b","x":[1,2,3]}'] * 300_000))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match="cut short"):
            open_plans([path])
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Objects would take ten times what the text takes.
    assert most < 3 * path.stat().st_size


BUCKETS = b", ".join(
    b'{"address":"aws_s3_bucket.b%d","type":"aws_s3_bucket","change":{"after":{"size":1}}}' % number for number in range(9)
)


@pytest.mark.parametrize("number", [b"9" * 5_000, b"-" + b"9" * 400 + b".5", b"1e999999", b"1E+0400", b"-1.5e309"])
@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            b'{"resource_changes":[' + BUCKETS + b',{"address":"aws_s3_bucket.z","change":{"before":null,"after":{"size":[%b]}}}]}',
            "resource_changes[9] ('aws_s3_bucket.z'): change.after is not",
        ),
        (
            b'{"resource_changes":[' + BUCKETS + b'],"configuration":{"root_module":{"module_calls":{"m":{"module":{"resources":['
            b'{"address":"a.b","expressions":{"size":{"constant_value": %b }}}]}}}}}}',
            "configuration: m.resources[0] ('a.b'): expressions is not",
        ),
        (
            b'{"format_version":"1.0","values":{"root_module":{"child_modules":[{"resources":[{"address":"a.b","values":{"size":%b}}]}]}}}',
            "a resource of the values ('a.b'): values is not",
        ),
    ],
)
def test_a_number_that_nobody_can_read_is_come_upon_before_anything_is_made_and_its_place_is_named(text, place, number):
    with pytest.raises(InputError, match="out of range") as refused:
        decode(text % number, "p.json")
    assert place in str(refused.value)
    assert "99999" not in str(refused.value)


@pytest.mark.parametrize("before", [0, 1, 3, 5, 100])
def test_a_number_that_lies_across_two_pieces_is_come_upon(before):
    head = b'{"resource_changes":[{"address":"a.b","change":{"after":{"x":"%b","y":'
    padding = b"x" * ((1 << 20) - len(head % b"") - before)
    with pytest.raises(InputError, match="out of range"):
        decode(head % padding + b"1e999}}}]}", "p.json")


def test_what_looks_like_a_number_in_a_text_is_none_and_a_large_one_is_read():
    says = json.dumps(f"rates: 1, 1e999, {'9' * 5_000}, or [1e999 ]")
    text = b'{"resource_changes":[{"address":"a.b","change":{"after":{"x":%b,"y":[1e300,1e-999,%b]}}}]}' % (says.encode(), b"9" * 300)
    document = decode(text, "p.json")
    assert document.changes is not None
    assert len(document.changes) == 1


@pytest.mark.parametrize("entry", [b"{}", b"1", b'{"change":{}}'])
def test_a_file_full_of_what_is_nothing_is_refused_at_the_first_of_it(entry):
    text = b'{"format_version":"1.2","resource_changes":[' + b",".join([entry] * 1_000_000) + b"]}"
    tracemalloc.start()
    with pytest.raises(InputError, match="resource_changes is not as a plan has it"):
        decode(text, "p.json")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 3 * len(text)


@pytest.mark.parametrize("kind", ["resource_changes", "planned_values"])
def test_one_address_is_used_twice_by_a_deposed_object_and_by_different_keys(tmp_path, kind):
    path = tmp_path / "p.json"
    one = {**entry("aws_s3_bucket.b"), "index": 0, "values": {}}
    gone = {**entry("aws_s3_bucket.b[0]"), "deposed": "ab12", "deposed_key": "ab12"}
    listed = [one, {**one, "index": 1}, {**one, "index": "x"}, gone]
    path.write_text(
        json.dumps({"resource_changes": listed} if kind == "resource_changes" else {kind: {"root_module": {"resources": listed}}})
    )
    found = {one.id for one in resources(open_plans([path]).plans[0])}
    assert found == {"aws_s3_bucket.b[0]", "aws_s3_bucket.b[1]", 'aws_s3_bucket.b["x"]'}


def test_addresses_of_terraform_0_12_are_made_whole(tmp_path):
    """Its values leave module and key out of the address: hashicorp/terraform v0.12 internal/command/jsonstate `marshalResources`."""
    path = tmp_path / "s.json"
    bucket = {**entry("aws_s3_bucket.b"), "values": {}}
    inner = {"address": "module.a.module.b", "resources": [{**bucket, "index": 0}, {**bucket, "index": 1}]}
    root = {"resources": [bucket], "child_modules": [{"address": "module.a", "resources": [bucket], "child_modules": [inner]}]}
    path.write_text(json.dumps({"format_version": "0.1", "values": {"root_module": root}}))
    assert {one.id for one in resources(open_plans([path]).plans[0])} == {
        "aws_s3_bucket.b",
        "module.a.aws_s3_bucket.b",
        "module.a.module.b.aws_s3_bucket.b[0]",
        "module.a.module.b.aws_s3_bucket.b[1]",
    }


def test_a_change_without_an_address_gets_the_one_of_its_parts(tmp_path):
    path = tmp_path / "p.json"
    one = {**entry("aws_s3_bucket.b"), "module_address": 'module.m["k"]', "index": 2}
    del one["address"]
    path.write_text(json.dumps({"resource_changes": [one]}))
    assert [found.id for found in resources(open_plans([path]).plans[0])] == ['module.m["k"].aws_s3_bucket.b[2]']


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


def piped(text: str) -> BinaryIO:
    """The reading end of a pipe that holds a text and is closed at the other end."""
    read, write = os.pipe()
    with os.fdopen(write, "wb") as stream:
        stream.write(text.encode())
    return os.fdopen(read, "rb")


def test_standard_input_is_read_for_a_dash(monkeypatch):
    with piped(json.dumps(EMPTY)) as stream:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stream))
        assert open_plans(["-"]).name == "plan:stdin"


def test_process_substitution_is_read_and_its_ids_do_not_follow_the_number_of_the_descriptor():
    plan = json.dumps({**EMPTY, "resource_changes": [entry("aws_s3_bucket.b")]})
    with piped(plan) as one, piped(plan) as two:
        source = open_plans([Path(f"/dev/fd/{one.fileno()}"), Path(f"/proc/self/fd/{two.fileno()}")])
    found = [one.id for plan in source.plans for one in resources(plan)]
    assert found == ["pipe-1#aws_s3_bucket.b", "pipe-2#aws_s3_bucket.b"]


def test_a_pipe_that_holds_more_than_the_bound_is_refused():
    with piped(json.dumps(EMPTY)) as stream, pytest.raises(InputError, match="--max-input"):
        open_plans([Path(f"/dev/fd/{stream.fileno()}")], max_bytes=20)


def test_a_sparse_file_of_ten_gigabytes_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "p.json"
    with path.open("wb") as file:
        file.truncate(10 << 30)
    with pytest.raises(InputError, match="--max-input"):
        open_plans([path])


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
    twice: tuple[list[PlanPath], ...] = ([path, path], ["-", "-"])
    for paths in twice:
        with pytest.raises(InputError, match="given twice"):
            open_plans(paths)


def test_two_files_that_would_go_by_one_name_are_refused(tmp_path: Path):
    paths = [tmp_path / "p.json", tmp_path / "p.tfplan"]
    for path in paths:
        path.write_text(json.dumps(EMPTY))
    with pytest.raises(InputError, match="both be called"):
        open_plans(paths)
