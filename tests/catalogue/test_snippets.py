from __future__ import annotations

import pytest

from tierwise.catalogue.reader import Reader
from tierwise.catalogue.snippets import parse_snippets
from tierwise.catalogue.yamlfile import Entry, load
from tierwise.model.snippet import Argument, Beside, Nested, Snippet


def parsed(text: str) -> tuple[dict[str, Snippet], list[str]]:
    reader = Reader("ENC-99.yaml")
    node = load(text, reader.name)
    found = parse_snippets(reader, Entry("hcl", node, 1, 1))
    return dict(found), reader.problems


def test_arguments_blocks_maps_and_resources_beside_are_read():
    found, problems = parsed(
        "aws_s3_bucket: |\n"
        "  versioning { # stands\n"
        "    enabled = true\n"
        "  }\n"
        "  tags = {\n"
        '    data-owner = "ROLE"\n'
        "  }\n"
        '  resource "aws_s3_bucket_logging" "NAME" {\n'
        "    bucket = SELF.id\n"
        "  }\n"
    )
    assert problems == []
    assert found["aws_s3_bucket"] == Snippet(
        (
            Nested("versioning", (Argument("enabled", "true"),), stands=True),
            Nested("tags", (Argument("data-owner", '"ROLE"'),), is_map=True),
        ),
        (Beside("aws_s3_bucket_logging", (Argument("bucket", "SELF.id"),)),),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("s3_bucket: |\n  a = 1\n", "no Terraform type"),
        ("aws_s3_bucket: []\n", "takes lines of HCL"),
        ("aws_s3_bucket: |\n  a: 1\n", "'a: 1'"),
        ("aws_s3_bucket: |\n  a = file(\"/etc/passwd\")\n", "not 'name = value'"),
        ("aws_s3_bucket: |\n  a = \"${var.x}\"\n", "not 'name = value'"),
        ("aws_s3_bucket: |\n  a {\n  b = 1\n", "not closed"),
        ("aws_s3_bucket: |\n  }\n", "'}'"),
        ("aws_s3_bucket: |\n  resource \"aws_x\" \"NAME\" {\n  }\n  a = 1\n", "stands before"),
        ("aws_s3_bucket: |\n  resource \"google_x\" \"NAME\" {\n  a = 1\n  }\n", "another provider's"),
        ("aws_s3_bucket: |\n  resource \"aws_x\" \"other\" {\n  }\n", "not 'name = value'"),
        ("aws_s3_bucket: |\n" + "  a = 1\n" * 10, "at most 9"),
    ],
    ids=["type", "list", "colon", "function", "template", "open", "close", "order", "provider", "label", "long"],
)  # fmt: skip
def test_what_is_not_of_the_subset_is_told_with_its_line(text, words):
    _, problems = parsed(text)
    assert len(problems) >= 1
    assert words in problems[0]
    assert problems[0].startswith("ENC-99.yaml:")
