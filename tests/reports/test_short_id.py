"""Ids are shortened for people to what tells one resource from another, in each cloud."""

import pytest

from tierwise.reports.text import short_id

AZURE = "/subscriptions/7e0d6a11-0000-4000-8000-00000000dc50/resourceGroups/claims/providers"


@pytest.mark.parametrize(
    ("whole", "short"),
    [
        ("arn:aws:s3:::patients", "s3:patients"),
        ("arn:aws:rds:eu-west-2:123456789012:db:claims", "rds:eu-west-2:db:claims"),
        (f"{AZURE}/Microsoft.Sql/servers/claims/databases/letters", "Sql/servers/claims/databases/letters"),
        (f"{AZURE.lower()}/microsoft.storage/storageaccounts/files", "storage/storageaccounts/files"),
        (f"{AZURE}/Microsoft.Sql/servers/a/providers/Microsoft.Authorization/locks/b", "Authorization/locks/b"),
        ("//storage.googleapis.com/letters", "storage:letters"),
        ("//cloudsql.googleapis.com/projects/research/instances/appeals", "cloudsql:instances/appeals"),
        ("/subscriptions/7e0d6a11", "/subscriptions/7e0d6a11"),
        ('module.a["x"].aws_s3_bucket.b', 'module.a["x"].aws_s3_bucket.b'),
        ("//storage.googleapis.com/\x1b[31m", "storage:\\x1b[31m"),
    ],
)
def test_an_id_is_shortened_to_what_tells_it_apart(whole, short):
    assert short_id(whole) == short


def test_a_long_id_keeps_its_beginning_and_its_end():
    assert short_id("a" * 50 + "b" * 50, 21) == "a" * 9 + "…" + "b" * 10
