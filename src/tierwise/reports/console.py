"""The console report: it leads with what could not be seen and what is dangerous, and ends with the way on."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import structs

from tierwise.evaluate.fixes import entries
from tierwise.model.control import Severity
from tierwise.model.finding import KEPT, Finding, Findings, Fix, ScanResult, Verdict
from tierwise.model.resource import HELD, Resource
from tierwise.model.sensitivity import Tier, TierState
from tierwise.reports import cost, looks
from tierwise.reports.attested import beside, standing_of, told
from tierwise.reports.audience import for_audience
from tierwise.reports.base import Report, View
from tierwise.reports.cause import MOST_LINES, Cause, heading, stopping
from tierwise.reports.planned import later, obligations, sentences
from tierwise.reports.second import for_people, title
from tierwise.reports.shown import shown
from tierwise.reports.text import count, listed, log_lines, safe_text, short_id
from tierwise.reports.unseen import losses

if TYPE_CHECKING:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table

_STYLE = {Severity.CRITICAL: "bold red", Severity.HIGH: "red", Severity.MEDIUM: "yellow", Severity.LOW: "cyan", Severity.INFO: "dim"}
_MOST_DANGERS, _MOST_FIXES, _MOST_ROWS = 12, 10, 8
_MOST_CAUSES, _MOST_WOULD = 10, 3
_WIDEST = 1000
"""Columns of a table at the most."""
_LONGEST = 160
"""Characters of a sentence about one cause: it may name every listing that failed."""


def console_for(view: View) -> tuple[Console, io.StringIO]:
    """A rich console that writes into memory; plain where colour is off. Markup in data is never interpreted."""
    from rich.console import Console

    out = io.StringIO()
    made = Console(
        file=out,
        width=view.width,
        force_terminal=view.color,
        no_color=not view.color,
        color_system="standard" if view.color else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )
    return made, out


def render(result: ScanResult, view: View) -> str:
    """The report as text."""
    console, out = console_for(view)
    _Page(console, for_audience(result, view.audience), view).write()
    return log_lines(out.getvalue())


class Printer:
    """Lines and bullets on a console."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def line(self, text: str = "", style: str = "") -> None:
        """One line of text, wrapped at the page's width."""
        self.console.print("\n".join(safe_text(part) for part in text.split("\n")), style=style or None, soft_wrap=False)

    def title(self, text: str) -> None:
        """A section's heading."""
        self.line()
        self.line(text, "bold")

    def bullet(self, text: str, style: str = "", mark: str = "-") -> None:
        """An item with a hanging indent."""
        self.console.print(_hanging(text, style, mark))

    def height(self, text: str, mark: str) -> int:
        """How many lines a bullet takes."""
        return len(self.console.render_lines(_hanging(text, "", mark)))

    def table(self, table: Table) -> None:
        """A table as wide as it has to be: on a narrower terminal its lines are wrapped by that, and no number is cut."""
        from rich.measure import Measurement

        console, width = self.console, self.console.width
        console.width = max(width, Measurement.get(console, console.options.update(width=_WIDEST), table).maximum)
        console.print(table)
        console.width = width

    def detail(self, name: str, text: str, style: str = "") -> None:
        """A named value under a bullet, with a hanging indent."""
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=9)
        grid.add_column(overflow="fold")
        grid.add_row(Text(name, style="dim"), Text(safe_text(text), style=style))
        self.console.print(Padding(grid, (0, 0, 0, 5)))


def _hanging(text: str, style: str, mark: str) -> Padding:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=len(mark))
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark, style=style), Text(safe_text(text)))
    return Padding(grid, (0, 0, 0, 2))


