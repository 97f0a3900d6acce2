from __future__ import annotations

import pytest

from tests.connectors.terraform.plans import PlanBuilder, const, ref
from tierwise.connectors.terraform.source import open_plans
from tierwise.model.change import Change
from tierwise.model.fact import Known, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Resource

BUCKET, VERSIONING = "aws_s3_bucket", "aws_s3_bucket_versioning"
ON = {"versioning_configuration": [{"status": "Enabled"}]}
ROLE = "aws_iam_role"
ADMIN = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'


def planned(*added, account=""):
    """A plan of these resources: type, name, values and whatever else the builder takes."""
    plan = PlanBuilder()
    if account:
        plan.providers["aws"]["expressions"]["allowed_account_ids"] = const([account])
    for kind, name, after, *rest in added:
        plan.add(kind, name, after, **(rest[0] if rest else {}))
    return plan


def collected(folder, **plans):
    """What the plans of a set give together, each under its file's name."""
    source = open_plans([plan.write(folder, f"{name}.json") for name, plan in plans.items()])
    parts = source.parts()
    return [item for unit in source.survey() for item in unit.run()], parts


def resources(folder, **plans):
    return {one.id: one for one in collected(folder, **plans)[0] if isinstance(one, Resource)}


def test_what_another_file_sets_of_a_resource_by_its_name_is_joined(tmp_path):
    ours = planned((BUCKET, "b", {"bucket": "store"}), (BUCKET, "other", {"bucket": "another"}))
    theirs = planned((VERSIONING, "v", {"bucket": "store", **ON}))
    items, parts = collected(tmp_path, ours=ours, theirs=theirs)
    found = {one.id: one.facts["recovery.versioning"] for one in items if isinstance(one, Resource)}
    assert found == {
        "ours#aws_s3_bucket.b": Known(True, Provenance(f"theirs#{VERSIONING}.v#versioning_configuration.0.status")),
        "ours#aws_s3_bucket.other": Known(False, Provenance("aws_s3_bucket.other#versioning")),
    }
    assert parts[f"theirs#{VERSIONING}.v"].wholes == ("ours#aws_s3_bucket.b",)
    assert "recovery.versioning" in resources(tmp_path, ours=ours)["aws_s3_bucket.b"].facts


def test_a_name_that_two_files_have_is_not_determined(tmp_path):
    ours, more = planned((BUCKET, "b", {"bucket": "store"})), planned((BUCKET, "b", {"bucket": "store"}))
    theirs = planned((VERSIONING, "v", {"bucket": "store", **ON}))
    found = resources(tmp_path, ours=ours, theirs=theirs, more=more)
    detail = f"theirs#{VERSIONING}.v may set it in another file of the plan set"
    for key in ("ours#aws_s3_bucket.b", "more#aws_s3_bucket.b"):
        assert found[key].facts["recovery.versioning"] == Unknown(UnknownReason.UNRESOLVED_REFERENCE, Provenance(f"{VERSIONING}.v"), detail)
    assert found['theirs#outside.aws_s3_bucket["store"]'].facts["recovery.versioning"].value is True


@pytest.mark.parametrize(
    ("mine", "other", "admin"), [("123456789012", "123456789012", True), ("123456789012", "999999999999", None), ("", "", None)]
)
def test_a_name_that_other_accounts_may_have_too_is_joined_within_one_account(tmp_path, mine, other, admin):
    ours = planned((ROLE, "r", {"name": "app", "assume_role_policy": "{}"}), account=mine)
    theirs = planned(("aws_iam_role_policy", "p", {"role": "app", "policy": ADMIN}), account=other)
    found = resources(tmp_path, ours=ours, theirs=theirs)
    fact = found[f"ours#{ROLE}.r"].facts["privilege.admin"]
    assert fact.value is True if admin else fact.reason is UnknownReason.UNRESOLVED_REFERENCE
    assert (f'theirs#outside.{ROLE}["app"]' in found) is (admin is None)


def test_what_a_part_in_another_file_refers_to_is_never_looked_for_in_this_one(tmp_path):
    """Both files have a document of one address; the policy's is in its own file."""
    document = (
        "aws_iam_policy_document",
        "d",
        {"statement": [{"effect": "Allow", "actions": ["s3:*"]}]},
        {"mode": "data", "actions": ("read",)},
    )
    ours = planned((BUCKET, "b", {"bucket": "store"}), document)
    policy = {"unknown": {"policy": True}, "expressions": {"bucket": const("store"), "policy": ref("data.aws_iam_policy_document.d.json")}}
    theirs = planned(("aws_s3_bucket_policy", "p", {"bucket": "store"}, policy), document)
    found = resources(tmp_path, ours=ours, theirs=theirs)[f"ours#{BUCKET}.b"].facts["transport.tls_required"]
    assert found == Unknown(UnknownReason.KNOWN_AFTER_APPLY, Provenance("theirs#aws_s3_bucket_policy.p#policy"))


def test_a_part_that_another_file_removes_changes_the_resource_here(tmp_path):
    ours = planned((BUCKET, "b", {"bucket": "store"}, {"actions": ("no-op",), "before": {"bucket": "store"}}))
    theirs = planned((VERSIONING, "v", None, {"actions": ("delete",), "before": {"bucket": "store", **ON}}))
    items, _ = collected(tmp_path, ours=ours, theirs=theirs)
    (change,) = (one for one in items if isinstance(one, Change))
    assert change.resource == f"ours#{BUCKET}.b"
    assert change.before.facts["recovery.versioning"].value is True
    assert [part.address for part in change.parts] == [f"theirs#{VERSIONING}.v"]


def test_a_sensitive_value_of_a_part_stays_hidden(tmp_path):
    ours = planned((BUCKET, "b", {"bucket": "store"}))
    theirs = planned((VERSIONING, "v", {"bucket": "store", **ON}, {"sensitive": {"versioning_configuration": True}}))
    assert resources(tmp_path, ours=ours, theirs=theirs)[f"ours#{BUCKET}.b"].facts["recovery.versioning"].reason is UnknownReason.REDACTED
