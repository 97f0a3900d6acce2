from tests.connectors.aws.conftest import ACCOUNT
from tierwise.connectors.aws.glue import MOST_COLUMNS, MOST_TABLES
from tierwise.model.resource import Column, Link, Rel

ARN = f"arn:aws:glue:eu-west-2:{ACCOUNT}:database/"


def table(name: str, *columns: str, location: str = "", keys: tuple[str, ...] = ()) -> dict:
    described = {"Columns": [{"Name": column, "Type": "string"} for column in columns], **({"Location": location} if location else {})}
    return {"Name": name, "StorageDescriptor": described, "PartitionKeys": [{"Name": key, "Type": "date"} for key in keys]}


def test_a_database_gives_its_columns_and_the_stores_that_it_describes(aws, collect):
    glue = aws("glue")
    glue.create_database(DatabaseInput={"Name": "claims", "Description": "claims of the public"})
    for one in (
        table("people", "nhs_number", "email", location="s3://claims-lake/people/", keys=("day",)),
        table("visits", "visit", location="s3a://claims-lake/visits"),
        table("items", "pk", location=f"arn:aws:dynamodb:eu-west-2:{ACCOUNT}:table/items"),
        table("view", "x"),
    ):
        glue.create_table(DatabaseName="claims", TableInput=one)
    estate = collect("glue")
    assert not estate.gaps
    database = estate[f"{ARN}claims"]
    assert database.evidence.description == "claims of the public"
    assert {Column("people", "nhs_number", "string"), Column("people", "day", "date")} <= set(database.evidence.columns)
    assert len(database.evidence.columns) == 6
    assert set(database.links) == {
        Link(Rel.DESCRIBES, "arn:aws:s3:::claims-lake"),
        Link(Rel.DESCRIBES, f"arn:aws:dynamodb:eu-west-2:{ACCOUNT}:table/items"),
    }


def test_what_is_cut_from_a_large_database_is_said(aws, collect):
    aws("glue").create_database(DatabaseInput={"Name": "big"})
    wide = table("wide", *(f"c{n}" for n in range(MOST_COLUMNS + 5)))
    answer = {"TableList": [wide, *(table(f"t{n}", "c") for n in range(MOST_TABLES))]}
    evidence = collect("glue", canned={("glue", "GetTables"): answer})[f"{ARN}big"].evidence
    assert len(evidence.columns) == MOST_COLUMNS + MOST_TABLES - 1
    assert f"only the first {MOST_TABLES} tables" in evidence.description
    assert f"first {MOST_COLUMNS} of {MOST_COLUMNS + 5} columns of wide" in evidence.description


def test_rows_are_what_a_statement_or_a_crawler_counted(aws, collect):
    aws("glue").create_database(DatabaseInput={"Name": "counted"})
    counts = {
        "spark": {"spark.sql.statistics.numRows": "7", "numRows": "8", "recordCount": "9"},
        "hive": {"numRows": "8", "recordCount": "9"},
        "unset": {"numRows": "-1", "recordCount": "9"},
        "odd": {"recordCount": "many"},
        "none": {},
    }
    tables = [{**table(name, "nhs_number"), "Parameters": parameters} for name, parameters in counts.items()]
    evidence = collect("glue", canned={("glue", "GetTables"): {"TableList": tables}})[f"{ARN}counted"].evidence
    assert evidence.rows == (("spark", 7), ("hive", 8), ("unset", 9))
    many = {"TableList": [*tables, *(table(f"t{n}", "c") for n in range(MOST_TABLES))]}
    assert collect("glue", canned={("glue", "GetTables"): many})[f"{ARN}counted"].evidence.rows == ()


def test_tables_that_cannot_be_read_are_unread_evidence_and_an_unknown_link(aws, collect):
    aws("glue").create_database(DatabaseInput={"Name": "claims"})
    database = collect("glue", canned={("glue", "GetTables"): "AccessDeniedException"})[f"{ARN}claims"]
    assert [unknown.via.action for unknown in database.evidence.unread] == ["glue:GetTables"]
    assert [link.unknown.reason.value for link in database.links] == ["permission-denied"]


def test_a_link_to_another_catalogue_is_not_followed(aws, collect):
    item = {"Name": "shared", "TargetDatabase": {"CatalogId": "999988887777", "DatabaseName": "d"}}
    canned = {("glue", "GetDatabases"): {"DatabaseList": [item]}, ("glue", "GetTables"): "EntityNotFoundException"}
    database = collect("glue", canned=canned)[f"{ARN}shared"]
    assert not database.evidence.unread
    assert "another catalogue" in database.evidence.description


def test_a_denied_listing_is_a_gap(aws, collect):
    gaps = collect("glue", canned={("glue", "GetDatabases"): "AccessDeniedException"}).gaps
    assert [sorted(gap.kinds) for gap in gaps] == [["data-catalog"]]
