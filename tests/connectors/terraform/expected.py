"""What other tools say of the public plans, put as statements about what tierwise reads; each statement holds, or is a difference with a name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from tests.shared import shared_path
from tierwise.access.document import Statement
from tierwise.connectors.terraform.assemble import assemble
from tierwise.connectors.terraform.document import Document, read_document
from tierwise.connectors.terraform.plan import Plan
from tierwise.connectors.terraform.planned import Planned, Step
from tierwise.connectors.terraform.policies import policy_at
from tierwise.connectors.terraform.references import Resolved
from tierwise.connectors.terraform.source import open_plans, resources
from tierwise.model.fact import Known, Unknown
from tierwise.model.resource import Resource

KINDS: Final = ("reader_golden", "regula_rego_test", "cai_golden", "terraform_compliance_functional")


@dataclass(frozen=True)
class Expectation:
    """What one tool says of one plan."""

    name: str
    """`regula_rego_test rego/tests/rules/tf/aws/kms/key_rotation_test.rego (90f33c0d)`: the kind, the file, which plan"""
    kind: str
    said: Mapping[str, Any]
    path: Path

    @cached_property
    def document(self) -> Document:
        return read_document(self.path)

    @cached_property
    def found(self) -> dict[str, Resource]:
        return {one.id: one for plan in open_plans([self.path]).plans for one in resources(plan)}

    def plan(self, *more: str) -> Plan:
        """The plan with the values of all types that its changes have, and more."""
        kept = {label for one in self.document.changes or () for label in (one.type or "", f"data.{one.type}")}
        return assemble(self.document, "", frozenset({*kept, *more}))


def expectations() -> Iterator[Expectation]:
    """Every expectation about a plan, by kind and file."""
    folder = shared_path("plans", "expected")
    for path in sorted(folder.iterdir()):
        document = json.loads(path.read_bytes())
        for said in document["sources"]:
            if said["kind"] in KINDS:
                where = said.get("test") or said.get("path") or said["dir"]
                rule = f" {said['rule_package']}" if said.get("rule_package", "").startswith("rules.arm_") else ""
                yield Expectation(
                    f"{said['kind']} {where}{rule} ({path.name.removesuffix('.expected.json')[-8:]})",
                    said["kind"],
                    said,
                    folder.parent / "files" / document["file"],
                )


def differences(one: Expectation) -> list[str] | None:
    """In what tierwise reads something else; None where the expectation is about nothing that tierwise reads."""
    match one.kind:
        case "reader_golden":
            golden = one.said["golden"]["resources"]
            return list(_as_golden(one, {key: each for kind in golden.values() for key, each in kind.items()}))
        case "cai_golden":
            return list(_assets(one))
        case "regula_rego_test":
            return _regula(one)
        case _:
            claim = CLAIMS.get(Path(one.said["dir"]).name)
            return None if claim is None else [] if claim(one) else ["the claim does not hold"]


def _as_golden(one: Expectation, golden: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """A reader's whole output: which resources, where, what happens to them, and every value or what it refers to."""
    plan = one.plan(*(f"data.{each['resource_type'].removeprefix('data.')}" for each in golden.values()))
    mine = {address: planned for address, planned in plan.by_address.items() if not planned.is_gone}
    yield from (f"{address} is not read" for address in golden.keys() - mine.keys())
    yield from (f"{address} is read" for address in mine.keys() - golden.keys())
    for address in sorted(golden.keys() & mine.keys()):
        planned, said = mine[address], golden[address]
        region = said.get("meta", {}).get("region", "")
        if plan.providers.region(planned) != region:
            yield f"{address} region: {region!r}, read {plan.providers.region(planned)!r}"
        actions = said.get("meta", {}).get("tfplan", {}).get("resource_actions")
        if actions is not None and tuple(actions) != planned.actions:
            yield f"{address} actions: {actions}, read {planned.actions}"
        for path, value in _leaves(said["attributes"]):
            if (read := _value(plan, planned, path)) != value:
                yield f"{address}#{'.'.join(map(str, path))}: {value!r}, read {read!r}"


def _leaves(value: Any, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Any]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not parts or not value:
        yield path, value
    for key, inner in parts:
        yield from _leaves(inner, (*path, key))


def _value(plan: Plan, planned: Planned, path: tuple[Step, ...]) -> object:
    """A value, or the address of the resource that an unknown one refers to."""
    found = planned.root.get(*path)
    if isinstance(found, Known) and not (found.value is None and planned.root.is_written(*path[:-1], path[-1])):
        return found.value
    types = {one.type if one.place.mode == "managed" else f"data.{one.type}" for one in plan.by_address.values()}
    argument = path[:-1] if isinstance(path[-1], int) else path
    way = plan.resolve(planned, planned.root, argument, types)
    if isinstance(way, Resolved):
        return way.address
    return None if isinstance(found, Known) else f"unknown: {found.reason}"


