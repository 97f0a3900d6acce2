"""Small estates at some time, made by hand or at random, as results of scans."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from tests.reports.sample import ACCOUNT, bucket, classification, finding, result_of
from tierwise.evaluate.baseline import digests
from tierwise.model.control import Compare, Control, Op, Severity
from tierwise.model.finding import Acceptance, Finding, ScanResult, Verdict
from tierwise.model.history import KeptRun, Picture, Place, Standing, row_of
from tierwise.model.resource import Gap, Kind, Resource
from tierwise.model.sensitivity import Tier, TierState
from tierwise.store.save import Unseen

FIRST = datetime.fromisoformat("2026-01-05T09:00:00+00:00")
SERIES = "aws:123456789012 profile=test"
ACCEPTED = Acceptance("waits for its end", "the owner", "a.senior", "2027-01-31", "acceptances.yaml:3")


def arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def control(number: int, *, version: int = 1) -> Control:
    """A control; another version of it asks something else."""
    asked = Compare("encryption.at_rest", Op.IS, version == 1)
    return Control(
        f"ENC-{number:02}",
        f"Data is encrypted, way {number}",
        "encryption",
        (Kind.OBJECT_STORE,),
        {Tier.T1: asked},
        dict.fromkeys(list(Tier)[1:], Severity.HIGH),
        "A disk must not carry readable records. And more.",
        {},
        "a standard",
    )


@dataclass(frozen=True)
class World:
    """What is there at a time: tiers by bucket, verdicts by bucket and control, and what else a run brings."""

    tiers: Mapping[str, Tier]
    verdicts: Mapping[tuple[str, int], Verdict]
    accepted: frozenset[tuple[str, int]] = frozenset()
    assumed: frozenset[str] = frozenset()
    versions: Mapping[int, int] = field(default_factory=lambda: {1: 1, 2: 1, 3: 1})
    blind: bool = False
    """The listing of buckets failed in part."""

    @property
    def controls(self) -> dict[str, Control]:
        return {made.id: made for number, version in self.versions.items() for made in [control(number, version=version)]}

    def findings(self) -> tuple[Finding, ...]:
        asked = [(name, number) for name in sorted(self.tiers) for number in sorted(self.versions) if (name, number) in self.verdicts]
        return tuple(
            finding(
                number,
                self.verdicts[name, number],
                Severity(min(4, max(1, int(self.tiers[name])))),
                arn(name),
                fingerprint=f"{name}-{number}",
                tier=self.tiers[name],
                assumed=name in self.assumed,
                accepted=ACCEPTED
                if (name, number) in self.accepted and self.verdicts[name, number] in (Verdict.FAIL, Verdict.UNKNOWN)
                else None,
            )
            for name, number in asked
        )

    def resources(self) -> tuple[Resource, ...]:
        return tuple(bucket(name, arn(name)) for name in sorted(self.tiers))

    def result(self, number: int, days: float = 7) -> ScanResult:
        """The run of the number, so many days after the one before."""
        started = FIRST + timedelta(days=days * (number - 1))
        made = result_of(self.findings(), held=self.resources())
        states = {name: TierState.ASSUMED if name in self.assumed else TierState.DECLARED for name in self.tiers}
        run = replace(made.run, id=f"run-{number}", started=started.isoformat(), finished=(started + timedelta(minutes=9)).isoformat())
        gap = Gap("aws", ACCOUNT, "", "s3", "permission-denied", "s3:ListAllMyBuckets", kinds=frozenset({Kind.OBJECT_STORE}))
        return replace(
            made,
            run=run,
            classifications={arn(name): classification(tier, states[name]) for name, tier in self.tiers.items()},
            gaps=(gap,) if self.blind else (),
        )


BUCKETS = ("claims", "patients", "prisons", "schools")


def random_world(chance: random.Random) -> World:
    """Any of the small estates."""
    names = [name for name in BUCKETS if chance.random() < 0.8]
    versions = {number: chance.choice((1, 1, 1, 2)) for number in (1, 2, 3) if chance.random() < 0.85}
    pairs = [(name, number) for name in names for number in versions if chance.random() < 0.9]
    return World(
        {name: chance.choice((Tier.T1, Tier.T2, Tier.T3, Tier.T3, Tier.T4)) for name in names},
        {pair: chance.choice(tuple(Verdict)) for pair in pairs},
        frozenset(pair for pair in pairs if chance.random() < 0.2),
        frozenset(name for name in names if chance.random() < 0.2),
        versions,
        blind=chance.random() < 0.3,
    )


def whole_picture(world: World, run: KeptRun) -> Picture:
    """Everything at a run, made from the world itself and not from the store."""
    findings = world.findings()
    standings = {
        one.fingerprint: Standing(
            one.fingerprint,
            one.control,
            one.resource,
            one.verdict,
            one.severity,
            one.tier,
            one.assumed,
            "a.senior until 2027-01-31" if one.accepted else "",
            one.title,
            one.why,
            one.expected,
            "; ".join(f"{part.fact} {part.value}" for part in one.actual),
            one.owner,
        )
        for one in findings
        if one.verdict in (Verdict.FAIL, Verdict.UNKNOWN)
    }
    settled = {
        verdict: {
            name: frozenset(
                one.control
                for one in findings
                if one.resource == arn(name) and (Verdict.PASS if one.verdict is Verdict.ATTESTED else one.verdict) is verdict
            )
            for name in world.tiers
        }
        for verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)
    }
    places = {
        arn(name): Place(
            arn(name),
            tier,
            name in world.assumed,
            "the tag says so: secretreason",
            settled[Verdict.PASS][name],
            settled[Verdict.NOT_APPLICABLE][name],
        )
        for name, tier in world.tiers.items()
    }
    gaps = Unseen.of(world.result(1).gaps)
    absent = frozenset(arn(name) for name in BUCKETS if name not in world.tiers and gaps.holds("aws", ACCOUNT, "eu-west-2", "object-store"))
    return Picture(run, standings, places, absent)


def expected_run(world: World, number: int) -> KeptRun:
    """The run as it should be kept, counted from the world itself."""
    result, findings = world.result(number), world.findings()
    failed = [one for one in findings if one.verdict is Verdict.FAIL and not one.accepted]
    rows = [row_of(one.tier, assumed=one.assumed) for one in failed]
    return KeptRun(
        id=f"run-{number}",
        series=SERIES,
        number=number,
        started=result.run.started,
        finished=result.run.finished,
        profile="uk-gov-personal-data",
        tool="0.1.0",
        sources=(f"aws:{ACCOUNT}",),
        controls=digests(world.controls.values()),
        gate="passed",
        coverage=0.975,
        resources=len(world.tiers),
        failed=len(failed),
        unknown=sum(one.verdict is Verdict.UNKNOWN and not one.accepted for one in findings),
        accepted=sum(one.accepted is not None for one in findings),
        gaps=int(world.blind),
        open={row: rows.count(row) for row in rows},
    )
