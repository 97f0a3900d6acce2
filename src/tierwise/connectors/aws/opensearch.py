"""OpenSearch domains (and older Elasticsearch ones, which answer through the same API). Tags come from the bulk read of the region.

A domain in a VPC has no public address, so an access policy that lets in anyone lets in only who reaches that VPC. With fine-grained access
control every request needs credentials whatever the policy says, unless anonymous access is on for a migration (OpenSearch Service
Developer Guide, "Fine-grained access control").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tierwise.access.audience import source_restricted, tls_of
from tierwise.access.document import Policy
from tierwise.access.share import put_inside_vpc
from tierwise.connectors.aws import keys
from tierwise.connectors.aws.calls import Caller, ListingFailedError
from tierwise.connectors.aws.listed import flag
from tierwise.connectors.aws.read import Collector, Read
from tierwise.connectors.aws.resource_policy import facts_of_policy, grants_of, parsed
from tierwise.connectors.aws.sharing import put_encryption
from tierwise.connectors.declared import Draft
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Gap, Grant, Kind, Link, Rel, Resource

LIST = Read("opensearch", "ListDomainNames", "es:ListDomainNames", kinds=frozenset({Kind.SEARCH_INDEX}))
DOMAINS = Read("opensearch", "DescribeDomains", "es:DescribeDomains", kinds=frozenset({Kind.SEARCH_INDEX}), links=True)
_BATCH = 5
"""OpenSearch API, DescribeDomains: at most five names a call."""
_TLS_POLICY = re.compile(r"^Policy-Min-TLS-(\d)-(\d)\b")


def survey(caller: Caller) -> Iterator[Draft]:
    """Lists the domains of one region, described five at a time."""
    names = [str(one["DomainName"]) for one in caller.listing(LIST, "DomainNames")]
    for start in range(0, len(names), _BATCH):
        answer = caller.ask(DOMAINS, DomainNames=names[start : start + _BATCH])
        if isinstance(answer, Unknown):
            raise ListingFailedError(
                Gap("aws", caller.account, caller.region, "opensearch", answer.reason.value, DOMAINS.action, answer.detail, DOMAINS.kinds)
            )
        for item in (answer.value or {}).get("DomainStatusList") or ():
            if item.get("Deleted"):
                continue
            arn, name = str(item["ARN"]), str(item["DomainName"])
            tags = caller.tags_of(arn)
            resource = Resource(
                arn, Kind.SEARCH_INDEX, "opensearch.domain", "aws", caller.account, caller.region, name, tags=tags, aliases=(name,)
            )
            yield Draft(resource, {DOMAINS.operation: Known(item, DOMAINS.via), keys.ALIASES: keys.aliases(caller)})


def _item(draft: Draft) -> Mapping[str, Any]:
    doc = draft.doc(DOMAINS)
    return (doc.value or {}) if isinstance(doc, Known) else {}


def _policy(draft: Draft) -> Maybe[Policy | None]:
    return parsed(Known(_item(draft).get("AccessPolicies"), DOMAINS.via), DOMAINS.via)


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a domain; one call tells them all."""
    sheet = FactSheet()
    item, via = _item(draft), DOMAINS.via
    at_rest = item.get("EncryptionAtRestOptions") or {}
    put_encryption(sheet, flag(at_rest, "Enabled", via), at_rest.get("KmsKeyId"), draft.docs)
    sheet.put("transport.internode_encrypted", flag(item.get("NodeToNodeEncryptionOptions") or {}, "Enabled", via))
    policy = _policy(draft)
    _put_transport(item, policy, sheet)
    _put_reach(item, policy, sheet)
    _put_audience(draft, policy, sheet)
    _put_login(item, sheet)
    # Audit logs name user, index and request; which categories they hold is set inside the domain, where no AWS API looks.
    audit = (item.get("LogPublishingOptions") or {}).get("AUDIT_LOGS") or {}
    for name in ("logging.data_read", "logging.data_write"):
        sheet.known(name, bool(audit.get("Enabled") and audit.get("CloudWatchLogsLogGroupArn")), via)
    disk = item.get("EBSOptions") or {}
    if disk.get("EBSEnabled") and disk.get("VolumeSize"):
        nodes = int((item.get("ClusterConfig") or {}).get("InstanceCount") or 1)
        sheet.known("volume.bytes", int(disk["VolumeSize"]) * nodes * 1024**3, via)
    return sheet.facts


