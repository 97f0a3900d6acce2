"""Who from outside the tenant is let in to an Azure resource, as both its readers put it together, live and in plans. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from tierwise.model.fact import NOWHERE, AnyFact, FactSheet, Known, Maybe, Provenance, Unknown
from tierwise.model.resource import Kind
from tierwise.model.vocabulary import put_listed

TENANT: Final = "Azure RBAC documentation, role assignments: a principal is an object of the subscription's own tenant"
MICROSOFT: Final = frozenset({"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"})
"""The tenants of Microsoft's own services (Microsoft Entra documentation, "Verify first-party Microsoft applications in sign-in reports")."""


@dataclass(frozen=True, slots=True)
class Strangers:
    """Those from outside whom somebody who is let in stands for."""

    named: frozenset[str] = frozenset()
    open: Unknown | None = None
    """Why there may be more."""

    def __or__(self, other: Strangers) -> Strangers:
        return Strangers(self.named | other.named, self.open or other.open)


NOBODY: Final = Strangers()
Given: TypeAlias = tuple[Strangers, bool]
"""Those from outside whom somebody who is let in stands for, and whether a condition binds it."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who from outside is let in to a resource."""

    named: frozenset[str] = frozenset()
    bare: bool = False
    """Whether no condition binds one of them."""
    open: Unknown | None = None
    """Why there may be more."""
    loose: Unknown | None = None
    """Why there may be more whom no condition binds."""
    via: Provenance = NOWHERE

    def besides(self, more: Strangers) -> Audience:
        """The same with others whom no condition binds."""
        return replace(
            self,
            named=self.named | more.named,
            bare=self.bare or bool(more.named),
            open=self.open or more.open,
            loose=self.loose or more.open,
        )


def audience(given: Iterable[Given], via: Provenance) -> Audience:
    """All of those who are let in together."""
    found = Audience(via=via)
    for strangers, conditioned in given:
        if not conditioned:
            found = found.besides(strangers)
        else:
            found = replace(found, named=found.named | strangers.named, open=found.open or strangers.open)
    return found


def put_audience(sheet: FactSheet, kind: Kind, found: Audience, anonymous: Maybe[bool] | None = None) -> None:
    """Who is let in: Azure's stores name nobody themselves, but for those that may be open to everybody; roles are given to principals of the own tenant."""
    no = Known(False, Provenance(f"constant: {TENANT}"))
    outside: AnyFact = Known(found.named, found.via) if found.open is None else found.open.including(found.named | found.open.includes)
    put_listed(
        sheet,
        {
            "access.anonymous_read": anonymous or no,
            "access.anonymous_write": no,
            "access.any_authenticated": no,
            "access.external_principals": outside,
        },
        kind,
    )
    if found.bare:
        sheet.known("access.external_conditioned", False, found.via)
    elif found.loose is not None or (found.open is not None and not found.named):
        sheet.put("access.external_conditioned", found.loose or found.open or no)
    elif found.named:
        sheet.known("access.external_conditioned", True, found.via)
    else:
        sheet.not_applicable("access.external_conditioned", "no principal outside the tenant is let in", found.via)
