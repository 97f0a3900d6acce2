"""Reads a file of overrides: who lets a failing gate pass, why, and until when; tells every problem with its line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from tierwise.catalogue.reader import Reader
from tierwise.catalogue.yamlfile import Entry, Node, load
from tierwise.errors import CatalogueError
from tierwise.model.finding import Override

REQUIRED: Final = ("id", "by", "reason", "created", "expires")


def load_overrides(path: Path) -> dict[str, Override]:
    """The overrides of a file by id. CatalogueError with every problem, one a line."""
    reader = Reader(path.as_posix())
    fields = reader.fields(load(path, reader.name), "a file of overrides", ("overrides",))
    nodes = reader.items(fields["overrides"].node, "overrides") if "overrides" in fields else ()
    found: dict[str, Override] = {}
    for node in nodes:
        one = _override(reader, node)
        if one.id in found:
            reader.say(node, f"override {one.id!r} stands twice; give each an id of its own")
        found[one.id] = one
    if reader.problems:
        raise CatalogueError(reader.problems)
    return found


def _override(reader: Reader, node: Node) -> Override:
    fields = reader.fields(node, "an override", REQUIRED, ("findings",))
    text = {key: reader.text(fields.get(key), key) for key in ("id", "by", "reason")}
    if text["by"] and not any(sign.isalpha() for sign in text["by"]):
        reader.say(fields["by"].node, f"by takes the name of the person who answers for it, not {text['by']!r}")
    created, expires = (_time(reader, fields.get(key), key) for key in ("created", "expires"))
    if created and expires and expires <= created:
        reader.say(fields["expires"].node, "expires lies before created")
    return Override(
        id=text["id"],
        by=text["by"],
        reason=text["reason"],
        created=created.isoformat() if created else "",
        expires=expires.isoformat() if expires else "",
        findings=frozenset(reader.words(fields.get("findings"), "findings")),
        file=f"{Path(reader.name).name}:{node.line}",
    )


def _time(reader: Reader, entry: Entry | None, what: str) -> datetime | None:
    text = reader.text(entry, what)
    if entry is None or not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        reader.say(entry.node, f"{what} takes a time with its zone, such as 2026-03-05T22:10:00Z, not {text!r}")
        return None
    return found
