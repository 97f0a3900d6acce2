"""What the stores behind Google's APIs have alike: their IAM policy and all above it, network, TLS and audit logs."""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.access.google_iam import Policy
from tierwise.connectors import gcp_terms
from tierwise.connectors.declared import Draft
from tierwise.connectors.gcp import constraints, iam
from tierwise.connectors.gcp.above import AUDIENCE, RECORDED, iam_read, org_read
from tierwise.connectors.gcp.bound import deny_read, role_read
from tierwise.connectors.gcp.guard import DOMAIN
from tierwise.connectors.gcp.perimeter import edge_of, perimeter_read
from tierwise.connectors.gcp.read import Read
from tierwise.model.fact import FactSheet
from tierwise.model.resource import Grant


@dataclass(frozen=True, slots=True)
class ApiStore:
    """The reads that a type of store shares with all others, and what to look for in them."""

    service: str
    """As roles name it, and perimeters with the domain: `pubsub`."""
    api: str
    """As audit configurations name it: `pubsub.googleapis.com`; empty where the service records by itself."""
    policy: Read | None
    """The read of its own IAM policy; None where its document has it."""
    above: Read
    guardrails: Read
    perimeters: Read
    roles: Read
    denials: Read

    @property
    def reads(self) -> tuple[Read, ...]:
        """All of them."""
        return (*((self.policy,) if self.policy else ()), self.above, self.guardrails, self.perimeters, self.roles, self.denials)

    def put(self, draft: Draft, sheet: FactSheet, own: Policy | None = None) -> tuple[Grant, ...]:
        """Sets what all stores have alike; `own` is the resource's own policy where it is more than its IAM policy. Returns its grants."""
        kind, place = draft.resource.kind, iam.place_in(draft)
        edge = edge_of(draft.doc(self.perimeters))
        gcp_terms.put_api_store(sheet, kind, constraints.oldest_tls(draft.doc(self.guardrails)), edge.inward)
        if self.api:
            iam.put_recorded(draft, sheet, self.above, self.api)
        if own is None:
            own = iam.own_policy(draft, self.policy, self.above, place) if self.policy else Policy(())
        return iam.put_reach(draft, sheet, kind, self.service, own, self.above, place)


def api_store(of: str, service: str, api: str, policy: Read | None = None, more: frozenset[str] = frozenset()) -> ApiStore:
    """The shared reads of a type of store; `more` are facts that also need the policies above it."""
    recorded = RECORDED if api else frozenset[str]()
    return ApiStore(
        service,
        api,
        policy,
        iam_read(of, AUDIENCE | recorded | more),
        org_read(of, frozenset({"transport.min_tls"})),
        perimeter_read(of, f"{service}{DOMAIN}"),
        role_read(of, AUDIENCE | more),
        deny_read(of),
    )


def policy_read(of: str, host: str, path: str, action: str, facts: frozenset[str] = AUDIENCE) -> Read:
    """The read of an IAM policy by GET, of the version that has conditions."""
    return Read(host, f"{path}:getIamPolicy", action, of, facts=facts, query=(("options.requestedPolicyVersion", "3"),))
