"""`tierwise classify worksheet` and `classify import`: plain questions for those who know, and their answers as lines of the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tierwise.cli.files import put, write_atomically
from tierwise.cli.last import last_judged
from tierwise.cli.options import audience_option, format_option, inventory_option, judging_options, options_from, parse_formats, require
from tierwise.cli.settings import for_those_inside, load_config
from tierwise.errors import CatalogueError, UsageError

if TYPE_CHECKING:
    from tierwise.catalogue.decisions import Value
    from tierwise.connectors.spreadsheet import Grid
    from tierwise.model.register import Register

SHEETS: Final = ("ods", "csv")
_MOST_TOLD: Final = 200


@click.command()
@format_option(SHEETS, "ods=worksheet.ods")
@inventory_option
@audience_option
@judging_options
def worksheet(inventory: Path | None, **values: Any) -> None:
    """Write a spreadsheet of plain questions, one row for each service that nobody has described, for its information asset owner.

    \b
    tierwise classify worksheet
    tierwise classify worksheet --format csv=questions.csv
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.classify.worksheet import worksheet as make
    from tierwise.reports.questions import FORMATS
    from tierwise.reports.text import count

    options = options_from({**values, "formats": values["formats"] or ("ods=worksheet.ods",)})
    for_those_inside(options, "classify worksheet")
    formats = parse_formats(options, SHEETS)
    for _, path in formats:
        require(path is None or not path.exists(), f"{path} is there, and may hold answers; name another: --format ods=FILE")
    outcome, judging = last_judged(options, inventory, tiers_only=True)
    result = outcome.result
    made = make(result.resources, result.classifications, judging.register)
    left = f"; {count(made.left_out, 'store')} left out, which no file can select" if made.left_out else ""
    require(made.rows, f"there is nothing to ask: of every store a tag, the register or another store says what it is{left}")
    for name, path in formats:
        put(FORMATS[name](made), path)
    places = " and ".join(str(path) for _, path in formats if path is not None)
    then = f"; have {places} filled in, then 'tierwise classify import {places.split(' ')[0]}'" if places else ""
    click.echo(f"{count(len(made.rows), 'row')}{left}{then}", err=True)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a sheet of answers comes to."""

    entries: tuple[Mapping[str, Value], ...]
    already: int
    """Rows that the register says already."""
    blank: int
    open: tuple[str, ...]
    mistakes: tuple[str, ...]


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--write", is_flag=True, help="Write the lines into the register; default: only print them.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file; default: the nearest tierwise.toml.")
@click.option("--register", default="", metavar="FILE", help="The register to write to (YAML); default: the settings', or register.yaml.")
@audience_option
def import_answers(file: Path, write: bool, **values: Any) -> None:
    """Turn the answers of a worksheet (ODS, CSV or XLSX) into register lines: printed for review, written only with --write.

    \b
    tierwise classify import worksheet.ods
    tierwise classify import worksheet.ods --write
    """  # noqa: D301 - click keeps the lines after a backspace as they are
    from tierwise.connectors.spreadsheet import read_grid
    from tierwise.reports.text import count, safe_text

    options = options_from(values)
    for_those_inside(options, "classify import")
    config = load_config(options)
    path = Path(config.register or "register.yaml")
    require(path.suffix.lower() != ".csv", f"{path} is CSV, and lines are written into YAML; name one: --register register.yaml")
    before = _read_register(path)
    said = _answers(read_grid(file), _parsed(before, path))
    for line in said.mistakes[:_MOST_TOLD]:
        click.echo(safe_text(line), err=True)
    if said.mistakes:
        raise UsageError(f"{count(len(said.mistakes), 'mistake')} in {file}; mend them and import it again: nothing was written")
    after = _with(before, path, said.entries)
    _show(before, after)
    for line in said.open:
        click.echo(safe_text(f"open: {line}"), err=True)
    told = [
        f"{count(len(said.entries), 'line')} for {path}",
        f"{said.already} already there",
        f"{len(said.open)} left open",
        f"{said.blank} not filled in",
    ]
    tail = "nothing to write"
    if said.entries and write:
        write_atomically(path, after.encode())
        named = "" if config.register else f", and name it: register = {path.as_posix()!r} in tierwise.toml"
        tail = f"written; have it reviewed and merged{named}"
    elif said.entries:
        tail = "nothing written; --write adds them"
    click.echo(f"{', '.join(told)}: {tail}", err=True)


def _read_register(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.exists() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None


def _parsed(text: str, path: Path) -> Register:
    from tierwise.catalogue.register import parse_register
    from tierwise.catalogue.yamlfile import load
    from tierwise.model.register import EMPTY_REGISTER

    return parse_register(load(text, str(path)), str(path)) if text.strip() else EMPTY_REGISTER


def _with(before: str, path: Path, entries: Sequence[Mapping[str, Value]]) -> str:
    """The register's text with the entries at the head of its lines, in their order; CatalogueError where it would not be read."""
    from tierwise.catalogue.decisions import with_entries

    after = with_entries(before, str(path), "entries", entries)
    _parsed(after, path)
    return after


