"""A disk without room: what was asked for is written or told, and the gate's exit code stays what it is."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

import tierwise.store.save as saving
from tests.store.room import without_room
from tierwise.cli import files as writing
from tierwise.cli.last import remember
from tierwise.errors import UsageError


def files(folder):
    return sorted(one.name for one in folder.rglob("*") if one.is_file())


def test_where_the_last_scan_cannot_be_kept_the_gate_decides_and_no_older_one_is_taken_for_it(
    tierwise, home, plan, quiet_plan, tmp_path, monkeypatch
):
    assert tierwise("scan", "plan", quiet_plan, "-q").code == 0
    monkeypatch.setattr("tierwise.cli.scan.remember", without_room(remember))
    ran = tierwise("scan", "plan", plan, "--store", "kept.db", "--format", "json=scan.json", "-q")
    assert ran.code == 1
    assert ran.err.splitlines()[0].startswith(f"error: cannot write {tmp_path / 'data' / 'last.jsonl'}: ")
    assert "'tierwise explain', 'fixes' and 'classify' have nothing to look at" in ran.err
    assert json.loads((home / "scan.json").read_text())["gate"]["result"] == "failed"
    assert files(tmp_path / "data") == []
    assert "1 run " in tierwise("store", "check", "--store", "kept.db").out
    tierwise("fixes").complains(2, "no scan")


def test_where_neither_it_nor_the_store_has_room_both_are_told_and_no_false_way_back(tierwise, home, plan, tmp_path, monkeypatch):
    monkeypatch.setattr("tierwise.cli.scan.remember", without_room(remember))
    monkeypatch.setattr(saving, "save", without_room(saving.save))
    ran = tierwise("scan", "plan", plan, "--store", "kept.db", "--format", "json=scan.json", "-q", "--fail-on", "none")
    assert ran.code == 2
    assert "there is no room to write the store kept.db" in ran.err
    assert "its reports are written; when that is mended, scan again" in ran.err
    assert "last.jsonl --store" not in ran.err
    assert json.loads((home / "scan.json").read_text())["resources"]


@pytest.mark.parametrize("broken", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_file_that_could_not_be_written_to_its_end_leaves_nothing_behind(tmp_path, broken):
    path = tmp_path / "report.json"
    path.write_text("before")

    def pieces():
        yield b"half"
        raise broken

    with pytest.raises((UsageError, KeyboardInterrupt)):
        writing.write_atomically(path, pieces())
    assert (files(tmp_path), path.read_text()) == (["report.json"], "before")


def test_standard_output_without_room_is_told(monkeypatch):
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a stream, as the process has it
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(UsageError, match="cannot write to standard output: No space left on device"):
            writing.emit("report")


def test_where_nobody_reads_on_the_rest_of_a_report_goes_nowhere_and_the_gate_still_decides(monkeypatch):
    reading, writing_end = os.pipe()
    os.close(reading)
    with os.fdopen(writing_end, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        writing.emit(iter([b"report" * 20_000, b"more"]))


def test_a_pipe_or_a_descriptor_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading, inherited = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), os.open(pipe, os.O_RDWR)
    try:
        for path in (pipe, Path(f"/dev/fd/{inherited}")):
            writing.write_atomically(path, b"report")
            assert os.read(reading, 100) == b"report"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    finally:
        os.close(reading)
        os.close(inherited)
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]
