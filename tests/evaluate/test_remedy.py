"""Of a remedy for several services, a resource is told the part that is about its own."""

from __future__ import annotations

import pytest

from tierwise.catalogue.controls import load_catalogue
from tierwise.evaluate.remedy import remedy_for, sentences

CONTROLS = load_catalogue().controls


@pytest.mark.parametrize(
    ("control", "dialect", "type_", "begins", "lacks"),
    [
        ("EXP-01", "aws", "s3.bucket", "S3: aws s3api put-public-access-block", "sqs"),
        ("EXP-01", "aws", "sqs.queue", "Queue, topic and secret: replace", "s3api"),
        ("ACC-08", "aws", "sqs.queue", "Other policies: aws:PrincipalOrgID", "Role:"),
        ("ACC-08", "aws", "iam.role", "Role: add", "nothing"),
        ("EXP-03", "azure", "Microsoft.Sql/servers/databases", "Azure SQL: az sql server update", "redis"),
        ("EXP-03", "gcp", "bigquery.googleapis.com/Dataset", "BigQuery, Spanner and other services", "Cloud SQL"),
        ("EXP-04", "aws", "rds.cluster-snapshot", "RDS: aws rds", "EBS"),
        ("LOG-02", "aws", "rds.instance", "RDS: aws rds modify-db-instance", "S3:"),
        ("LOG-02", "azure", "Microsoft.Storage/storageAccounts", "Storage: az monitor", "Azure SQL"),
        ("LOG-02", "azure", "Microsoft.Sql/servers", "Azure SQL: az sql server audit-policy", "blobServices"),
        ("ENC-02", "aws", "dynamodb.table", "Create a key", "s3api"),
        ("ENC-02", "azure", "Microsoft.Sql/servers", "Create a key", "az storage"),
        ("ENC-07", "gcp", "sqladmin.googleapis.com/Instance", "Cloud SQL: gcloud sql", "AlloyDB"),
        ("ENC-12", "azure", "Microsoft.EventHub/namespaces", "Event Hubs and Service Bus (premium", "Log Analytics"),
    ],
)
def test_a_resource_is_told_what_is_about_its_own_service(control, dialect, type_, begins, lacks):
    told = remedy_for(CONTROLS[control].remediation[dialect], type_)
    assert told.startswith(begins)
    assert lacks not in told


def test_what_names_no_service_is_told_of_all():
    text = "S3: a. Turn it on. RDS: b. T4: c."
    assert remedy_for(text, "rds.instance") == "Turn it on. RDS: b. T4: c."
    assert remedy_for(text, "efs.file-system") == "Turn it on. T4: c."


@pytest.mark.parametrize("text", ["S3: a. RDS: b.", "Turn it on.", ""])
def test_a_remedy_of_which_nothing_or_everything_is_left_stays_as_it_is(text):
    assert remedy_for(text, "efs.file-system") == text


def test_no_sentence_is_changed():
    for control in CONTROLS.values():
        for text in control.remediation.values():
            for type_ in ("s3.bucket", "aws_s3_bucket", "Microsoft.Sql/servers", "sqladmin.googleapis.com/Instance"):
                assert set(sentences(remedy_for(text, type_))) <= set(sentences(text))
