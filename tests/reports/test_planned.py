"""What a plan changes and leaves open, in sentences, and in the formats that tell it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from msgspec import structs

from tests.reports.sample import PLANNED, finding, result_of, sample
from tierwise.model.change import Action, LiveRead, Pending, PlanChange, Recoverable, RungChange, TierMove, Weakening
from tierwise.model.finding import Verdict
from tierwise.model.sensitivity import Tier
from tierwise.reports import console, csv_report, markdown, sarif
from tierwise.reports.base import View
from tierwise.reports.planned import bare, later, obligations, sentences
from tierwise.reports.shown import sentence

RUNG = RungChange("RES-03", Tier.T2, "recovery.versioning is true", "pass", "fail")
KEPT = RungChange("RES-01", Tier.T2, "retention.backup_days at least 7", "pass", "pass")
WEAK = Weakening("recovery.versioning", "true", "false", "a.b#c", "a.part is deleted", (RUNG, KEPT))


def move(before: Tier, after: Tier, *rungs: RungChange, declared: tuple[Tier | None, Tier | None] = (None, None)) -> PlanChange:
    return PlanChange("a.b", Action.UPDATE, tier=TierMove(before, after, *declared, "because", rungs))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (PlanChange("a.b", Action.UPDATE, weakened=(WEAK,)), ["recovery.versioning true -> false: a.part is deleted; breaks RES-03"]),
        (bare(PlanChange("a.b", Action.UPDATE, weakened=(WEAK,))), ["recovery.versioning is weaker: a.part is deleted; breaks RES-03"]),
        (
            move(
                Tier.T2, Tier.T3, RungChange("OWN-01", Tier.T3, "", "no rung", "fail"), RungChange("EXP-06", Tier.T3, "", "no rung", "pass")
            ),
            ["rises from T2 personal to T3 heightened; newly asked: OWN-01 (fails), EXP-06"],
        ),
        (
            move(Tier.T3, Tier.T1, RungChange("OWN-01", Tier.T3, "", "fail", "no rung"), declared=(Tier.T3, None)),
            ["falls from T3 heightened to T1 internal (declared T3 heightened, now nothing); no longer asked: OWN-01"],
        ),
        (move(Tier.T3, Tier.T3, declared=(Tier.T3, Tier.T1)), ["stays T3 heightened (declared T3 heightened, now T1 internal)"]),
        (
            PlanChange("a.b", Action.REPLACE, detail="replace_because_tainted", loses=(Recoverable("retention.backup_days", "7"),)),
            ["is replaced, and its data with it (replace_because_tainted); before it goes: retention.backup_days 7"],
        ),
        (PlanChange("a.b", Action.DELETE, loses=()), ["goes, and its data with it"]),
        (PlanChange("a.b", Action.FORGET), ["leaves Terraform's hands and goes on existing: no later plan will show what becomes of it"]),
        (PlanChange("a.b", Action.KEEP, "a.old"), []),
    ],
)
def test_a_change_in_sentences(change, told):
    assert list(sentences(change)) == told


PENDING = Pending(
    "aws_s3_bucket", "access.public_blocked", "known-after-apply", (LiveRead("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),), ("a", "b"), ("1", "2", "3")
)  # fmt: skip


def test_what_is_open_names_the_call_and_the_permission_that_will_tell():
    assert obligations((PENDING,)) == [
        "access.public_blocked of 2 aws_s3_bucket (known-after-apply), 3 verdicts open;"
        " s3:GetPublicAccessBlock (s3:GetBucketPublicAccessBlock) will tell"
    ]
    assert later((PENDING,)) == "Open until it is applied: 3 verdicts on 2 resources"


def test_facts_that_one_read_tells_of_the_same_resources_are_one_line():
    more = replace(PENDING, fact="access.public_acls_blocked", findings=("3", "4"))
    other = replace(PENDING, fact="recovery.versioning", resources=("c",))
    assert [text.split(";")[0] for text in obligations((PENDING, other, more))] == [
        "access.public_blocked, access.public_acls_blocked of 2 aws_s3_bucket (known-after-apply), 4 verdicts open",
        "recovery.versioning of 1 aws_s3_bucket (known-after-apply), 3 verdicts open",
    ]


def test_what_no_connector_reads_is_open_without_a_read():
    (told,) = obligations((replace(PENDING, reads=()),))
    assert told.endswith("3 verdicts open")


def test_a_finding_says_what_brings_it_unless_its_resource_is_made_anew():
    one = finding(
        1, Verdict.FAIL, resource=PLANNED, introduced=True, before=Verdict.PASS, brought_by="recovery.versioning changes: x is deleted"
    )
    assert "The plan brings it: recovery.versioning changes: x is deleted." in sentence(one)
    assert "brings" not in sentence(structs.replace(one, before=None, brought_by=f"{PLANNED} is created"))
    assert "The plan brings it: the tier rises" in sentence(structs.replace(one, before=None, brought_by="the tier rises from T1 to T3"))


def brought() -> str:
    return "aws_s3_bucket_versioning.records is deleted, which weakens recovery.versioning"


def test_sarif_tells_of_each_result_whether_the_plan_brings_it_and_of_the_plan_what_it_changes():
    one = finding(1, Verdict.FAIL, resource=PLANNED, introduced=True, before=Verdict.PASS, brought_by=brought())
    made = replace(result_of((one,)), changes=sample().changes)
    run = json.loads(sarif.render(made, View()))["runs"][0]
    (result,) = run["results"]
    assert (result["properties"]["introduced"], result["properties"]["before"], result["properties"]["broughtBy"]) == (
        True,
        "pass",
        brought(),
    )
    told = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"] if each["descriptor"]["id"] == "plan"]
    assert len(told) == 3
    assert all(text.startswith(PLANNED) and "livefact" not in text for text in told)


def test_sarif_tells_of_many_changes_the_worst_and_how_many_there_are():
    (one,) = sample().changes
    made = replace(result_of(()), changes=(one,) * 200)
    notes = json.loads(sarif.render(made, View()))["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    told = [each["message"]["text"] for each in notes if each["descriptor"]["id"] == "plan"]
    assert len(told) == sarif.MOST_TOLD + 1
    assert told[-1].startswith("and 500 more")


def test_csv_tells_of_each_finding_what_stood_before():
    one = finding(1, Verdict.FAIL, resource=PLANNED, introduced=True, before=Verdict.PASS, brought_by=brought())
    (row,) = csv.DictReader(io.StringIO(csv_report.render(result_of((one,)), View()).decode()))
    assert (row["introduced"], row["before"], row["brought_by"]) == ("yes", "pass", brought())


def test_people_are_told_what_stays_open_until_the_plan_is_applied():
    text = console.render(sample(), View(width=200))
    assert "Open until it is applied: 1 verdict on 1 resource" in text
    assert "access.anonymous_read of 1 aws_s3_bucket (known-after-apply), 1 verdict open; s3:GetBucketPolicy will tell" in text
    assert "access.anonymous\\_read of 1 aws" in markdown.render(sample(), View())