def _show(before: str, after: str) -> None:
    from tierwise.catalogue.decisions import added
    from tierwise.reports.text import safe_text

    for line in added(before, after).splitlines():
        click.echo(safe_text(line))


def _answers(grid: Grid, register: Register) -> _Said:
    from tierwise.classify.worksheet import KNOWN, QUESTIONS, SELECT, answered, column_keys
    from tierwise.reports.escape import uncell

    columns = dict(column_keys(grid.header))
    keys = list(columns.values())
    titles = {one.key: one.title for one in QUESTIONS} | {"service": KNOWN[0], "select": SELECT}
    missing = [titles[key] for key in titles if key not in keys and key in {"select", "people"}]
    mistakes = [
        f"{grid.path}: row {grid.lines[0].number}: no column {title!r}; take the sheet that 'tierwise classify worksheet' wrote"
        for title in missing
    ]
    mistakes += [
        f"{grid.path}: row {grid.lines[0].number}: two columns {titles[key]!r}; take one out" for key in titles if keys.count(key) > 1
    ]
    if mistakes:
        return _Said((), 0, 0, (), tuple(mistakes))
    place_of = {titles[key]: place for place, key in columns.items()}
    entries: list[Mapping[str, Value]] = []
    opened: list[str] = []
    seen: dict[str, int] = {}
    already = blank = 0
    for line in grid.lines[1:]:
        row = {key: uncell(line.cells[place].strip()) for place, key in columns.items() if place < len(line.cells)}
        answers = {one.key: row.get(one.key, "") for one in QUESTIONS}
        found = answered(row.get("service", ""), answers)
        if not (found.fields or found.mistakes or found.open):
            blank += 1
            continue
        mistakes += [f"{grid.place(line, place_of.get(one.column, 0))} ({one.column}): {one.says}" for one in found.mistakes]
        select, trouble = _select(row.get("select", ""))
        trouble = trouble or (f"the same as in row {seen[str(select)]}; keep one of the two rows" if str(select) in seen else "")
        seen.setdefault(str(select), line.number)
        if trouble:
            mistakes.append(f"{grid.place(line, place_of[SELECT])} ({SELECT}): {trouble}")
        elif found.open:
            opened.append(f"{grid.path}: row {line.number} ({row.get('service', '')}): nobody knows: {'; '.join(found.open)}")
        elif found.fields:
            told = _entry(select, found.fields)
            state = _told(told, register)
            already += state == ""
            if state is None:
                entries.append(told)
            elif state:
                mistakes.append(f"{grid.place(line, place_of[SELECT])} ({SELECT}): {state}")
    return _Said(tuple(entries), already, blank, tuple(opened), tuple(mistakes))


def _select(text: str) -> tuple[Mapping[str, str], str]:
    """The selector as the worksheet wrote it, or what is wrong with it."""
    from tierwise.catalogue.register import parse_register
    from tierwise.catalogue.yamlfile import load

    hint = "take it from the sheet that 'tierwise classify worksheet' wrote"
    if not text:
        return {}, f"empty; {hint}"
    try:
        (entry,) = parse_register(load(f"entries:\n  - {{select: {text}, tier: T1}}\n"), "the cell").entries
    except (CatalogueError, ValueError):
        return {}, f"{text[:60]!r} selects nothing that a register can; {hint}"
    chosen = entry.selector
    parts = {"id": chosen.id, "name": chosen.name, "tag": "=".join(chosen.tag) if chosen.tag else ""}
    parts |= {"project": chosen.project, "account": chosen.account, "unit": chosen.unit}
    return {key: value for key, value in parts.items() if value}, ""


def _entry(select: Mapping[str, str], fields: Mapping[str, object]) -> Mapping[str, Value]:
    def plain(value: object) -> Value:
        match value:
            case str() | int():
                return value
            case Mapping():
                return {str(key): str(one) for key, one in value.items()}
            case list():
                return [str(one) for one in value]
            case _:
                raise TypeError(type(value))

    return {"select": select, **{key: plain(value) for key, value in fields.items()}}


def _told(told: Mapping[str, Value], register: Register) -> str | None:
    """None where the register has no line of the selector, empty where it says the same, else what to do about the one it has."""
    from dataclasses import replace

    from tierwise.catalogue.decisions import with_entry

    (mine,) = _parsed(with_entry("", "the row", "entries", told), Path("the row")).entries
    there = next((entry for entry in register.entries if entry.selector == mine.selector), None)
    if there is None:
        return None
    if replace(there, source="") == replace(mine, source=""):
        return ""
    return f"{there.source} has a line of that selector which says something else; change that line, or take it out and import again"
