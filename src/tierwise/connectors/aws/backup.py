"""AWS Backup: vaults with their locks, and plans with what they select and where they store it.

A vault's key encrypts the recovery points that AWS Backup manages itself; those of other services (RDS, EBS...) are snapshots under the key
of their source, and are resources of their own (Developer Guide, "Encryption for backups in AWS Backup").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.access.selection import selected
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.resource_policy import policy_fact_names, policy_facts, policy_grants, policy_text
from tierwise.connectors.declared import Draft, Stage, field_of
from tierwise.model.fact import NOWHERE, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel, Resource


def _vault(draft: Draft) -> Mapping[str, Any]:
    return {"BackupVaultName": draft.resource.name}


VAULTS = Read("backup", "ListBackupVaults", "backup:ListBackupVaults", kinds=frozenset({Kind.BACKUP_VAULT}), links=True)
POLICY = Read(
    "backup",
    "GetBackupVaultAccessPolicy",
    "backup:GetBackupVaultAccessPolicy",
    Stage.DETAIL,
    policy_fact_names(Kind.BACKUP_VAULT),
    absent=frozenset({"ResourceNotFoundException"}),
    params=_vault,
)
PLANS = Read("backup", "ListBackupPlans", "backup:ListBackupPlans", kinds=frozenset({Kind.BACKUP_PLAN}))
PLAN = Read("backup", "GetBackupPlan", "backup:GetBackupPlan", links=True)
SELECTIONS = Read("backup", "ListBackupSelections", "backup:ListBackupSelections", kinds=frozenset({Kind.BACKUP_PLAN}), links=True)
SELECTION = Read("backup", "GetBackupSelection", "backup:GetBackupSelection", links=True)
_STARTED = "the run's start"


def survey_vaults(caller: Caller) -> Iterator[Draft]:
    """Lists the vaults of one region."""
    for item in caller.listing(VAULTS, "BackupVaultList"):
        arn, name = str(item["BackupVaultArn"]), str(item["BackupVaultName"])
        resource = Resource(
            arn,
            Kind.BACKUP_VAULT,
            "backup.vault",
            "aws",
            caller.account,
            caller.region,
            name,
            tags=caller.tags_of(arn),
            links=keys.key_links(item.get("EncryptionKeyArn")),
            aliases=(name,),
        )
        docs = {VAULTS.operation: Known(item, VAULTS.via), _STARTED: Known({"now": caller.now}, NOWHERE)}
        yield Draft(resource, {**docs, keys.ALIASES: keys.aliases(caller)})


def vault_facts(draft: Draft) -> dict[str, AnyFact]:
    """All facts of a vault that its documents so far allow."""
    sheet, listed = FactSheet(), draft.doc(VAULTS)
    item = listed.value if isinstance(listed, Known) and listed.value else {}
    sheet.constant(
        "encryption.at_rest", True, "AWS Backup Developer Guide, encryption: what a vault manages is encrypted under the vault's key"
    )
    owned = item.get("EncryptionKeyType") == "AWS_OWNED_KMS_KEY"
    key = None if owned else item.get("EncryptionKeyArn")
    # A vault made without a key uses the AWS managed key aws/backup (API Reference, CreateBackupVault, EncryptionKeyArn).
    without = "provider-owned" if owned else "provider-managed"
    sheet.put("encryption.key_custody", keys.custody(key, draft.docs, VAULTS.via, without=without))
    mode = _lock_mode(item, field_of(draft.docs.get(_STARTED, Known(None)), "now"))
    sheet.put("immutability.mode", mode)
    locked = isinstance(mode, Known) and mode.value != "none"
    # Without MinRetentionDays a lock enforces no shortest retention (API Reference, BackupVaultListMember).
    sheet.known("immutability.min_days", int(item.get("MinRetentionDays") or 0) if locked else 0, VAULTS.via)
    policy_facts(policy_text(draft.doc(POLICY), "Policy"), "backup", draft.resource.account, POLICY.via, sheet, kind=Kind.BACKUP_VAULT)
    return sheet.facts


def _lock_mode(item: Mapping[str, Any], now: Maybe[Any]) -> AnyFact:
    # Logically air-gapped vaults are locked in compliance mode from the start (Developer Guide, "Logically air-gapped vault").
    if item.get("VaultType") == "LOGICALLY_AIR_GAPPED_BACKUP_VAULT":
        return Known(
            "compliance", Provenance("constant: AWS Backup Developer Guide, logically air-gapped vaults are locked in compliance mode")
        )
    if not item.get("Locked", False):
        return Known("none", VAULTS.via)
    # Until its LockDate, and for ever without one, a lock can be changed or removed (API Reference, BackupVaultListMember, LockDate).
    date = item.get("LockDate")
    passed = date is not None and isinstance(now, Known) and now.value is not None and date <= now.value
    return Known("compliance" if passed else "governance", VAULTS.via)


def vault_grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of the vault's access policy, as evidence."""
    return policy_grants(policy_text(draft.doc(POLICY), "Policy"), POLICY.via)


