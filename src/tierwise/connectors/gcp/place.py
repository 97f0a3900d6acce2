"""A project as a place, and the folders and organisation above it, with what they say of all that is below them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tierwise.connectors import fields
from tierwise.connectors.declared import Doc, Draft, Once
from tierwise.connectors.gcp.ids import project_in, relative
from tierwise.connectors.gcp.read import Asset, Read, Row
from tierwise.connectors.gcp_terms import as_region
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Kind, Resource

PROJECT: Final = Read("cloudresourcemanager", "/v3/projects/{}", "resourcemanager.projects.get")
FOLDER: Final = Read("cloudresourcemanager", "/v3/folders/{}", "resourcemanager.folders.get")
ORGANISATION: Final = Read("cloudresourcemanager", "/v3/organizations/{}", "resourcemanager.organizations.get")
SEARCH: Final = Read(
    "cloudresourcemanager",
    "/v3/projects:search",
    "resourcemanager.projects.get",
    items="projects",
    query=(("query", "state:ACTIVE"), ("pageSize", "500")),
)
"""All projects that the caller may see; it leaves out the others without an error, which is what a scan of all that can be seen means."""
BELOW: Final = Read(
    "cloudresourcemanager", "/v3/projects", "resourcemanager.projects.list", items="projects", query=(("parent", "{}"), ("pageSize", "500"))
)
FOLDERS: Final = Read(
    "cloudresourcemanager", "/v3/folders", "resourcemanager.folders.list", items="folders", query=(("parent", "{}"), ("pageSize", "500"))
)
LEVELS: Final[Mapping[str, Read]] = {"projects": PROJECT, "folders": FOLDER, "organizations": ORGANISATION}
PLACES: Final = (PROJECT, FOLDER, ORGANISATION, SEARCH, BELOW, FOLDERS)


@dataclass(slots=True)
class Place:
    """One project; with an empty id all of the scope."""

    id: str
    """The id that people write."""
    number: str = ""
    row: Mapping[str, Any] = field(default_factory=dict)
    """As Resource Manager or the inventory tells it."""
    ancestors: tuple[str, ...] = ()
    """From `projects/NUMBER` upward to the organisation, where the inventory has told them."""
    scope: str = ""
    """The scope in which it was found: `projects/p`, `folders/1`, `organizations/1`."""
    above: Once = field(default_factory=Once)
    """Reads a document of this project or of what is above it once; shared by all projects of a run."""

    @property
    def name(self) -> str:
        """`projects/NUMBER`, else by its id."""
        return f"projects/{self.number or self.id}"

    @property
    def parent(self) -> str:
        """`folders/1`, `organizations/1`, or empty where it has none."""
        return parent_of(self.row)

    @property
    def unit(self) -> str:
        """What it is in, from the organisation down: `organizations/1/folders/2`; where only its parent is known, that; or an empty string."""
        return "/".join(reversed(self.ancestors[1:])) or self.parent

    def has_project(self, named: str) -> bool:
        """Whether an id or a number is its own."""
        return named in (self.id, self.number)


def parent_of(row: Mapping[str, Any]) -> str:
    """What a project or folder is in: `parent` is a name, or a type and an id in the first version of Resource Manager."""
    found = row.get("parent")
    if isinstance(found, Mapping):
        kind, identifier = str(found.get("type") or ""), str(found.get("id") or "")
        return f"{kind}s/{identifier}" if kind and identifier else ""
    return found if isinstance(found, str) else ""


def place_of(row: Mapping[str, Any], above: Once, scope: str = "", ancestors: tuple[str, ...] = ()) -> Place:
    """A project by its document, of either version of Resource Manager."""
    number = str(row.get("projectNumber") or str(row.get("name") or "").removeprefix("projects/"))
    return Place(str(row.get("projectId") or number), number if number.isdecimal() else "", row, ancestors, scope, above)


class Places(dict[str, Place]):
    """The projects of a run, by id and by number."""

    def add(self, place: Place) -> None:
        """Know a project by both its names."""
        self[place.id] = place
        if place.number:
            self[place.number] = place

    @property
    def each(self) -> tuple[Place, ...]:
        """Each project once."""
        return tuple({place.id: place for place in self.values()}.values())


def labels_of(doc: Maybe[Doc | None], *path: str) -> Maybe[Mapping[str, str]]:
    """The labels of a document; none where it has none."""
    found = fields.value(
        doc, *(path or ("labels",)), absent={}, because="Google Cloud, labels: a resource without labels has none in its answer"
    )
    if isinstance(found, Unknown):
        return found
    if not isinstance(found.value, Mapping):
        return Unknown(UnknownReason.UNPARSABLE, found.via, "its labels are no mapping")
    via = found.via if found.value else doc.via
    return Known({str(key): "" if value is None else str(value) for key, value in found.value.items()}, via)


def _no_labels(doc: Maybe[Doc | None]) -> Maybe[Mapping[str, str]]:
    return doc if isinstance(doc, Unknown) else Known({}, Provenance("constant: the API has no labels for it"))


def drafted(
    place: Place,
    declared: Row,
    asset: Asset,
    kind: Kind,
    *,
    name: str = "",
    region: object = "",
    aliases: Iterable[object] = (),
    labels: tuple[str, ...] | None = ("labels",),
) -> Draft:
    """A draft of an asset, whose document is its first, with its IAM policy where the inventory gave it; `labels` is where they are, None for nowhere."""
    other = place.number if place.id == project_in(asset.name) else place.id
    paths = [relative(asset.name)]
    if other and (own := project_in(asset.name)):
        paths.append(paths[0].replace(f"projects/{own}/", f"projects/{other}/", 1))
    resource = Resource(
        asset.name,
        kind,
        declared.type,
        "gcp",
        place.id,
        "" if isinstance(asset.data, Unknown) else as_region(str(region)) if region else "global",
        name or asset.name.rpartition("/")[2],
        tags=labels_of(asset.data, *labels) if labels is not None else _no_labels(asset.data),
        aliases=tuple(dict.fromkeys(str(one) for one in (*paths, *aliases) if one)),
    )
    draft = Draft(resource, {declared.operation: asset.data})
    if declared.iam is not None and asset.policy is not None:
        draft.docs[declared.iam.operation] = asset.policy
    return draft
