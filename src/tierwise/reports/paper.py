"""Short papers for people who read no scans: headings, sentences, lists and small tables, as a page or as an OpenDocument text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar, Final, TypeAlias
from xml.sax.saxutils import escape

from tierwise.reports.odf import SPACES, VERSION, package, spaced
from tierwise.reports.page.shell import frame, render_page
from tierwise.reports.text import safe_text

_WIDTH: Final = 76
_LONGEST: Final = 30
ODT: Final = "application/vnd.oasis.opendocument.text"


@dataclass(frozen=True, slots=True)
class Text:
    """A heading, the sentence that leads, or a paragraph."""

    kind: str
    """`heading`, `lead` or `paragraph`"""
    text: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of sentences."""

    kind: ClassVar[str] = "list"
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; the first cell of a row names it."""

    kind: ClassVar[str] = "table"
    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Part: TypeAlias = Text | Listed | Grid


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper."""

    title: str
    parts: tuple[Part, ...]
    run: str
    sources: str
    marking: str = ""
    dense: bool = False
    """Whether it is set small, to stand on one printed side."""

    def words(self) -> Iterator[str]:
        """Every text of it, in order."""
        yield self.title
        for part in self.parts:
            match part:
                case Text():
                    yield part.text
                case Listed():
                    yield from part.items
                case Grid():
                    yield part.name
                    yield from part.head
                    yield from (cell for row in part.rows for cell in row)


def heading(text: str) -> Text:
    """A heading."""
    return Text("heading", text)


def lead(text: str) -> Text:
    """The sentence that matters most."""
    return Text("lead", text)


def paragraph(text: str) -> Text:
    """A paragraph."""
    return Text("paragraph", text)


def as_html(paper: Paper) -> bytes:
    """One self-contained page."""
    told = {**frame(run=paper.run, sources=paper.sources, marking=paper.marking), "paper": paper, "targets": {}}
    return render_page("paper.html.j2", told).encode("utf-8", "replace")


def as_odt(paper: Paper) -> bytes:
    """An OpenDocument text. Source: OASIS OpenDocument 1.3, part 3, sections 5 (text) and 9 (tables)."""
    return package(ODT, {"content.xml": "".join(_content(paper)), "styles.xml": _styles(0.85 if paper.dense else 1)})


def as_text(paper: Paper) -> bytes:
    """Plain text for the body of a mail, in lines that no mail program breaks anew (RFC 5322, section 2.1.1, asks for 78 signs at most)."""
    return "".join(f"{line}\n" for line in _lines(paper)).encode("utf-8", "replace")


def _lines(paper: Paper) -> Iterator[str]:
    if paper.marking:
        yield from (safe_text(paper.marking), "")
    yield from _wrapped(paper.title)
    yield "=" * min(_WIDTH, len(safe_text(paper.title)))
    for part in paper.parts:
        yield ""
        match part:
            case Text(kind="heading"):
                yield from (safe_text(part.text), "-" * len(safe_text(part.text)))
            case Text():
                yield from _wrapped(part.text)
            case Listed():
                for item in part.items:
                    yield from _wrapped(item, "- ")
            case Grid():
                yield f"{safe_text(part.name)}:"
                for name, *cells in part.rows:
                    told = "; ".join(f"{head.lower()}: {cell}" for head, cell in zip(part.head[1:], cells, strict=True))
                    yield from _wrapped(f"{name}: {told}", "- ")
    yield from ("", f"Made by tierwise from run {safe_text(paper.run)}.")


def _wrapped(text: str, first: str = "") -> list[str]:
    """A text in lines; what has no blank in it stays whole."""
    return wrap(
        safe_text(text), _WIDTH, initial_indent=first, subsequent_indent=" " * len(first), break_long_words=False, break_on_hyphens=False
    )


