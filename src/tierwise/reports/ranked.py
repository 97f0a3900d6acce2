"""Other tools' findings joined to our resources and put into the order of tier, severity and reach: for people, as CSV, as JSON."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tierwise.model.control import Severity
from tierwise.model.finding import ScanResult
from tierwise.model.foreign import Foreign, Reference, Standing
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Classification, TierState
from tierwise.reports.base import View
from tierwise.reports.console import Printer, console_for
from tierwise.reports.escape import json_bytes
from tierwise.reports.locate import SourceIndex, locate
from tierwise.reports.page.reach import Reach, reach_of
from tierwise.reports.tabular import csv_bytes
from tierwise.reports.text import count, log_lines, short_id

SCHEMA: Final = "tierwise/rank/1"
COLUMNS: Final = (
    "rank", "weight", "tier", "tier_state", "severity", "reach", "tool", "check", "title", "standing", "resource", "joined_by", "dataset", "owner", "named", "not_joined",
)  # fmt: skip
_NOT_SAID: Final = Severity.MEDIUM
"""What counts where a tool does not say how severe a finding is."""
_LEFT_OUT: Final = frozenset({Standing.MET, Standing.SUPPRESSED})
_KEYS: Final = re.compile(r'\[(?:[^\]"]|"(?:[^"\\]|\\.)*")*\]')
_ARN: Final = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):")
_TYPED: Final = re.compile(r"arn:[^:]*:[^:]*(?P<place>:[^:]*:[^:]*:)(?:[^:/]*(?=[:/]))?")
_OBJECT: Final = re.compile(r"(arn:[^:]*:s3:::[^/]+)/.*", re.DOTALL)
_ACCOUNT: Final = re.compile(r"AWS::::Account:(\d{12})")
_ZONE: Final = re.compile(r"-?[a-z]")
_FULL: Final = ("arn:", "//", "https://", "gs://", "projects/")
"""How names begin that mean one thing wherever they are read."""
UNREADABLE: Final = "it could not be read"
NAMELESS: Final = "it names no resource"
ELSEWHERE: Final = "its account is not in the scan"
TWICE: Final = "more than one resource of the scan is called that"
ABSENT: Final = "the scan has no such resource"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A finding with the resource that it is about, or why there is none."""

    found: Foreign
    resource: Resource | None
    told: Classification | None
    reach: Reach
    how: str
    """By what it was joined, or why it was not."""

    @property
    def weight(self) -> float:
        """Tier, severity and reach multiplied, each counted from one; nothing for what is not joined."""
        if self.told is None:
            return 0
        return (self.told.tier + 1) * (self.severity + 1) * (self.reach.rank + 1)

    @property
    def severity(self) -> Severity:
        """As its tool says, else medium."""
        return self.found.severity if self.found.severity is not None else _NOT_SAID

    @property
    def order(self) -> tuple[object, ...]:
        """Joined first, settled tiers before assumed ones, then by weight; of what is not joined by severity."""
        one = self.found
        assumed = self.told is not None and self.told.state is TierState.ASSUMED
        tier = -self.told.tier if self.told is not None else 0
        return (
            self.told is None,
            assumed,
            -self.weight,
            tier,
            -self.severity,
            one.tool,
            one.check,
            self.resource.id if self.resource else self.named,
        )

    @property
    def named(self) -> str:
        """The resource as the tool names it."""
        return next((each.id or each.name or each.path for each in self.found.resources if each.id or each.name or each.path), "")


