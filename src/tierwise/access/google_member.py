"""Who a member of an IAM binding is, by its text: everybody, the own project's, another project's, or someone of whom it is not known."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from tierwise.model.fact import Unknown

_OF_PROJECT: Final = re.compile(r"serviceAccount:[^@]+@([a-z0-9.:-]+)\.iam\.gserviceaccount\.com\Z")
_APP_ENGINE: Final = re.compile(r"serviceAccount:([a-z0-9.:-]+)@appspot\.gserviceaccount\.com\Z")
_WORKLOAD: Final = re.compile(r"serviceAccount:([a-z0-9.:-]+)\.svc\.id\.goog\[")
_POOL: Final = re.compile(r"principal(?:Set)?://iam\.googleapis\.com/projects/(\d+)/locations/global/workloadIdentityPools/")
"""Identities from outside Google that a project's pool vouches for (IAM documentation, "Principal identifiers")."""
_OF_POOL: Final = re.compile(r"/(?:subject|group|attribute\.[^/]*)/")
_CONVENIENCE: Final = re.compile(r"project(?:Owner|Editor|Viewer):(.+)\Z")
_CONSUMER: Final = frozenset({"gmail.com", "googlemail.com"})
_GOOGLE: Final = re.compile(
    r"(?:gcp-sa-[a-z0-9-]+|gs-project-accounts|bigquery-encryption|compute-system|container-engine-robot|serverless-robot-prod|system)\Z"
)
"""Google's own projects in which service agents live (IAM documentation, "Service agents")."""
_AGENT: Final = re.compile(r"serviceAccount:(?:service-|bq-)?(\d+)(?:-compute)?@([a-z0-9.-]+?)(?:\.iam)?\.gserviceaccount\.com\Z")
_AGENT_DOMAINS: Final = frozenset({"developer", "cloudservices", "cloudbuild"})
Kinds = Literal["anyone", "authenticated", "own", "outside", "perhaps", "nobody", "open"]


@dataclass(frozen=True, slots=True)
class Member:
    """One member."""

    kind: Kinds
    who: str = ""
    """The project or domain, where it is outside for certain."""
    shown: str = ""
    """The member as evidence: of a person or group only the domain."""
    identity: str = field(repr=False, default="")
    """What tells members apart; never shown, for it may be a person's address."""
    why: Unknown | None = None
    """For `perhaps` (whether it is the organisation's own is not known) and `open` (it may be anybody)."""


@dataclass(frozen=True, slots=True)
class Home:
    """Whose resource it is on which the binding stands."""

    has_project: Callable[[str], bool | None]
    """Whether a project, by id or number, is the resource's own; None where that is not known."""
    has_domain: Callable[[str], bool | None]
    """The same of a domain and the organisation."""
    unsure: Callable[[str], Unknown]
    """Why it is not known whether something (`the project p`) is the own one."""


def read_member(text: str, home: Home) -> Member:
    """A member by its text."""
    return replace(_read(text, home), identity=text)


def _read(text: str, home: Home) -> Member:
    if text == "allUsers":
        return Member("anyone", shown=text)
    if text == "allAuthenticatedUsers":
        return Member("authenticated", shown=text)
    if text.startswith("deleted:"):
        return Member("nobody", shown="deleted")
    for pattern in (_OF_PROJECT, _APP_ENGINE, _WORKLOAD, _CONVENIENCE):
        if (match := pattern.match(text)) and not _GOOGLE.match(match[1]):
            return _of_project(match[1], text, home)
    if (match := _AGENT.match(text)) and (match[2] in _AGENT_DOMAINS or _GOOGLE.match(match[2])):
        return _of_project(match[1], text, home)
    if (match := _POOL.match(text)) and home.has_project(match[1]) is False:
        # Whom a pool of the own project vouches for is set on the pool, which is not read.
        return _of_project(match[1], _OF_POOL.split(text, maxsplit=1)[0], home)
    kind, _, rest = text.partition(":")
    if kind in ("user", "group", "domain"):
        return _of_domain(kind, rest.rpartition("@")[2].lower(), home)
    # The subject of a pool may be a person's address.
    return Member("perhaps", shown=_OF_POOL.split(text, maxsplit=1)[0], why=home.unsure("the project of a service agent or identity pool"))


def _of_domain(kind: str, domain: str, home: Home) -> Member:
    shown = f"{kind}:{domain}"
    mine = home.has_domain(domain)
    if mine:
        return Member("own", shown=shown)
    if domain in _CONSUMER or mine is False:
        return Member("outside", who=domain, shown=shown)
    return Member("perhaps", shown=shown, why=home.unsure(f"the domain {domain}"))


def _of_project(named: str, text: str, home: Home) -> Member:
    mine = home.has_project(named)
    if mine is None:
        return Member("perhaps", shown=text, why=home.unsure(f"the project {named}"))
    return Member("own", shown=text) if mine else Member("outside", who=named, shown=text)
