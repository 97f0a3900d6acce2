import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tierwise.reports.hcl import Block
from tierwise.reports.locate import Spot, index, locate
from tierwise.reports.tfjson import blocks

MAIN = """\
{
  "//": "\\"resource\\": {\\"aws_s3_bucket\\": {\\"commented\\": {}}}",
  "locals": {"resource": {"aws_s3_bucket": {"local": {}}}},
  "resource": [
    {"aws_s3_bucket": {
      "real": {
        "bucket": "x-}${var.names[\\"a\\"]}",
        "tags": {"resource": {"aws_s3_bucket": {"inner": {}}}}
      }
    }},
    {"aws_sns_topic": {"listed": [{
      "name": "n"
    }]}}
  ],
  "data": {"aws_s3_bucket": {"real": {}}},
  "module": {
    "store": {
      "settings": {"source": "./wrong"},
      "source": "../modules/st\\u006fre"
    },
    "remote": [{"source": "terraform-aws-modules/s3-bucket/aws"}]
  }
}
"""
STORE = '{"resource": {"aws_s3_bucket": {\n"deep": {}}}}'
TREE = index([("envs/prod/main.tf.json", MAIN), ("envs/modules/store/a.tofu.json", STORE)], "envs/prod")


@pytest.mark.parametrize(
    ("address", "spot"),
    [
        ("aws_s3_bucket.real[0]", Spot("envs/prod/main.tf.json", 6, 9)),
        ("aws_sns_topic.listed", Spot("envs/prod/main.tf.json", 11, 13)),
        ("data.aws_s3_bucket.real", Spot("envs/prod/main.tf.json", 15, 15)),
        ('module.store["x.y"].aws_s3_bucket.deep', Spot("envs/modules/store/a.tofu.json", 2, 2)),
        ("module.remote.aws_s3_bucket.this[0]", Spot("envs/prod/main.tf.json", 21, 21)),
        ("aws_s3_bucket.commented", None),
        ("aws_s3_bucket.local", None),
        ("aws_s3_bucket.inner", None),
    ],
)
def test_an_address_leads_to_its_block_in_json_syntax(address, spot):
    assert locate(TREE, address) == spot


def test_modules_of_both_syntaxes_lead_to_each_other():
    call = 'module "store" {\n  source = "./store"\n}\n'
    found = index([("main.tf", call), ("store/main.tf.json", STORE)], "")
    assert locate(found, "module.store.aws_s3_bucket.deep") == Spot("store/main.tf.json", 2, 2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["resource", "module", "source", "data", "x"]), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
BODY = st.dictionaries(st.sampled_from(["resource", "module", "source", "data", "x"]), JSON, max_size=3)


@given(st.lists(st.tuples(st.sampled_from(["resource", "data"]), st.sampled_from(["a", "b"]), BODY, st.booleans()), max_size=5), JSON)
def test_each_block_is_found_on_the_line_of_its_name_whatever_stands_inside_and_beside_it(given_blocks, rest):
    whole: dict[str, list[object]] = {"locals": [rest], "resource": [], "data": []}
    for number, (kind, type_, body, listed) in enumerate(given_blocks):
        whole[kind].append({type_: {f"name-{number}": [body] if listed else body}})
    text = json.dumps(whole, indent=1)
    lines = text.splitlines()
    found = {block.labels[1]: block for block in blocks(text)}
    assert set(found) == {f"name-{number}" for number in range(len(given_blocks))}
    for name, block in found.items():
        assert f'"{name}":' in lines[block.line - 1]
        assert lines[block.end - 1].strip(" ,]").endswith("}")


def test_a_file_that_breaks_off_gives_what_it_has():
    assert list(blocks('{"resource": {"a": {"b": {\n"x": "y')) == [Block("resource", ("a", "b"), 1, 2)]


def test_deep_nesting_is_no_recursion():
    text = '{"resource": {"a": {"b": {"x": ' + "[" * 100_000 + "]" * 100_000 + "}}}}"
    assert list(blocks(text)) == [Block("resource", ("a", "b"), 1, 1)]


@given(st.text(alphabet='{}[]",:\\\n resource"ab', max_size=80))
def test_any_text_is_read_to_its_end(text):
    lines = text.count("\n") + 1
    assert all(1 <= block.line <= block.end <= lines for block in blocks(text))
