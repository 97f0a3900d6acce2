import re
from dataclasses import replace

from tests.reports.sample import BUCKET, DATABASE, PLANNED, finding, result_of, sample
from tierwise.model.control import Severity
from tierwise.model.finding import Verdict
from tierwise.reports.base import View
from tierwise.reports.locate import index
from tierwise.reports.markdown import MARKER, render


def sections(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        title, *lines = part.splitlines()
        found[title.split(" (")[0]] = [line for line in lines if line.startswith("- ")]
    return found


def test_it_leads_with_the_gate_then_what_blocks_advises_is_accepted_and_was_not_seen():
    text = render(sample(), View())
    assert text.splitlines()[:2] == [MARKER, "## tierwise: gate failed"]
    assert list(sections(text)) == ["Blocks", "Advises", "Accepted risks", "Could not be seen"]


def test_a_blocking_line_names_the_change_the_reason_and_who_owns_the_tier():
    (line,) = sections(render(sample(), View()))["Blocks"]
    assert line.startswith(f"- **critical** `{BUCKET}`: Turn encryption on.")
    assert "A disk must not carry readable records" in line
    assert "Tier: T3 heightened, declared; owner: `health-team`." in line


def test_what_does_not_block_advises_and_names_file_and_line():
    files = index([("m/main.tf", 'module "store" {\n source = "./s"\n}\n')], "m")
    lines = sections(render(sample(), View(sources=files)))["Advises"]
    assert len(lines) == 2
    assert f"`{PLANNED}` at `m/main.tf:1`" in lines[0]
    assert f"`{DATABASE}`" in lines[1]


def test_what_could_not_be_seen_names_what_would_settle_it():
    lines = sections(render(sample(), View()))["Could not be seen"]
    assert "`dynamodb`" in lines[0]
    assert "`dynamodb:ListTables`" in lines[0]
    assert "1 verdict unknown" in lines[1]
    assert "`s3:GetEncryptionConfiguration`" in lines[1]


def test_at_most_twelve_lines_block_and_the_rest_is_counted():
    many = tuple(replace(finding(1, Verdict.FAIL), fingerprint=f"{number:020x}", fix_at=f"place-{number}") for number in range(30))
    text = render(result_of(many, blocking=tuple(one.fingerprint for one in many)), View())
    lines = sections(text)["Blocks"]
    assert len(lines) == 12
    assert lines[-1] == "- and 19 more"
    assert "Cut here: 19 of 30 blocking changes." in text


def test_exactly_twelve_blocking_lines_are_all_shown():
    many = tuple(replace(finding(1, Verdict.FAIL), fingerprint=f"{number:020x}", fix_at=f"place-{number}") for number in range(12))
    text = render(result_of(many, blocking=tuple(one.fingerprint for one in many)), View())
    assert len(sections(text)["Blocks"]) == 12
    assert "Cut here" not in text


def test_findings_that_one_change_closes_are_one_line():
    first, second = finding(1, Verdict.FAIL), finding(2, Verdict.FAIL)
    made = result_of((first, second), blocking=(first.fingerprint, second.fingerprint))
    fix = replace(made.fixes[0], findings=(first.fingerprint, second.fingerprint))
    (line,) = sections(render(replace(made, fixes=(fix,)), View()))["Blocks"]
    assert "(closes 2)" in line


def test_an_unknown_that_blocks_is_said_to_be_unknown_not_failed():
    unknown = finding(3, Verdict.UNKNOWN, Severity.HIGH)
    (line,) = sections(render(result_of((unknown,), blocking=(unknown.fingerprint,)), View()))["Blocks"]
    assert "unknown whether" in line
    assert "`s3:GetEncryptionConfiguration` would settle it" in line


def test_it_stays_under_the_limit_whatever_it_holds_and_says_what_was_cut():
    long = "`<&|*_" * 400
    many = tuple(
        replace(
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
    assert list(sections(render(sample(), View(verdicts=frozenset({"unknown"}))))) == ["Could not be seen"]
    fails = render(sample(), View(verdicts=frozenset({"fail"})))
    assert "verdict unknown" not in fails
    assert "Blocks" in sections(fails)
