"""Secret Manager secrets, global and regional, with their IAM policies; never their versions, which hold the values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from tierwise.connectors import fields, gcp_terms
from tierwise.connectors.declared import Doc, Draft, Stage
from tierwise.connectors.gcp import iam
from tierwise.connectors.gcp.place import drafted
from tierwise.connectors.gcp.read import Asset, Collector, Read, Row
from tierwise.connectors.gcp.store import api_store, policy_read
from tierwise.model.fact import AnyFact, FactSheet, Known, Maybe, Unknown, UnknownReason
from tierwise.model.resource import Grant, Kind, Link, Rel

if TYPE_CHECKING:
    from tierwise.connectors.gcp.calls import Caller

TYPE: Final = "secretmanager.googleapis.com/Secret"
_GOOGLES: Final = gcp_terms.ENCRYPTED
_NONE: Final = "Secret Manager API, Secret.versionDestroyTtl: versions are destroyed at once where it is not set"
LIST: Final = Read(
    "secretmanager",
    "/v1/projects/{}/secrets",
    "secretmanager.secrets.list",
    stage=Stage.SURVEY,
    items="secrets",
    query=(("pageSize", "25000"),),
    kinds=frozenset({Kind.SECRET}),
)
IAM: Final = policy_read(TYPE, "secretmanager", "/v1/projects/{}/secrets/{}", "secretmanager.secrets.getIamPolicy")
STORE: Final = api_store(TYPE, "secretmanager", "secretmanager.googleapis.com", IAM)
SECRET: Final = Row(
    TYPE,
    frozenset({Kind.SECRET}),
    (LIST,),
    lambda doc, _place: f"//secretmanager.googleapis.com/{doc.get('name')}",
    IAM,
    frozenset({"encryption.key_custody", "recovery.soft_delete_days"}),
)


def survey(caller: Caller, declared: Row, asset: Asset) -> Iterator[Draft]:
    """One draft per secret."""
    draft = drafted(caller.place, declared, asset, Kind.SECRET, region=_region(asset.data), aliases=(asset.name.rpartition("/")[2],))
    draft.docs[iam.PLACE] = Known({"place": caller.place})
    yield draft


def _region(secret: Maybe[Doc | None]) -> str:
    """The one place where the secret is kept; empty, which is `global`, where there are several or Google chooses."""
    replicas = fields.items(secret, "replication", "userManaged", "replicas")
    places = {str(one.get("location") or "") for one in replicas.value} if isinstance(replicas, Known) else set()
    return places.pop() if len(places) == 1 else ""


def _keys(secret: Maybe[Doc | None]) -> list[Maybe[str]]:
    """The key of every place where the secret is kept; an empty name is a key of Google's."""
    path = ("customerManagedEncryption", "kmsKeyName")
    replicas = fields.items(secret, "replication", "userManaged", "replicas")
    if isinstance(replicas, Unknown) and replicas.reason is UnknownReason.UNPARSABLE:
        return [replicas]
    if isinstance(replicas, Known) and replicas.value:
        return [fields.word(fields.inner(replicas, one), *path, absent="", because=_GOOGLES) for one in replicas.value]
    own = fields.word(secret, *path, absent="", because=_GOOGLES)
    if isinstance(own, Known) and not own.value:
        own = fields.word(secret, "replication", "automatic", *path, absent="", because=_GOOGLES)
    return [own]


def links(draft: Draft) -> tuple[Link, ...]:
    """Its keys."""
    names = [one.value for one in _keys(draft.doc(SECRET)) if isinstance(one, Known) and one.value]
    return tuple(Link(Rel.USES_KEY, gcp_terms.unversioned(one)) for one in dict.fromkeys(names))


def facts(draft: Draft) -> Mapping[str, AnyFact]:
    """All facts of a secret that its documents so far allow."""
    sheet, secret = FactSheet(), draft.doc(SECRET)
    custody: list[AnyFact] = []
    for key in _keys(secret):
        gcp_terms.put_custody(sheet, key)
        custody.append(sheet.facts["encryption.key_custody"])
    sheet.put("encryption.key_custody", gcp_terms.weakest(custody))
    kept = gcp_terms.seconds(fields.word(secret, "versionDestroyTtl", absent="0s", because=_NONE))
    sheet.put("recovery.soft_delete_days", kept if isinstance(kept, Unknown) else Known((kept.value or 0) // gcp_terms.DAY, kept.via))
    STORE.put(draft, sheet)
    return sheet.facts


def grants(draft: Draft) -> tuple[Grant, ...]:
    """The grants of its policy."""
    return STORE.put(draft, FactSheet())


COLLECTOR = Collector("secretmanager", (SECRET,), STORE.reads, survey, facts, links, grants)