def survey_plans(caller: Caller) -> Iterator[Draft]:
    """Lists the plans of one region with what they select; a selection that cannot be listed leaves a gap after all plans."""
    unlisted: ListingFailedError | None = None
    for item in caller.listing(PLANS, "BackupPlansList"):
        arn, plan = str(item["BackupPlanArn"]), str(item["BackupPlanId"])
        links = [*_targets(caller, plan)]
        try:
            selections = [str(one["SelectionId"]) for one in caller.listing(SELECTIONS, "BackupSelectionsList", BackupPlanId=plan)]
        except ListingFailedError as failed:
            unlisted = unlisted or failed
            links.append(Link(Rel.PROTECTS, "", Unknown(UnknownReason(failed.gap.reason), SELECTIONS.via, failed.gap.detail)))
        else:
            for selection in selections:
                links.extend(_selected(caller.ask(SELECTION, arn, BackupPlanId=plan, SelectionId=selection)))
        resource = Resource(
            arn,
            Kind.BACKUP_PLAN,
            "backup.plan",
            "aws",
            caller.account,
            caller.region,
            str(item.get("BackupPlanName") or plan),
            tags=caller.tags_of(arn),
            links=tuple(dict.fromkeys(links)),
            aliases=(plan,),
        )
        yield Draft(resource)
    if unlisted:
        raise unlisted


def _targets(caller: Caller, plan: str) -> Iterator[Link]:
    """The vaults in which the plan's rules store recovery points and copies of them."""
    rules = field_of(caller.ask(PLAN, BackupPlanId=plan), "BackupPlan", "Rules", absent=())
    if isinstance(rules, Unknown):
        yield Link(Rel.STORES_IN, "", rules)
        return
    for rule in rules.value:
        name = str(rule["TargetBackupVaultName"])
        yield Link(Rel.STORES_IN, f"arn:{caller.partition}:backup:{caller.region}:{caller.account}:backup-vault:{name}")
        gapped = rule.get("TargetLogicallyAirGappedBackupVaultArn")
        copies = [str(copy["DestinationBackupVaultArn"]) for copy in rule.get("CopyActions") or ()]
        for vault in [*([str(gapped)] if gapped else []), *copies]:
            yield Link(Rel.STORES_IN, vault)


def _selected(answer: Maybe[Any]) -> Iterator[Link]:
    """What one selection protects."""
    chosen = field_of(answer, "BackupSelection", absent={})
    if isinstance(chosen, Unknown):
        yield Link(Rel.PROTECTS, "", chosen)
    else:
        yield from selected(chosen.value, SELECTION.via)


def plan_facts(draft: Draft) -> Mapping[str, AnyFact]:
    """A plan has no facts of its own: its links decide which stores are covered."""
    return draft.resource.facts


COLLECTORS = (
    Collector("backup", (VAULTS, keys.LIST_ALIASES, POLICY), survey_vaults, vault_facts, grants=vault_grants),
    Collector("backup", (PLANS, PLAN, SELECTIONS, SELECTION), survey_plans, plan_facts),
)
