from __future__ import annotations

from tests.classify.profiles import PROFILE, TODAY, lines, store
from tierwise.classify.engine import classify
from tierwise.classify.suggest import Suggestion, suggest
from tierwise.model.register import NO_CORRECTIONS, Register, RegisterEntry, Selector
from tierwise.model.resource import Kind, Resource
from tierwise.model.sensitivity import Tier, TierState


def proposed(*resources: Resource, register: Register | None = None) -> tuple[Suggestion, ...]:
    register = register or Register()
    return suggest(resources, classify(resources, PROFILE, register, NO_CORRECTIONS, today=TODAY), register)


def test_nothing_is_proposed_where_everything_is_classified() -> None:
    assert proposed(store("a", tags={"data-classification": "internal"}), store("role", kind=Kind.ROLE)) == ()


def test_one_line_settles_an_account_of_silent_stores() -> None:
    (line,) = proposed(*(store(f"x{at}") for at in range(5)))
    assert (line.selector, line.settles) == (Selector(account="111122223333"), 5)


def test_the_lines_that_settle_most_come_first() -> None:
    resources = [store("spread", tags={"data-classification": "public"}), store("other", tags={"data-classification": "personal"})]
    resources += (
        [store(f"app-a-{at}", tags={"service": "gp"}) for at in range(2)] + [store(f"zeta-{at}") for at in range(4)] + [store("alone")]
    )
    found = proposed(*resources)
    assert [line.settles for line in found] == [4, 2, 1]
    assert found[0].selector == Selector(name="zeta-*")
    assert found[1].selector in {Selector(tag=("service", "gp")), Selector(name="app-*"), Selector(name="app-a-*")}
    assert found[2].selector == Selector(id="arn:alone")


def test_a_line_over_stores_of_different_tiers_is_not_proposed() -> None:
    known = [store("a-1", tags={"data-classification": "public"}), store("b-1", tags={"data-classification": "personal"})]
    assert all(line.selector.account == "" for line in proposed(*known, store("a-2"), store("a-3"), store("b-2"), store("b-3")))


def test_siblings_with_evidence_are_shown_as_a_hint() -> None:
    (line,) = proposed(store("a-1", tags={"data-classification": "personal"}), store("a-2"), store("a-3"))
    assert line.siblings == {Tier.T2: 1}
    assert line.resources == ("arn:a-2", "arn:a-3")


def test_a_line_that_the_register_has_is_not_proposed_again() -> None:
    register = lines(RegisterEntry(Selector(account="111122223333"), owner="x"))
    assert proposed(store("a-1"), store("a-2"), register=register)[0].selector == Selector(account="111122223333")


def test_following_all_suggestions_leaves_nothing_assumed() -> None:
    resources = [
        store(name, tags=tags)
        for name, tags in (
            ("a-1", {"service": "x"}),
            ("a-2", {}),
            ("b", {"service": "x"}),
            ("c", {"data-classification": "T4"}),
            ("c-2", {}),
            ("D_3", {}),
        )
    ]
    followed = Register(tuple(RegisterEntry(line.selector, tier=Tier.T1) for line in proposed(*resources)))
    after = classify(resources, PROFILE, followed, NO_CORRECTIONS, today=TODAY)
    assert TierState.ASSUMED not in {found.state for found in after.values()}


def test_each_selector_is_written_as_a_register_file_takes_it() -> None:
    assert Selector(account="1", tag=("service", 'g"p'), name="a-*").written == '{name: "a-*", tag: "service=g\\"p", account: "1"}'