ASSETS: Final[Mapping[str, str]] = {
    "bigquery.googleapis.com/Dataset": "google_bigquery_dataset",
    "bigtableadmin.googleapis.com/Instance": "google_bigtable_instance",
    "cloudkms.googleapis.com/CryptoKey": "google_kms_crypto_key",
    "cloudresourcemanager.googleapis.com/Project": "google_project",
    "compute.googleapis.com/Disk": "google_compute_disk",
    "compute.googleapis.com/Snapshot": "google_compute_snapshot",
    "file.googleapis.com/Instance": "google_filestore_instance",
    "iam.googleapis.com/ServiceAccount": "google_service_account",
    "pubsub.googleapis.com/Subscription": "google_pubsub_subscription",
    "pubsub.googleapis.com/Topic": "google_pubsub_topic",
    "secretmanager.googleapis.com/Secret": "google_secret_manager_secret",
    "spanner.googleapis.com/Database": "google_spanner_database",
    "spanner.googleapis.com/Instance": "google_spanner_instance",
    "sqladmin.googleapis.com/Instance": "google_sql_database_instance",
    "storage.googleapis.com/Bucket": "google_storage_bucket",
}
"""Which Terraform type an asset type of Cloud Asset Inventory is read from."""


def _assets(one: Expectation) -> Iterator[str]:
    """Assets of Cloud Asset Inventory: that they are read, where they are, their labels, who their policies let in."""
    for asset in one.said["golden"]:
        kind, name = asset["asset_type"], asset["name"].rpartition("/")[2]
        bindings = (asset.get("iam_policy") or {}).get("bindings") or []
        if asset.get("resource") is None:
            # Only the policy is said: of a project, a folder or a store that the plan does not manage.
            yield from _principals(kind, bindings, [each for each in one.found.values() if each.grants])
            continue
        mine = [each for each in one.found.values() if each.type == ASSETS.get(kind)]
        mine = [each for each in mine if len(mine) == 1 or each.name == name]
        if not mine:
            yield f"{kind} is not read"
        for each in mine:
            yield from _settings(kind, asset["resource"]["data"], each)
            yield from _principals(kind, bindings, [each])


def _settings(kind: str, data: Mapping[str, Any], each: Resource) -> Iterator[str]:
    place = data.get("location") or data.get("region")
    if place and each.region != place.lower():
        yield f"{kind} is in {place}, read {each.region!r}"
    labels = data.get("labels") or (data.get("instance") or {}).get("labels")
    if labels and not (isinstance(each.tags, Known) and each.tags.value == labels):
        yield f"{kind} has the labels {labels}, read {each.tags}"
    uniform = data.get("iamConfiguration", {}).get("uniformBucketLevelAccess", {}).get("enabled")
    if uniform is not None and (read := _known(each, "access.acls_disabled")) != uniform:
        yield f"{kind} uniform bucket-level access {uniform}, read {read}"
    expiry = data.get("defaultTableExpirationMs")
    if expiry is not None and _known(each, "retention.expiry_configured") is not True:
        yield f"{kind} expires its tables, read {_known(each, 'retention.expiry_configured')}"
    if kind.startswith("sqladmin"):
        settings = data["settings"]
        zonal = "zone" if settings.get("availabilityType") == "ZONAL" else "multi-zone"
        if _known(each, "recovery.redundancy") != zonal:
            yield f"{kind} is {settings.get('availabilityType')}, read {_known(each, 'recovery.redundancy')}"


def _principals(kind: str, bindings: list[dict[str, Any]], holders: list[Resource]) -> Iterator[str]:
    said = {(binding["role"], _shown(member)) for binding in bindings for member in binding["members"] or ()}
    read = {(action, grant.principal) for holder in holders for grant in holder.grants for action in grant.actions}
    if said != read:
        yield f"{kind} grants {sorted(said - read)} that are not read, {sorted(read - said)} that are not said"


def _shown(member: str) -> str:
    """A member as it is shown: of a person's account the domain alone."""
    kind, _, who = member.partition(":")
    return f"{kind}:{who.partition('@')[2]}" if kind in ("user", "group") else member


def _known(each: Resource, fact: str) -> object:
    found = each.facts.get(fact)
    return found.value if isinstance(found, Known) else f"unknown: {found.reason}" if isinstance(found, Unknown) else None


