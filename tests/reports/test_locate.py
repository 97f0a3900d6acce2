import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shared import shared_path
from tierwise.reports.hcl import blocks
from tierwise.reports.locate import Spot, address_parts, index, locate

MAIN = """\
# resource "aws_s3_bucket" "commented" {}
// resource "aws_s3_bucket" "slashed" {}
/* resource "aws_s3_bucket" "starred" {
} */
locals {
  text = "resource \\"aws_s3_bucket\\" \\"quoted\\" { ${join(",", ["}", "{"])} }"
  doc  = <<-EOT
    resource "aws_s3_bucket" "heredoc" {
    }
  EOT
}

resource "aws_s3_bucket" "real" {
  bucket = "x-${var.names["a"]}-}"
  tags = { a = "}" }
}
data "aws_s3_bucket" "real" {
}
module "store" {
  providers = { aws = aws.eu }
  source    = "../modules/store"
}
module "remote" {
  source  = "terraform-aws-modules/s3-bucket/aws"
}
resource aws_sns_topic bare { name = "n" }
"""
STORE = 'module "inner" {\n  source = "./inner"\n}\n'
INNER = '\n\nresource "aws_s3_bucket" "deep" {\n  bucket = "d"\n}\n'
FILES = [
    ("envs/prod/main.tf", MAIN),
    ("envs/modules/store/main.tf", STORE),
    ("envs/modules/store/inner/b.tf", INNER),
]
TREE = index(FILES, "envs/prod")


@pytest.mark.parametrize(
    ("address", "spot"),
    [
        ("aws_s3_bucket.real", Spot("envs/prod/main.tf", 13, 16)),
        ('aws_s3_bucket.real["a.b"]', Spot("envs/prod/main.tf", 13, 16)),
        ("data.aws_s3_bucket.real", Spot("envs/prod/main.tf", 17, 18)),
        ("aws_sns_topic.bare[0]", Spot("envs/prod/main.tf", 26, 26)),
        ('module.store["x.y"].module.inner[0].aws_s3_bucket.deep', Spot("envs/modules/store/inner/b.tf", 3, 5)),
        ("module.remote.aws_s3_bucket.this[0]", Spot("envs/prod/main.tf", 23, 25)),
        ("module.store.aws_s3_bucket.not_there", Spot("envs/prod/main.tf", 19, 22)),
        ("aws_s3_bucket.commented", None),
        ("aws_s3_bucket.slashed", None),
        ("aws_s3_bucket.starred", None),
        ("aws_s3_bucket.quoted", None),
        ("aws_s3_bucket.heredoc", None),
        ("not an address[", None),
        ("", None),
    ],
)
def test_an_address_leads_to_its_block_or_to_the_call_of_a_module_that_is_not_local(address, spot):
    assert locate(TREE, address) == spot


def test_every_resource_of_a_plan_of_the_real_provider_leads_to_its_block():
    plan = json.loads(shared_path("plans", "generated", "t1_create_aws3.39.json").read_text("utf-8"))
    text = shared_path("plans", "generated", "t1_main.tf.txt").read_text("utf-8")
    lines = text.splitlines()
    heads = {}
    for change in plan["resource_changes"]:
        spot = locate(index([("main.tf", text)], ""), change["address"])
        heads[change["address"]] = (lines[spot.line - 1].split("{")[0].split(), lines[spot.end - 1].strip()[-1:])
    assert len(heads) > 10
    assert heads == {
        change["address"]: (["data" if change["mode"] == "data" else "resource", f'"{change["type"]}"', f'"{change["name"]}"'], "}")
        for change in plan["resource_changes"]
    }


def test_an_address_that_several_directories_could_hold_is_not_guessed_through_a_module_either():
    call = 'module "m" {\n  source = "./m"\n}\n'
    one = index([("a/main.tf", call)], "")
    two = index([("a/main.tf", call), ("c/main.tf", call)], "")
    assert locate(one, "module.m.aws_s3_bucket.b") == Spot("a/main.tf", 1, 3)
    assert locate(two, "module.m.aws_s3_bucket.b") is None


def test_another_directory_is_the_root_only_if_it_alone_leads_there():
    block = 'resource "aws_s3_bucket" "b" {}\n'
    one = index([("a/main.tf", block)], "")
    two = index([("a/main.tf", block), ("c/main.tf", block)], "")
    assert locate(one, "aws_s3_bucket.b") == Spot("a/main.tf", 1, 1)
    assert locate(two, "aws_s3_bucket.b") is None


def test_an_override_file_does_not_hide_the_block():
    block = 'resource "aws_s3_bucket" "b" {}\n'
    found = index([("a_override.tf", f"\n{block}"), ("override.tf", block), ("z.tf", f"\n\n{block}")], "")
    assert locate(found, "aws_s3_bucket.b") == Spot("z.tf", 3, 3)


def test_a_module_that_leads_out_of_the_directory_falls_back_to_its_call():
    found = index([("main.tf", 'module "m" {\n source = "../../elsewhere"\n}\n')], "")
    assert locate(found, "module.m.aws_s3_bucket.b") == Spot("main.tf", 1, 3)


def test_modules_that_call_themselves_end():
    found = index([("main.tf", 'module "m" { source = "./" }\n')], "")
    assert locate(found, "module.m." * 500 + "aws_s3_bucket.b") == Spot("main.tf", 1, 1)


def test_a_source_elsewhere_in_a_module_is_not_its_source():
    text = 'module "m" {\n  settings = { source = "./wrong" }\n  on = var.source == "./wrong"\n  source = "./right"\n}\n'
    assert [block.source for block in blocks(text)] == ["./right"]


def test_an_address_keeps_keys_with_dots_and_brackets_together():
    assert address_parts('module.a["x.y]"].data.t.n["[\\"q\\"]"]') == (("a",), ("data", "t", "n"))


def test_a_file_that_breaks_off_gives_what_it_has():
    assert [(one.kind, one.line, one.end) for one in blocks('resource "a" "b" {\n x = "y\n')] == [("resource", 1, 2)]


def test_deep_nesting_is_no_recursion():
    text = "locals {\n x = " + '"${' * 50_000 + "\n}\n"
    assert len(list(blocks(text))) == 1


@given(st.text(alphabet='resource "ab{}[]()$%\n\\#/*<EOT=-', max_size=120))
def test_any_text_is_read_to_its_end(text):
    lines = text.count("\n") + 1
    assert all(1 <= block.line <= block.end <= lines for block in blocks(text))


@given(st.text(alphabet='ab{}[]()$% \\#/*<="', max_size=60).filter(lambda text: "/*" not in text))
def test_nothing_in_a_comment_line_or_heredoc_hides_the_next_block(text):
    for before in (f"# {text}\n", f"locals {{\n a = <<EOT\n{text}\nEOT\n}}\n"):
        found = list(blocks(f'{before}resource "t" "n" {{\n}}\n'))
        assert ("t", "n") in [one.labels for one in found]
