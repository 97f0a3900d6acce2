"""A small result with one of everything that a report shows: live and planned, failed, unknown, passed, accepted, assumed, a gap."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

from msgspec import structs

from tierwise.model.change import Action, LiveRead, Part, Pending, PlanChange, Recoverable, RungChange, TierMove, Weakening
from tierwise.model.control import Severity
from tierwise.model.coverage import Coverage
from tierwise.model.fact import Known, Provenance
from tierwise.model.finding import Acceptance, Actual, Finding, Fix, Gate, Run, ScanResult, UnknownPart, Verdict
from tierwise.model.resource import Gap, Kind, ReadOutcome, Resource
from tierwise.model.sensitivity import Category, Classification, PersonalData, Tier, TierInterval, TierState, TraceStep

ACCOUNT = "123456789012"
BUCKET = "arn:aws:s3:::patients"
DATABASE = f"arn:aws:rds:eu-west-2:{ACCOUNT}:db:claims"
PLANNED = 'module.store["a"].aws_s3_bucket.records[0]'


def bucket(name: str = "patients", resource_id: str = BUCKET) -> Resource:
    """A live bucket."""
    return Resource(
        resource_id,
        Kind.OBJECT_STORE,
        "s3.bucket",
        "aws",
        ACCOUNT,
        "eu-west-2",
        name,
        tags=Known({"owner": "health-team"}),
        facts={"access.anonymous_read": Known(value=True, via=Provenance("s3:GetBucketAcl"))},
    )


def resources() -> tuple[Resource, ...]:
    """A bucket, a database and a planned bucket."""
    database = Resource(DATABASE, Kind.RELATIONAL_DB, "rds.instance", "aws", ACCOUNT, "eu-west-2", "claims")
    planned = Resource(PLANNED, Kind.OBJECT_STORE, "aws_s3_bucket", "aws", "", "", "records", address=PLANNED)
    return (bucket(), database, planned)


def classification(tier: Tier, state: TierState = TierState.DECLARED) -> Classification:
    """A settled tier, with all that a public report leaves out."""
    return Classification(
        tier,
        TierInterval(tier, tier),
        state,
        PersonalData.YES,
        categories=(Category.C3,),
        subjects=54321,
        trace=(TraceStep("declared-tag", "the tag says so: secretreason", tier, "tag"),),
        dataset="secretdataset",
        owner="health-team",
    )


def finding(number: int, verdict: Verdict, severity: Severity = Severity.HIGH, resource: str = BUCKET, **changes: object) -> Finding:
    """A finding of control ENC-0<number>."""
    unknowns = (UnknownPart("encryption.at_rest", "permission-denied", "s3:GetEncryptionConfiguration", "s3:GetEncryptionConfiguration"),)
    made = Finding(
        fingerprint=f"{number:020x}",
        control=f"ENC-{number:02}",
        title=f"Data is encrypted, way {number}",
        family="encryption",
        verdict=verdict,
        severity=severity,
        tier=Tier.T3,
        resource=resource,
        expected="encryption.at_rest is true",
        actual=(Actual("encryption.at_rest", "false and livefact", "s3:GetEncryptionConfiguration"),),
        unknowns=unknowns if verdict is Verdict.UNKNOWN else (),
        why="protected as T3 heightened because its declaration says so: A disk must not carry readable records",
        owner="health-team",
        fix_at=resource,
        remediation="Turn encryption on.",
    )
    return structs.replace(made, **changes)


def sample() -> ScanResult:
    """One of everything; ENC-01 blocks."""
    accepted = Acceptance("old system, waits for its end", "asset-owner", "a.senior", "2027-01-31", "acceptances.yaml")
    findings = (
        finding(1, Verdict.FAIL, Severity.CRITICAL),
        finding(2, Verdict.FAIL, Severity.LOW, DATABASE, tier=Tier.T1),
        finding(3, Verdict.UNKNOWN, Severity.HIGH, DATABASE),
        finding(4, Verdict.PASS, Severity.HIGH),
        finding(5, Verdict.NOT_APPLICABLE, Severity.HIGH),
        finding(6, Verdict.FAIL, Severity.MEDIUM, accepted=accepted),
        finding(7, Verdict.FAIL, Severity.HIGH, PLANNED, introduced=True, assumed=True),
    )
    made = result_of(findings, blocking=(findings[0].fingerprint,))
    return replace(made, changes=changes(), pending=pending(findings[6].fingerprint))


def changes() -> tuple[PlanChange, ...]:
    """What the plan does to the planned bucket: a part of it goes, a fact is weakened, the declared tier falls, and its data goes."""
    rung = RungChange("RES-01", Tier.T2, "recovery.versioning is true", "pass", "fail")
    lower = RungChange("ENC-02", Tier.T3, "encryption.key_custody is at least customer", "pass", "no rung")
    part = Part("aws_s3_bucket_versioning.records", "aws_s3_bucket_versioning", Action.DELETE)
    weak = Weakening(
        "recovery.versioning", "true", "false and livefact", part.address, f"{part.address} is deleted in {ACCOUNT}", rungs=(rung,)
    )
    move = TierMove(Tier.T3, Tier.T2, Tier.T3, Tier.T2, "the tag says so: secretreason", rungs=(lower,))
    lost = (Recoverable("recovery.soft_delete_days", "0 and livefact"),)
    return (PlanChange(PLANNED, Action.REPLACE, "aws_s3_bucket.old", "replace_because_cannot_update", (weak,), move, (part,), lost),)


def pending(fingerprint: str) -> tuple[Pending, ...]:
    """One fact that only the applied plan will tell."""
    read = LiveRead("s3:GetBucketPolicy", "s3:GetBucketPolicy")
    return (Pending("aws_s3_bucket", "access.anonymous_read", "known-after-apply", (read,), (PLANNED,), (fingerprint,)),)


def result_of(findings: tuple[Finding, ...], blocking: tuple[str, ...] = (), held: tuple[Resource, ...] | None = None) -> ScanResult:
    """A result around findings; the gate failed if any block."""
    own = resources() if held is None else held
    fails = [one for one in findings if one.verdict is Verdict.FAIL and not one.accepted]
    fixes = tuple(
        Fix(one.fix_at, one.control, one.title, one.remediation, (one.fingerprint,), (one.resource,), one.severity, (one.tier,), one.owner)
        for one in fails
    )
    return ScanResult(
        run=Run("run-1", "2026-01-15T09:00:00+00:00", "2026-01-15T09:01:00+00:00", "uk-gov-personal-data", (f"aws:{ACCOUNT}",)),
        resources=own,
        classifications={one.id: classification(Tier.T3) for one in own},
        findings=findings,
        gaps=(Gap("aws", ACCOUNT, "eu-west-1", "dynamodb", "permission-denied", "dynamodb:ListTables", "detail", frozenset()),),
        gate=Gate(
            "failed" if blocking else "passed", "full", Severity.HIGH, blocking, (f"1 listing failed: dynamodb in {ACCOUNT}/eu-west-1",)
        ),
        coverage=Coverage(0.975),
        outcomes=(ReadOutcome(ACCOUNT, "eu-west-1", "dynamodb:ListTables", "permission-denied"),),
        fixes=fixes,
    )


def text_of(made: str | bytes) -> str:
    """What a format wrote, as text; of a sheet its content."""
    if isinstance(made, str):
        return made
    return (ZipFile(BytesIO(made)).read("content.xml") if made[:2] == b"PK" else made).decode()
