"""A scan that goes on from what an earlier process has read ends as if it had not been interrupted, and reads only the rest."""

from __future__ import annotations

import itertools
import os
import random
import zlib
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.scan.clouds import AnyRegion, checkpoint_in, differences, scanned, told
from tests.scan.recording import refused
from tierwise.connectors.base import Item, Organisation
from tierwise.errors import StoreError
from tierwise.model.fact import Known, Maybe, Provenance, Unknown, UnknownReason
from tierwise.model.resource import Evidence, FactUpdate, Inherited, Kind, ReadOutcome, Resource
from tierwise.scan import collect
from tierwise.scan.checkpoint import Checkpoint
from tierwise.store.units import KeptUnit

POINTS = int(os.environ.get("TIERWISE_KILLS", "3"))


@pytest.fixture(scope="module")
def whole():
    """A scan without a checkpoint, what it tells, and what a scan with one kept, as it comes out of a store."""
    kept: list[KeptUnit] = []
    outcome = scanned(AnyRegion())
    wanted = told(outcome.result)
    assert told(scanned(AnyRegion(), checkpoint_in(kept)).result) == wanted
    return outcome, wanted, [replace(one, items=zlib.compress(one.items)) for one in kept]


def gone_on(earlier, failing=None):
    """A scan that goes on from some units, the calls that it makes, and what it keeps."""
    kept: list[KeptUnit] = []
    stand = AnyRegion(failing)
    return scanned(stand, checkpoint_in(kept, earlier)), stand.asked, kept


def test_units_have_names_of_their_own(whole):
    names = [one.name for one in whole[2]]
    assert len(set(names)) == len(names) > 60


def test_it_ends_the_same_wherever_it_was_interrupted(whole):
    _, wanted, kept = whole
    read = {one.name for one in kept if zlib.decompress(one.items)}
    for number in range(POINTS + 1):
        cut = len(kept) * number // POINTS
        outcome, _, more = gone_on(kept[:cut])
        assert told(outcome.result) == wanted, cut
        assert {one.name for one in more if one.items} == {one.name for one in kept[cut:]} & read, cut


def test_it_ends_the_same_whichever_units_were_kept(whole):
    _, wanted, kept = whole
    for start in range(min(3, POINTS - 2)):
        # What rests on a unit that was lost is lost with it: a store keeps them together.
        some = [one for one in kept[start::3] if not one.below]
        assert told(gone_on(some)[0].result) == wanted, start


def test_what_is_asked_of_a_resource_in_two_rounds_is_made_of_all_that_was_read():
    written: list[KeptUnit] = []
    outcome = scanned(AnyRegion(), checkpoint_in(written), probing=False)
    kept = [replace(one, items=zlib.compress(one.items)) for one in written]
    rounds = [key for one in kept if zlib.decompress(one.items) for key in one.asked]
    twice = {key for key in rounds if rounds.count(key) == 2}
    assert twice
    for key in twice:
        first = next(one for one in kept if key in one.asked)
        some = [one for one in kept if key not in one.asked or one is first]
        again = scanned(AnyRegion(), checkpoint_in([], some), probing=False)
        assert again.collected.resources[key] == outcome.collected.resources[key]
        assert told(again.result) == told(outcome.result)


def test_what_was_read_is_not_read_again(whole):
    _, _, kept = whole
    assert gone_on(kept)[1] == []
    bucket = next(one for one in kept if any("patient-replica" in str(key) for key in one.asked))
    asked = gone_on([one for one in kept if one is not bucket])[1]
    assert {params for service, method, params in asked if service == "s3" and method != "list_buckets"} == {
        '{"Bucket": "patient-replica"}'
    }
    assert {service for service, _, _ in asked} <= {"s3", "s3control", "ec2", "kms", "organizations", "resourcegroupstaggingapi"}


