"""A snippet laid over a planned resource, without and with the files that it comes from."""

from __future__ import annotations

import pytest

from tierwise.catalogue.controls import load_catalogue
from tierwise.model.snippet import Snippet
from tierwise.reports.edit import Edit, edit_of
from tierwise.reports.hcl import Part, parts
from tierwise.reports.locate import SourceIndex, index

CONTROLS = load_catalogue().controls
BUCKET = "aws_s3_bucket.records"
DATABASE = "aws_db_instance.cases"
BLOCK = "aws_s3_bucket_public_access_block.records"


def snippet(control: str, kind: str) -> Snippet:
    found = CONTROLS[control].snippet(kind)
    assert found is not None
    return found


def shown(edit: Edit | None) -> list[str]:
    assert edit is not None
    return [f"{sign}{text}" for sign, text in edit.lines]


def files(**texts: str) -> SourceIndex:
    held = {f"infra/{name}.tf": text for name, text in texts.items()}
    return index(held.items(), "infra", held.__getitem__)


def test_an_argument_is_added_inside_the_resources_own_block():
    assert shown(edit_of(snippet("EXP-03", "aws_db_instance"), DATABASE, (), None)) == [
        ' resource "aws_db_instance" "cases" {',
        "+  publicly_accessible = false",
        " }",
    ]


def test_a_resource_beside_it_is_new_and_refers_to_it():
    assert shown(edit_of(snippet("EXP-02", "aws_s3_bucket"), BUCKET, (), None)) == [
        '+resource "aws_s3_bucket_public_access_block" "records" {',
        "+  bucket                  = aws_s3_bucket.records.id",
        "+  block_public_acls       = true",
        "+  ignore_public_acls      = true",
        "+  block_public_policy     = true",
        "+  restrict_public_buckets = true",
        "+}",
    ]


@pytest.mark.parametrize(
    ("key", "lines"),
    [
        ('["a"]', ["+  for_each                = aws_s3_bucket.records", "+  bucket                  = each.value.id"]),
        ("[0]", ["+  count                   = length(aws_s3_bucket.records)", "+  bucket                  = aws_s3_bucket.records[count.index].id"]),
    ],
    ids=["for_each", "count"],
)  # fmt: skip
def test_a_resource_beside_many_is_as_many(key, lines):
    made = shown(edit_of(snippet("EXP-02", "aws_s3_bucket"), f'module.m["x"].{BUCKET}{key}', (), None))
    assert made[1:3] == lines


def test_a_resource_beside_it_that_is_there_already_is_changed_and_not_made_anew():
    made = shown(edit_of(snippet("EXP-02", "aws_s3_bucket"), BUCKET, [BUCKET, BLOCK], None))
    assert made[0] == ' resource "aws_s3_bucket_public_access_block" "records" {'
    assert not any("bucket =" in line for line in made)
    assert made[-1] == " }"


def test_a_block_that_always_stands_is_not_written_twice():
    made = shown(edit_of(snippet("EXP-03", "google_sql_database_instance"), "google_sql_database_instance.x", (), None))
    assert made[1:3] == ["   settings {", "+    ip_configuration {"]


def test_the_old_value_goes_where_the_file_has_it():
    source = files(main='resource "aws_db_instance" "cases" {\n  engine = "postgres"\n  publicly_accessible   =  true # for now\n}\n')
    edit = edit_of(snippet("EXP-03", "aws_db_instance"), DATABASE, (), source)
    assert shown(edit)[1:3] == ["-  publicly_accessible   =  true # for now", "+  publicly_accessible = false"]
    assert edit is not None
    assert edit.spot is not None
    assert (edit.spot.path, edit.spot.line) == ("infra/main.tf", 1)


def test_an_old_value_that_is_not_for_the_reader_is_left_out():
    source = files(main='resource "aws_db_instance" "cases" {\n  publicly_accessible = var.open\n}\n')
    made = edit_of(snippet("EXP-03", "aws_db_instance"), DATABASE, (), source, shows_old=False)
    assert [line for line in shown(made) if line.startswith("-")] == []


def test_what_stands_as_it_should_is_context():
    source = files(main='resource "aws_db_instance" "cases" {\n  storage_encrypted   = true\n}\n')
    made = shown(edit_of(snippet("ENC-02", "aws_db_instance"), DATABASE, (), source))
    assert made[1:3] == ["   storage_encrypted = true", "+  kms_key_id = aws_kms_key.KEY.arn"]


