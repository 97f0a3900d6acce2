"""Patterns with `*` and `?` as policies write them: what one matches, covers and shares with another."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_VARIABLE: Final = re.compile(r"\$\{[^{}]*\}")
_TYPE_PREFIX: Final = re.compile(r"^[a-z][a-z0-9-]*[/:]")
_WILD_ONLY: Final = re.compile(r"[*?/:]*[*][*?/:]*")


def covers(wide: str, narrow: str) -> bool:
    """Whether every text that `narrow` matches is matched by `wide` (sound, and complete where `narrow` has no wildcard)."""
    return _glob(wide, narrow, flexible=False)


def covered_by_any(narrow: str, wides: tuple[str, ...]) -> bool:
    """Whether one of the patterns covers `narrow` by itself."""
    return any(covers(wide, narrow) for wide in wides)


@lru_cache(maxsize=65536)
def overlaps(left: str, right: str) -> bool:
    """Whether some text is matched by both patterns."""
    if "*" not in left:
        return _glob(right, left, flexible=True)
    if "*" not in right:
        return _glob(left, right, flexible=True)
    # NOTE: with a star on both sides, the longer prefix, all middle parts in turn and the longer suffix make a text that both match.
    heads = zip(left.split("*", 1)[0], right.split("*", 1)[0], strict=False)
    tails = zip(reversed(left.rsplit("*", 1)[1]), reversed(right.rsplit("*", 1)[1]), strict=False)
    return all(_same(a, b) for a, b in heads) and all(_same(a, b) for a, b in tails)


def overlaps_any(pattern: str, others: tuple[str, ...]) -> bool:
    """Whether some text is matched by the pattern and one of the others."""
    return any(overlaps(pattern, other) for other in others)


def is_wild(text: str) -> bool:
    """Whether the text holds a wildcard."""
    return "*" in text or "?" in text


def matches_everything(pattern: str) -> bool:
    """Whether the pattern is nothing but stars."""
    return bool(pattern) and not pattern.strip("*")


def widen_variables(pattern: str) -> str:
    """The pattern with each policy variable (`${aws:username}`) as a star: anything that the variable may stand for."""
    return _VARIABLE.sub("*", pattern) if "${" in pattern else pattern


def arn_parts(arn: str) -> tuple[str, str, str, str] | None:
    """Service, region, account and resource of an ARN, or None. A colon inside a policy variable separates nothing."""
    hidden = _VARIABLE.sub(lambda found: found.group().replace(":", "\0"), arn) if "${" in arn else arn
    parts = [part.replace("\0", ":") for part in hidden.split(":", 5)]
    if len(parts) != 6 or parts[0] != "arn":
        return None
    return parts[2], parts[3], parts[4], parts[5]


def is_whole_service(resource: str) -> bool:
    """Whether a resource pattern spans everything, an account, a service, or all of one type in it (`arn:aws:s3:::*`, `...:table/*`)."""
    if not resource.strip("*?"):
        return "*" in resource
    parts = arn_parts(resource)
    if parts is None:
        return bool(_WILD_ONLY.fullmatch(resource.removeprefix("arn")))
    service, _, _, name = parts
    if service == "s3" and "accesspoint/" not in name:
        return bool(_WILD_ONLY.fullmatch(name.split("/", 1)[0]))
    return bool(_WILD_ONLY.fullmatch(name) or _WILD_ONLY.fullmatch(_TYPE_PREFIX.sub("", name, count=1)))


def _same(left: str, right: str) -> bool:
    return left == right or "?" in (left, right)


@lru_cache(maxsize=65536)
def _glob(pattern: str, text: str, *, flexible: bool) -> bool:
    """Greedy matching in O(len x len) at worst, so that a hostile pattern cannot stall. `flexible`: a `?` in the text may be any character."""
    at, pos, star, mark = 0, 0, -1, 0
    while pos < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, pos
            at += 1
        elif at < len(pattern) and _one(pattern[at], text[pos], flexible=flexible):
            at, pos = at + 1, pos + 1
        elif star >= 0:
            mark += 1
            at, pos = star + 1, mark
        else:
            return False
    return not pattern[at:].strip("*")


def _one(sign: str, char: str, *, flexible: bool) -> bool:
    if char == "*":
        return False
    return sign in (char, "?") or (flexible and char == "?")
