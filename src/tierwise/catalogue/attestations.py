"""Reads files of attested evidence, holds evidence files to their hashes and rosters to themselves, and tells every problem with its line."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from tierwise.catalogue.reader import Reader
from tierwise.catalogue.register import members_of, place_of, read_date
from tierwise.catalogue.yamlfile import Entry, Node, Table, load
from tierwise.errors import CatalogueError
from tierwise.model.attestation import GROUPED, TOPICS, Statement

SECTION: Final = "attested"
REQUIRED: Final = ("about", "scope", "statement", "evidence", "maker", "role", "approver", "made")
OPTIONAL: Final = ("file", "sha256", "expires", "group", "members", "roster", "rejected")
SCOPES: Final = ("dataset", "account", "organisation")
_ABOUT: Final = {topic: topic for topic in TOPICS}
_HEX: Final = frozenset("0123456789abcdef")
_CHUNK: Final = 1 << 20
_MOST_BYTES: Final = 256 << 20
"""Evidence files are documents; what is larger is not hashed."""
_MOST_ROSTER: Final = 1 << 26
"""Bytes of a roster; of what is larger nobody is counted, as a part of it would be taken for all."""
_SHOWN: Final = 5


def load_attestations(path: Path) -> tuple[Statement, ...]:
    """The attested evidence of a file. CatalogueError with every problem of the file itself, one a line.

    Evidence that is no longer what was attested, and a roster that contradicts its entry, make an entry `refused` and no problem: the rest stands.
    """
    reader = Reader(path.as_posix())
    fields = reader.fields(load(path, reader.name), "a file of attestations", (SECTION,))
    found = tuple(_statement(reader, path.parent, one) for one in members_of(reader, fields.get(SECTION), SECTION))
    if reader.problems:
        raise CatalogueError(reader.problems)
    return found


def _statement(reader: Reader, folder: Path, node: Node) -> Statement:
    fields = reader.fields(node, "an attestation", REQUIRED, OPTIONAL)
    texts = ("statement", "evidence", "maker", "role", "approver", "group", "file", "roster", "rejected")
    text = {key: reader.text(fields.get(key), key) for key in texts}
    about = reader.choice(fields["about"].node, "topic", _ABOUT) if "about" in fields else None
    scope = _scope(reader, fields.get("scope"))
    made = read_date(reader, fields.get("made"), "made")
    expires = read_date(reader, fields["expires"], "expires") if "expires" in fields else None
    if expires is not None and date.min < expires < made:
        reader.say(fields["expires"].node, "expires lies before the day on which it was made")
    sha256 = _sha256(reader, fields, needed=bool(text["file"]))
    members = reader.whole(fields["members"].node, "members", 1) if "members" in fields else None
    _check_group(reader, node, fields, about or "")
    refused, unreadable = _standing(folder, text, sha256, members)
    return Statement(
        about=about or "",
        statement=text["statement"],
        evidence=text["evidence"],
        maker=text["maker"],
        role=text["role"],
        approver=text["approver"],
        made=made,
        dataset=scope.get("dataset", ""),
        account=scope.get("account", ""),
        organisation="organisation" in scope,
        sha256=sha256,
        expires=expires,
        group=text["group"],
        members=members,
        refused=refused,
        unreadable=unreadable,
        file=place_of(reader, node),
    )


def _scope(reader: Reader, entry: Entry | None) -> Mapping[str, str]:
    if entry is None:
        return {}
    fields = reader.fields(entry.node, "scope", (), SCOPES)
    if isinstance(entry.node, Table) and len(fields) != 1:
        reader.say(entry.node, f"scope takes exactly one of {', '.join(SCOPES)}")
    scope = {key: reader.text(fields.get(key), key) for key in ("dataset", "account") if key in fields}
    if "organisation" in fields and not reader.flag(fields["organisation"], "organisation", default=False):
        reader.say(fields["organisation"].node, "organisation takes true: it holds for all datasets; or name a dataset or an account")
    elif "organisation" in fields:
        scope["organisation"] = "true"
    if scope.get("dataset") and not scope["dataset"].strip("*? "):
        reader.say(fields["dataset"].node, "a pattern that matches every dataset says nothing; write organisation: true")
    return scope


def _sha256(reader: Reader, fields: Mapping[str, Entry], *, needed: bool) -> str:
    text = reader.text(fields.get("sha256"), "sha256").lower()
    if "sha256" in fields and text and not (len(text) == 64 and _HEX.issuperset(text)):
        reader.say(fields["sha256"].node, "sha256 takes the 64 hexadecimal digits that 'sha256sum FILE' prints")
        return ""
    if needed and "sha256" not in fields:
        reader.say(fields["file"], "a file of evidence needs its sha256, so that a later change is seen; 'sha256sum FILE' prints it")
    return text


def _check_group(reader: Reader, node: Node, fields: Mapping[str, Entry], about: str) -> None:
    """Clearance and training are attested of groups; nothing else is."""
    if about in GROUPED and isinstance(node, Table):
        for key in ("group", "members"):
            if key not in fields:
                reader.say(node, f"{about} is attested of all members of a group: add {key!r}, and no person's name")
    elif about:
        for key in ("group", "members", "roster"):
            if key in fields:
                reader.say(fields[key], f"{key!r} goes with {', '.join(sorted(GROUPED))}; {about} is attested of data")


def _standing(folder: Path, text: Mapping[str, str], sha256: str, members: int | None) -> tuple[str, str]:
    """Why it does not count, and which file keeps that open."""
    if text["rejected"]:
        return f"rejected in review: {text['rejected']}", ""
    if text["maker"] and text["maker"].casefold() == text["approver"].casefold():
        return "it was approved by whoever made it", ""
    if text["file"] and sha256:
        found = digest_of(folder / text["file"])
        if found is None:
            return "", text["file"]
        if found != sha256:
            return f"its evidence {text['file']} is no longer what was attested (sha256 {found[:12]}..., not {sha256[:12]}...)", ""
    return _roster(folder, text["roster"], members) if text["roster"] else ("", "")


def digest_of(path: Path) -> str | None:
    """The SHA-256 of a file of evidence, in hexadecimal; None where it cannot be read or is no document."""
    made, size = hashlib.sha256(), 0
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            while piece := file.read(_CHUNK):
                size += len(piece)
                if size > _MOST_BYTES:
                    return None
                made.update(piece)
    except OSError:
        return None
    return made.hexdigest()


def _roster(folder: Path, name: str, members: int | None) -> tuple[str, str]:
    """Whether a roster has each person once, and as many as the entry says. Lines are told, never what stands in them."""
    first: dict[bytes, int] = {}
    twice: list[str] = []
    try:
        if not (folder / name).is_file():
            return "", name
        with (folder / name).open("rb") as file:
            whole = file.read(_MOST_ROSTER + 1)
            if len(whole) > _MOST_ROSTER:
                return "", name
            for number, line in enumerate(whole.splitlines(), 1):
                # Only a digest is held, so that not even a crash could tell who is on it.
                person = hashlib.sha256(b" ".join(line.split()).lower()).digest() if line.strip() else b""
                if person and first.setdefault(person, number) != number:
                    twice.append(f"lines {first[person]} and {number}")
    except OSError:
        return "", name
    if twice:
        more = f" and {len(twice) - _SHOWN} more" if len(twice) > _SHOWN else ""
        return f"its roster {name} has people twice: {', '.join(twice[:_SHOWN])}{more}", ""
    if members is not None and members != len(first):
        return f"its roster {name} has {len(first)} people, not {members}", ""
    return "", ""
