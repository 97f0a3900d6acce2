"""The console report over a recorded estate and over hostile names: counts, order, and nothing raw in a terminal."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import pytest
from msgspec import structs
from rich.table import Table

from tests.connectors.terraform.plans import PlanBuilder
from tests.reports.sample import finding, resources, result_of, sample
from tests.scan.estate import STARTED
from tests.scan.worlds import replay
from tierwise.catalogue.controls import load_catalogue
from tierwise.catalogue.profiles import apply_profile, load_profile
from tierwise.connectors.terraform.source import open_plans
from tierwise.evaluate.fixes import entries
from tierwise.model.control import Severity
from tierwise.model.fact import Known
from tierwise.model.finding import Acceptance, Finding, Fix, ScanResult, Verdict
from tierwise.model.opinion import Opinion, Relation, SecondOpinion
from tierwise.model.register import EMPTY_REGISTER, NO_CORRECTIONS
from tierwise.model.sensitivity import Tier, TierState
from tierwise.reports.base import View, reports
from tierwise.reports.console import Printer, console_for, fixes_alike, fixes_text, render
from tierwise.reports.second import for_people
from tierwise.scan import Judging, scan

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://example.org\x07link\x1b]8;;\x07",
    "\x9b31m",
    "left\u202etfel",
    "iso\u2066late\u2069",
    "zero\u200bwidth\ufeff",
    "two\nlines\r\nand more",
    "tab\tbell\x07back\x08",
    "[red]markup[/red] [link=https://example.org]x[/link]",
    ":warning: emoji",
    "x" * 5000,
)
CONTROLS = load_catalogue().controls
RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@pytest.fixture(scope="module")
def result() -> ScanResult:
    found = replay().result
    return replace(found, findings=tuple(one for one in found.findings if not one.control.startswith("PROBE")))


def shipped() -> Judging:
    catalogue = load_catalogue()
    profile = load_profile("uk-gov-personal-data", catalogue)
    return Judging(profile, apply_profile(catalogue, profile), EMPTY_REGISTER, NO_CORRECTIONS, profile.gate)


def hostile(result: ScanResult, text: str) -> ScanResult:
    """The result with a text in the name, id, tags, owner, facts and reasons of its worst finding."""
    worst = max((one for one in result.findings if one.danger and one.verdict is Verdict.FAIL), key=lambda one: one.severity)
    told = structs.replace(
        worst,
        resource=text,
        owner=text,
        fix_at=text,
        why=text,
        actual=tuple(structs.replace(part, value=text, via=text) for part in worst.actual),
    )
    resource = next(one for one in result.resources if one.id == worst.resource)
    named = replace(resource, id=text, name=text, tags=Known({text: text}))
    one = replace(
        result.classifications[resource.id],
        owner=text,
        trace=tuple(replace(s, because=text) for s in result.classifications[resource.id].trace),
    )
    fix = structs.replace(result.fixes[0], fix_at=text, title=text, remedy=text, resources=(text,), owner=text)
    return replace(
        result,
        run=replace(result.run, sources=(text,)),
        resources=(named,),
        classifications={text: one},
        findings=(told,),
        fixes=(fix,),
        deselected=(("ENC-01", text),),
    )


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_hostile_reaches_the_console_raw(result, text):
    made = render(hostile(result, text), View(width=100))
    assert RAW.search(made) is None
    assert max(len(line) for line in made.splitlines()) <= 100
    assert len(made.splitlines()) < 400


def test_a_table_is_whole_on_a_page_that_is_narrower_and_no_line_ends_in_blanks(result):
    console, out = console_for(View(width=60))
    table = Table(box=None)
    for number in range(9):
        table.add_column(f"column {number}", no_wrap=True)
    table.add_row(*(["1,234,567"] * 9))
    Printer(console).table(table)
    assert "…" not in out.getvalue()
    assert out.getvalue().count("1,234,567") == 9
    assert console.width == 60
    assert not re.search(r"[ \t]$", render(result, View(width=100)), re.MULTILINE)


def test_markup_in_names_is_text_and_not_style(result):
    made = render(hostile(result, "[red]markup[/red]"), View(width=200))
    assert "[red]markup[/red]" in made


def test_a_coloured_report_carries_no_escape_but_styles(result):
    made = render(hostile(result, "\x1b]8;;https://example.org\x07"), View(color=True, width=100))
    assert "\x1b[" in made
    assert re.sub("\x1b\\[[0-9;]*m", "", made).count("\x1b") == 0


def test_a_plain_report_has_no_escapes(result):
    assert "\x1b" not in render(result, View(color=False))


def heat(result: ScanResult, width: int = 160) -> tuple[list[str], dict[str, list[str]]]:
    """The heat map's tiers, and its cells by family, the number of resources first."""
    lines = render(result, View(width=width)).splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("Failed (and unknown)"))
    end = next(place for place in range(start, len(lines)) if lines[place].startswith("  number = failed"))
    levels, names, *rows = lines[start + 1 : end]
    apart = [""] * (len(names.split()) - len(levels.split()))
    tiers = [" ".join(pair).strip() for pair in zip([*levels.split(), *apart], names.split(), strict=True)]
    return tiers, {row.split()[0]: row.split()[1:] for row in rows}


