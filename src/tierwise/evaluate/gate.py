"""The gate: what blocks, what only advises, and whether the scan saw enough to say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from functools import partial

from tierwise.beside import in_two
from tierwise.evaluate.override import Blocking, let_through
from tierwise.model.baseline import Baseline
from tierwise.model.control import Severity
from tierwise.model.coverage import Coverage
from tierwise.model.finding import Finding, Findings, Gate, Override, Verdict
from tierwise.model.profile import GatePolicy, Profile
from tierwise.model.resource import Gap
from tierwise.model.words import count
from tierwise.shelf import Shelf


def expected_gap(gap: Gap, profile: Profile, today: date) -> bool:
    """Whether the profile declares the gap, with a reason that has not expired."""
    name = f"{gap.account}/{gap.region}/{gap.service}"
    return any(fnmatchcase(name, pattern) and date.fromisoformat(expires) >= today for pattern, _because, expires in profile.expected_gaps)


def unseen(gaps: Sequence[Gap], coverage: Coverage, policy: GatePolicy) -> tuple[str, ...]:
    """Why a scan saw too little to decide by; empty where it saw enough."""
    reasons: list[str] = []
    unexpected = [gap for gap in gaps if not gap.expected]
    if unexpected:
        ordered = sorted(unexpected, key=lambda gap: (not gap.whole, gap.service, gap.account, gap.region))
        places = list(dict.fromkeys(map(_place, ordered)))
        reasons.append(f"{count(len(unexpected), 'listing')} failed: {', '.join(places[:5])}{' ...' if len(places) > 5 else ''}")
    return (*reasons, *coverage.under(policy.min_coverage))


def _place(gap: Gap) -> str:
    return f"{gap.service} {gap.account}" if gap.whole else f"{gap.service} in {gap.account}/{gap.region or 'global'}"


def decide(
    findings: Sequence[Finding],
    gaps: Sequence[Gap],
    coverage: Coverage,
    policy: GatePolicy,
    baseline: Baseline | None = None,
    override: Override | None = None,
) -> Gate:
    """Failed where something may and does block; else incomplete where too little was read; else passed.

    `baseline` is what the findings were held against. An override lets failures pass, and never what was not read.
    """
    # Of very many that block no more is held than is told.
    problems = Findings.of(findings).problems
    blocking = partial(_blocking, policy)
    would = list(in_two(problems, blocking) if isinstance(problems, Shelf) else blocking(problems))
    missing = unseen(gaps, coverage, policy)
    held = baseline.name if baseline is not None else ""
    reasons = [*_there(findings, policy, baseline), *missing]
    bar = f"at {policy.fail_on.word} or above"
    if policy.mode == "observe":
        reasons += [f"observe mode: {count(len(would), 'finding')} {bar} would block"] if would else []
        return Gate(_unfailed(missing), policy.mode, policy.fail_on, _prints(would), tuple(reasons), baseline=held)
    through = let_through(override, would, policy) if override is not None else ()
    spared = set(_prints(through))
    left = [one for one in would if one[0] not in spared]
    if override is not None:
        reasons.insert(0, _spoken(override, through, left, policy))
    if left:
        reasons.insert(0, f"{count(len(left), 'finding')} {bar}")
    result = "failed" if left else _unfailed(missing)
    return Gate(result, policy.mode, policy.fail_on, _prints(left), tuple(reasons), override, _prints(through), baseline=held)


def _blocking(policy: GatePolicy, problems: Iterable[Finding]) -> Iterator[Blocking]:
    return ((one.fingerprint, one.tier) for one in problems if blocks(one, policy))


def _unfailed(missing: Sequence[str]) -> str:
    return "incomplete" if missing else "passed"


def _prints(blocking: Iterable[Blocking]) -> tuple[str, ...]:
    return tuple(print_ for print_, _tier in blocking)


def _spoken(override: Override, through: Sequence[Blocking], left: Sequence[Blocking], policy: GatePolicy) -> str:
    """What the override does here. Its person and reason are not in it: formats show those to whom they may."""
    if not through and not left:
        return f"override {override.id} was not needed"
    high = sum(tier > policy.override_up_to for _print, tier in left)
    over = f", {high} of it above {policy.override_up_to.label}, the highest tier that the profile lets an override reach" if high else ""
    return f"override {override.id} ({override.file}) lets {count(len(through), 'finding')} through" + (
        f" and not {len(left)}{over}" if left else ""
    )


def _there(findings: Sequence[Finding], policy: GatePolicy, baseline: Baseline | None) -> Iterator[str]:
    """What meets the bar and only advises, since it is not this change's doing."""
    known = advising = 0
    for one in Findings.of(findings).problems:
        if would_block(one, policy) and not blocks(one, policy):
            advising += 1
            known += one.in_baseline
    if baseline is not None:
        stand = "stands" if known == 1 else "stand"
        yield f"{count(known, 'finding')} at {policy.fail_on.word} or above {stand} in the baseline {baseline.name} and only advise{'s' * (known == 1)}"
        gone = _gone(findings, baseline)
        if gone:
            yield f"{count(gone, 'finding')} of the baseline {'is' if gone == 1 else 'are'} gone: save it anew, so that {'it stays' if gone == 1 else 'they stay'} gone"
    if advising > known:
        there = advising - known
        were, them = ("was there already and only advises", "it") if there == 1 else ("were there already and only advise", "them")
        yield f"{count(there, 'finding')} at {policy.fail_on.word} or above {were} (--gate full blocks on {them})"


def _gone(findings: Sequence[Finding], baseline: Baseline) -> int:
    """How many findings of the baseline, of controls that judge now, neither fail nor are unknown any more."""
    held = Findings.of(findings)
    judged = {sort.control for sort in held.tally}
    still = {one.fingerprint for one in held.problems}
    moved = sum(one.in_baseline and one.fingerprint not in baseline.standing for one in held.problems)
    return sum(one.control in judged and print_ not in still for print_, one in baseline.standing.items()) - moved


def blocks(finding: Finding, policy: GatePolicy) -> bool:
    """Whether a finding may block: in mode `new` only what the change brings, in none what the baseline has."""
    return not finding.in_baseline and (policy.mode != "new" or finding.introduced) and would_block(finding, policy)


def would_block(finding: Finding, policy: GatePolicy) -> bool:
    """The same without regard to who brought it: never on an assumed tier, never where accepted; unknown only where the profile says so."""
    if finding.assumed or finding.accepted or finding.severity < policy.fail_on:
        return False
    if finding.verdict is Verdict.FAIL:
        return True
    if finding.verdict is not Verdict.UNKNOWN or policy.unknown_from is None or finding.tier < policy.unknown_from:
        return False
    return any(part.action for part in finding.unknowns)


def with_bar(policy: GatePolicy, fail_on: Severity | None, mode: str | None) -> GatePolicy:
    """The policy with the command line's bar and mode over the profile's."""
    return replace(policy, mode=mode or policy.mode, fail_on=policy.fail_on if fail_on is None else fail_on)
