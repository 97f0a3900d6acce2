import re
from dataclasses import replace

from msgspec import structs

from tests.reports.sample import BUCKET, DATABASE, PLANNED, finding, result_of, sample
from tierwise.catalogue.controls import load_catalogue
from tierwise.model.control import Severity
from tierwise.model.finding import ScanResult, Verdict
from tierwise.reports.base import View
from tierwise.reports.locate import index
from tierwise.reports.markdown import MARKER, render

CONTROLS = load_catalogue().controls


def sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        title, *lines = part.splitlines()
        found[title.split(" (")[0]] = [line for line in lines if line.startswith("- ")]
    return found


def blocking(text: str) -> list[str]:
    """The lines of what blocks."""
    section = re.search(r"^### Blocks \(\d+\)\n\n(.*?)(?=\n\n###|\n\nMore on|\n\nCut)", text, flags=re.MULTILINE | re.DOTALL)
    assert section
    return [line for line in section[1].splitlines() if line.strip()]


def planned(control: str) -> ScanResult:
    """A planned bucket that fails a control, and blocks."""
    one = finding(2, Verdict.FAIL, resource=PLANNED, control=control, introduced=True, actual=())
    return result_of((one,), blocking=(one.fingerprint,))


def test_it_leads_with_the_gate_then_what_blocks_advises_is_accepted_and_was_not_seen():
    text = render(sample(), View())
    assert text.splitlines()[:2] == [MARKER, "## tierwise: gate failed"]
    assert list(sections(text)) == [
        "Blocks",
        "Weakens, raises, lowers, takes away",
        "Advises",
        "Accepted risks",
        "Could not be seen",
        "Open until it is applied",
    ]


def test_a_cause_names_the_change_the_reason_who_owns_the_tier_and_what_was_there_already():
    lines = blocking(render(sample(), View()))
    assert lines[0] == f"- **critical** `{BUCKET}`: Data is encrypted, way 1 (ENC-01)"
    assert lines[1].strip() == "Change: Turn encryption on."
    assert lines[2].strip().startswith("Why: A disk must not carry readable records. Found `encryption.at_rest is false and livefact`.")
    assert lines[3].strip() == "Tier T3 heightened, declared by tag; owner health-team."


def test_a_cause_is_a_diff_where_the_control_has_one_for_the_type_and_is_twelve_lines_at_most():
    lines = blocking(render(planned("ENC-02"), View(controls=CONTROLS)))
    fences = [place for place, line in enumerate(lines) if "```" in line]
    assert lines[fences[0]].strip() == "```diff"
    assert lines[fences[0] + 1].strip() == '+ resource "aws_s3_bucket_server_side_encryption_configuration" "records" {'
    assert len(lines) - len(fences) <= 12
    assert lines[-1].strip().startswith("Tier T3 heightened")


def test_the_same_change_to_resources_of_one_type_is_one_cause():
    many = tuple(structs.replace(finding(1, Verdict.FAIL), fingerprint=f"{number:020x}", fix_at=f"place-{number}") for number in range(30))
    text = render(result_of(many, blocking=tuple(one.fingerprint for one in many)), View())
    assert "### Blocks (1)" in text
    assert "(closes 30)" in text
    assert "the same at place-1, place-2, place-3 and 26 more" in text


def test_a_cause_of_several_owners_names_them_all():
    owned = [
        structs.replace(finding(1, Verdict.FAIL), fingerprint=f"{number:020x}", fix_at=f"place-{number}", owner=f"team-{number % 2}")
        for number in range(4)
    ]
    text = render(result_of(tuple(owned), blocking=tuple(one.fingerprint for one in owned)), View())
    assert "owner team-0, team-1;" in text


def test_what_was_there_already_is_said_not_to_be_this_changes_doing():
    new, old, older = (finding(1, Verdict.FAIL, fingerprint=f"{number:020x}") for number in range(3))
    text = render(result_of((structs.replace(new, introduced=True), old, older), blocking=(new.fingerprint,)), View())
    assert "2 more like it, there already and not this change's doing" in text


