"""Whether the organisation's resource control policies keep identities of other organisations from an account's data."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tierwise.access.document import PolicyError, parse_policy
from tierwise.access.guard import organisation_restricted
from tierwise.connectors.aws import account_lock
from tierwise.connectors.aws.calls import Caller
from tierwise.connectors.aws.read import Read
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.model.fact import Known, Maybe, Unknown, UnknownReason
from tierwise.model.kleene import either

PERIMETER: Final = "access.organisation_perimeter"
_FACTS: Final = frozenset({PERIMETER})
_DOCUMENTS: Final = "documents"


def _once(caller: Caller, _draft: Draft) -> Maybe[Doc | None]:
    return caller.once_per_account("resource control policies", lambda: _look(caller))


def _look(caller: Caller) -> Maybe[Doc | None]:
    """The resource control policies over the account; None where none can bind it.

    They bind no resource of the management account (Organizations User Guide, "Resource control policies").
    """
    answer = account_lock.organisation(caller)
    if isinstance(answer, Unknown) or answer.value is None:
        return answer
    if str((answer.value.get("Organization") or {}).get("MasterAccountId", "")) == caller.account:
        return Known(None, ORGANISATION.via)
    documents = account_lock.documents(caller, "RESOURCE_CONTROL_POLICY")
    return documents if isinstance(documents, Unknown) else Known({_DOCUMENTS: documents.value}, documents.via)


ORGANISATION: Final = replace(account_lock.ORGANISATION, stage=Stage.DETAIL, facts=_FACTS, make=_once)
READS: Final[tuple[Read, ...]] = (
    ORGANISATION,
    *(replace(one, facts=_FACTS) for one in (account_lock.PARENTS, account_lock.ATTACHED, account_lock.DOCUMENT)),
)


def above(look: Maybe[Doc | None], service: str) -> Maybe[bool]:
    """Whether a resource control policy refuses all callers but those of named organisations or accounts."""
    if isinstance(look, Unknown):
        return look
    found: list[Maybe[bool]] = [Known(False, look.via)]
    for text in (look.value or {}).get(_DOCUMENTS, ()):
        try:
            found.append(organisation_restricted(parse_policy(text), service, look.via))
        except PolicyError as error:
            found.append(Unknown(UnknownReason.UNPARSABLE, look.via, str(error)))
    return either(*found)