def test_what_failed_for_now_is_read_again(whole):
    wanted = whole[1]
    kept: list[KeptUnit] = []
    scanned(AnyRegion({("s3", "GetBucketPolicy"): lambda name: refused(name, "SlowDown")}), checkpoint_in(kept))
    earlier = [replace(one, items=zlib.compress(one.items)) for one in kept]
    assert len(earlier) < len(whole[2])
    assert told(gone_on(earlier)[0].result) == wanted


def test_a_refusal_is_kept_as_it_was(whole):
    kept: list[KeptUnit] = []
    failing = {("s3", "GetBucketPolicy"): refused}
    denied = told(scanned(AnyRegion(failing), checkpoint_in(kept)).result)
    assert len(kept) == len(whole[2])
    assert told(gone_on([replace(one, items=zlib.compress(one.items)) for one in kept])[0].result) == denied


@pytest.mark.parametrize(
    ("reason", "kept"), [(UnknownReason.THROTTLED, False), (UnknownReason.API_ERROR, False), (UnknownReason.PERMISSION_DENIED, True)]
)
def test_a_unit_that_a_failure_reached_which_another_told_is_read_again_as_its_own_would_be(reason, kept):
    lost, fact = Unknown(reason, Provenance("organizations:ListTagsForResource")), "encryption.at_rest"
    store = Resource("arn:aws:s3:::b", Kind.OBJECT_STORE, "s3.bucket", "aws", "111111111111", "eu-west-2", "b")
    reached: list[Item] = [
        replace(store, tags=lost),
        replace(store, facts={fact: lost}),
        replace(store, evidence=Evidence(inherited=(Inherited("unit Health", Known({})), Inherited("account 111111111111", lost)))),
        replace(store, evidence=Evidence(unread=(lost,))),
        FactUpdate(store.id, {fact: lost}),
    ]
    checkpoint = Checkpoint("run", lambda _: None, lambda _: None)
    assert checkpoint.keep("whole", {}, [store, ReadOutcome("111111111111", "eu-west-2", "s3:ListBuckets", "ok")], ())
    assert [checkpoint.keep("reached", {}, [one], ()) for one in reached] == [kept] * len(reached)


def test_what_can_no_longer_be_listed_is_unknown_and_told(whole):
    outcome, _, kept = whole
    bucket = "arn:aws:s3:::patient-replica"
    earlier = [one for one in kept if bucket not in one.asked]
    again, _, _ = gone_on(earlier, {("s3", "ListBuckets"): refused})
    gap = [one for one in again.result.gaps if one not in outcome.result.gaps]
    assert [(one.service, one.reason, one.action) for one in gap] == [("s3", "permission-denied", "s3:ListAllMyBuckets")]
    assert isinstance(again.collected.resources[bucket].facts["access.anonymous_read"], Unknown)
    assert again.collected.resources.keys() == outcome.collected.resources.keys()


def test_a_store_that_goes_away_costs_the_way_back_and_nothing_else(whole):
    said: list[str] = []
    written: list[Sequence[KeptUnit]] = []

    def write(units):
        if len(written) > 3:
            raise StoreError("the server is gone")
        written.append(units)

    checkpoint = Checkpoint("run", write, said.append, every=0)
    assert told(scanned(AnyRegion(), checkpoint).result) == whole[1]
    assert (said, checkpoint.broken) == (["the server is gone"], True)


def test_what_ends_close_together_is_kept_together():
    writes: list[Sequence[KeptUnit]] = []
    checkpoint = Checkpoint("run", writes.append, print, clock=lambda: 0.0)
    scanned(AnyRegion(), checkpoint)
    assert len(writes) <= 6
    assert sum(len(one) for one in writes) > 60


class KilledError(BaseException):
    """What ends a scan without a word."""


def scanned_until(batches, earlier):
    """What a scan has kept that goes on from some units, and ends once it has written so many times."""
    kept: list[KeptUnit] = []

    def write(units):
        kept.extend(units)
        if next(left) == 0:
            raise KilledError

    left = iter(range(batches, -1, -1))
    with pytest.raises(KilledError):
        scanned(AnyRegion(), Checkpoint("run", write, print, {one.name: one for one in earlier}, every=0))
    return [*earlier, *(replace(one, items=zlib.compress(one.items)) for one in kept)]


