"""Hiding facts or tier evidence never flips a verdict; a higher tier is never easier."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tierwise.evaluate.compiled import compile_control
from tierwise.evaluate.judge import has_rung, judge
from tierwise.evaluate.truth import Truth
from tierwise.model.control import All, AnyOf, Compare, Control, Holds, Op, Severity
from tierwise.model.fact import UNLIMITED, AnyFact, Known, NotApplicable, Unknown, UnknownReason
from tierwise.model.finding import Verdict
from tierwise.model.resource import Kind
from tierwise.model.sensitivity import Tier, TierInterval

DAYS = [0, 7, 30, 365, UNLIMITED]
CUSTODY = ["provider-owned", "provider-managed", "customer"]

KNOWN = {
    "encryption.at_rest": st.booleans(),
    "access.anonymous_read": st.booleans(),
    "encryption.key_custody": st.sampled_from(CUSTODY),
    "retention.backup_days": st.sampled_from(DAYS),
    "retention.declared_days": st.sampled_from(DAYS),
    "retention.delete_after_days": st.sampled_from(DAYS),
    "access.external_principals": st.frozensets(st.sampled_from("abc")),
}
MAY_BE_NA = {"encryption.key_custody", "retention.declared_days", "retention.backup_days"}
LEAVES = st.one_of(
    st.builds(Compare, st.just("encryption.at_rest"), st.sampled_from([Op.IS, Op.IS_NOT]), st.booleans()),
    st.builds(Compare, st.just("access.anonymous_read"), st.just(Op.IS), st.booleans()),
    st.builds(
        Compare, st.just("encryption.key_custody"), st.sampled_from([Op.AT_LEAST, Op.IS, Op.IS_NOT, Op.AT_MOST]), st.sampled_from(CUSTODY)
    ),
    st.builds(Compare, st.just("encryption.key_custody"), st.just(Op.ONE_OF), st.frozensets(st.sampled_from(CUSTODY), min_size=1)),
    st.builds(Compare, st.just("retention.backup_days"), st.sampled_from([Op.AT_LEAST, Op.AT_MOST, Op.IS]), st.sampled_from(DAYS)),
    st.builds(
        Compare,
        st.just("access.external_principals"),
        st.sampled_from([Op.INCLUDES, Op.NONE_OUTSIDE]),
        st.frozensets(st.sampled_from("abc")),
    ),
    st.builds(Compare, st.just("access.external_principals"), st.just(Op.EMPTY), st.booleans()),
    st.just(Holds("within", (("fact", "retention.delete_after_days"), ("of", "retention.declared_days"), ("plus", 30)))),
)
TREES = st.one_of(
    LEAVES,
    st.builds(lambda parts: All(tuple(parts)), st.lists(LEAVES, min_size=1, max_size=3)),
    st.builds(lambda parts: AnyOf(tuple(parts)), st.lists(LEAVES, min_size=1, max_size=3)),
)


@st.composite
def controls(draw):
    ladder = draw(st.dictionaries(st.sampled_from(list(Tier)), TREES, min_size=1))
    return compile_control(
        Control(
            "X-01", "x", "x", (Kind.OBJECT_STORE,), ladder, dict.fromkeys(Tier, Severity.LOW), "r", {}, "s", when=draw(st.none() | LEAVES)
        )
    )


@st.composite
def known_facts(draw):
    facts: dict[str, AnyFact] = {}
    for name, values in KNOWN.items():
        if name in MAY_BE_NA and draw(st.integers(0, 4)) == 0:
            facts[name] = NotApplicable("no")
        else:
            facts[name] = Known(draw(values))
    return facts


def _hidden(draw, name, fact):
    value = fact.value if isinstance(fact, Known) else None
    if isinstance(value, frozenset):
        kept = draw(st.frozensets(st.sampled_from(sorted(value)))) if value else frozenset()
        return Unknown(UnknownReason.PERMISSION_DENIED, includes=kept)
    scale: Any = CUSTODY if value in CUSTODY else DAYS if name.startswith("retention") and value is not None else None
    if scale and draw(st.booleans()):
        at = scale.index(value)
        return Unknown(UnknownReason.API_ERROR, between=(scale[draw(st.integers(0, at))], scale[draw(st.integers(at, len(scale) - 1))]))
    return Unknown(UnknownReason.PERMISSION_DENIED)


@given(controls(), known_facts(), st.sampled_from(list(Tier)), st.data())
def test_hiding_facts_turns_a_verdict_only_into_itself_or_unknown(compiled, facts, tier, data):
    interval = TierInterval(tier, tier)
    if not has_rung(compiled, interval):
        return
    before = judge(compiled, facts, interval, tier)
    names = data.draw(st.frozensets(st.sampled_from(sorted(facts))))
    hidden = {name: _hidden(data.draw, name, fact) if name in names else fact for name, fact in facts.items()}
    after = judge(compiled, hidden, interval, tier)
    assert after.verdict in (before.verdict, Verdict.UNKNOWN)


@given(controls(), known_facts(), st.sampled_from(list(Tier)), st.sampled_from(list(Tier)), st.sampled_from(list(Tier)))
def test_widening_the_tier_never_flips_pass_and_fail(compiled, facts, one, two, true_tier):
    lo, hi = min(one, two, true_tier), max(one, two, true_tier)
    settled = TierInterval(true_tier, true_tier)
    if not has_rung(compiled, settled):
        return
    before = judge(compiled, facts, settled, true_tier).verdict
    after = judge(compiled, facts, TierInterval(lo, hi), true_tier)
    assert {before, after.verdict} != {Verdict.PASS, Verdict.FAIL}
    assert after.at_tier in (None, before)


@given(controls(), known_facts(), st.sampled_from(list(Tier)), st.sampled_from(list(Tier)))
def test_a_higher_tier_is_never_easier(compiled, facts, one, two):
    lo, hi = min(one, two), max(one, two)
    if compiled.rungs[lo] and compiled.truth(lo, facts) is Truth.FALSE:
        assert compiled.truth(hi, facts) is Truth.FALSE


def _at(control, facts, lo, hi=None):
    return judge(compile_control(control), facts, TierInterval(lo, hi or lo), lo)


ENC = Control(
    "ENC-01", "t", "encryption", (Kind.RELATIONAL_DB,),
    {Tier.T1: Compare("encryption.at_rest", Op.IS, True), Tier.T3: Compare("encryption.key_custody", Op.AT_LEAST, "customer")},
    dict.fromkeys(Tier, Severity.HIGH), "r", {}, "s",
)  # fmt: skip


def test_an_encrypted_database_with_an_unknown_key_passes_low_and_is_open_high():
    facts = {"encryption.at_rest": Known(True), "encryption.key_custody": Unknown(UnknownReason.KNOWN_AFTER_APPLY)}
    assert _at(ENC, facts, Tier.T1).verdict is Verdict.PASS
    open_one = _at(ENC, facts, Tier.T3)
    assert (open_one.verdict, open_one.open_facts(facts)) == (Verdict.UNKNOWN, ("encryption.key_custody",))


def test_what_is_known_of_an_unknown_settles_a_rung():
    managed_at_most = Unknown(UnknownReason.API_ERROR, between=("provider-owned", "provider-managed"))
    facts = {"encryption.at_rest": Known(True), "encryption.key_custody": managed_at_most}
    assert _at(ENC, facts, Tier.T3).verdict is Verdict.FAIL


def test_a_failing_lower_rung_is_named_as_the_one_that_decides():
    found = _at(ENC, {"encryption.at_rest": Known(False), "encryption.key_custody": NotApplicable("off")}, Tier.T4)
    assert (found.verdict, found.tier) == (Verdict.FAIL, Tier.T1)


def test_an_open_tier_gives_unknown_and_says_that_only_the_tier_is_missing():
    facts = {"encryption.at_rest": Known(True), "encryption.key_custody": Known("provider-managed")}
    found = _at(ENC, facts, Tier.T2, Tier.T4)
    assert (found.verdict, found.tier_open, found.at_tier) == (Verdict.UNKNOWN, True, Verdict.PASS)


def test_a_fact_that_nobody_read_is_unknown_not_false():
    assert _at(ENC, {}, Tier.T1).verdict is Verdict.UNKNOWN


def test_a_limit_that_may_not_apply_settles_nothing():
    within = Holds("within", (("fact", "retention.delete_after_days"), ("of", "retention.declared_days"), ("plus", 30)))
    control = Control(
        "X-01", "t", "x", (Kind.OBJECT_STORE,), {Tier.T1: AnyOf((within, Compare("encryption.at_rest", Op.IS, True)))},
        dict.fromkeys(Tier, Severity.LOW), "r", {}, "s",
    )  # fmt: skip
    facts = {"retention.delete_after_days": Known(0), "encryption.at_rest": Known(False)}
    assert _at(control, facts | {"retention.declared_days": NotApplicable("none is declared")}, Tier.T1).verdict is Verdict.FAIL
    assert _at(control, facts | {"retention.declared_days": Unknown(UnknownReason.PERMISSION_DENIED)}, Tier.T1).verdict is Verdict.UNKNOWN