class _Page(Printer):
    """One rendering; holds the console and what several sections count."""

    def __init__(self, console: Console, result: ScanResult, view: View) -> None:
        super().__init__(console)
        self.result = result
        self.view = view
        self.findings = Findings.of(result.findings)
        self.fails = [one for one in self.findings.problems if one.verdict is Verdict.FAIL]
        self.unknowns = [one for one in self.findings.problems if one.verdict is Verdict.UNKNOWN]
        self.names = result.by_id
        self.accounts = accounts_in(result)

    def write(self) -> None:
        """All sections in reading order."""
        self._head()
        self._stops()
        self._changes()
        self._unseen()
        self._pending()
        self._looks()
        self._dangers()
        self._evidence()
        self._heat_map()
        self._fixes()
        self._unclassified()
        self._accepted()
        self._requirements()
        self._second()
        self._foot()

    def _head(self) -> None:
        result = self.result
        if self.view.marking:
            self.line(safe_text(self.view.marking), "bold")
        self.line(f"tierwise scan of {listed([safe_text(name) for name in result.run.sources], 3)}, profile {result.run.profile}", "bold")
        where = f" in {count(len(self.accounts), 'account')}" if self.accounts else ""
        seen = f"{count(len(result.resources), 'resource')}{where}; coverage {result.coverage.whole:.1%} of the reads that were due"
        failed = sum(1 for gap in result.gaps if gap.account or not gap.expected)
        self.line(seen + (f"; {count(failed, 'listing')} failed" if failed else ""))
        if calls := cost.sentence(result.outcomes):
            self.line(calls)
        verdicts = self.findings.verdicts
        failing, unknown = ([one for one in some if one.accepted is None] for some in (self.fails, self.unknowns))
        accepted = len(self.fails) + len(self.unknowns) - len(failing) - len(unknown)
        self.line(
            f"{count(len(entries(failing)), 'problem')} ({count(len(failing), 'failed verdict')}), {len(unknown):,} unknown,"
            f" {verdicts[Verdict.PASS]:,} passed, {verdicts[Verdict.NOT_APPLICABLE]:,} not applicable"
            + (f", {accepted:,} accepted" if accepted else "")
        )
        standing = standing_of(result)
        if standing:
            self.line(f"Attested evidence on datasets: {told(standing)}; what was attested is in no other number but that of what fails")

    def _stops(self) -> None:
        """What blocks, or what an override lets through; in observe mode the first of what would block."""
        gate = self.result.gate
        page = shown(self.result, self.view)
        found = stopping(page)
        if not found:
            return
        most = _MOST_CAUSES if gate.result == "failed" or gate.overridden else _MOST_WOULD
        self.title(f"{heading(page)}: {count(len(found), 'change')} to make")
        for number, one in enumerate(found[:most], 1):
            self._cause(number, one, overridden=page.overridden(one.worst))
        if len(found) > most:
            self.line(f"    and {len(found) - most} more; see --format json")

    def _cause(self, number: int, one: Cause, *, overridden: bool) -> None:
        """One cause in at most twelve lines, with the diff whole before the reasons."""
        worst, mark = one.worst, f"{number}."
        what = f"{worst.severity.word}{', let through' if overridden else ''}: {worst.title} ({worst.control})"
        head = f"{what}: {short_id(one.place, 120)}{f' at {short_id(one.file, 80)}' if one.file else ''}"
        told = [("by", one.brought_by), ("why", one.why), ("who", one.who)]
        told = [(name, " ".join(text.split())) for name, text in told if text]
        room = MOST_LINES - self.height(head, mark) - len(told)
        diff = one.diff if len(one.diff) <= room else one.diff[: room - 1]
        spare = max(0, room - len(one.diff)) if diff else room - 2
        self.bullet(head, _STYLE[worst.severity], mark)
        for sign, text in diff:
            self.line(safe_text(f"     {sign} {text}", self.view.width), {"+": "green", "-": "red"}.get(sign, ""))
        if len(diff) < len(one.diff):
            self.line(f"       and {len(one.diff) - len(diff)} more lines: tierwise controls show {worst.control}", "dim")
        if not diff:
            self.detail("change", self._cut(one.words, 2))
        lines = {name: 1 for name, _ in told}
        # Who answers comes before why, which 'tierwise explain' tells in full.
        for name, text in reversed(told):
            if spare > 0 and len(text) > len(self._cut(text, 1)):
                lines[name], spare = 2, spare - 1
        for name, text in told:
            self.detail(name, self._cut(text, lines[name]))

    def _cut(self, text: str, lines: int) -> str:
        """As much as fits into some lines under a bullet, a word broken at the end of each."""
        return safe_text(text, lines * (self.view.width - 15) - 12 * (lines - 1))

    def _changes(self) -> None:
        told = [(one.resource, text) for one in self.result.changes for text in sentences(one)]
        if told:
            self.title("What the plan weakens, raises, lowers and takes away")
        for resource, text in told[:_MOST_ROWS]:
            self.bullet(f"{short_id(resource)} {text}", "yellow", "~")
        if len(told) > _MOST_ROWS:
            self.line(f"    and {len(told) - _MOST_ROWS} more; see --format json")

    def _unseen(self) -> None:
        result = self.result
        by_cause: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        for finding in self.unknowns:
            for part in {(one.reason, one.action or f"({one.detail or one.fact})") for one in finding.unknowns} or {("not-collected", "")}:
                by_cause[part].append(finding)
        if not (result.gaps or by_cause or result.regions):
            return
        self.title("What this scan could not see")
        missing = losses(result.gaps)
        for one in missing[:_MOST_ROWS]:
            self.bullet(safe_text(one.text), "" if one.expected else "red", "i" if one.expected else "!")
        if more := sum(one.listings for one in missing[_MOST_ROWS:]):
            self.line(f"    {more} more that could not be listed; see --format json")
        ordered = sorted(by_cause.items(), key=lambda item: (-len(item[1]), item[0]))
        told = frozenset(gap.detail for gap in result.gaps)
        for (reason, action), findings in ordered[:_MOST_ROWS]:
            things = len({one.resource for one in findings})
            because = f"{reason}{f' {safe_text(action)}' if action else ''}{_known_all_the_same(findings, reason, action, told)}"
            self.bullet(f"{count(len(findings), 'verdict')} on {count(things, 'resource')} unknown, {because}", "yellow", "?")
        if len(ordered) > _MOST_ROWS:
            self.line(f"    {len(ordered) - _MOST_ROWS} more causes; see --format json")
        closed = [status for status in result.regions if status.status == "closed-by-policy"]
        if closed:
            regions = sorted({status.region for status in closed})
            self.bullet(
                f"{count(len(regions), 'region')} closed by a service control policy, nothing can be there: {listed(regions)}", mark="i"
            )

    def _looks(self) -> None:
        if self.result.looks:
            self.title("What was looked at inside stores")
        for text in looks.sentences(self.result.looks):
            self.bullet(text, mark="i")

    def _pending(self) -> None:
        pending = self.result.pending
        if not pending:
            return
        self.title(later(pending))
        told = obligations(pending)
        for text in told[:_MOST_ROWS]:
            self.bullet(text, "yellow", "?")
        if len(told) > _MOST_ROWS:
            self.line(f"    and {len(told) - _MOST_ROWS} more; see --format json")

    def _dangers(self) -> None:
        found = sorted((one for one in self.fails if one.danger), key=lambda one: (-one.tier, -one.severity, one.resource))
        if not found:
            return
        self.title("Dangerous at any tier: public, shared or open")
        for one in found[:_MOST_DANGERS]:
            accepted = f" [accepted by {safe_text(one.accepted.approver)} until {one.accepted.expires}]" if one.accepted else ""
            self.bullet(f"{short_id(one.resource)} ({self._tier(one)}): {one.title}{accepted}", _STYLE[one.severity], "!")
            if whose := self._whose((one.resource,)):
                self.detail("account", whose)
            self.detail("expected", one.expected)
            self.detail("found", _actual(one))
        if len(found) > _MOST_DANGERS:
            self.line(f"    and {len(found) - _MOST_DANGERS} more")

    def _tier(self, one: Finding) -> str:
        return f"{one.tier.label}{', assumed' if one.assumed else ''}"

    def _evidence(self) -> None:
        rows = []
        for resource in self.result.resources:
            one = self.result.classifications[resource.id]
            if resource.kind in HELD and (one.understated or one.state is TierState.INFERRED):
                rows.append((resource, one))
        if not rows:
            return
        self.title("What the evidence says about the data")
        rows.sort(key=lambda row: (not row[1].understated, -row[1].tier, row[0].id))
        for resource, one in rows[:_MOST_ROWS]:
            because = [step.because for step in one.trace if step.tier == one.tier and not step.rule.startswith("declared")]
            said = (
                f"declared {one.declared.label}, evidence says {one.tier.label}"
                if one.understated and one.declared is not None
                else one.tier.label
            )
            self.bullet(f"{short_id(resource.id)}: {said}{f' ({safe_text(because[0])})' if because else ''}")
        if len(rows) > _MOST_ROWS:
            self.line(f"    and {len(rows) - _MOST_ROWS} more; tierwise classify lists all")

    def _heat_map(self) -> None:
        from rich.table import Table
        from rich.text import Text

        families = sorted({one.family for one in self.findings.problems})
        if not families:
            return
        self.title("Failed (and unknown) verdicts by tier and family")
        cells: Counter[tuple[str, str, str]] = Counter()
        for one in self.findings.problems:
            if one.accepted is None:
                cells[self._row(one), one.family, one.verdict.value] += 1
        held = Counter(self._row_of(key) for key in self.result.classifications)
        rows = [row for row in [*(tier.label for tier in reversed(Tier)), "assumed"] if held[row]]
        # Families are rows, for there are more of them than a terminal is wide.
        table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="dim")
        table.add_column("", no_wrap=True)
        for row in rows:
            table.add_column(row.replace(" ", "\n"), justify="right", no_wrap=True)
        table.add_row(Text("resources", style="dim"), *(Text(f"{held[row]:,}", style="dim") for row in rows))
        for family in families:
            shown = [Text(_cell(cells[row, family, "fail"], cells[row, family, "unknown"])) for row in rows]
            table.add_row(family, *shown)
        self.table(table)
        self.line(
            "  number = failed, ?number = unknown, . = neither; accepted risks aside; assumed tiers stand apart and only advise",
            "dim",
        )

    def _row(self, one: Finding) -> str:
        return "assumed" if one.assumed else one.tier.label

    def _row_of(self, key: str) -> str:
        one = self.result.classifications[key]
        return "assumed" if one.state is TierState.ASSUMED else one.tier.label

    def _fixes(self) -> None:
        if not self.result.fixes:
            return
        alike = fixes_alike(self.result.fixes)
        shown, places = min(_MOST_FIXES, len(alike)), len(self.result.fixes)
        lists = "tierwise fixes lists all" if places == len(alike) else f"tierwise fixes lists all {places:,}, place by place"
        self.title(f"The changes that close most ({shown} of {len(alike):,}; {lists})")
        by_print = {one.fingerprint: one for one in self.fails}
        for number, fix in enumerate(alike[:_MOST_FIXES], 1):
            write_fix(self, number, fix, by_print, self._whose(fix.resources))

    def _whose(self, resources: Sequence[str]) -> str:
        """The accounts of some resources, where there are several to tell apart."""
        return whose(resources, self.names) if len(self.accounts) > 1 else ""

    def _unclassified(self) -> None:
        rest = [key for key in self.result.what_if if key in self.names]
        if not rest:
            return
        totals: Counter[str] = Counter()
        for key in rest:
            totals.update(self.result.what_if[key])
        self.title(f"Nobody has said what {count(len(rest), 'store')} hold{'s' if len(rest) == 1 else ''}")
        self.line(
            f"  They are judged as the profile assumes, and only advise. If all were T1 internal, {count(totals['T1'], 'verdict')} would fail;"
            f" as T2 personal {totals['T2']}; as T3 heightened at least {totals['T3']}."
        )
        by_kind = Counter(self.names[key].kind.value for key in rest)
        self.line(f"  {listed([f'{number} {kind}' for kind, number in by_kind.most_common()], 8)}")
        self.line("  tierwise classify suggest   proposes the fewest register lines that settle most of them")

    def _accepted(self) -> None:
        found = [one for one in self.findings.problems if one.accepted]
        if found or self.result.notes:
            self.title("Accepted risks (true, and someone answers for them)")
        for one in found[:_MOST_ROWS]:
            if one.accepted:
                self.bullet(
                    f"{one.control} on {short_id(one.resource)} until {one.accepted.expires}: {safe_text(one.accepted.reason)}"
                    f" (accepted by {safe_text(one.accepted.by)} {safe_text(one.accepted.written)})"
                )
        if len(found) > _MOST_ROWS:
            self.line(f"    and {len(found) - _MOST_ROWS} more; see --format json")
        for note in self.result.notes[:_MOST_ROWS]:
            self.bullet(note, mark="i")

    def _requirements(self) -> None:
        if not self.result.requirements:
            return
        self.title(f"What this scan shows of {self.result.framework} (never that it is met)")
        for one in self.result.requirements:
            counts = (
                f"{one.passed} pass, {one.failed} fail, {one.unknown} unknown"
                if one.passed or one.failed or one.unknown
                else "no control can see it"
            )
            more = beside(one)
            known = ", ".join(dict.fromkeys((one.words, one.coverage)))
            self.bullet(f"{one.id} {one.title}: {known} ({counts}{f'; {more}' if more else ''})")

    def _second(self) -> None:
        second = self.result.second
        if second is not None:
            self.title(title(second))
            for line in for_people(second):
                self.bullet(line)

    def _foot(self) -> None:
        result = self.result
        if result.deselected:
            self.title("Controls left out by the profile")
            for control, because in result.deselected:
                self.bullet(f"{control}: {safe_text(because)}")
        self.line()
        style = {"passed": "bold green", "failed": "bold red", "incomplete": "bold yellow"}[result.gate.result]
        bar = f" (mode {result.gate.mode}, bar {result.gate.fail_on.word})" if result.gate.mode != KEPT else ""
        self.line(
            f"Gate {safe_text(result.gate.decision)}{bar}{': ' + '; '.join(result.gate.reasons) if result.gate.reasons else ''}", style
        )
        worst = next((one for one in sorted(self.fails, key=lambda one: (-one.severity, -one.tier, one.resource))), None)
        if worst:
            self.line(f"Next: tierwise explain {worst.fingerprint}", "dim")


