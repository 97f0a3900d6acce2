"""`docs/reports.md` documents each format, and each line of its samples is one that the format writes."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.reports.sample import PLANNED, bucket, finding, resources, result_of, text_of
from tierwise.catalogue.controls import load_catalogue
from tierwise.model.control import Severity
from tierwise.model.finding import Actual, ScanResult, Verdict
from tierwise.reports.base import View, reports
from tierwise.reports.locate import index

PAGE = (Path(__file__).parents[2] / "docs/reports.md").read_text("utf-8")
CONTROLS = {name: one for name, one in load_catalogue().controls.items() if name == "ENC-02"}
SOURCES = index(
    [
        ("infra/main.tf", 'module "store" {\n  source = "./store"\n}\n'),
        ("infra/store/main.tf", '\nresource "aws_s3_bucket" "records" {\n}\n'),
    ],
    "infra",
)


def shown() -> ScanResult:
    """A planned bucket whose key is the provider's, and a live one whose encryption could not be read."""
    custody = {
        "control": "ENC-02",
        "title": "The key belongs to the organisation",
        "expected": "encryption.key_custody at least customer",
        "actual": (Actual("encryption.key_custody", "provider-managed", f"{PLANNED}#sse_algorithm"),),
        "remediation": "Reference an aws_kms_key.",
        "introduced": True,
    }
    failed = finding(2, Verdict.FAIL, Severity.HIGH, PLANNED, **custody)
    unknown = finding(1, Verdict.UNKNOWN, Severity.MEDIUM, bucket().id, title="Data at rest is encrypted", actual=())
    made = result_of((failed, unknown), blocking=(failed.fingerprint,), held=(resources()[0], resources()[2]))
    return replace(made, gate=replace(made.gate, reasons=("1 finding at high or above",)), gaps=())


def sections() -> dict[str, str]:
    return dict(re.findall(r"^## `(\w+)`.*?\n(.*?)(?=^## `|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))


def test_every_format_has_its_section():
    assert set(sections()) == set(reports())


@pytest.mark.parametrize("name", sorted(set(reports()) - {"console"}))
def test_each_line_of_a_sample_is_one_that_the_format_writes(name):
    made = reports()[name].render(shown(), View(sources=SOURCES, controls=CONTROLS))
    text = text_of(made)
    if name == "sarif":
        text = json.dumps(json.loads(text), indent=1)
    samples = re.findall(r"^(?:```|~~~)\w*\n(.*?)^(?:```|~~~)$", sections()[name], flags=re.MULTILINE | re.DOTALL)
    lines = [line.strip() for sample in samples for line in sample.splitlines() if line.strip() not in {"", "..."}]
    assert lines
    assert [piece for line in lines for piece in line.split("...") if piece.strip() not in text] == []