def test_a_block_that_the_file_has_is_changed_inside():
    text = 'resource "google_sql_database_instance" "x" {\n  settings {\n    ip_configuration {\n      ipv4_enabled = true\n    }\n  }\n}\n'
    made = shown(edit_of(snippet("EXP-03", "google_sql_database_instance"), "google_sql_database_instance.x", (), files(main=text)))
    assert made[2:5] == ["     ip_configuration {", "-      ipv4_enabled = true", "+      ipv4_enabled = false"]


def test_a_resource_beside_it_is_placed_where_it_belongs():
    source = files(main='\nresource "aws_s3_bucket" "records" {\n}\n', access='resource "aws_s3_bucket_public_access_block" "records" {\n  block_public_acls = false\n}\n')  # fmt: skip
    new = edit_of(snippet("EXP-02", "aws_s3_bucket"), BUCKET, (), source)
    there = edit_of(snippet("EXP-02", "aws_s3_bucket"), BUCKET, [BLOCK], source)
    assert new is not None
    assert there is not None
    assert (new.spot and new.spot.path, there.spot and there.spot.path) == ("infra/main.tf", "infra/access.tf")
    assert "-  block_public_acls = false" in shown(there)


def test_a_map_of_tags_is_changed_inside():
    source = files(
        main='resource "aws_s3_bucket" "records" {\n  tags = {\n    "data-classification" = "internal"\n    owner = "x"\n  }\n}\n'
    )
    made = shown(edit_of(snippet("OWN-03", "aws_s3_bucket"), BUCKET, (), source, tier="T3"))
    assert made[1:4] == ["   tags = {", '-    "data-classification" = "internal"', '+    data-classification = "T3"']


def test_labels_of_google_cloud_are_in_lower_case():
    made = shown(edit_of(snippet("OWN-03", "google_storage_bucket"), "google_storage_bucket.x", (), None, tier="T3"))
    assert '+    data-classification = "t3"' in made


@pytest.mark.parametrize(
    "texts",
    [
        {"main": 'module "store" {\n  source = "terraform-aws-modules/s3-bucket/aws"\n}\n'},
        {"main": 'resource "google_storage_bucket" "x" {\n  labels = merge(local.labels, { a = "b" })\n}\n'},
    ],
    ids=["a module from elsewhere", "an expression"],
)
def test_no_diff_is_given_where_none_would_be_honest(texts):
    address = "module.store.google_storage_bucket.x" if "module" in texts["main"] else "google_storage_bucket.x"
    assert edit_of(snippet("OWN-03", "google_storage_bucket"), address, (), files(**texts), tier="T3") is None


def test_a_dynamic_block_is_not_written_over():
    text = 'resource "google_sql_database_instance" "x" {\n  settings {\n    dynamic "ip_configuration" {\n      for_each = var.ips\n    }\n  }\n}\n'
    address = "google_sql_database_instance.x"
    assert edit_of(snippet("EXP-03", "google_sql_database_instance"), address, (), files(main=text)) is None


def test_json_syntax_gets_words():
    source = index([("infra/main.tf.json", '{"resource": {"aws_db_instance": {"cases": {"publicly_accessible": true}}}}')], "infra")
    assert edit_of(snippet("EXP-03", "aws_db_instance"), DATABASE, (), source) is None


def test_an_address_that_is_none_gets_words():
    assert edit_of(snippet("EXP-03", "aws_db_instance"), "no address", (), None) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('resource "a" "b" {\n  one = 1\n  two {\n    three = 3\n  }\n}', [Part("one", 2, 2), Part("two", 3, 5)]),
        ('x {\n  a = <<E\n  b = 1\nE\n  c = [\n    1,\n  ]\n}', [Part("a", 2, 4), Part("c", 5, 7)]),
        ('x {\n  a = "}" # }\n  "b-c" = "${f({ x = 1 })}"\n}\nd = 1\n', [Part("a", 2, 2), Part("b-c", 3, 3)]),
        ("x { a = 1 }", []),
        ("x {\n  a = 1", [Part("a", 2, 2)]),
        ("", []),
    ],
    ids=["plain", "heredoc", "strings", "one line", "cut", "empty"],
)  # fmt: skip
def test_the_parts_of_a_block_are_found_with_their_lines(text, found):
    assert list(parts(text)) == found