@dataclass(frozen=True, slots=True)
class Ranking:
    """All findings that are open, in their order, and how many were not looked at since their own tool has done with them."""

    rows: tuple[Ranked, ...]
    left_out: Mapping[Standing, int]
    tools: tuple[str, ...]

    @property
    def joined(self) -> Sequence[Ranked]:
        """Those of a resource that the scan knows."""
        return [one for one in self.rows if one.resource is not None]

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many could not be joined, by why, most first."""
        return dict(Counter(one.how for one in self.rows if one.resource is None).most_common())


class Estate:
    """The resources of a scan by everything that they go by."""

    def __init__(self, result: ScanResult, sources: SourceIndex | None = None) -> None:
        self._result = result
        self._full: dict[str, list[Resource]] = defaultdict(list)
        self._names: dict[tuple[str, str], list[Resource]] = defaultdict(list)
        self._lines: dict[str, list[tuple[int, int, Resource]]] = defaultdict(list)
        for one in result.resources:
            for name in dict.fromkeys((one.id, one.name, *one.aliases)):
                self._add(name, one)
            if one.address is not None:
                for address in (one.address, _KEYS.sub("", one.address)):
                    self._full[address].append(one)
                spot = locate(sources, one.address) if sources is not None else None
                if spot is not None:
                    self._lines[spot.path].append((spot.line, spot.end, one))
        self._accounts = {_plain(one.account) for one in result.resources}

    def _add(self, name: str, one: Resource) -> None:
        if name.startswith(_FULL) or name == one.id:
            self._full[_canonical(name)].append(one)
        elif name:
            self._names[_plain(one.account), _plain(name)].append(one)

    def rank(self, found: Foreign) -> Ranked:
        """A finding with the resource that weighs most of those that it names."""
        if not found.readable:
            return Ranked(found, None, None, reach_of(None), UNREADABLE)
        if not any(one.id or one.name or one.path for one in found.resources):
            return Ranked(found, None, None, reach_of(None), NAMELESS)
        made, reasons = [], []
        for reference in found.resources:
            held, how = self._joined(reference)
            made += [Ranked(found, one, self._result.classifications[one.id], reach_of(one), how) for one in held]
            reasons += [how] * (not held)
        if made:
            return min(made, key=lambda one: one.order)
        order = (TWICE, ELSEWHERE, ABSENT)
        return Ranked(found, None, None, reach_of(None), min(reasons, key=order.index))

    def _joined(self, one: Reference) -> tuple[Sequence[Resource], str]:
        """What it means, and how that is known; several where one block makes several."""
        account = _ACCOUNT.fullmatch(one.id)
        for text in (one.id, one.name):
            bucket = _OBJECT.fullmatch(text)
            held = self._full.get(_canonical(bucket[1] if bucket else text)) if text else None
            if held:
                return list({each.id: each for each in held}.values()), "the bucket of its object" if bucket else "its full name"
        if one.path and (held := [each for first, last, each in self._lines.get(one.path, ()) if first <= one.line <= last]):
            return held, "its place in the configuration"
        where = account[1] if account else one.account or (found[1] if (found := _ARN.match(one.id)) else "")
        for in_region in (True, False):
            for text in (account[1] if account else one.id, one.name):
                held = self._called(one, _plain(where), text, in_region=in_region) if text else []
                if len(held) == 1:
                    return held, f"account{', region' if in_region else ''} and name"
                if held:
                    return (), TWICE
        return (), ELSEWHERE if where and _plain(where) not in self._accounts else ABSENT

    def _called(self, one: Reference, account: str, name: str, *, in_region: bool) -> list[Resource]:
        """What is called that in the region that a finding names, or where one of the two names none; of another sort than its full name tells it is none."""
        sort = _sort(one.id)
        return [
            each
            for each in {each.id: each for each in self._names.get((account, _plain(name)), ())}.values()
            if (_same_region(one.region, each.region) if in_region else not (_region(one.region) and _region(each.region)))
            and (not sort or _sort(each.id) in ("", sort))
        ]


def _region(name: str) -> str:
    """A region without case; `global` is none."""
    return "" if name.casefold() == "global" else name.casefold()


def _same_region(one: str, other: str) -> bool:
    """Whether two regions are one, or one of them a zone of the other: `eu-west-2a`, `europe-west2-a`."""
    short, long = sorted((_region(one), _region(other)), key=len)
    return bool(short) and (short == long or (long.startswith(short) and bool(_ZONE.fullmatch(long[len(short) :]))))


def _sort(name: str) -> str:
    """The service of an ARN with the type of what it names, the type of an ARM id, the service of a Google full name; nothing where it is none of these."""
    if found := _TYPED.match(name):
        return found[0].replace(found["place"], "::", 1)
    if name.startswith("//"):
        return name.split("/", 3)[2]
    _, _, below = _canonical(name).partition("/providers/")
    parts = below.split("/")
    return "/".join(parts[:2] + parts[3::2]) if name[:15].casefold() == "/subscriptions/" else ""


def _canonical(name: str) -> str:
    """A full name as its cloud compares it: ARM ids without case, all others as they are written."""
    return name.casefold().rstrip("/") if name[:15].casefold() == "/subscriptions/" else name


def _plain(name: str) -> str:
    """A name without case: where two that differ in case alone are called alike, nothing is joined."""
    return name.casefold()


def ranking(found: Iterable[Foreign], estate: Estate) -> Ranking:
    """All of them, in their order."""
    left: Counter[Standing] = Counter()
    tools: dict[str, None] = {}
    rows = []
    for one in found:
        if one.tool:
            tools[one.tool] = None
        if one.standing in _LEFT_OUT:
            left[one.standing] += 1
        else:
            rows.append(estate.rank(one))
    rows.sort(key=lambda one: one.order)
    return Ranking(tuple(rows), dict(left), tuple(tools))


def page(found: Ranking, view: View, most: int = 30) -> str:
    """The heaviest first, then what could not be joined, with the reasons."""
    console, out = console_for(view)
    made = Printer(console)
    joined = found.joined
    apart = len(found.rows) - len(joined)
    left = ", ".join(f"{number:,} {standing}" for standing, number in found.left_out.items())
    made.line(
        f"{count(len(found.rows), 'open finding')} of {', '.join(found.tools) or 'no tool'}: {len(joined):,} on resources of the scan, {apart:,} not joined."
        + (f" Left out, by the word of their own tool: {left}." if left else ""),
        "bold",
    )
    if joined:
        made.line("Weight is tier x severity x reach, each counted from 1; assumed tiers stand last, for nobody has said what is there.")
    for number, one in enumerate(joined[:most], 1):
        made.line()
        made.line(f"{number}. {_severity(one)}  {one.found.check}: {one.found.title}")
        made.detail("weight", f"{one.weight:g}: {_tier(one)} x {_severity(one)} x {one.reach.words}")
        made.detail("resource", f"{short_id(one.resource.id, 90) if one.resource is not None else ''} ({one.how})")
        if one.told is not None and (one.told.dataset or one.told.owner):
            made.detail("owner", f"{one.told.owner or 'nobody is named'}{f'; dataset {one.told.dataset}' if one.told.dataset else ''}")
        if one.found.standing is Standing.UNKNOWN:
            made.detail("stands", "its tool could not tell, and leaves it to a person")
    if len(joined) > most:
        made.line()
        made.line(f"{len(joined) - most:,} more; --most {len(joined)} shows all, and so do csv and json")
    if apart:
        made.title(f"Not joined ({apart:,}): nothing here says how much they matter")
        for reason, number in found.reasons.items():
            made.bullet(f"{number:,}: {reason}")
            for one in [each for each in found.rows if each.resource is None and each.how == reason][:3]:
                made.line(f"      {_severity(one)}  {one.found.check} {short_id(one.named, 70)}".rstrip())
    return log_lines(out.getvalue())


def _severity(one: Ranked) -> str:
    return one.severity.word if one.found.severity is not None else f"{one.severity.word}, not said"


def _tier(one: Ranked) -> str:
    if one.told is None:
        return ""
    return f"{one.told.tier.label}{', assumed' if one.told.state is TierState.ASSUMED else ''}"


def _row(number: int, one: Ranked) -> tuple[str, ...]:
    told, held = one.told, one.resource
    return (
        str(number),
        f"{one.weight:g}" if held is not None else "",
        told.tier.name if told is not None else "",
        told.state.value if told is not None else "",
        one.found.severity.word if one.found.severity is not None else "",
        one.reach.words if held is not None else "",
        one.found.tool,
        one.found.check,
        one.found.title,
        one.found.standing.value,
        held.id if held is not None else "",
        one.how if held is not None else "",
        told.dataset if told is not None else "",
        told.owner if told is not None else "",
        one.named,
        "" if held is not None else one.how,
    )


def as_csv(found: Ranking, view: View, most: int = 0) -> bytes:  # noqa: ARG001 - one signature for all formats
    """One row for each open finding, those that could not be joined last."""
    return csv_bytes(COLUMNS, (_row(number, one) for number, one in enumerate(found.rows, 1)))


def as_json(found: Ranking, view: View, most: int = 0) -> bytes:  # noqa: ARG001 - one signature for all formats
    """The same as JSON (`tierwise/rank/1`), with the counts."""
    head = {
        "schema": SCHEMA,
        "tools": list(found.tools),
        "open": len(found.rows),
        "joined": len(found.joined),
        "not_joined": found.reasons,
        "left_out": {standing.value: number for standing, number in found.left_out.items()},
    }
    return json_bytes(head)[:-1] + b',"findings":[' + b",".join(_objects(found)) + b"]}\n"


def _objects(found: Ranking) -> Iterator[bytes]:
    for number, one in enumerate(found.rows, 1):
        told = dict(zip(COLUMNS, _row(number, one), strict=True))
        yield json_bytes(
            {**{name: text or None for name, text in told.items()}, "rank": number, "weight": one.weight if one.told else None}
        )


FORMATS: Final[Mapping[str, Callable[[Ranking, View, int], str | bytes]]] = {"console": page, "csv": as_csv, "json": as_json}
"""The order by format."""
