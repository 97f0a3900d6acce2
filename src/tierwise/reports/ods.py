"""Writes OpenDocument spreadsheets: tables of rows in, the bytes of a file out. What a sheet says is its caller's.

Source: OASIS OpenDocument 1.3, part 3, section 9 (tables). Text is written as cells of type string, which no program
takes for a formula; it goes through `escape.cell` all the same, so that the sheet stays harmless where somebody saves it as CSV.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from tierwise.reports.escape import cell
from tierwise.reports.odf import SPACES, VERSION, package, spaced
from tierwise.reports.text import safe_text

MIME: Final = "application/vnd.oasis.opendocument.spreadsheet"
MOST_ROWS: Final = 1_048_576
"""Rows that LibreOffice and Excel show of one table, its header among them."""
Cell: TypeAlias = "str | int | float | None"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, how wide it is, and what may be chosen in it."""

    title: str
    centimetres: float = 4.0
    choices: tuple[str, ...] = ()
    """Offered as a list; another answer brings a warning and no more."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a file. The rows are read once, as they are written."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]


def ods(tables: Sequence[Table]) -> bytes:
    """The file: of each table a header that stays in view, then the rows; ValueError for a table that is longer than programs show."""
    return package(MIME, {"settings.xml": _settings(tables), "content.xml": _content(tables)})


def _content(tables: Sequence[Table]) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {SPACES} {VERSION}><office:automatic-styles>'
    for width in sorted({column.centimetres for table in tables for column in table.columns}):
        yield f'<style:style style:name="w{width:g}" style:family="table-column">'
        yield f'<style:table-column-properties style:column-width="{width:g}cm"/></style:style>'
    yield '<style:style style:name="head" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap"/>'
    yield '<style:text-properties fo:font-weight="bold"/></style:style>'
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    yield from _validations(tables)
    for table in tables:
        yield from _table(table)
    yield "</office:spreadsheet></office:body></office:document-content>"


def _validations(tables: Sequence[Table]) -> Iterator[str]:
    offered = sorted({column.choices for table in tables for column in table.columns if column.choices})
    if offered:
        made = "".join(_validation(choices) for choices in offered)
        yield f"<table:content-validations>{made}</table:content-validations>"


def _validation(choices: tuple[str, ...]) -> str:
    listed = ";".join('"' + choice.replace('"', '""') + '"' for choice in choices)
    condition = quoteattr(f"of:cell-content-is-in-list({listed})")
    return (
        f"<table:content-validation table:name={_choice_name(choices)} table:condition={condition} "
        'table:allow-empty-cell="true" table:display-list="unsorted"><table:error-message table:message-type="warning" table:display="true"/>'
        "</table:content-validation>"
    )


def _choice_name(choices: tuple[str, ...]) -> str:
    return quoteattr("choice " + "/".join(choices))


def _table(table: Table) -> Iterator[str]:
    yield f"<table:table table:name={quoteattr(_sheet_name(table.name))}>"
    yield from (f'<table:table-column table:style-name="w{column.centimetres:g}"/>' for column in table.columns)
    head = "".join(_cell(column.title, ' table:style-name="head"') for column in table.columns)
    yield f"<table:table-header-rows><table:table-row>{head}</table:table-row></table:table-header-rows>"
    extra = [f" table:content-validation-name={_choice_name(one.choices)}" if one.choices else "" for one in table.columns]
    for number, row in enumerate(table.rows, 2):
        if number > MOST_ROWS:
            raise ValueError(f"a table has {MOST_ROWS:,} rows at most")
        yield f"<table:table-row>{''.join(map(_cell, row, extra))}</table:table-row>"
    yield "</table:table>"


def _sheet_name(name: str) -> str:
    """A name that LibreOffice and Excel take: without the characters that references use, and 31 at most."""
    return "".join("_" if char in "[]*?:/\\'" else char for char in safe_text(name))[:31] or "Sheet"


def _cell(value: Cell, extra: str = "") -> str:
    match value:
        case None | "":
            return f"<table:table-cell{extra}/>"
        case int() | float():
            return f'<table:table-cell office:value-type="float" office:value="{value}"{extra}><text:p>{value}</text:p></table:table-cell>'
        case str():
            shown = spaced(escape(cell(value)))
            return f'<table:table-cell office:value-type="string"{extra}><text:p>{shown}</text:p></table:table-cell>'


def _settings(tables: Sequence[Table]) -> Iterator[str]:
    """The header of each table stays in view."""
    frozen = "".join(
        f'<config:config-item config:name="{name}" config:type="{kind}">{value}</config:config-item>'
        for name, kind, value in (
            ("VerticalSplitMode", "short", 2), ("VerticalSplitPosition", "int", 1), ("ActiveSplitRange", "short", 2), ("PositionBottom", "int", 1),
        )
    )  # fmt: skip
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-settings {SPACES} {VERSION}><office:settings>'
    yield '<config:config-item-set config:name="ooo:view-settings"><config:config-item-map-indexed config:name="Views"><config:config-item-map-entry>'
    yield '<config:config-item config:name="ViewId" config:type="string">view1</config:config-item><config:config-item-map-named config:name="Tables">'
    for table in tables:
        yield f"<config:config-item-map-entry config:name={quoteattr(_sheet_name(table.name))}>{frozen}</config:config-item-map-entry>"
    yield "</config:config-item-map-named></config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set>"
    yield "</office:settings></office:document-settings>"