def row_of(one: Finding) -> str:
    return "assumed" if one.assumed else one.tier.label


def test_the_heat_map_counts_what_was_found_and_nobody_answers_for(result):
    accepted = Acceptance("true", "owner", "approver", "2026-06-30", "LOG")
    first = next(place for place, one in enumerate(result.findings) if one.verdict is Verdict.FAIL)
    findings = tuple(structs.replace(one, accepted=accepted) if place == first else one for place, one in enumerate(result.findings))
    result = replace(result, findings=findings)
    tiers, rows = heat(result)
    bad = [one for one in result.findings if one.verdict in (Verdict.FAIL, Verdict.UNKNOWN)]
    assert list(rows) == ["resources", *sorted({one.family for one in bad})]
    counts = Counter((row_of(one), one.family, one.verdict) for one in bad if one.accepted is None)
    for family, cells in list(rows.items())[1:]:
        for tier, cell in zip(tiers, cells, strict=True):
            failed, _mark, unknown = cell.replace(".", "").partition("?")
            assert (int(failed or 0), int(unknown or 0)) == (counts[tier, family, Verdict.FAIL], counts[tier, family, Verdict.UNKNOWN])
    assert {row_of(one) for one in bad} <= set(tiers)
    open_ = sum(1 for one in bad if one.verdict is Verdict.FAIL) - 1
    assert re.search(rf"\({open_} failed verdicts\), .* not applicable, 1 accepted\n", render(result, View(width=200)))


def test_the_heat_map_is_whole_on_a_narrow_terminal(result):
    assert heat(result, 80) == heat(result)


def test_assumed_tiers_stand_apart_at_the_end(result):
    tiers, rows = heat(result)
    assumed = [one for one in result.classifications.values() if one.state is TierState.ASSUMED]
    assert assumed
    assert tiers[-1] == "assumed"
    assert int(rows["resources"][-1]) == len(assumed)
    assert sum(map(int, rows["resources"])) == len(result.resources)


def test_tiers_are_shown_from_the_highest_down(result):
    tiers, _rows = heat(result)
    labels = [tier.label for tier in reversed(Tier)]
    assert [label for label in tiers if label != "assumed"] == [label for label in labels if label in tiers]


def test_what_could_not_be_seen_comes_before_what_was_found(result):
    made = render(result, View())
    assert 0 < made.index("What this scan could not see") < made.index("Dangerous at any tier") < made.index("Failed (and unknown)")


@pytest.mark.parametrize("tags", [{}, {"Name": "new"}], ids=["untagged", "named"])
def test_a_private_new_bucket_without_tags_is_at_most_six_entries_and_none_is_high(tmp_path, tags):
    plan = PlanBuilder()
    plan.add("aws_s3_bucket", "new", {"bucket": "new-things", "tags": tags}, unknown={"id": True, "arn": True})
    found = scan([open_plans([plan.write(tmp_path)])], shipped(), started=STARTED, jobs=1).result
    failed = entries(found.findings)
    assert 1 <= len(failed) <= 6
    assert {one.severity for one in found.findings if one.verdict is Verdict.FAIL and not one.assumed} <= {
        Severity.INFO,
        Severity.LOW,
        Severity.MEDIUM,
    }
    assert found.gate.blocking == ()


def causes(text: str) -> list[list[str]]:
    """The lines of each thing that blocks."""
    section = re.search(r"^Blocks: .*?\n(.*?)\n\n", text, flags=re.MULTILINE | re.DOTALL)
    assert section
    return [part.splitlines() for part in re.split(r"^(?=  +\d+\. )", section[1], flags=re.MULTILINE) if part.strip()]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(("control", "kind"), [(one.id, kind) for one in CONTROLS.values() for kind in one.snippets])
def test_what_blocks_leads_and_each_cause_is_twelve_lines_at_most(control, kind, width):
    address = f'module.records["a"].{kind.replace("*", "thing")}.records["b"]'
    planned = replace(resources()[2], id=address, address=address, type=kind.replace("*", "thing"))
    long = finding(
        1,
        Verdict.FAIL,
        resource=address,
        fix_at=address,
        control=control,
        title=CONTROLS[control].title,
        why=f"protected as T3 heightened because so: {'reason ' * 60}",
        brought_by=f"aws_s3_bucket_versioning.{'x' * 40} is deleted",
        before=Verdict.PASS,
        introduced=True,
    )
    made = result_of((long,), blocking=(long.fingerprint,), held=(planned,))
    text = render(made, View(width=width, controls=CONTROLS))
    (lines,) = causes(text)
    assert len(lines) <= 12
    assert sum(line.lstrip().startswith(("+ ", "- ")) for line in lines) >= 1
    assert [name for name in ("by", "why", "who") if not any(re.match(rf" +{name} ", line) for line in lines)] == []
    assert text.index("Blocks: ") < text.index("What this scan could not see")


