"""Which commit brought each entry of a reviewed file, told by the repository that the file lies in; nothing is written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final, TypeVar

from tierwise.connectors.repository import Repository, repository_at
from tierwise.errors import InputError
from tierwise.model.attestation import Statement
from tierwise.model.finding import MERGED
from tierwise.model.register import AcceptanceRule, Attestation, Correction

NOWHERE: Final = "not in a repository"
NOT_YET: Final = "not committed"
_LOST: Final = "in a commit that the history here does not have"
_LENGTH: Final = 12
T = TypeVar("T", AcceptanceRule, Attestation, Correction, Statement)


def with_commits(path: Path, rules: Sequence[T]) -> tuple[T, ...]:
    """The entries of a file, each with the latest commit that changed it: whoever merged that has seen what it says now."""
    if not rules:
        return ()
    starts = [int(rule.file.rpartition(":")[2]) for rule in rules]
    try:
        said = _commits(Path(os.path.realpath(path)), starts)
    except InputError as error:
        said = [f"in a repository that cannot be read ({error})"] * len(rules)
    return tuple(replace(rule, merged=words) for rule, words in zip(rules, said, strict=True))


def _commits(file: Path, starts: Sequence[int]) -> list[str]:
    """What is said of the entries that begin at these lines, in their order."""
    repository = repository_at(file.parent)
    if repository is None:
        return [NOWHERE] * len(starts)
    head, text = repository.commit("HEAD"), file.read_text("utf-8-sig").splitlines()
    brought = _brought(repository, head, file.name, text) if head is not None else None
    if head is None or brought is None:
        return [NOT_YET] * len(starts)
    order = {commit: age for age, commit in enumerate(repository.order(head, f"./{file.name}"))}
    cut = repository.cut()
    found = []
    for start in starts:
        commits = [brought[number] for number in _span(text, start)]
        if None in commits:
            found.append(NOT_YET)
            continue
        latest = min((one for one in commits if one is not None), key=lambda one: order.get(one, len(order)))
        found.append(_LOST if latest in cut else f"{MERGED}{latest[:_LENGTH]}")
    return found


def _brought(repository: Repository, head: str, name: str, text: Sequence[str]) -> list[str | None] | None:
    """The commit of each line of the file as it lies there; None for lines, or a file, that the last commit does not have."""
    held, commits = repository.file(head, f"./{name}"), repository.lines_from(head, name)
    if held is None or commits is None:
        return None
    committed = held.decode("utf-8-sig", "replace").splitlines()
    found: list[str | None] = [None] * len(text)
    for one in SequenceMatcher(None, committed, text, autojunk=False).get_matching_blocks():
        found[one.b : one.b + one.size] = commits[one.a : one.a + one.size]
    return found


def _span(text: Sequence[str], start: int) -> range:
    """The lines of an entry, from 0: its first, and all below that are indented further, without the blank lines and comments at its end."""
    first = start - 1
    indent = len(text[first]) - len(text[first].lstrip())
    end = last = first + 1
    while end < len(text) and (not (said := text[end].strip()) or len(text[end]) - len(text[end].lstrip()) > indent):
        end += 1
        if said and not said.startswith("#"):
            last = end
    return range(first, last)