def _put_transport(item: Mapping[str, Any], policy: Maybe[Policy | None], sheet: FactSheet) -> None:
    options, via = item.get("DomainEndpointOptions") or {}, DOMAINS.via
    enforced = flag(options, "EnforceHTTPS", via)
    if isinstance(enforced, Known) and not enforced.value and isinstance(policy, Known) and policy.value is not None:
        # A policy that denies plaintext requires TLS as well.
        enforced = tls_of(policy.value, service="es", via=via)[0]
    sheet.put("transport.tls_required", enforced)
    found = _TLS_POLICY.match(str(options.get("TLSSecurityPolicy") or ""))
    if found:
        sheet.known("transport.min_tls", f"{found[1]}.{found[2]}", via)
    else:
        sheet.put("transport.min_tls", Unknown(UnknownReason.NOT_COLLECTED, via, "the answer names no TLS policy that is known"))


def _in_vpc(item: Mapping[str, Any]) -> bool:
    return bool((item.get("VPCOptions") or {}).get("VPCId"))


def _put_reach(item: Mapping[str, Any], policy: Maybe[Policy | None], sheet: FactSheet) -> None:
    if _in_vpc(item):
        put_inside_vpc(sheet, "OpenSearch Service Developer Guide, VPC support: a domain in a VPC has no public address")
        return
    via = DOMAINS.via
    sheet.known("network.public_endpoint", True, via)
    restricted: Maybe[bool]
    if isinstance(policy, Unknown):
        restricted = policy
    else:
        restricted = source_restricted(policy.value, via) if policy.value else Known(False, via)
    sheet.put("network.private_endpoint", restricted)
    sheet.put("network.ingress_any", restricted if isinstance(restricted, Unknown) else Known(not restricted.value, via))


def _put_audience(draft: Draft, policy: Maybe[Policy | None], sheet: FactSheet) -> None:
    item, via = _item(draft), DOMAINS.via
    facts_of_policy(policy, "es", draft.resource.account, via, sheet, kind=Kind.SEARCH_INDEX, endpoint=False)
    fine = item.get("AdvancedSecurityOptions") or {}
    if _in_vpc(item) or (fine.get("Enabled") and not fine.get("AnonymousAuthEnabled")):
        for name in ("access.anonymous_read", "access.anonymous_write", "access.any_authenticated"):
            sheet.known(name, False, via)


def _put_login(item: Mapping[str, Any], sheet: FactSheet) -> None:
    fine = item.get("AdvancedSecurityOptions") or {}
    sheet.known("access.local_auth_enabled", bool(fine.get("Enabled") and fine.get("InternalUserDatabaseEnabled")), DOMAINS.via)
    sheet.constant("access.central_identity_enabled", True, "OpenSearch Service Developer Guide, IAM: signed requests are always accepted")
    sheet.constant("access.shared_key_enabled", False, "OpenSearch Service knows IAM principals and users by name, no shared key")


def links(draft: Draft) -> tuple[Link, ...]:
    """Its key, and the log groups that receive its logs."""
    item = _item(draft)
    found = list(keys.key_links((item.get("EncryptionAtRestOptions") or {}).get("KmsKeyId")))
    for _sort, option in sorted((item.get("LogPublishingOptions") or {}).items()):
        if option.get("Enabled") and option.get("CloudWatchLogsLogGroupArn"):
            found.append(Link(Rel.LOGS_TO, str(option["CloudWatchLogsLogGroupArn"]).removesuffix(":*")))
    return tuple(found)


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The statements of the access policy, as evidence."""
    return grants_of(_policy(draft), DOMAINS.via)


COLLECTOR = Collector("opensearch", (LIST, DOMAINS, keys.LIST_ALIASES), survey, facts, links, grants)