def test_what_does_not_block_advises_and_names_file_and_line():
    files = index([("m/main.tf", 'module "store" {\n source = "./s"\n}\n')], "m")
    lines = sections(render(sample(), View(sources=files)))["Advises"]
    assert len(lines) == 2
    assert f"`{PLANNED}` at `m/main.tf:1`" in lines[0]
    assert f"`{DATABASE}`" in lines[1]


def test_what_could_not_be_seen_names_what_would_settle_it():
    lines = sections(render(sample(), View()))["Could not be seen"]
    assert lines[0].startswith("- dynamodb in ")
    assert lines[0].endswith("needs dynamodb:ListTables")
    assert "1 verdict unknown" in lines[1]
    assert "`s3:GetEncryptionConfiguration`" in lines[1]


def test_at_most_twelve_causes_block_and_the_rest_is_counted():
    many = tuple(finding(number, Verdict.FAIL) for number in range(30))
    text = render(result_of(many, blocking=tuple(one.fingerprint for one in many)), View())
    lines = sections(text)["Blocks"]
    assert len(lines) == 12
    assert lines[-1] == "- and 19 more"
    assert "Cut here: 19 of 30 blocking changes." in text


def test_exactly_twelve_causes_are_all_shown():
    many = tuple(finding(number, Verdict.FAIL) for number in range(12))
    text = render(result_of(many, blocking=tuple(one.fingerprint for one in many)), View())
    assert len(sections(text)["Blocks"]) == 12
    assert "Cut here" not in text


def test_findings_that_one_change_closes_are_one_line():
    first, second = finding(1, Verdict.FAIL), finding(2, Verdict.FAIL)
    made = result_of((first, second), blocking=(first.fingerprint, second.fingerprint))
    fix = structs.replace(made.fixes[0], findings=(first.fingerprint, second.fingerprint))
    (line,) = sections(render(replace(made, fixes=(fix,)), View()))["Blocks"]
    assert "(closes 2)" in line


def test_an_unknown_that_blocks_is_said_to_be_unknown_not_failed():
    unknown = finding(3, Verdict.UNKNOWN, Severity.HIGH)
    lines = blocking(render(result_of((unknown,), blocking=(unknown.fingerprint,)), View()))
    assert lines[1].strip() == "Change: unknown; s3:GetEncryptionConfiguration would settle it."


def test_it_stays_under_the_limit_whatever_it_holds_and_says_what_was_cut():
    long = "`<&|*_" * 400
    many = tuple(
        structs.replace(
            finding(number % 90, Verdict.FAIL, (Severity.HIGH, Severity.LOW)[number % 2], f"{long}{number}"),
            fingerprint=f"{number:020x}", fix_at=f"{number}{long}", title=long, why=long, remediation=long, owner=long, expected=long,
        )
        for number in range(3_000)
    )  # fmt: skip
    text = render(result_of(many, blocking=tuple(one.fingerprint for one in many[:40])), View(marking=long))
    assert len(text) <= 64_000
    assert "Cut here:" in text
    assert "advising changes" in text


def test_the_public_sees_tiers_but_no_owner():
    text = render(sample(), View(audience="public"))
    assert "Tier: T3 heightened, declared." in text
    assert "owner" not in text


def test_the_organisations_marking_stands_at_the_top():
    assert render(sample(), View(marking="OFFICIAL")).splitlines()[1] == "**OFFICIAL**"


def test_a_passed_gate_without_findings_is_short_and_plain():
    text = render(replace(result_of(()), gaps=()), View())
    assert sections(text) == {}
    assert "gate passed" in text


def test_only_the_verdicts_that_are_asked_for_are_listed():
    assert list(sections(render(sample(), View(verdicts=frozenset({"unknown"}))))) == ["Could not be seen", "Open until it is applied"]
    fails = render(sample(), View(verdicts=frozenset({"fail"})))
    assert "verdict unknown" not in fails
    assert "Blocks" in sections(fails)
