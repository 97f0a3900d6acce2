"""The map from Checkov's checks to rungs of controls: `map.yaml`, read and validated."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from importlib.resources import files

from tierwise.catalogue.reader import TIERS, Reader
from tierwise.catalogue.yamlfile import Node, load
from tierwise.errors import CatalogueError
from tierwise.model.opinion import Question, Sense
from tierwise.model.sensitivity import Tier

_NAME = "map.yaml"
_BETWEEN = sorted((Sense.WEAKER, Sense.STRONGER))
"""How a check may stand twice: between two rungs, a fail of it being a fail of the one and a pass of it a pass of the other."""
_SENSES = {sense.value: sense for sense in Sense}


@dataclass(frozen=True, slots=True)
class CheckovMap:
    """The map as a whole."""

    release: str
    """The release of Checkov against whose source the map was read."""
    questions: tuple[Question, ...]


def load_map(text: str = "") -> CheckovMap:
    """The shipped map, or the one in a text; CatalogueError names every problem with its place."""
    reader = Reader(_NAME)
    node = load(text or files(__package__).joinpath(_NAME).read_text("utf-8"), _NAME)
    fields = reader.fields(node, "the map", ("release", "checks"))
    release = reader.text(fields.get("release"), "release")
    asked: dict[tuple[str, str], list[Sense]] = defaultdict(list)
    questions: list[Question] = []
    for one in reader.items(fields["checks"].node, "checks") if "checks" in fields else ():
        question = _question(reader, one)
        questions.append(question)
        for kind in question.types:
            asked[question.check, kind].append(question.sense)
            if len(asked[question.check, kind]) > 1 and sorted(asked[question.check, kind]) != _BETWEEN:
                reader.say(one, f"{question.check} stands twice for {kind}, other than once weaker and once stronger")
    if reader.problems:
        raise CatalogueError(reader.problems)
    return CheckovMap(release, tuple(questions))


def _question(reader: Reader, node: Node) -> Question:
    fields = reader.fields(node, "a check", ("check", "control", "rung", "types"), ("facts", "sense", "note"))
    rung = reader.choice(fields["rung"].node, "rung", TIERS) if "rung" in fields else None
    sense = reader.choice(fields["sense"].node, "sense", _SENSES) if "sense" in fields else None
    return Question(
        check=reader.text(fields.get("check"), "check"),
        control=reader.text(fields.get("control"), "control"),
        rung=rung if rung is not None else Tier.T0,
        types=frozenset(reader.words(fields.get("types"), "types")),
        facts=frozenset(reader.words(fields.get("facts"), "facts")),
        sense=sense or Sense.SAME,
        note=reader.text(fields.get("note"), "note"),
    )