def _known_all_the_same(findings: Sequence[Finding], reason: str, action: str, told: Collection[str]) -> str:
    """What is known of facts that a read would settle, where a sentence says so that was not `told` above: the first, for there may be one for each account."""
    parts = {part.detail for one in findings for part in one.unknowns if (part.reason, part.action) == (reason, action)}
    said = sorted(one for one in parts if " " in one and action and one not in told)
    return f" ({safe_text(said[0], _LONGEST)}{', among others' if said[1:] else ''})" if said else ""


def _cell(failed: int, unknown: int) -> str:
    if not failed and not unknown:
        return "."
    return f"{failed or ''}{f'?{unknown}' if unknown else ''}"


def _actual(one: Finding) -> str:
    return ", ".join(f"{part.fact} {safe_text(part.value)}" for part in one.actual) or "nothing"


def fixes_alike(fixes: Sequence[Fix]) -> list[Fix]:
    """The fixes, severe ones first and then those that close most; the same change, made in the same way, in several places is one entry that names them all."""
    groups: dict[tuple[str, Severity, str], list[Fix]] = defaultdict(list)
    for fix in fixes:
        groups[fix.control, fix.severity, fix.remedy].append(fix)
    merged = [
        structs.replace(
            group[0],
            fix_at=listed([short_id(place, 60) for place in dict.fromkeys(fix.fix_at for fix in group)], 3),
            findings=tuple(one for fix in group for one in fix.findings),
            resources=tuple(dict.fromkeys(one for fix in group for one in fix.resources)),
            tiers=tuple(sorted({tier for fix in group for tier in fix.tiers}, reverse=True)),
            owner=group[0].owner if len({fix.owner for fix in group}) == 1 else "",
        )
        if len(group) > 1
        else group[0]
        for group in groups.values()
    ]
    return sorted(merged, key=lambda fix: (-fix.severity, -len(fix.findings), fix.control))