_VERDICT: Final = re.compile(r'by_resource_id\["([^"]+)"\] ?==? (true|false)')
REGULA: Final[Mapping[str, tuple[str, Callable[[object], bool]]]] = {
    "rules.tf_aws_kms_key_rotation": ("key.rotation_enabled", lambda value: value is True),
    "rules.tf_aws_s3_encryption": ("encryption.at_rest", lambda value: value is True),
    "rules.tf_azurerm_storage_secure_transfer": ("transport.tls_required", lambda value: value is True),
    "rules.tf_azurerm_storage_container_private_access": ("access.anonymous_read", lambda value: value is False),
    "rules.tf_google_kms_cryptokey_rotate": ("key.rotation_days", lambda value: isinstance(value, int) and value <= 90),
}
"""The fact that a rule of Regula is about, and which of its values pass."""


def _regula(one: Expectation) -> list[str] | None:
    package = one.said["rule_package"]
    text = " ".join(one.said.get("test_assertions") or ())
    if package == "fugue.resource_view":
        return list(_resource_view(one, text))
    if package not in REGULA:
        return None
    fact, passes = REGULA[package]
    said = {each["address"]: each["verdict"] == "pass" for each in one.said["resource_verdicts"]}
    said |= {address: verdict == "true" for address, verdict in _VERDICT.findall(text)}
    assert said, one.name
    return [
        f"{address}: {'pass' if verdict else 'fail'}, {fact} read {_known(found, fact) if found else None}"
        for address, verdict in sorted(said.items())
        if (found := _holder(one, address)) is None or passes(_known(found, fact)) is not verdict
    ]


def _holder(one: Expectation, address: str) -> Resource | None:
    """The resource that a verdict is about: of a container its storage account."""
    if address in one.found or not address.startswith("azurerm_storage_container."):
        return one.found.get(address)
    plan = open_plans([one.path]).plans[0]
    container = plan.by_address[address]
    way = plan.resolve(container, container.root, ("storage_account_name",), {"azurerm_storage_account"})
    return one.found.get(way.address) if isinstance(way, Resolved) else None


def _resource_view(one: Expectation, text: str) -> Iterator[str]:
    """Regula's reading of a plan, written as an object in its own test; else single tags."""
    if "mock_resources == {" in text:
        views = yaml.safe_load(_braced(text.partition("mock_resources == ")[2]))
        golden = {
            address: {
                "resource_type": each["_type"],
                "attributes": {key: value for key, value in each.items() if not key.startswith("_") and key != "id"},
            }
            for address, each in views.items()
        }
        yield from (text for text in _as_golden(one, golden) if " region: " not in text)
        return
    said = re.findall(r'(\w+)\._tags\.(\w+) == (?:"(\w+)"|null)', text)
    assert said, f"{one.name} says nothing that is understood"
    for kind, tag, value in said:
        for each in one.found.values():
            tags = each.tags.value if isinstance(each.tags, Known) else {}
            if each.type in (kind, f"aws_s3_{kind}") and tags.get(tag, "") != value:
                yield f"{each.id} tag {tag}: {value!r}, read {tags.get(tag)!r}"


def _braced(text: str) -> str:
    """The object that a text begins with."""
    depth, at = 0, 0
    for one in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}]', text):
        depth += {"{": 1, "}": -1}.get(one[0], 0)
        if depth == 0:
            at = one.end()
            break
    return text[:at]


def _every(kind: str, fact: str, value: object) -> Callable[[Expectation], bool]:
    """Whether a fact has a value on all resources of a type, of which there are some."""

    def holds(one: Expectation) -> bool:
        mine = [each for each in one.found.values() if each.type == kind]
        return bool(mine) and all(_known(each, fact) == value for each in mine)

    return holds


def _of(address: str, fact: str, value: object) -> Callable[[Expectation], bool]:
    return lambda one: address in one.found and _known(one.found[address], fact) == value


def _actions(*kinds: str) -> Callable[[Expectation], bool]:
    return lambda one: all(
        plan and all(each.actions == ("create",) for each in plan) for plan in (one.plan().by_type.get(kind) for kind in kinds)
    )


def _statements(which: str, holds: Callable[[Statement], bool]) -> Callable[[Expectation], bool]:
    """Whether some statement of the policies at an address, or at those that begin so, is as a claim says."""

    def found(one: Expectation) -> bool:
        plan = one.plan()
        policies = [policy_at(plan, each, each.root, "policy") for each in plan.by_address.values() if each.address.startswith(which)]
        return any(holds(each) for policy in policies if isinstance(policy, Known) and policy.value for each in policy.value.statements)

    return found


def _texts(kind: str, *path: Step) -> Callable[[Expectation], list[object]]:
    """The values of an argument of all resources of a type."""
    return lambda one: [found.value for each in one.plan().by_type.get(kind, ()) if isinstance(found := each.root.get(*path), Known)]


