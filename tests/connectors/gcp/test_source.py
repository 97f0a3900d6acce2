from __future__ import annotations

import pytest

from tests.connectors.gcp.cloud import CHAIN, NUMBER, ORGANISATION, PROJECT, Cloud, Reply, asset, binding, error, logged, project
from tests.connectors.gcp.conftest import ALL_FACTS
from tests.connectors.gcp.test_storage import BARE, DOCS, READER, ROWS, SAFE, bucket
from tierwise.connectors.declared import Stage
from tierwise.connectors.gcp.collectors import declared_reads
from tierwise.connectors.gcp.read import Row
from tierwise.model.fact import UnknownReason
from tierwise.model.resource import Kind

SERVICES = ("storage",)
INVENTORY = f"cloudasset/v1/projects/{PROJECT}/assets"
LIST_BOTH = frozenset({"cloudasset.assets.listResource", "cloudasset.assets.listIamPolicy"})


LOGGED = logged("DATA_READ")


def buckets(count: int, ancestors: tuple[str, ...] = CHAIN) -> list[dict]:
    return [bucket({**SAFE, "name": f"b{number:04}"}, READER, ancestors=ancestors) for number in range(count)]


def organisation(assets: list[dict], **levels: dict) -> Cloud:
    """An organisation with a project in a folder; `levels` adds to the assets of its levels."""
    prefix = "cloudresourcemanager.googleapis.com"
    chain = (f"projects/{NUMBER}", "folders/7", f"organizations/{ORGANISATION}")
    nodes = [
        asset(f"{prefix}/Project", f"//{prefix}/projects/{NUMBER}", project(parent="folders/7"), ancestors=chain, **levels.get("project", {})),
        asset(f"{prefix}/Folder", f"//{prefix}/folders/7", {}, ancestors=chain[1:], **levels.get("folder", {})),
        asset(f"{prefix}/Organization", f"//{prefix}/organizations/{ORGANISATION}", {}, ancestors=chain[2:], **levels.get("organisation", {})),
    ]  # fmt: skip
    return Cloud([*nodes, *({**one, "ancestors": list(chain)} for one in assets)])


def test_all_pages_are_read(collect):
    cloud = Cloud(buckets(7))
    cloud.page = 3
    assert len(collect(cloud)) == 7


ABOVE = frozenset({"access.anonymous_read", "logging.data_read", "transport.min_tls"})
"""Facts that only what stands above a bucket decides."""


def below(folders: int, count: int, **levels: dict) -> Cloud:
    """A project with buckets below so many folders of an organisation."""
    cloud = organisation(buckets(count), project={"policy": {"bindings": []}}, **levels)
    chain = [f"projects/{NUMBER}", *(f"folders/{7 - number}" for number in range(folders)), f"organizations/{ORGANISATION}"]
    for one in cloud.assets:
        one["ancestors"] = chain[chain.index(one["ancestors"][0]) :] if one["ancestors"][0] in chain else chain
    return cloud


@pytest.mark.parametrize(("folders", "count"), [(0, 30), (1, 30), (2, 30), (3, 30), (4, 1000)])
def test_buckets_of_a_project_cost_a_page_for_each_content_and_five_calls_beside_however_many_and_deep_they_are(collect, folders, count):
    cloud = below(folders, count)
    assert len(collect(cloud, ABOVE)) == count
    assert cloud.asked(f"projects/{PROJECT}/assets") == 2
    assert {len(one.get("pageToken", [])) for one in cloud.queries} == {0}
    # The project's IAM policy, those of all levels above it, the organisation's domain, and two constraints as they hold on the project.
    above = len(cloud.calls) - 2 - cloud.asked(f"/projects/{PROJECT}")
    assert cloud.asked("/effectiveTags") == 1
    assert above - cloud.asked("/managedFolders") - cloud.asked("/effectiveTags") == 5
    assert cloud.asked("/managedFolders") == count, "the read of each bucket that its tier asks for"


def test_what_stands_above_a_project_that_is_not_listed_is_read_once_for_all_of_its_assets(collect):
    def asked(count):
        cloud = Cloud(buckets(count))
        assert len(collect(cloud, ABOVE, organizations=(ORGANISATION,))) == count
        return len(cloud.calls) - cloud.asked("/managedFolders")

    assert asked(20) == asked(1)


