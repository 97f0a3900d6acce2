from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from tests.cli.conftest import in_a_process
from tierwise.cli.main import COMMANDS, cli


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


ALL = list(commands(cli))
NAMES = [" ".join(path) or "tierwise" for path, _ in ALL]


@pytest.mark.parametrize(("path", "command"), ALL, ids=NAMES)
def test_every_command_says_what_it_does(path, command):
    assert command.help
    assert len(command.help.split()) >= 4


@pytest.mark.parametrize(("path", "command"), ALL, ids=NAMES)
def test_every_option_has_help(path, command):
    silent = [one.name for one in command.params if isinstance(one, click.Option) and not one.help]
    assert silent == []


@pytest.mark.parametrize(("path", "command"), ALL, ids=NAMES)
def test_help_is_printed_and_ends_well(tierwise, path, command):
    ran = tierwise(*path, "--help")
    assert ran.code == 0
    assert ran.out.startswith("Usage: ")
    assert "\\b" not in ran.out
    assert ran.err == ""


@pytest.mark.parametrize("name", ["demo", "scan aws", "scan azure", "scan gcp", "scan plan", "scan inventory", "explain"])
def test_what_scans_and_explains_shows_examples(tierwise, name):
    shown = tierwise(*name.split(), "--help").out.split("Options:")[0]
    assert f"tierwise {name}" in shown.partition("\n")[2]
    assert "\\" not in shown


@pytest.mark.parametrize("name", [" ".join(path) for path, command in ALL if path and isinstance(command, click.Group)])
def test_a_list_of_commands_says_a_whole_sentence_of_each(tierwise, name):
    listed = tierwise(*name.split(), "--help").out.partition("\nCommands:\n")[2]
    assert listed
    assert "..." not in listed


def test_the_list_of_commands_names_them_all(tierwise):
    shown = tierwise("--help").out
    assert [name for name in COMMANDS if f"\n  {name} " not in shown] == []


def test_help_imports_no_sdk_and_nothing_that_is_slow(home):
    look = """
import json, sys
sys.argv = ["tierwise", "--help"]
sys.stdout = open("/dev/null", "w")
from tierwise.cli.main import run
try:
    run()
finally:
    sys.stderr.write(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
    ran = in_a_process("-c", look, cwd=home)
    loaded = set(json.loads(ran.stderr))
    assert ran.returncode == 0
    assert loaded & {"boto3", "botocore", "moto", "rich", "jinja2", "msgspec", "yaml", "sqlalchemy", "jsonschema"} == set()
    assert {"tierwise", "click"} <= loaded


def test_an_unknown_command_is_met_with_the_nearest(tierwise):
    tierwise("scna").complains(2, "did you mean 'scan'?")


def test_an_unknown_option_is_met_with_a_short_message(tierwise):
    tierwise("scan", "plan", "--formt", "json", "x").complains(2, "--formt")


def test_the_module_runs_as_the_command_does(home):
    ran = subprocess.run([sys.executable, "-m", "tierwise", "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("tierwise")
