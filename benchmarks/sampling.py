"""Whether sampling finds what metadata does not show: an emulated estate with planted columns of personal data, scanned without and with a look inside.

    python -m benchmarks.sampling [--buckets 50] [--seed gds-2026]

Every bucket that is not declared, or declared too low, and that holds objects with planted personal columns has to get its true tier or a
higher one, by evidence that its trace names (its own name may have settled it before); no bucket of open data may be raised. The identifiers are documented test values, so that
the profile counts them. moto refuses object reads under a TLS-only denial, whatever its condition (the bench's README): those denials are taken off first.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from benchmarks.bench import BIN, aws_environment, emulator, run, seed
from benchmarks.decision_quality import KINDS, TRUE_TIER, index

PROFILE = """\
description: Counts documented test values as real ones.
id: bench
title: The bench, where documented test values count
extends: uk-gov-personal-data
synthetic_counts: true
"""


def without_denials(client: Any) -> int:
    """Take the TLS-only denials off every bucket's policy; how many there were."""
    taken = 0
    for bucket in client.list_buckets()["Buckets"]:
        try:
            policy = json.loads(client.get_bucket_policy(Bucket=bucket["Name"])["Policy"])
        except client.exceptions.ClientError:
            continue
        kept = [one for one in policy["Statement"] if one["Effect"] != "Deny"]
        taken += len(kept) < len(policy["Statement"])
        if kept:
            client.put_bucket_policy(Bucket=bucket["Name"], Policy=json.dumps({**policy, "Statement": kept}))
        else:
            client.delete_bucket_policy(Bucket=bucket["Name"])
    return taken


def filled(client: Any, bucket: str) -> bool:
    """Whether a bucket holds anything."""
    return bool(client.list_objects_v2(Bucket=bucket, MaxKeys=1).get("Contents"))


def judge(truth: Mapping[str, Any], scan: Mapping[str, Any], client: Any) -> int:
    """Print each store that is not as it has to be; 1 where there is one."""
    resources = index(scan)
    wrong = due = raised = open_data = 0
    for planted in truth["resources"]:
        if planted["kind"] != "s3.bucket":
            continue
        ours = resources[planted["account"], KINDS["s3.bucket"], planted["id"]]
        true, declared = TRUE_TIER[planted["true_sensitivity"]], TRUE_TIER.get(planted["declared_sensitivity"])
        one = ours["classification"]
        tier, state = int(one["tier"][1:]), one["state"]
        inside = any(step["rule"].startswith("content") for step in one["trace"])
        told = (
            f"{planted['id']}: true {planted['true_sensitivity']}, declared {planted['declared_sensitivity']}, judged T{tier} ({state}): "
        )
        told += "; ".join(step["because"] for step in one["trace"])
        if true is not None and true >= 2 and (declared is None or declared < true) and filled(client, planted["id"]):
            due += 1
            raised += inside
            if tier < true or state != "inferred":
                wrong += 1
                print(f"not found: {told}")
        if true == 0:
            open_data += 1
            if state != "assumed" and tier > max(0, declared or 0):
                wrong += 1
                print(f"raised: {told}")
    print(
        f"undeclared or under-declared stores with planted columns: {due}, raised by what was found inside: {raised}; open data: {open_data}; wrong: {wrong}"
    )
    return int(bool(wrong or not due))


def main() -> int:
    """Seed, scan and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--buckets", default="50")
    parser.add_argument("--seed", default="gds-2026")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, emulator() as port:
        folder = Path(name)
        truth = seed(port, folder, "--buckets", chosen.buckets, "--seed", chosen.seed)
        region = truth["region"]
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name=region, **keys)
        print(f"TLS-only denials taken off: {without_denials(client)}")
        (folder / "bench.yaml").write_text(PROFILE)
        out = folder / "out.json"
        command = [str(BIN / "tierwise"), "scan", "aws", "--region", region, "--service", "s3", "--endpoint-compat", "-q"]
        command += ["--sample-content", "--processing-location", region, "--profile", str(folder / "bench.yaml"), "--format", f"json={out}"]
        ran = run(command, aws_environment(port, folder))
        if not out.exists():
            print(ran.stderr, file=sys.stderr)
            return 2
        scan = json.loads(out.read_text())
        looks = [look for look in scan["looks"] if not look["refused"]]
        totals = {name: sum(look[name] for look in looks) for name in ("objects", "bytes", "requests")}
        print(
            f"exit {ran.code}, {ran.cpu:.1f} CPU s, peak {ran.peak_mb:.0f} MB; looked into {len(looks)} of {len(scan['looks'])} stores: {totals}"
        )
        return judge(truth, scan, client)


if __name__ == "__main__":
    sys.exit(main())