@pytest.mark.parametrize("folders", [1, 3])
def test_levels_that_the_inventory_of_the_organisation_does_not_tell_are_asked_one_by_one(collect, folders):
    cloud, closed = below(folders, 1, folder={"policy": LOGGED}), below(folders, 1)
    closed.faults[f"cloudasset/v1/organizations/{ORGANISATION}/assets"] = error(403, "IAM_PERMISSION_DENIED")
    closed.docs["cloudresourcemanager/v3/folders/7:getIamPolicy"] = LOGGED
    assert [one.facts["logging.data_read"].value for each in (cloud, closed) for one in collect(each, ABOVE).values()] == [True, True]
    assert [each.asked(":getIamPolicy") for each in (cloud, closed)] == [1, folders + 2]


def test_a_thousand_buckets_of_an_organisation_cost_a_page_for_each_content_and_five_calls_beside(collect):
    cloud = organisation(buckets(1000), project={"policy": {"bindings": []}})
    assert len(collect(cloud, ABOVE, organizations=(ORGANISATION,))) == 1000
    assert len(cloud.calls) - 2 - cloud.asked("/managedFolders") <= 5
    assert {len(one.get("pageToken", [])) for one in cloud.queries} == {0}


def test_a_bucket_for_which_nothing_is_asked_costs_nothing(collect):
    cloud = Cloud(buckets(3))
    estate = collect(cloud)
    before = len(cloud.calls)
    collect(cloud, frozenset({"encryption.key_custody"}))
    assert len(cloud.calls) == 2 * before
    assert all("encryption.key_custody" in one.facts for one in estate.values())


@pytest.mark.parametrize("fault", [error(500, "backendError"), error(403, "IAM_PERMISSION_DENIED"), error(403, "SERVICE_DISABLED"), Reply(200, raw=b"{"), Reply(200, body={"assets": 3})])  # fmt: skip
@pytest.mark.parametrize("page", [1, 3])
def test_where_the_inventory_fails_each_service_lists_the_same(collect, fault, page):
    whole = collect(Cloud(ROWS, DOCS), ALL_FACTS)
    cloud = Cloud(ROWS, DOCS)
    cloud.page = 1
    cloud.faults[INVENTORY] = lambda times: fault if times >= page else None
    estate = collect(cloud, ALL_FACTS)
    assert set(estate) == set(whole)
    assert estate.gaps == []
    for name, found in estate.items():
        assert {one: getattr(fact, "value", None) for one, fact in found.facts.items()} == {
            one: getattr(fact, "value", None) for one, fact in whole[name].facts.items()
        }


def test_a_direct_listing_that_fails_too_is_a_gap(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = LIST_BOTH | {"storage.buckets.list"}
    estate = collect(cloud, services=("storage",))
    assert len(estate) == 0
    assert [(gap.account, gap.reason, gap.action, gap.kinds) for gap in estate.gaps] == [
        (PROJECT, "permission-denied", "storage.buckets.list", {Kind.OBJECT_STORE})
    ]


def test_a_service_whose_api_is_not_enabled_is_a_gap_that_says_what_enables_it(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.faults |= {f"{host}/": error(403, "SERVICE_DISABLED") for host in ("cloudasset", "spanner")}
    estate = collect(cloud, services=("storage", "spanner"))
    assert set(estate) == {one["name"] for one in ROWS}
    told = "its API is not enabled: gcloud services enable spanner.googleapis.com --project records-prod"
    assert [(gap.service, gap.reason, gap.detail) for gap in estate.gaps] == [("spanner", "not-supported", told)] * 2
    assert cloud.asked(f"/projects/{PROJECT}/instances") == 1, "instances and their backups come from one listing"


def test_policies_that_the_inventory_does_not_give_are_asked_of_the_service_where_a_control_needs_them(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.denied = frozenset({"cloudasset.assets.listIamPolicy"})
    estate = collect(cloud)
    assert cloud.asked("/iam") == 0
    estate = collect(cloud, ALL_FACTS)
    assert cloud.asked("/iam") == len(ROWS) + 1, "and one for the managed folder"
    assert estate["//storage.googleapis.com/second"].facts["access.anonymous_read"].value is True


def test_a_page_that_comes_again_is_no_listing(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.faults[INVENTORY] = {"assets": [], "nextPageToken": "again"}
    estate = collect(cloud)
    assert set(estate) == {one["name"] for one in ROWS}
    assert "unparsable" in {one.outcome for one in estate.outcomes}


def test_a_listing_that_never_ends_is_no_listing(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.faults[INVENTORY] = lambda times: {"assets": [], "nextPageToken": f"more-{times}"}
    estate = collect(cloud)
    assert set(estate) == {one["name"] for one in ROWS}
    assert cloud.asked("/assets") < 300


def test_an_asset_that_comes_on_two_pages_is_one(collect):
    from tests.connectors.gcp.test_bigtable import ROWS as PARTS

    once, twice = (collect(Cloud(PARTS * times), ALL_FACTS, services=("bigtable",)) for times in (1, 2))
    assert {name: one.facts for name, one in once.items()} == {name: one.facts for name, one in twice.items()}


@pytest.mark.parametrize("token", ["https://evil.example/", "../../x", "a&alt=media#", "\r\nHost: evil.example"])
def test_a_page_token_is_a_parameter_and_leads_nowhere(collect, token):
    cloud = Cloud(ROWS, DOCS)
    cloud.faults[INVENTORY] = lambda times: {"assets": [], "nextPageToken": token} if times == 1 else None
    collect(cloud)
    assert cloud.hosts <= {f"{one}.googleapis.com" for one in ("cloudasset", "cloudresourcemanager", "storage")}
    assert [one["pageToken"] for one in cloud.queries if "pageToken" in one][:1] == [[token]]


def test_a_redirect_is_not_followed(collect):
    cloud = Cloud(ROWS, DOCS)
    cloud.faults[INVENTORY] = Reply(302, headers={"Location": "https://evil.example/"}, raw=b"")
    estate = collect(cloud)
    assert "evil.example" not in cloud.hosts
    assert set(estate) == {one["name"] for one in ROWS}


def test_a_name_that_leads_elsewhere_is_not_asked_for(collect):
    cloud = Cloud([asset(ROWS[0]["assetType"], "//storage.googleapis.com/..", {**BARE, "name": ".."}), ROWS[0]])
    cloud.denied = frozenset({"cloudasset.assets.listIamPolicy"})
    estate = collect(cloud, ALL_FACTS)
    assert estate["//storage.googleapis.com/.."].facts["access.anonymous_read"].reason is UnknownReason.UNPARSABLE


def test_a_project_that_is_not_seen_is_a_gap_and_the_others_go_on(collect):
    cloud = Cloud(ROWS, DOCS)
    estate = collect(cloud, projects=(PROJECT, "other-prod"))
    assert [(gap.account, gap.service) for gap in estate.gaps] == [("other-prod", "project")]
    assert len(estate) == len(ROWS)


def test_all_projects_that_are_seen_where_none_is_named(collect):
    from tests.connectors.gcp.cloud import Token
    from tests.connectors.gcp.conftest import STARTED
    from tierwise.config import GcpConfig
    from tierwise.connectors.gcp.connect import open_projects

    (source,) = open_projects(GcpConfig(), STARTED, credentials=Token(), inner=Cloud(ROWS))
    assert source.name == f"gcp:{PROJECT}"


def test_what_the_levels_of_an_organisation_say_comes_with_the_inventory(collect):
    cloud = organisation(
        [bucket(BARE)],
        folder={"iamPolicy": {**LOGGED, "bindings": [binding("storage.objectViewer", "allUsers")]}},
        organisation={
            "orgPolicy": [{"constraint": "constraints/gcp.restrictTLSVersion", "listPolicy": {"deniedValues": ["TLS_VERSION_1"]}}]
        },
    )
    denied = {"name": "p", "spec": {"rules": [{"values": {"deniedValues": ["TLS_VERSION_1"]}}]}}
    cloud.faults["policies/gcp.restrictTLSVersion:getEffectivePolicy"] = {**denied, "name": "x/policies/gcp.restrictTLSVersion"}
    (found,) = (one for one in collect(cloud, ALL_FACTS, organizations=(ORGANISATION,), services=("storage",)).values())
    assert found.unit == f"organizations/{ORGANISATION}/folders/7"
    assert found.facts["logging.data_read"].value is True
    assert found.facts["access.anonymous_read"].value is True
    assert found.facts["transport.min_tls"].value == "1.1"
    assert cloud.asked(":getIamPolicy") == 0


def test_a_policy_of_the_inventory_which_has_no_conditions_is_asked_for_as_it_holds_on_the_project(collect):
    cloud = organisation(
        [bucket({**BARE, "iamConfiguration": {}})],
        organisation={"orgPolicy": [{"constraint": "constraints/storage.publicAccessPrevention", "booleanPolicy": {"enforced": True}}]},
    )
    for spec, blocked in (
        ({"rules": [{"enforce": False}]}, False),
        ({"rules": [{"enforce": True}]}, True),
        ({}, False),
        ({"reset": True}, False),
    ):
        cloud.faults["policies/storage.publicAccessPrevention:getEffectivePolicy"] = {
            "name": "p/policies/storage.publicAccessPrevention",
            "spec": spec,
        }
        (found,) = (one for one in collect(cloud, ALL_FACTS, organizations=(ORGANISATION,), services=("storage",)).values())
        assert found.facts["access.public_blocked"].value is blocked, spec
    assert cloud.asked("policies/gcp.restrictTLSVersion:getEffectivePolicy") == 0
    cloud.faults, cloud.denied = {}, frozenset({"orgpolicy.policy.get"})
    (found,) = (one for one in collect(cloud, ALL_FACTS, organizations=(ORGANISATION,), services=("storage",)).values())
    assert found.facts["access.public_blocked"].via.action == "orgpolicy.policy.get"


@pytest.mark.parametrize("rule", [{"denyAll": True}, {"values": {"allowedValues": ["TLS_VERSION_1_2"]}}])
def test_a_rule_that_the_constraint_on_tls_does_not_take_leaves_the_version_open(collect, rule):
    cloud = Cloud(ROWS[:1], DOCS)
    cloud.faults["policies/gcp.restrictTLSVersion:getEffectivePolicy"] = {
        "name": "p/policies/gcp.restrictTLSVersion",
        "spec": {"rules": [rule]},
    }
    (found,) = collect(cloud, ALL_FACTS).values()
    assert found.facts["transport.min_tls"].between == ("1.0", "1.3")


def walked() -> Cloud:
    """An organisation of which the inventory says nothing."""
    root, prefix = f"organizations/{ORGANISATION}", "cloudresourcemanager/v3"
    cloud = organisation([bucket(BARE)])
    cloud.denied = LIST_BOTH | {"cloudasset.assets.listOrgPolicy"}
    cloud.docs |= {
        f"{prefix}/projects?parent={root}": {},
        f"{prefix}/projects?parent=folders/7": {"projects": [project(parent="folders/7")]},
        f"{prefix}/folders?parent={root}": {"folders": [{"name": "folders/7", "parent": root}]},
        f"{prefix}/folders?parent=folders/7": {},
        f"{prefix}/folders/7": {"name": "folders/7", "parent": root},
        "storage/storage/v1/b": {"items": [BARE]},
    }
    return cloud


def test_without_the_inventory_an_organisation_is_walked(collect):
    options = {"organizations": (ORGANISATION,), "services": ("storage",)}
    direct, listed = collect(walked(), ALL_FACTS, **options), collect(organisation([bucket(BARE)]), ALL_FACTS, **options)
    assert set(direct) == set(listed)
    assert {one.unit for one in direct.values()} == {f"organizations/{ORGANISATION}/folders/7"}
    assert direct.gaps == []
    (found,) = direct.values()
    assert found.facts["logging.data_read"].value is False


def test_a_folder_that_cannot_be_walked_into_is_a_gap(collect):
    cloud = walked()
    cloud.faults["cloudresourcemanager/v3/folders"] = lambda times: error(403, "IAM_PERMISSION_DENIED") if times == 2 else None
    estate = collect(cloud, organizations=(ORGANISATION,), services=("storage",))
    assert len(estate) == 1
    assert [(gap.account, gap.reason, gap.action) for gap in estate.gaps] == [
        ("folders/7", "permission-denied", "resourcemanager.folders.list")
    ]


def test_an_asset_without_data_and_one_of_a_foreign_type_are_no_crash(collect):
    cloud = Cloud([{**ROWS[0], "resource": {}}, {**ROWS[0], "name": "//x", "assetType": "other.googleapis.com/Thing"}])
    (found,) = collect(cloud, ALL_FACTS).values()
    assert found.facts["encryption.key_custody"].reason is UnknownReason.UNPARSABLE
    assert found.tags.reason is UnknownReason.UNPARSABLE


def test_details_are_read_once(collect):
    cloud = Cloud(ROWS, DOCS)
    collect(cloud, ALL_FACTS)
    asked = [path for _, path in cloud.calls if not path.endswith("/assets")]
    assert len(asked) == len(set(asked))


def test_reads_per_resource_belong_to_a_type_that_is_listed():
    rows = {one.type for one in declared_reads() if isinstance(one, Row)}
    assert [one.operation for one in declared_reads() if not isinstance(one, Row) and one.of and one.of not in rows] == []


def test_links_of_the_second_stage_wait():
    assert all(one.stage is Stage.DETAIL for one in declared_reads() if not isinstance(one, Row) and one.links)
