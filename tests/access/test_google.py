from __future__ import annotations

import pytest

from tierwise.access.google_member import Home, read_member
from tierwise.model.fact import Unknown, UnknownReason

HOME = Home(
    {"records": True, "77": True, "other": False, "88": False}.get,
    {"dept.example": True}.get,
    lambda what: Unknown(UnknownReason.OUT_OF_SCOPE, detail=what),
)


@pytest.mark.parametrize(
    ("text", "kind", "who"),
    [
        ("allUsers", "anyone", ""),
        ("allAuthenticatedUsers", "authenticated", ""),
        ("deleted:user:x@dept.example?uid=1", "nobody", ""),
        ("user:Ann@Dept.Example", "own", ""),
        ("group:team@agency.example", "perhaps", ""),
        ("domain:gmail.com", "outside", "gmail.com"),
        ("serviceAccount:app@records.iam.gserviceaccount.com", "own", ""),
        ("serviceAccount:app@other.iam.gserviceaccount.com", "outside", "other"),
        ("serviceAccount:app@third.iam.gserviceaccount.com", "perhaps", ""),
        ("serviceAccount:records.svc.id.goog[ns/app]", "own", ""),
        ("projectEditor:other", "outside", "other"),
        ("serviceAccount:service-77@gcp-sa-pubsub.iam.gserviceaccount.com", "own", ""),
        ("serviceAccount:service-88@gs-project-accounts.iam.gserviceaccount.com", "outside", "88"),
        ("serviceAccount:77-compute@developer.gserviceaccount.com", "own", ""),
        ("serviceAccount:bq-99@bigquery-encryption.iam.gserviceaccount.com", "perhaps", ""),
        ("serviceAccount:service-88@systems-lab.iam.gserviceaccount.com", "perhaps", ""),
        ("principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*", "perhaps", ""),
        (
            "principalSet://iam.googleapis.com/projects/88/locations/global/workloadIdentityPools/p/attribute.repository/dept/Ann",
            "outside",
            "88",
        ),
        ("principal://iam.googleapis.com/projects/77/locations/global/workloadIdentityPools/p/subject/Ann", "perhaps", ""),
        ("principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/Ann@agency.example", "perhaps", ""),
        ("", "perhaps", ""),
    ],
)
def test_who_a_member_is(text, kind, who):
    member = read_member(text, HOME)
    assert (member.kind, member.who) == (kind, who)
    assert (member.why is not None) == (kind == "perhaps")
    assert "Ann" not in member.shown


def test_a_project_whose_name_begins_like_a_service_of_google_is_a_project():
    assert (
        read_member("serviceAccount:a@system-b.iam.gserviceaccount.com", Home({"system-b": False}.get, HOME.has_domain, HOME.unsure)).kind
        == "outside"
    )
