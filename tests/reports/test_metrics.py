import unicodedata
from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from tests.reports.hostile import HOSTILE, hostile_result
from tests.reports.sample import ACCOUNT, PLANNED, finding, result_of, sample
from tierwise.model.control import Severity
from tierwise.model.fact import UnknownReason
from tierwise.model.finding import Acceptance, ScanResult, Verdict
from tierwise.model.resource import Gap, ReadOutcome
from tierwise.model.sensitivity import Tier
from tierwise.reports.metrics import metrics


def read(result: ScanResult) -> dict[tuple[str, ...], float]:
    """Each figure by its name and the values of its labels, but for the scope, in the order of their names."""
    return {
        (one.name.removeprefix("tierwise_"), *(value for label, value in sorted(one.labels.items()) if label != "scope")): one.value
        for family in text_string_to_metric_families(metrics(result, "1.2.3").decode())
        for one in family.samples
    }


def test_each_problem_is_counted_by_tier_severity_and_whether_it_is_accepted_and_what_there_is_none_of_is_0() -> None:
    accepted = Acceptance("r", "o", "a", "2027-01-01", "f")
    found = read(
        result_of(
            (
                finding(1, Verdict.FAIL, Severity.HIGH),
                finding(2, Verdict.FAIL, Severity.HIGH),
                finding(3, Verdict.FAIL, Severity.HIGH, accepted=accepted),
                finding(4, Verdict.UNKNOWN, Severity.LOW),
                finding(5, Verdict.PASS),
            )
        )
    )
    tier = finding(1, Verdict.FAIL).tier.name
    # In the order of the labels' names: accepted, severity, tier, verdict.
    assert found["problems", "no", "high", tier, "fail"] == 2
    assert found["problems", "yes", "high", tier, "fail"] == 1
    assert found["problems", "no", "low", tier, "unknown"] == 1
    assert sum(value for key, value in found.items() if key[0] == "problems") == 4
    assert len([key for key in found if key[0] == "problems"]) == 2 * 2 * len(Tier) * len(Severity)
    assert {key[1]: value for key, value in found.items() if key[0] == "verdicts" and value} == {"fail": 3, "unknown": 1, "pass": 1}


def test_the_gate_the_times_and_the_reads_are_told() -> None:
    made = sample()
    run = replace(made.run, started="2026-01-15T09:00:00+00:00", finished="2026-01-15T09:00:30+00:00")
    outcomes = (
        ReadOutcome(ACCOUNT, "", "s3:GetBucketPolicy", "ok", count=40),
        ReadOutcome(ACCOUNT, "", "s3:GetBucketAcl", "ok", count=2),
        ReadOutcome("sub", "", "arm:Microsoft.Storage/storageAccounts", "permission-denied"),
        ReadOutcome("p", "", "storage:/v1/b", "ok"),
    )
    found = read(replace(made, run=run, outcomes=outcomes))
    assert found["run_finished_timestamp_seconds",] == 1768467630
    assert found["run_duration_seconds",] == 30
    assert {key[1:]: value for key, value in found.items() if key[0] == "reads"} == {
        ("ok", "s3"): 42,
        ("permission-denied", "Microsoft.Storage"): 1,
        ("ok", "storage"): 1,
    }
    assert {key[1]: value for key, value in found.items() if key[0] == "gate"} == {
        one: float(one == made.gate.result) for one in ("passed", "failed", "incomplete")
    }


def test_what_is_unknown_is_0_for_each_reason_that_it_is_not_and_expected_gaps_are_told_apart() -> None:
    closed = Gap("aws", ACCOUNT, "", "account", "out-of-scope", "", "it is SUSPENDED", expected=True)
    found = read(replace(sample(), gaps=(closed, Gap("aws", ACCOUNT, "", "sqs", "throttled", "sqs:ListQueues"))))
    assert {key[1] for key in found if key[0] == "unknown_parts"} == {one.value for one in UnknownReason}
    assert (found["gaps", "no"], found["gaps", "yes"]) == (1, 1)


def test_scans_of_two_scopes_have_no_figure_in_common() -> None:
    """The node exporter gives nothing of any file where two have a figure with the same labels (`textfile` collector)."""

    def told(series: str) -> set[tuple[str, ...]]:
        families = text_string_to_metric_families(metrics(sample(), "1", series).decode())
        return {(one.name, *sorted(one.labels.values())) for family in families for one in family.samples}

    assert told("a") == told("a")
    assert not told("a") & told("b")


def test_nothing_of_the_estate_is_named() -> None:
    text = metrics(sample(), "1.2.3").decode()
    assert [word for word in (ACCOUNT, PLANNED, "patients", "health-team", "a.senior", "secretdataset") if word in text] == []


def test_a_hostile_name_is_one_label_at_most() -> None:
    for text in HOSTILE:
        made = metrics(hostile_result(text), text).decode()
        assert list(text_string_to_metric_families(made))
        assert [char for char in made if unicodedata.category(char) == "Cc" and char != "\n"] == []
