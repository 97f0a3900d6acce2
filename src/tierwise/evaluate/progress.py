"""Two runs of a series side by side: what became of each finding and why, and the bridge from what was open to what is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tierwise.model.finding import Verdict
from tierwise.model.history import Bridge, Cause, Comparison, Move, Picture, Place, Sort, Standing, TierMoved
from tierwise.model.words import count


def compare(before: Picture, after: Picture) -> Comparison:
    """What differs between two runs. Both pictures may leave out what is the same in both."""
    pairs = [(before.standings.get(key), after.standings.get(key)) for key in sorted(before.standings.keys() | after.standings.keys())]
    moves = [move for was, now in pairs if (move := _move(was, now, before, after)) is not None]
    order = list(Sort)
    moves.sort(key=lambda one: (order.index(one.sort), -one.shown.tier, -one.shown.severity, one.shown.resource, one.shown.control))
    return Comparison(
        before=before.run,
        after=after.run,
        moves=tuple(moves),
        tiers=tuple(_tiers(before.places, after.places)),
        bridge=bridge(before, after),
        notes=tuple(_notes(before, after)),
    )


def bridge(before: Picture, after: Picture) -> Bridge:
    """From the open failures of one run to those of the other; each finding that enters or leaves a row does so on one line."""
    lines: dict[Cause, Counter[str]] = {}
    for key in before.standings.keys() | after.standings.keys():
        was, now = before.standings.get(key), after.standings.get(key)
        left = was.row if was is not None and was.open else None
        entered = now.row if now is not None and now.open else None
        if left == entered:
            continue
        line = lines.setdefault(_cause(was, now, before, after), Counter())
        if left is not None:
            line[left] -= 1
        if entered is not None:
            line[entered] += 1
    return Bridge(before.run.open, {cause: dict(lines[cause]) for cause in Cause if cause in lines}, after.run.open)


def _cause(was: Standing | None, now: Standing | None, before: Picture, after: Picture) -> Cause:
    """The one line on which a finding is counted that is open in one of two runs, or in another row."""
    said = now or was
    if said is None:
        raise ValueError("a finding stands in one of the two")
    if said.resource not in before.places:
        return Cause.NEWLY_SEEN if said.resource in before.unseen else Cause.NEW_ESTATE
    if said.resource not in after.places:
        return Cause.UNSEEN if said.resource in after.unseen else Cause.GONE
    if was is not None and now is not None and bool(was.accepted) != bool(now.accepted):
        return Cause.ACCEPTED if now.accepted else Cause.ACCEPTANCE_ENDED
    if before.asks_otherwise(after, said.control):
        return Cause.RULES
    if before.places[said.resource].row != after.places[said.resource].row:
        return Cause.RE_TIERED
    if now is not None and now.open:
        return Cause.NEWLY_SEEN
    return Cause.BECAME_UNKNOWN if now is not None else Cause.FIXED


def _move(was: Standing | None, now: Standing | None, before: Picture, after: Picture) -> Move | None:
    if was is None and now is not None:
        return _begun(now, before, after)
    if was is not None and now is None:
        return _ended(was, before, after)
    if was is None or now is None:
        return None
    sort, why = _changed(was, now)
    if sort is None:
        return None
    if before.asks_otherwise(after, now.control):
        why = f"{why}; the control asks something else now" if why else "the control asks something else now"
    return Move(sort, why, was, now)


def _begun(now: Standing, before: Picture, after: Picture) -> Move:
    place, then = after.places.get(now.resource), before.places.get(now.resource)
    if then is None:
        unseen = now.resource in before.unseen
        return Move(Sort.NEW, "the listing that may have had it had failed" if unseen else "the resource was not there", None, now)
    if before.asks_otherwise(after, now.control):
        why = "the control was not asked" if now.control not in before.run.controls else "the control asks something else now"
        return Move(Sort.RULE, why, None, now)
    if place is not None and place.row != then.row:
        return Move(Sort.RE_TIERED, _tier_words(then, place), None, now)
    was = (
        ("was attested" if then.attested else "passed")
        if now.control in then.passes
        else "did not apply"
        if now.control in then.not_applicable
        else "was not asked for"
    )
    sort = Sort.BECAME_UNKNOWN if now.verdict is Verdict.UNKNOWN else Sort.NEW
    return Move(sort, f"it {was}", None, now)


def _ended(was: Standing, before: Picture, after: Picture) -> Move:
    place, then = after.places.get(was.resource), before.places.get(was.resource)
    if place is None:
        unseen = was.resource in after.unseen
        return Move(
            *((Sort.UNSEEN, "the listing that had it failed") if unseen else (Sort.GONE, "the resource is no longer there")), was, None
        )
    if before.asks_otherwise(after, was.control):
        why = "the control is no longer asked" if was.control not in after.run.controls else "the control asks something else now"
        return Move(Sort.RULE, why, was, None)
    if then is not None and place.row != then.row:
        return Move(Sort.RE_TIERED, _tier_words(then, place), was, None)
    met = "it is attested" if place.attested else "it passes"
    return Move(Sort.FIXED, met if was.control in place.passes else "it no longer applies", was, None)


def _changed(was: Standing, now: Standing) -> tuple[Sort | None, str]:
    if bool(was.accepted) != bool(now.accepted):
        return (
            (Sort.ACCEPTED, f"accepted by {now.accepted}") if now.accepted else (Sort.ACCEPTANCE_ENDED, f"was accepted by {was.accepted}")
        )
    if was.verdict is not now.verdict:
        failed = now.verdict is Verdict.FAIL
        return (Sort.WORSE, "it was unknown, and fails") if failed else (Sort.BECAME_UNKNOWN, "it failed, and cannot be told now")
    rank, then = (now.tier, not now.assumed, now.severity), (was.tier, not was.assumed, was.severity)
    if rank == then:
        return None, ""
    moved = f"tier {_label(was)} is {_label(now)}" if was.row != now.row else ""
    weight = f"severity {was.severity.word} is {now.severity.word}" if was.severity != now.severity else ""
    return Sort.WORSE if rank > then else Sort.BETTER, "; ".join(part for part in (moved, weight) if part)


def _label(one: Standing | Place) -> str:
    return f"{one.tier.label}{', assumed' if one.assumed else ''}"


def _tier_words(then: Place, place: Place) -> str:
    because = f" ({place.because})" if place.because else ""
    return f"tier {_label(then)} is {_label(place)}{because}"


def _tiers(before: Mapping[str, Place], after: Mapping[str, Place]) -> Iterator[TierMoved]:
    both = sorted(before.keys() & after.keys(), key=lambda key: (-after[key].tier, key))
    for key in both:
        was, now = before[key], after[key]
        if was.row != now.row:
            yield TierMoved(key, _label(was), _label(now), now.because)


def _notes(before: Picture, after: Picture) -> Iterator[str]:
    was, now = before.run, after.run
    if was.series != now.series:
        yield f"the runs are of different series ({was.series} and {now.series}): what is in one of them only reads as gone or new"
    other = {one for one in was.controls.keys() | now.controls.keys() if before.asks_otherwise(after, one)}
    if other:
        shown = ", ".join(sorted(other)[:5]) + (f" and {len(other) - 5} more" if len(other) > 5 else "")
        yield f"rules differ between the runs: {shown}"
    if round(was.coverage, 3) != round(now.coverage, 3):
        yield f"coverage was {was.coverage:.1%} and is {now.coverage:.1%} of the reads that were due"
    if now.gaps:
        yield f"{count(now.gaps, 'listing')} failed in the later run: what {'it' if now.gaps == 1 else 'they'} would have listed is not gone, but not visible"
