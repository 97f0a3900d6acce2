"""How good the decisions are: an emulated estate with planted weaknesses and planted sensitivity, and what a scan makes of it.

    python -m benchmarks.decision_quality [--buckets 50] [--seed gds-2026] [--scan out.json --truth truth.json]

Definitions are those of the bench's `weakness_map.yaml`: a label counts where the resource's true tier is at or above the label's; it is found
where one of its controls fails on the resource; a failure of a listed control on a resource of the truth whose labels do not justify it is invented.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from benchmarks.bench import BIN, SHARED, aws_environment, emulator, run, seed

TRUE_TIER = {"public": 0, "internal": 1, "personal": 2, "special-category": 3, None: None}
KINDS = {
    "s3.bucket": "object-store",
    "rds.instance": "relational-db",
    "rds.snapshot": "snapshot",
    "dynamodb.table": "document-db",
    "efs.filesystem": "file-share",
    "ebs.volume": "block-volume",
    "ebs.snapshot": "snapshot",
    "redshift.cluster": "warehouse",
    "secretsmanager.secret": "secret",
    "sqs.queue": "queue",
    "sns.topic": "queue",
    "logs.log_group": "log-store",
    "cloudtrail.trail": "audit-trail",
    "kms.key": "key",
    "iam.policy": "policy",
    "iam.user": "user",
    "iam.role": "role",
    "elasticache.replication_group": "cache",
    "opensearch.domain": "search-index",
    "backup.vault": "backup-vault",
}
UNCOVERED = {
    "backup": "what moto's backup vault lacks",
    "ec2.sg": "a security group is judged through the store that it guards, not by itself",
    "iam.user.direct_policy": "a way of granting, not a strength; what is granted is judged by ACC-01",
    "iam.user.admin": "covered by ACC-01 through iam.policy.admin and the user's effective rights; not in the map",
    "iam.password_policy": "ACC-03 asks for a second factor instead of a password rule",
    "iam.policy.wildcard_resource": "covered by ACC-01 from T2 and T3; not in the map",
    "cloudtrail.encryption": "a trail's own key is judged at its log store",
    "cloudtrail.stopped": "judged at the account (LOG-11): one trail that records is enough",
    "cloudtrail.no_s3_data_events": "judged at each store (LOG-02)",
    "secrets.encryption": "ENC-12 from T3; not in the map",
    "secrets.rotation": "IDN-04, not among these controls",
    "sqs.encryption.not_cmk": "ENC-12 from T3; not in the map",
    "logs.encryption": "ENC-12 from T3; not in the map",
    "elasticache.at_rest": "ENC-01; not in the map",
    "efs.backup": "RES-01, which stays unknown where backup selections cannot be read; not in the map",
    "s3.pab.partial": "EXP-02 asks for the ACL half, which is on; EXP-02 T4 asks for all four; not in the map",
}


@dataclass(slots=True)
class Score:
    """What came of the labels."""

    found: Counter[str] = field(default_factory=Counter)
    missed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unknown: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    out_of_reach: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    otherwise: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    invented: list[str] = field(default_factory=list)
    near: list[str] = field(default_factory=list)
    uncovered: Counter[str] = field(default_factory=Counter)
    counted: int = 0


def index(scan: Mapping[str, Any]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    """Resources by account, kind and every name that they go by."""
    found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for one in scan["resources"]:
        tail = one["id"].rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        for name in {one["id"], one["name"], tail, *one.get("aliases", ())}:
            found.setdefault((one.get("account", ""), one["kind"], name), one)
    return found


def judge(truth: Mapping[str, Any], scan: Mapping[str, Any], weaknesses: Mapping[str, Any]) -> Score:
    """Hold a scan against the truth."""
    listed = {control for one in weaknesses.values() for control in one["controls"]}
    verdicts: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for finding in scan["findings"]:
        verdicts[finding["resource"]][finding["control"]] = finding
    resources = index(scan)
    score = Score()
    for planted in truth["resources"]:
        kind = KINDS.get(planted["kind"])
        ours = resources.get((planted["account"], kind or "", planted["id"]))
        own = verdicts.get(ours["id"], {}) if ours else {}
        for label in planted["weaknesses"]:
            if label not in weaknesses:
                score.uncovered[label] += 1
                continue
            _label(score, label, planted, ours, own, weaknesses[label])
        justified = {control for label in planted["weaknesses"] for control in weaknesses.get(label, {}).get("controls", ())}
        for control, finding in own.items():
            if finding["verdict"] == "fail" and control in listed and control not in justified:
                line = f"{control} on {planted['kind']} {planted['id']} (labels: {', '.join(planted['weaknesses']) or 'none'}): {finding['actual']}"
                same_topic = [
                    label for label in planted["weaknesses"] if label not in weaknesses and any(label.startswith(key) for key in UNCOVERED)
                ]
                (score.near if same_topic and _explains(same_topic, control) else score.invented).append(line)
    return score


_ALSO = {
    "iam.policy.wildcard_resource": {"ACC-01"},
    "iam.user.admin": {"ACC-01"},
    "elasticache.at_rest.off": {"ENC-01"},
    "s3.pab.partial": {"EXP-01", "EXP-02"},
    "sqs.encryption.not_cmk": {"ENC-02"},
    "secrets.encryption.not_cmk": {"ENC-02"},
    "cloudtrail.stopped": {"LOG-01"},
}


def _explains(labels: Sequence[str], control: str) -> bool:
    return any(control in _ALSO.get(label, ()) for label in labels)


def _label(
    score: Score,
    label: str,
    planted: Mapping[str, Any],
    ours: Mapping[str, Any] | None,
    own: Mapping[str, Mapping[str, Any]],
    rule: Mapping[str, Any],
) -> None:
    true, start = TRUE_TIER[planted["true_sensitivity"]], int(rule["from"][1:])
    if (true is None and start > 0 and (ours is None or int(ours["classification"]["tier"][1:]) < start)) or (
        true is not None and true < start
    ):
        return
    score.counted += 1
    got = {own[control]["verdict"] for control in rule["controls"] if control in own}
    name = f"{planted['kind']} {planted['id']}"
    if "fail" in got:
        score.found[label] += 1
    elif "unknown" in got:
        parts = [
            f"{part['fact']} {part['reason']} {part['action'] or part['via']}"
            for control in rule["controls"]
            if own.get(control, {}).get("verdict") == "unknown"
            for part in own[control]["unknowns"]
        ]
        score.unknown[label].append(f"{name}: {'; '.join(dict.fromkeys(parts))}")
    elif label == "s3.logging.off" and ours is not None and got == {"pass"} and _by_trail(own["LOG-02"]):
        score.otherwise[label].append(f"{name}: server access logging is off, and a trail records its data events")
    elif ours is not None and true is not None and int(ours["classification"]["tier"][1:]) < min(true, start):
        score.out_of_reach[label].append(f"{name}: declared {planted['declared_sensitivity']}, nothing that metadata shows says more")
    else:
        score.missed[label].append(f"{name}: {'not in the inventory' if ours is None else dict.fromkeys(got)}")


def _by_trail(finding: Mapping[str, Any]) -> bool:
    return all("trail" in part["via"] for part in finding["actual"])


def sensitivity(truth: Mapping[str, Any], scan: Mapping[str, Any]) -> tuple[Counter[str], list[str]]:
    """How tiers compare with the truth, and the stores whose name shows more than was declared and that were not raised."""
    resources = index(scan)
    counts: Counter[str] = Counter()
    not_reported: list[str] = []
    for planted in truth["resources"]:
        true = TRUE_TIER[planted["true_sensitivity"]]
        ours = resources.get((planted["account"], KINDS.get(planted["kind"], ""), planted["id"]))
        if true is None or ours is None or planted["kind"].endswith("snapshot"):
            continue
        one = ours["classification"]
        tier, declared = int(one["tier"][1:]), TRUE_TIER.get(planted["declared_sensitivity"])
        basis = "assumed" if one["state"] == "assumed" else "own tier"
        counts[f"{basis}: {'as true' if tier == true else 'above true' if tier > true else 'below true'}"] += 1
        shows = planted["metadata_shows"] and (declared is None or declared < true)
        if shows:
            counts["name shows more than declared"] += 1
            if tier >= true and one["state"] != "assumed":
                counts["... and was reported"] += 1
            else:
                not_reported.append(
                    f"{planted['kind']} {planted['id']}: true {planted['true_sensitivity']}, judged {one['tier']} ({one['state']})"
                )
    return counts, not_reported


def report(truth: Mapping[str, Any], scan: Mapping[str, Any], weaknesses: Mapping[str, Any]) -> int:
    """Print everything; 1 where a label was missed, a failure invented, or more than 2 % are unknown."""
    score = judge(truth, scan, weaknesses)
    print(f"labels that count: {score.counted}")
    print(f"{'label':<42}{'found':>6}{'unknown':>8}{'missed':>7}{'out of reach':>13}")
    for label in sorted({*score.found, *score.missed, *score.unknown, *score.out_of_reach, *score.otherwise}):
        row = (score.found[label], len(score.unknown[label]), len(score.missed[label]), len(score.out_of_reach[label]))
        print(f"{label:<42}{row[0]:>6}{row[1]:>8}{row[2]:>7}{row[3]:>13}")
    for title, groups in (
        ("missed", score.missed),
        ("unknown", score.unknown),
        ("out of reach", score.out_of_reach),
        ("met otherwise", score.otherwise),
    ):
        for label, lines in sorted(groups.items()):
            for line in lines:
                print(f"{title}: {label}: {line}")
    for line in score.invented:
        print(f"invented: {line}")
    for line in score.near:
        print(f"fails by a label that the map does not list: {line}")
    counts, not_reported = sensitivity(truth, scan)
    print("sensitivity: " + "; ".join(f"{name} {number}" for name, number in sorted(counts.items())))
    for line in not_reported:
        print(f"name shows more, not reported: {line}")
    for label, number in sorted(score.uncovered.items()):
        because = next((text for key, text in UNCOVERED.items() if label.startswith(key)), "no control of this catalogue asks for it")
        print(f"label without a mapped control: {label} ({number}): {because}")
    found, missed, unknown, far, other = (
        sum(score.found.values()),
        *(sum(len(lines) for lines in one.values()) for one in (score.missed, score.unknown, score.out_of_reach, score.otherwise)),
    )
    share = unknown / score.counted if score.counted else 0.0
    print(
        f"found {found}, missed {missed}, unknown {unknown} ({share:.1%}), out of reach of metadata {far}, met otherwise {other}, invented {len(score.invented)},"
        f" not reported though the name shows it {len(not_reported)}"
    )
    return int(bool(missed or score.invented or not_reported or share > 0.02))


def main() -> int:
    """Seed, scan and report, or report on a scan and truth that exist."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--buckets", default="50")
    parser.add_argument("--seed", default="gds-2026")
    parser.add_argument("--region", default="eu-west-2")
    parser.add_argument("--scan", type=Path)
    parser.add_argument("--truth", type=Path)
    chosen = parser.parse_args()
    weaknesses = yaml.safe_load((SHARED / "bench" / "weakness_map.yaml").read_text())
    if chosen.scan and chosen.truth:
        return report(json.loads(chosen.truth.read_text()), json.loads(chosen.scan.read_text()), weaknesses)
    with tempfile.TemporaryDirectory() as name, emulator() as port:
        folder = Path(name)
        truth = seed(port, folder, "--buckets", chosen.buckets, "--seed", chosen.seed, "--region", chosen.region)
        out = folder / "out.json"
        command = [str(BIN / "tierwise"), "scan", "aws", "--region", chosen.region, "--endpoint-compat", "-q", "--format", f"json={out}"]
        ran = run(command, aws_environment(port, folder))
        if not out.exists():
            print(ran.stderr, file=sys.stderr)
            return 2
        print(f"scan: exit {ran.code}, {ran.wall:.1f} s, peak {ran.peak_mb:.0f} MB")
        return report(truth, json.loads(out.read_text()), weaknesses)


if __name__ == "__main__":
    sys.exit(main())