def test_whichever_unit_comes_first_changes_nothing(whole, monkeypatch):
    monkeypatch.setattr(collect, "heappop", list.pop)
    assert differences(told(scanned(AnyRegion()).result), whole[1]) == {}
    for seed in range(1, max(3, POINTS // 2)):
        chance = random.Random(seed)
        monkeypatch.setattr(collect, "heappop", lambda waiting, chance=chance: waiting.pop(chance.randrange(len(waiting))))
        kept: list[KeptUnit] = []
        for _ in range(seed % 3):
            kept = scanned_until(chance.randrange(40), kept)
        chance.shuffle(kept)
        assert (seed, differences(told(gone_on(kept)[0].result), whole[1])) == (seed, {})


def test_whose_accounts_are_the_organisations_own_does_not_rest_on_which_cloud_answers_first():
    aws, azure = Provenance("organizations:ListAccounts"), Provenance("graph:Microsoft.ResourceGraph/resources")
    known: list[Maybe[frozenset[str]]] = [Known(frozenset({"1"}), aws), Known(frozenset({"7e"}), azure)]
    denied: list[Maybe[frozenset[str]]] = [
        Unknown(UnknownReason.PERMISSION_DENIED, aws, "", None, frozenset({"1"})),
        Unknown(UnknownReason.OUT_OF_SCOPE, azure),
    ]
    for some, wanted in (
        (known, Known(frozenset({"1", "7e"}), aws)),
        ([denied[0], known[1]], known[1]),
        (denied, denied[0]),
    ):
        for order in itertools.permutations(some):
            collected = collect.Collected()
            for members in order:
                collected.take(Organisation(members))
            assert collected.organisation == wanted


def test_threads_change_nothing(whole):
    kept: list[KeptUnit] = []
    assert told(scanned(AnyRegion(), checkpoint_in(kept), jobs=8).result) == whole[1]
    assert len(kept) == len(whole[2])


def test_what_nobody_reads_this_time_stays_as_it_was_read():
    collected, was = collect.Collected(), Known(True, Provenance("s3:GetBucketVersioning", as_of="2026-11-23"))
    collected.take(Resource("a", Kind.OBJECT_STORE, "s3.bucket", "aws", "1", "", "a", facts={"recovery.versioning": was}))
    unread = Unknown(UnknownReason.NOT_COLLECTED, Provenance("s3:GetBucketVersioning"))
    for again, left in ((unread, was), (Unknown(UnknownReason.PERMISSION_DENIED), None), (Known(False), None)):
        collected.take(FactUpdate("a", {"recovery.versioning": again, "access.public_blocked": unread}))
        assert collected.resources["a"].facts == {"recovery.versioning": left or again, "access.public_blocked": unread}


def test_answers_to_an_operation_are_one_with_their_number_and_failures_stay_apart():
    def outcome(came: str, region: str = "r", *, resource: str = "", count: int = 1, shared: str = "") -> ReadOutcome:
        return ReadOutcome("1", region, "s3:GetBucketAcl", came, resource, count, shared)

    collected = collect.Collected()
    for one in (
        outcome("ok", count=2),
        outcome("absent"),
        outcome("permission-denied", resource="a"),
        outcome("permission-denied", resource="b"),
        *[outcome("ok", shared="groups")] * 2,
        *[outcome("throttled")] * 2,
        outcome("ok", "s"),
        outcome("ok", count=3),
    ):
        assert collected.take(one) == one
    assert list(collected.outcomes) == [
        outcome("ok", count=6),
        outcome("absent"),
        outcome("ok", "s"),
        outcome("permission-denied", resource="a"),
        outcome("permission-denied", resource="b"),
        *[outcome("throttled")] * 2,
    ]
    assert len(collected.outcomes) == 7
