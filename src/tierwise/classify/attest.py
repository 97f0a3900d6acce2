"""What attestations do to a tier: the only way down besides an evidence correction, and never for data on people at risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tierwise.model.register import Attestation, AttestationKind, Corrections
from tierwise.model.resource import Resource
from tierwise.model.sensitivity import Tier, TraceStep


@dataclass(frozen=True, slots=True)
class Attested:
    """The attestations in force for one resource, and those that have run out."""

    active: tuple[Attestation, ...] = ()
    expired: tuple[Attestation, ...] = ()

    @property
    def says_no_people(self) -> bool:
        """Whether it is attested that no living person can be identified."""
        return any(one.kind in {AttestationKind.ANONYMISED, AttestationKind.SYNTHETIC} for one in self.active)

    def lowered(self, tier: int) -> Tier:
        """The tier after all attestations in force; monotone in the tier, and the lowest of what each gives."""
        if not self.active:
            return Tier(tier)
        return Tier(min([tier, *(_lowered(one.kind, tier) for one in self.active)]))

    def steps(self, before: Tier, *, at_risk: bool) -> list[TraceStep]:
        """How the attestations changed a tier, and why they did not."""
        steps: list[TraceStep] = []
        for one in self.active:
            signed = f"Reason: {one.reason} (approved by {one.approver}, until {one.expires.isoformat()}{f', {one.merged}' if one.merged else ''})"
            if at_risk:
                text = f"it is attested as {one.kind.value}, which does not apply to people whose safety may depend on it. {signed}"
                steps.append(TraceStep("attestation-refused", text, None, one.file))
            else:
                tier = Tier(_lowered(one.kind, before))
                steps.append(
                    TraceStep(f"attested-{one.kind.value}", f"it is attested as {one.kind.value}: {tier.label}. {signed}", tier, one.file)
                )
        for one in self.expired:
            text = f"the attestation as {one.kind.value} ran out on {one.expires.isoformat()} and no longer counts"
            steps.append(TraceStep("attestation-expired", text, None, one.file))
        return steps


NOT_ATTESTED = Attested()


def attested(resource: Resource, datasets: frozenset[str], corrections: Corrections, today: date) -> Attested:
    """The attestations that speak of a resource that belongs, or may belong, to these datasets."""
    mine = [one for one in corrections.attestations if any(one.covers(resource, dataset) for dataset in datasets)]
    if not mine:
        return NOT_ATTESTED
    return Attested(tuple(one for one in mine if one.expires >= today), tuple(one for one in mine if one.expires < today))


def _lowered(kind: AttestationKind, tier: int) -> int:
    match kind:
        case AttestationKind.PSEUDONYMISED:
            return max(int(Tier.T2), tier - 1) if tier > Tier.T2 else tier
        case AttestationKind.ANONYMISED | AttestationKind.SYNTHETIC:
            return min(tier, Tier.T1)
        case AttestationKind.PUBLISHED:
            return Tier.T0
