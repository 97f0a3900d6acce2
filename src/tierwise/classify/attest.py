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
    perhaps: tuple[Attestation, ...] = ()
    """Those in force for a dataset to which it may belong: they may lower its tier, and say nothing of it by themselves."""

    @property
    def says_no_people(self) -> bool:
        """Whether it is attested that no living person can be identified."""
        return any(one.kind in {AttestationKind.ANONYMISED, AttestationKind.SYNTHETIC} for one in self.active)

    def lowered(self, tier: int) -> Tier:
        """The tier after all attestations in force; monotone in the tier, and the lowest of what each gives."""
        return Tier(min([tier, *(_lowered(one.kind, tier) for one in (*self.active, *self.perhaps))]))

    @property
    def lowers(self) -> bool:
        """Whether there are any that may lower a tier."""
        return bool(self.active or self.perhaps)

    def steps(self, before: Tier, *, at_risk: bool) -> list[TraceStep]:
        """How the attestations changed a tier, and why they did not."""
        steps: list[TraceStep] = []
        for one in (*self.active, *self.perhaps):
            may = "" if one in self.active else f", if it belongs to {one.dataset}, which what could not be read would tell"
            signed = f"Reason: {one.reason} (approved by {one.approver}, until {one.expires.isoformat()}{f', {one.merged}' if one.merged else ''})"
            if at_risk:
                text = f"it is attested as {one.kind.value}{may}, which does not apply to people whose safety may depend on it. {signed}"
                steps.append(TraceStep("attestation-refused", text, None, one.file))
            else:
                tier = Tier(_lowered(one.kind, before))
                steps.append(
                    TraceStep(
                        f"attested-{one.kind.value}", f"it is attested as {one.kind.value}{may}: {tier.label}. {signed}", tier, one.file
                    )
                )
        for one in self.expired:
            text = f"the attestation as {one.kind.value} ran out on {one.expires.isoformat()} and no longer counts"
            steps.append(TraceStep("attestation-expired", text, None, one.file))
        return steps


NOT_ATTESTED = Attested()


def attested(resource: Resource, dataset: str, possible: frozenset[str], corrections: Corrections, today: date) -> Attested:
    """The attestations that speak of a resource that belongs to a dataset, and may belong to further ones."""
    mine = [one for one in corrections.attestations if one.covers(resource, dataset)]
    live = [one for one in corrections.attestations if one.expires >= today and one not in mine]
    perhaps = tuple(one for one in live if any(one.covers(resource, each) for each in possible))
    if not (mine or perhaps):
        return NOT_ATTESTED
    return Attested(tuple(one for one in mine if one.expires >= today), tuple(one for one in mine if one.expires < today), perhaps)


def _lowered(kind: AttestationKind, tier: int) -> int:
    match kind:
        case AttestationKind.PSEUDONYMISED:
            return max(int(Tier.T2), tier - 1) if tier > Tier.T2 else tier
        case AttestationKind.ANONYMISED | AttestationKind.SYNTHETIC:
            return min(tier, Tier.T1)
        case AttestationKind.PUBLISHED:
            return Tier.T0