def _content(paper: Paper) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {SPACES} {VERSION}><office:automatic-styles>'
    yield '<style:style style:name="cell" style:family="table-cell"><style:table-cell-properties fo:padding="0.05cm" fo:border="0.5pt solid #888888"/></style:style>'
    for number, part in enumerate(paper.parts):
        if isinstance(part, Grid):
            yield from (_column(f"table{number}-{at}", width) for at, width in enumerate(_widths(part)))
    yield "</office:automatic-styles><office:body><office:text>"
    if paper.marking:
        yield _p("Marking", paper.marking)
    yield f'<text:h text:style-name="Title" text:outline-level="1">{_shown(paper.title)}</text:h>'
    for number, part in enumerate(paper.parts):
        match part:
            case Text(kind="heading"):
                yield f'<text:h text:style-name="Heading" text:outline-level="2">{_shown(part.text)}</text:h>'
            case Text():
                yield _p("Lead" if part.kind == "lead" else "Standard", part.text)
            case Listed():
                items = "".join(f"<text:list-item>{_p('Standard', one)}</text:list-item>" for one in part.items)
                yield f"<text:list>{items}</text:list>"
            case Grid():
                yield _p("Caption", part.name)
                yield from _table(part, number)
    yield _p("Caption", f"Made by tierwise from run {paper.run}.")
    yield "</office:text></office:body></office:document-content>"


def _table(part: Grid, number: int) -> Iterator[str]:
    columns = "".join(f'<table:table-column table:style-name="table{number}-{at}"/>' for at in range(len(part.head)))
    yield f'<table:table table:name="table{number}">{columns}'
    yield f"<table:table-header-rows>{_row(part.head, 'Head')}</table:table-header-rows>"
    yield from (_row(row, "Standard") for row in part.rows)
    yield "</table:table>"


def _widths(part: Grid) -> Iterator[int]:
    """How wide the columns are beside each other, by their longest texts; what is very long is broken."""
    for texts in zip(part.head, *part.rows, strict=True):
        yield min(max(map(len, texts)), _LONGEST) + 3


def _column(name: str, width: int) -> str:
    return f'<style:style style:name="{name}" style:family="table-column"><style:table-column-properties style:rel-column-width="{width}*"/></style:style>'


def _row(cells: tuple[str, ...], style: str) -> str:
    made = "".join(
        f'<table:table-cell table:style-name="cell" office:value-type="string">{_p(style, cell)}</table:table-cell>' for cell in cells
    )
    return f"<table:table-row>{made}</table:table-row>"


def _p(style: str, text: str) -> str:
    return f'<text:p text:style-name="{style}">{_shown(text)}</text:p>'


def _shown(text: str) -> str:
    return spaced(escape(safe_text(text)))


def _style(name: str, points: float, *, bold: bool, before: str) -> str:
    weight = ' fo:font-weight="bold"' if bold else ""
    return (
        f'<style:style style:name="{name}" style:family="paragraph"><style:paragraph-properties fo:margin-top="{before}" fo:margin-bottom="0.05cm"/>'
        f'<style:text-properties fo:font-family="Liberation Sans, Arial, sans-serif" fo:font-size="{points:g}pt"{weight}/></style:style>'
    )


def _styles(size: float) -> str:
    """The styles by their names, as large as asked for."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-styles {SPACES} {VERSION}><office:styles>'
        + _style("Standard", 10 * size, bold=False, before="0cm")
        + _style("Title", 16 * size, bold=True, before="0cm")
        + _style("Heading", 12 * size, bold=True, before="0.2cm")
        + _style("Lead", 12 * size, bold=True, before="0.1cm")
        + _style("Head", 10 * size, bold=True, before="0cm")
        + _style("Caption", 9 * size, bold=False, before="0.05cm")
        + _style("Marking", 11 * size, bold=True, before="0cm")
        + '</office:styles><office:automatic-styles><style:page-layout style:name="page"><style:page-layout-properties fo:page-width="21cm"'
        + ' fo:page-height="29.7cm" fo:margin="1.5cm"/></style:page-layout></office:automatic-styles><office:master-styles>'
        + '<style:master-page style:name="Standard" style:page-layout-name="page"/></office:master-styles></office:document-styles>'
    )
