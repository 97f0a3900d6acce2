"""Measures how far Checkov's verdicts on the public plans agree with ours, and writes docs/checkov.md.

Without an argument it measures anew where the plans are at hand (`--shared DIR`, else TIERWISE_SHARED or ../shared), writes
docs/checkov/agreement.json, and then the page. `--check` says whether the page is up to date with the map, what was measured and what was judged.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from tierwise.cli.settings import load_judging
from tierwise.config import Config
from tierwise.connectors.checkov.mapping import CheckovMap, load_map
from tierwise.connectors.terraform.source import open_plans
from tierwise.evaluate.opinion import second_opinion
from tierwise.model.finding import Verdict
from tierwise.model.opinion import Answer, Opinion, Question, Relation, Said, Sense
from tierwise.scan import Judging, scan

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "checkov.md"
MEASURED = ROOT / "docs" / "checkov" / "agreement.json"
JUDGED = ROOT / "docs" / "checkov" / "judged.yaml"
VERDICTS: Final = "checkov_3_3_30_verdicts.json"
RECORDED = ROOT / "docs" / "checkov" / "generated.json"
"""What the same release said of plans that come without its verdicts; `python -m tools.checkov_record --generated` writes it."""
_STARTED: Final = datetime(2026, 1, 1, tzinfo=UTC)
_COLUMNS: Final = ("agrees", "disagrees", "ours-unknown", "not-comparable", "not-answered")


def opinions(plans: Path, judging: Judging, questions: Sequence[Question]) -> Iterator[tuple[str, Opinion]]:
    """Checkov's recorded verdicts on the plans of a folder, each with ours beside it, by file."""
    for path, found in _recorded(plans):
        name, source = path.name, open_plans([path])
        parts = source.parts()
        result = scan([source], judging, started=_STARTED, jobs=1).result
        said = tuple(
            Said(check, "", address, passed)
            for check, one in found["checks"].items()
            for key, passed in (("passed", True), ("failed", False))
            for address in one[key]
        )
        trouble = "Checkov could not parse the file" if found["parsing_errors"] else ""
        second = second_opinion(
            "checkov",
            [Answer(name, "", () if trouble else said, trouble=trouble)],
            questions,
            judging.controls,
            result.resources,
            result.classifications,
            parts,
        )
        yield from ((name, one) for one in second.opinions)