@pytest.mark.parametrize("text", [*HOSTILE, "x`````y", "##[error]x", "::error::x"])
@pytest.mark.parametrize("name", ["console", "markdown"])
def test_no_name_of_a_resource_does_anything_in_a_diff(name, text):
    address = "aws_s3_bucket." + re.sub(r"""[.\[\]"]""", "", text)
    planned = replace(resources()[2], id=address, address=address)
    one = finding(1, Verdict.FAIL, resource=address, fix_at=address, control="EXP-02", introduced=True)
    made = reports()[name].render(result_of((one,), blocking=(one.fingerprint,), held=(planned,)), View(width=100, controls=CONTROLS))
    assert isinstance(made, str)
    assert "aws_s3_bucket_public_access_block" in made
    assert RAW.search(made.replace("\N{ZERO WIDTH SPACE}", "")) is None
    assert not re.search(r"^\s*::|##\[|##vso\[", made, flags=re.MULTILINE)
    if name == "markdown":
        fence = re.search(r"^  (`{3,})diff\n(.*?)^  \1$", made, flags=re.MULTILINE | re.DOTALL)
        assert fence
        assert fence[1] not in fence[2]


def test_words_stand_where_there_is_no_diff_and_say_what_was_there_already():
    new, old = finding(1, Verdict.FAIL, introduced=True), finding(1, Verdict.FAIL, fingerprint="f" * 20)
    (lines,) = causes(render(result_of((new, old), blocking=(new.fingerprint,)), View(width=120)))
    assert any(re.match(" +change +Turn encryption on", line) for line in lines)
    assert "1 more like it, there already and not this change's doing" in " ".join(" ".join(lines).split())


def test_what_a_plan_weakens_is_told_after_what_blocks():
    text = render(sample(), View(width=200))
    assert text.index("Blocks: ") < text.index("What the plan weakens, raises, lowers and takes away") < text.index("What this scan")
    assert "recovery.versioning true -> false and livefact: aws_s3_bucket_versioning.records is deleted" in " ".join(text.split())
    assert "falls from T3 heightened to T2 personal (declared T3 heightened, now T2 personal); no longer asked: ENC-02" in " ".join(
        text.split()
    )


def test_a_place_is_named_once_where_one_change_closes_findings_of_two_tiers():
    one = Fix("aws_s3_bucket.b", "ENC-02", "t", "r", ("f1",), ("aws_s3_bucket.b",), Severity.HIGH, (Tier.T3,))
    (merged,) = fixes_alike([one, structs.replace(one, findings=("f2",), tiers=(Tier.T2,))])
    assert (merged.fix_at, merged.findings) == ("aws_s3_bucket.b", ("f1", "f2"))


def test_changes_that_are_made_in_another_way_stand_apart(result):
    one = Fix("arn:aws:s3:::b", "ENC-02", "t", "aws s3api", ("f1",), ("arn:aws:s3:::b",), Severity.HIGH, (Tier.T3,))
    other = structs.replace(one, fix_at="x", remedy="az storage", findings=("f2",), resources=("x",))
    assert [each.remedy for each in fixes_alike([one, other])] == ["aws s3api", "az storage"]
    told = " ".join(render(replace(result, fixes=(one, one, other)), View(width=200)).split())
    assert "The changes that close most (2 of 2; tierwise fixes lists all 3, place by place)" in told


def test_one_verdict_is_not_said_as_several(result):
    key = next(one.id for one in result.resources if one.address is None)
    text = render(replace(result, what_if={key: {"T1": 1, "T2": 2, "T3": 3}}), View(width=100))
    assert "1 verdict would fail" in " ".join(text.split())


def test_another_tools_check_names_a_resource_once():
    fails = tuple(
        Opinion("CKV_X_1", "t", "aws_s3_bucket.b", "aws_s3_bucket.b", Verdict.FAIL, Relation.UNMAPPED, Severity.LOW) for _ in range(2)
    )
    assert "".join(for_people(SecondOpinion("Checkov", "3", {}, fails))).count("aws_s3_bucket.b") == 1


def test_where_there_are_several_accounts_a_danger_and_a_fix_say_in_which(result):
    """Ids are shortened to what tells resources of one account apart."""
    dangers = {one.resource for one in result.findings if one.danger and one.verdict is Verdict.FAIL}
    moved = replace(
        result,
        resources=tuple(replace(one, account="999999999999", unit="Health") if one.id in dangers else one for one in result.resources),
    )
    told = {line.strip() for line in render(moved, View(width=200)).splitlines()}
    assert "account   999999999999 (Health)" in told
    assert "account   999999999999 (Health)" in {line.strip() for line in fixes_text(moved, 100, View(width=200)).splitlines()}
    assert not re.search(r"^ {5}account   ", render(result, View(width=200)) + fixes_text(result, 100, View(width=200)), re.MULTILINE)
