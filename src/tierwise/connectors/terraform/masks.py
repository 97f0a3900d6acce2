"""Widens a plan's mask of sensitive values over what repeats them: providers compute tags and ids from them, which Terraform leaves unmarked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
_DERIVED: Final = {"tags_all": "tags", "effective_labels": "labels", "terraform_labels": "labels"}
"""What providers compute, key by key, from what is written."""
_SHORTEST: Final = 3
"""A text of fewer characters says nothing by being there twice."""
_TELLING: Final = 6
"""From how many characters a text is looked for inside others: a name in an ARN."""


def widened(value: object, mask: object, other: object = None, other_mask: object = None) -> object:
    """The mask of a resource's values, over what it marks and what repeats that; `other` are its values before or after a change."""
    if mask is True or not (has_marks(mask) or has_marks(other_mask)):
        return mask
    secrets = {text for text in (*_under(value, mask), *_under(other, other_mask)) if len(text) >= _SHORTEST}
    found: dict[str, Any] = dict(mask) if isinstance(mask, dict) else {}
    for path in (*_repeats(value, secrets), *_derived(value, found)):
        if not path:
            return True
        _mark(found, path)
    return found


def has_marks(mask: object) -> bool:
    """Whether a mask marks anything."""
    waiting = [mask] if mask else []
    while waiting:
        one = waiting.pop()
        if one is True:
            return True
        waiting.extend(filter(None, one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()))
    return False


def _under(value: object, mask: object) -> Iterator[str]:
    """The texts that a mask marks."""
    waiting = [(value, mask)]
    while waiting:
        one, over = waiting.pop()
        if isinstance(one, str) and over is True:
            yield one
        elif over:
            waiting.extend((inner, mask_below(over, key)) for key, inner in _parts(one))


def _repeats(value: object, secrets: Iterable[str]) -> Iterator[Path]:
    """Where the texts are that are a secret, or hold one."""
    long = [secret for secret in secrets if len(secret) >= _TELLING]
    waiting: list[tuple[Path, object]] = [((), value)]
    while waiting:
        path, one = waiting.pop()
        if not isinstance(one, str):
            waiting.extend(((*path, key), inner) for key, inner in _parts(one))
        elif one in secrets or any(secret in one for secret in long):
            yield path


def _derived(value: object, mask: dict[str, Any]) -> Iterator[Path]:
    for derived, written in _DERIVED.items():
        marks = mask.get(written)
        if isinstance(value, dict) and derived in value and marks:
            yield from ((derived, key) for key, mark in marks.items() if mark is True) if isinstance(marks, dict) else [(derived,)]


def _mark(mask: dict[str, Any], path: Path) -> None:
    """Mark a place, and all of a part whose mask does not fit it."""
    within: Any = mask
    for step, following in zip(path, (*path[1:], None), strict=True):
        if isinstance(within, list) and isinstance(step, int):
            within.extend([False] * (step + 1 - len(within)))
        inner = mask_below(within, step)
        if inner is True:
            return
        fits = not inner or isinstance(inner, list if isinstance(following, int) else dict)
        if following is None or not fits:
            within[step] = True
            return
        within[step] = inner.copy() if inner else [] if isinstance(following, int) else {}
        within = within[step]


def mask_below(mask: Any, step: str | int) -> Any:
    """The mask of a part; where a list stands for an object, its marks are for the whole."""
    if mask is True:
        return True
    if isinstance(mask, dict):
        return mask if isinstance(step, int) else mask.get(step)
    if isinstance(mask, list):
        if isinstance(step, int):
            return mask[step] if 0 <= step < len(mask) else None
        return True if has_marks(mask) else None
    return None


def _parts(value: object) -> list[tuple[Any, object]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []
