"""`--dry-run` says what a scan is going to call, and calls nothing but what finds its accounts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import Run
from tests.cli.test_azure import tenant
from tests.cli.test_gcp import cloud
from tests.cli.test_rescan import scan
from tests.connectors.aws.changing import Estate, small
from tierwise.reports.forecast import Calls, Forecast, forecast_json, forecast_text

__all__ = ["cloud", "scan", "tenant"]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/forecast.schema.json").read_text())


def test_without_an_earlier_run_it_says_what_each_resource_takes(scan) -> None:
    night = scan(small(), "--dry-run", "--inventory", "config", store="none")
    jsonschema.validate(night.told, SCHEMA)
    assert (night.code, night.calls) == (0, Counter({"sts:GetCallerIdentity": 1}))
    assert (night.told["run"], night.told["calls"], night.told["services"]) == (None, None, [])
    needs = {one["service"]: one for one in night.told["needs"]}
    # Encryption, logging, versioning and replication of every bucket; the other seven by tier and control.
    assert (needs["s3"]["least"], 4 < needs["s3"]["most"] <= 12) == (4, True)
    assert needs["sqs"] == {"service": "sqs", "listings": 1, "least": 1, "most": 1}
    # Of the services that are scanned, and of those that these ask.
    assert set(needs) == {"kms", "organizations", "s3", "s3control", "sqs"}


def test_it_takes_the_calls_of_the_last_run_of_the_same_scope(scan) -> None:
    estate: Estate = small()
    first = scan(estate)
    told = scan(estate, "--dry-run", night=1)
    jsonschema.validate(told.told, SCHEMA)
    assert told.calls == Counter({"sts:GetCallerIdentity": 1})
    services = {one["service"]: one for one in told.told["services"]}
    made = Counter(name.partition(":")[0] for name in first.calls.elements())
    assert {name: one["calls"] for name, one in services.items()} == {name: number for name, number in made.items() if name != "sts"}
    assert services["s3"]["billed"] == made["s3"]
    listed = first.calls["s3:ListBuckets"]
    assert services["s3"]["usd"] == pytest.approx(((made["s3"] - listed) * 0.4 + listed * 5 + 0) / 1e6, abs=1e-6)
    assert told.told["run"]["id"] == first.told["run"]["id"]
    assert told.told["spared"] is None


def test_it_says_how_many_calls_since_spares_at_most(scan) -> None:
    estate: Estate = small()
    first = scan(estate, "--since")
    told = scan(estate, "--since", "--dry-run", night=1).told
    jsonschema.validate(told, SCHEMA)
    again = scan(estate, "--since", night=1)
    saved = sum(first.calls[name] - again.calls[name] for name in first.calls if name.partition(":")[0] in ("s3", "sqs", "sns"))
    assert told["spared"] == saved > 0


def test_it_takes_a_run_that_read_as_the_next_one_does_and_else_says_what_is_otherwise(scan) -> None:
    estate, asked = small(), ("--inventory", "config")
    direct = scan(estate).told["run"]["id"]
    without = scan(estate, *asked, "--dry-run", night=1).told
    assert (without["run"]["id"], "asked the services for all" in without["remark"]) == (direct, True)
    recorded = scan(estate, *asked, night=1).told["run"]["id"]
    for options, run in (((), direct), (asked, recorded)):
        told = scan(estate, *options, "--dry-run", night=2).told
        jsonschema.validate(told, SCHEMA)
        assert (told["run"]["id"], told["remark"]) == (run, "")
    assert "without --inventory config there are more" in _only(scan, asked)


def _only(scan, asked: tuple[str, ...]) -> str:
    """What is noted where the store has a run by AWS Config alone."""
    scan(small(), *asked, store="other.db")
    return str(scan(small(), "--dry-run", night=1, store="other.db").told["remark"])


@pytest.mark.parametrize("command", ["azure", "gcp"])
def test_the_other_clouds_say_it_too(command: str, tenant, cloud, tierwise: Run) -> None:
    def told() -> Any:
        ran = tierwise("scan", command, "--dry-run", "--format", "json", "--store", "store.db")
        assert (ran.code, ran.err) == (0, "")
        made = json.loads(ran.out)
        jsonschema.validate(made, SCHEMA)
        return made

    needs = {one["service"]: one for one in told()["needs"]}
    storage = needs["Microsoft.Storage" if command == "azure" else "storage"]
    assert storage["most"] >= storage["least"]
    some = json.loads(tierwise("scan", command, "--dry-run", "--format", "json", "--store", "none", "--service", "storage").out)["needs"]
    assert {one["service"] for one in some} < set(needs)
    assert tierwise("scan", command, "--quiet", "--store", "store.db", "--max-rate", "100000", "--fail-on", "none").code in (0, 3)
    made = told()
    assert made["calls"] == sum(one["calls"] for one in made["services"]) > 0
    assert (made["price"]["usd"], made["needs"]) == (0, [])


def test_the_slowest_account_is_waited_for_and_services_of_one_ceiling_share_it() -> None:
    calls = [
        Calls("1", "s3", "s3:GetBucketAcl", 600, 10.0),
        Calls("1", "sqs", "sqs:GetQueueAttributes", 60, 2.0),
        Calls("2", "s3", "s3:ListBuckets", 1200, 10.0),
    ]
    told = Forecast(["aws:o-1"], ["sts:GetCallerIdentity"], "run-1", "2026-11-23", calls)
    made = json.loads(forecast_json(told))
    jsonschema.validate(made, SCHEMA)
    assert (made["calls"], made["minutes"], [one["minutes"] for one in made["services"]]) == (1860, 2.0, [2.0, 0.5])
    assert made["price"]["usd"] == pytest.approx(600 * 0.4e-6 + 1200 * 5e-6)
    text = forecast_text(told)
    assert "1,860 calls, at least 2.0 minutes at the ceilings; $0.0062 at AWS's list prices in us-east-1, November 2026" in text