def accounts_in(result: ScanResult) -> frozenset[str]:
    """The accounts in which something was found."""
    return frozenset(one.account for one in result.resources if one.account)


def whose(resources: Sequence[str], names: Mapping[str, Resource]) -> str:
    """The accounts of some resources with their units, the first few by name."""
    return listed(list(dict.fromkeys(one.within for key in resources if (one := names.get(key)) is not None and one.account)), 3)


def write_fix(printer: Printer, number: int, fix: Fix, by_print: Mapping[str, Finding], accounts: str = "") -> None:
    """One fix: what, how many it closes, where, expected and found, who, and how; `accounts` are named where there are several."""
    printer.bullet(
        f"{fix.severity.word}: {fix.title} ({fix.control}); closes {count(len(fix.findings), 'finding')} on"
        f" {count(len(fix.resources), 'resource')} [{', '.join(tier.label for tier in fix.tiers)}]",
        _STYLE[fix.severity],
        f"{number}.",
    )
    printer.detail("where", f"{short_id(fix.fix_at, 200)}{f'   owner {safe_text(fix.owner)}' if fix.owner else ''}")
    if accounts:
        printer.detail("account", accounts)
    closed = [by_print[one] for one in fix.findings if one in by_print]
    first = next((one for one in closed if one.control == fix.control), None)
    if first is not None:
        printer.detail("expected", first.expected)
        printer.detail("found", _actual(first))
    if fix.remedy:
        printer.detail("remedy", safe_text(" ".join(fix.remedy.split())))


def fixes_text(result: ScanResult, most: int, view: View) -> str:
    """The first fixes as text, for `tierwise fixes`."""
    console, out = console_for(view)
    printer = Printer(console)
    by_print = {one.fingerprint: one for one in Findings.of(result.findings).problems}
    names = result.by_id if len(accounts_in(result)) > 1 else {}
    for number, fix in enumerate(result.fixes[:most], 1):
        write_fix(printer, number, fix, by_print, whose(fix.resources, names))
    return log_lines(out.getvalue())


REPORT = Report("console", render, "for people, on a terminal or piped")