def _recorded(plans: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each plan with what Checkov said of it."""
    for folder, verdicts in (("files", plans / VERDICTS), ("generated", RECORDED)):
        for name, found in sorted(json.loads(verdicts.read_text("utf-8"))["files"].items()):
            yield plans / folder / name, found


def measure(plans: Path) -> dict[str, Any]:
    """Counts by check, and every disagreement."""
    judging, asked = load_judging(Config()), load_map()
    said: dict[str, Counter[str]] = defaultdict(Counter)
    mapped: dict[str, Counter[str]] = defaultdict(Counter)
    disagreements: list[dict[str, str]] = []
    known = {question.check for question in asked.questions}
    for name, one in opinions(plans, judging, asked.questions):
        if one.verdict is not Verdict.UNKNOWN:
            said[one.check][one.verdict.value] += 1
        if one.check in known:
            mapped[one.check][one.relation.value] += 1
        if one.relation in {Relation.AGREES, Relation.DISAGREES}:
            mapped[one.check][f"compared-{one.verdict.value}"] += 1
        if one.relation is Relation.NOT_COMPARABLE and one.ours in {Verdict.PASS, Verdict.FAIL}:
            mapped[one.check]["aside-same" if one.ours is one.verdict else "aside-other"] += 1
        if one.relation is Relation.DISAGREES and one.ours is not None:
            disagreements.append(
                {"check": one.check, "where": f"{name}#{one.resource}", "checkov": one.verdict.value, "tierwise": one.ours.value}
            )
    return {
        "release": "3.3.30",
        "plans": sum(1 for _ in _recorded(plans)),
        "said": {check: dict(sorted(said[check].items())) for check in sorted(said)},
        "mapped": {check: dict(sorted(mapped[check].items())) for check in sorted(mapped)},
        "disagreements": sorted(disagreements, key=lambda one: (one["check"], one["where"])),
    }


def as_text(measured: Mapping[str, Any]) -> str:
    """What was measured as JSON, one check or disagreement a line."""
    parts = []
    for key, value in measured.items():
        match value:
            case dict():
                rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in value.items())
                parts.append(f" {json.dumps(key)}: {{\n{rows}\n }}")
            case list():
                parts.append(f" {json.dumps(key)}: [\n" + ",\n".join(f"  {json.dumps(one)}" for one in value) + "\n ]")
            case _:
                parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def page(measured: Mapping[str, Any], judged: Mapping[str, Any], asked: CheckovMap) -> str:
    """The page as Markdown."""
    lines = [HEAD, *_figures(measured, asked), DISAGREE, *_disagreements(measured, judged), UNMAPPED, *_unmapped(measured, judged)]
    return "\n".join([*lines, MAPPED, *_mapped(measured, asked)]) + "\n"


def _figures(measured: Mapping[str, Any], asked: CheckovMap) -> Iterator[str]:
    mapped, said = measured["mapped"], measured["said"]
    seen = [check for check in {question.check for question in asked.questions} if check in said]
    total: Counter[str] = Counter()
    for counts in mapped.values():
        total.update(counts)
    compared = total["agrees"] + total["disagrees"]
    both = sum(1 for check in seen if len(said[check]) == 2)
    yield "| | |"
    yield "|---|---|"
    yield f"| plans on which Checkov {measured['release']} was run | {measured['plans']:,} |"
    yield f"| checks that the map names | {len({question.check for question in asked.questions}):,} |"
    yield f"| of them with verdicts on these plans | {len(seen):,} |"
    yield f"| of them that both pass and fail there | {both:,} |"
    yield f"| of them of which a pass and a fail are compared | {len(compared_both_ways(measured)):,} |"
    yield f"| verdicts compared: both tools are sure, and the map compares that direction | {compared:,} |"
    yield f"| agree | {total['agrees']:,} ({total['agrees'] / compared:.1%}) |"
    yield f"| disagree, each judged below | {total['disagrees']:,} |"
    yield f"| ours is unknown, Checkov is sure | {total['ours-unknown']:,} |"
    yield f"| not comparable: the direction that says nothing, or a question that makes no sense there | {total['not-comparable']:,} |"
    yield f"| of them where both are sure and say the same, and where they do not | {total['aside-same']:,}, {total['aside-other']:,} |"
    yield f"| Checkov gave no verdict on a resource of a mapped type | {total['not-answered']:,} |"


def compared_both_ways(measured: Mapping[str, Any]) -> tuple[str, ...]:
    """The checks of which at least one pass and one fail are compared."""
    return tuple(check for check, counts in measured["mapped"].items() if counts.get("compared-pass") and counts.get("compared-fail"))


def _disagreements(measured: Mapping[str, Any], judged: Mapping[str, Any]) -> Iterator[str]:
    ways = {(one["check"], one["where"]): one for one in measured["disagreements"]}
    yield "| Check | Verdicts | Checkov | tierwise | Right | Why |"
    yield "|---|---|---|---|---|---|"
    for one in judged["disagreements"]:
        first = ways.get((one["check"], one["where"][0]), {"checkov": "?", "tierwise": "?"})
        why = " ".join(one["because"].split())
        yield f"| {one['check']} | {len(one['where'])} | {first['checkov']} | {first['tierwise']} | {one['right']} | {why} |"


def _unmapped(measured: Mapping[str, Any], judged: Mapping[str, Any]) -> Iterator[str]:
    yield "| Why | Checks (passes/fails on these plans) |"
    yield "|---|---|"
    for group in judged["unmapped"]:
        names = (f"{check} ({_said(measured, check)})" for check in group["checks"]) if group["family"] else iter(group["checks"])
        head = group["because"] if group["family"] else f"*{group['because']}*"
        yield f"| {head[0].upper()}{head[1:]} | {', '.join(names)} |"


def _said(measured: Mapping[str, Any], check: str) -> str:
    counts = measured["said"].get(check, {})
    return f"{counts.get('pass', 0)}/{counts.get('fail', 0)}"


def _mapped(measured: Mapping[str, Any], asked: CheckovMap) -> Iterator[str]:
    yield "| Check | Rung | Facts | Sense | Passes/fails | Agree | Disagree | Ours unknown | Not comparable (same/other) | No verdict | Note |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    by_check: dict[str, list[Question]] = defaultdict(list)
    for question in asked.questions:
        by_check[question.check].append(question)
    for check, questions in sorted(by_check.items(), key=lambda item: _order(item[0])):
        counts = measured["mapped"].get(check, {})
        rungs = _once(f"[{one.control}](controls/{one.control}.md) {one.rung.name}" for one in questions)
        notes = _once(question.note for question in questions if question.note)
        senses = _once(question.sense.value for question in questions)
        facts = _once(", ".join(f"`{fact}`" for fact in sorted(one.facts)) or "the whole rung" for one in questions)
        agrees, disagrees, unknown, aside, silent = (str(counts.get(name, 0)) for name in _COLUMNS)
        aside = f"{aside} ({counts.get('aside-same', 0)}/{counts.get('aside-other', 0)})"
        cells = (check, rungs, facts, senses, _said(measured, check), agrees, disagrees, unknown, aside, silent, notes)
        yield f"| {' | '.join(cells)} |"


def _once(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(words))


def _order(check: str) -> tuple[str, str, int]:
    family, cloud, number = check.split("_")
    return cloud, family, int(number)


HEAD = f"""<!-- Generated by tools/checkov_agreement.py from the map, agreement.json and judged.yaml. Do not edit. -->
# Checkov as a second opinion

```
uv tool install checkov
tierwise scan plan plan.json --with-checkov
```
runs the Checkov that is on the path (or `--checkov-bin PATH`) on each plan and shows what it says beside what tierwise says. It advises: nothing that Checkov says blocks, lowers or lifts a verdict of ours.

- **Its own process.** tierwise does not depend on Checkov, which pins an old boto3; it runs the executable. Each file has a process of its own, in an empty home folder without the caller's
  environment, so that no `.checkov.yaml` of a repository loads code into it and no API key reaches it. It runs `--framework terraform_plan` alone, without its platform and its check for updates; it opens no connection.
  It is stopped after `--checkov-timeout` seconds. Without Checkov: exit code 2 and one line that says how to get it.
- **Verdicts alone.** Of its output only the check's id and name, the address and the result are decoded. Code blocks, entities, tags and what it writes to standard error are dropped: they hold values of the plan, and Checkov
  masks those of a few types only.
- **Rung by rung.** Checkov asks the same of everything, our ladders ask more where the data is more sensitive. So each check is held against the rung that the map names, whatever the resource's own tier;
  the report says whether the ladder asks it at that tier at all.
- **Unknown stays unknown.** Checkov gives a hard pass or fail on what only apply will tell. Where our verdict is unknown, its verdict is shown as an opinion and ours stays. What it was asked and did not answer is unknown too: a file
  that it cannot read (it ends with exit code 0), a resource on which it reports nothing, a run that was stopped.
- **The rest advises.** What no control asks is kept with a severity by the resource's tier (T0 info, T1 low, T2 medium, T3 and T4 high; info where it is no resource of ours), for Checkov has none without an account.

Shown in `console` and `markdown` (summary, disagreements, what is failed most), `json` (`second_opinion`) and `jsonl` (all of it), and `sarif` (a run of its own under the tool's name, at level note, without a severity that could stop a merge).

## The map
`src/tierwise/connectors/checkov/map.yaml` names for each check the control, the rung, the part of the rung (by the facts that it looks at) and the Terraform types. A *sense* says what may be compared:

| Sense | Meaning | Compared |
|---|---|---|
| {Sense.SAME.value} | the check and the rung ask the same; where their answers differ, one is wrong | passes and fails |
| {Sense.WEAKER.value} | the check asks less (KMS with any key; one of four switches): its fail is a fail of the rung, its pass says nothing | fails |
| {Sense.STRONGER.value} | the check asks more (90 days for a year): its pass is a pass of the rung, its fail says nothing | passes |

The sense follows from what the check asks, read from its name and its source, not from how its verdicts come out. So that this can be judged, the table of checks says what the directions that are set aside would have come to.
A check may lie between two rungs: asking less than the one and more than the other, it stands twice, its fails held against the one and its passes against the other.
A verdict on a part (a bucket's policy, a role's policy) is held against the whole.

## Measured
`python tools/checkov_agreement.py` holds Checkov's verdicts on the public plans against ours; a test does the same. Another test does it on an invented plan with what Checkov said of it, in both directions for
at least 80 checks; `make checkov` installs the current Checkov in an environment of its own and says what it would answer differently now.
"""
DISAGREE = """
## Disagreements
Every verdict on which both are sure and differ, judged by hand. The files and addresses are in `docs/checkov/judged.yaml`.
"""
UNMAPPED = """
## Checks without a rung
Every other check that Checkov ran on these plans, and why the map does not have it.
"""
MAPPED = """
## Checks with a rung
"Not comparable" is the direction in which the check says nothing, and what the control does not ask of the resource; in brackets how often our verdict on the rung is the same all the same, and how often the other.
"""


def shared_plans(named: Path | None) -> Path | None:
    """The folder of the public plans, where it is at hand."""
    root = named or Path(os.environ.get("TIERWISE_SHARED", ROOT.parent / "shared"))
    return root / "plans" if (root / "plans" / VERDICTS).is_file() else None


def main(arguments: list[str]) -> int:
    """Measures and writes, or with `--check` compares the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the page is stale")
    parser.add_argument("--shared", type=Path, help="the folder of the test material")
    options = parser.parse_args(arguments)
    plans = shared_plans(options.shared)
    if plans is not None and not options.check:
        MEASURED.write_text(as_text(measure(plans)), "utf-8")
    made = page(json.loads(MEASURED.read_text("utf-8")), yaml.safe_load(JUDGED.read_text("utf-8")), load_map())
    if not options.check:
        PAGE.write_text(made, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == made:
        return 0
    print(f"{PAGE.relative_to(ROOT)} is stale; run tools/checkov_agreement.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
