"""What a plan leaves open until it is applied, and the live read that will tell it."""

from __future__ import annotations

from msgspec import structs

from tests.connectors.terraform.plans import PlanBuilder
from tests.reports.sample import DATABASE, PLANNED, finding, sample
from tests.scan.plans import judge
from tierwise.evaluate.pending import pending_of
from tierwise.model.change import LiveRead, Pending
from tierwise.model.finding import UnknownPart, Verdict

BUCKET = "aws_s3_bucket"
TAGS = {"data-classification": "special-category", "owner": "post-room"}


def pending(plan: PlanBuilder, folder) -> dict[tuple[str, str, str], Pending]:
    return {(one.type, one.fact, one.reason): one for one in judge(plan, folder).result.pending}


def test_a_fact_that_is_known_after_apply_names_the_live_read_and_the_findings_that_wait(tmp_path):
    plan = PlanBuilder()
    for name in ("a", "b"):
        plan.add(BUCKET, name, {"bucket": name, "tags": TAGS})
        unknown = {"versioning_configuration": [{"status": True}]}
        plan.add(f"{BUCKET}_versioning", name, {"bucket": name, "versioning_configuration": [{}]}, unknown=unknown)
    judged = judge(plan, tmp_path)
    found = {(one.fact, one.reason): one for one in judged.result.pending}["recovery.versioning", "known-after-apply"]
    assert found.reads == (LiveRead("s3:GetBucketVersioning", "s3:GetBucketVersioning"),)
    assert found.resources == (f"{BUCKET}.a", f"{BUCKET}.b")
    assert found.findings == tuple(judged.finding(one, "RES-03").fingerprint for one in found.resources)


def test_what_stands_outside_the_plan_is_settled_by_the_read_that_tells_it(tmp_path):
    plan = PlanBuilder()
    bucket = {"bucket": "letters", "tags": TAGS}
    plan.add(BUCKET, "letters", bucket, actions=("no-op",), before=bucket)
    found = pending(plan, tmp_path)[BUCKET, "access.public_acls_blocked", "not-collected"]
    assert [read.action for read in found.reads] == ["s3:GetBucketPublicAccessBlock"]


def test_what_only_a_person_can_say_is_not_pending(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", {"bucket": "letters", "tags": TAGS})
    assert not any(one.fact in {"environment.production", "retention.legal_hold"} for one in judge(plan, tmp_path).result.pending)


def test_tags_that_are_known_after_apply_are_what_the_tier_waits_for(tmp_path):
    plan = PlanBuilder()
    plan.add(BUCKET, "letters", {"bucket": "letters"}, unknown={"tags": True, "tags_all": True})
    found = pending(plan, tmp_path)[BUCKET, "tags", "known-after-apply"]
    assert [read.call for read in found.reads] == ["resourcegroupstaggingapi:GetResources"]
    assert found.findings


def test_a_type_that_no_connector_reads_live_says_so_by_naming_no_read():
    part = UnknownPart("recovery.versioning", "known-after-apply", f"{PLANNED}#versioning")
    elsewhere = structs.replace(part, fact="logging.data_read", reason="not-collected")
    unknown = structs.replace(finding(3, Verdict.UNKNOWN, resource=PLANNED), unknowns=(part, elsewhere))
    resources = {one.id: one for one in sample().resources}
    assert pending_of((unknown,), resources, {}) == (
        Pending("aws_s3_bucket", "recovery.versioning", "known-after-apply", (), (PLANNED,), (unknown.fingerprint,)),
    )


def test_nothing_is_pending_for_what_is_live():
    unknown = finding(3, Verdict.UNKNOWN, resource=DATABASE)
    resources = {one.id: one for one in sample().resources}
    assert pending_of((unknown,), resources, {"rds.instance": {"encryption.at_rest": (LiveRead("a", "b"),)}}) == ()