def _leads(argument: str, target: str, *which: str) -> Callable[[Expectation], bool]:
    """Whether an argument of some resources leads to another one, through whatever stands between."""

    def holds(one: Expectation) -> bool:
        kind = target.split(".")[-2]
        plan = one.plan(kind)
        mine = [each for each in plan.by_address.values() if each.address.startswith(which)]
        ways = [plan.resolve(each, each.root, (argument,), {kind}) for each in mine]
        return bool(ways) and all(isinstance(way, Resolved) and way.address == target for way in ways)

    return holds


def _provider(name: str, setting: str, value: object) -> Callable[[Expectation], bool]:
    def holds(one: Expectation) -> bool:
        blocks = one.plan().providers.blocks
        return (
            blocks[(), name].expressions is not None
            and ((blocks[(), name].expressions or {}).get(setting) or {}).get("constant_value") == value
        )

    return holds


_S3, _QUEUE = "aws_s3_bucket", "azurerm_servicebus_queue"
CLAIMS: Final[Mapping[str, Callable[[Expectation], bool]]] = {
    "actions_for_each_and_modules": _actions("aws_ecr_repository", "aws_iam_role"),
    "actions_modules": _actions("aws_iam_role"),
    "test_dynamodb_kms_key_problem": _every("aws_dynamodb_table", "encryption.key_custody", "customer"),
    "test_issue-115": _statements("aws_iam_policy.", lambda each: "ec2:Describe" in each.actions),
    "test_issue-120": _of("aws_rds_cluster.default", "retention.backup_days", 5),
    "test_issue-153": _of("aws_ebs_volume.fail", "volume.bytes", 50 << 30),
    "test_issue-158": _provider("aws", "allowed_account_ids", None),
    "test_issue-173": _provider("aws.should-fail", "access_key", "AKIAIOSFODNN7EXAMPLE"),
    "test_issue-174": lambda one: not _statements(f"{_S3}_policy.c", lambda each: each.effect == "Deny")(one),
    "test_issue-177": lambda one: not _statements("aws_iam_policy.", lambda each: "sts:AssumeRole" in each.actions and "*" in each.resources)(one),
    "test_issue-193_confirm_list_of_queues_available": lambda one: set(_texts(_QUEUE, "name")(one)) == {"something", "somethingelse", "somethingdifferent"},
    "test_issue-227": _leads("name", "module.test.random_id.iam_prefix", "module.test.aws_iam_role."),
    "test_issue-234-egress": _leads("security_group_id", "aws_security_group.alb", "aws_security_group_rule.alb_egress_self", "aws_security_group_rule.alb_ingress_self"),
    "test_issue-234-ingress": _leads("security_group_id", "aws_security_group.alb", "aws_security_group_rule.alb_egress_self", "aws_security_group_rule.alb_ingress_self"),
    "test_issue-247": _of("aws_sns_topic.fail", "encryption.at_rest", False),
    "test_issue-255": _statements(f"{_S3}_policy.", lambda each: each.effect == "Allow" and "s3:*" in each.actions and "*" in each.resources),
    "test_issue-260": _every("aws_sqs_queue", "encryption.at_rest", True),
    "test_issue-554": lambda one: set(_texts("aws_security_group_rule", "from_port")(one)) == {0},
    "test_issue-sgr": lambda one: set(_texts("aws_security_group_rule", "from_port")(one)) == {0},
    "test_issue_371": _provider("aws", "region", "eu-west-3"),
    "test_issue_400": lambda one: ["0.0.0.0/0"] in _texts("aws_security_group_rule", "cidr_blocks")(one),
    "test_kms_key_rotation_failure": _of("aws_kms_key.test-fail-key", "key.rotation_enabled", False),
    "test_kms_key_rotation_success": _every("aws_kms_key", "key.rotation_enabled", True),
    "test_multi-module-referencing": _every(_S3, "access.public_blocked", True),
    "test_pull_330": lambda one: all(_texts("aws_security_group_rule", "cidr_blocks")(one)),
    "test_regex_on_when": _every(_S3, "recovery.versioning", False),
    "test_s3_encryption_failure": _of("aws_s3_bucket.fail", "encryption.at_rest", False),
    "test_s3_encryption_success": _every(_S3, "encryption.at_rest", True),
    "test_any_match_regex": lambda one: _texts("azurerm_storage_account", "network_rules", 0, "bypass")(one) != [],
    "test_in_step_variables_slicing": _leads("server_name", "azurerm_postgresql_server.example", "azurerm_postgresql_configuration."),
    "test_in_step_variables_slicing-fail": _leads("server_name", "azurerm_postgresql_server.example", "azurerm_postgresql_configuration."),
}  # fmt: skip
"""What a feature of terraform-compliance says, put for tierwise; a failing feature by the value that it fails on."""
