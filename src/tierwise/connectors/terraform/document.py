"""Reads the bytes of a plan or state: encodings, size, what the file is if it is not a plan; knows nothing of resource types."""

from __future__ import annotations

import mmap
import re
import stat
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, TypeAlias, TypeVar

import msgspec

from tierwise.connectors.terraform.shapes import (
    Called,
    CalledValues,
    ChangeEntry,
    ConfigModule,
    Configuration,
    DeferredChange,
    State,
    Typed,
    Values,
    ValuesModule,
    ValuesResource,
    VariableValue,
)
from tierwise.connectors.terraform.text import MEND, Buffer, json_text, large_numbers
from tierwise.errors import InputError

MAX_INPUT: Final = 1 << 30
STDIN: Final = "-"
PlanPath: TypeAlias = Path | Literal["-"]
T = TypeVar("T")

_PLAN_KEYS: Final = frozenset({"resource_changes", "planned_values", "configuration", "prior_state", "output_changes"})
_NO_STATE: Final = frozenset({"format_version", "terraform_version", "checks"})
"""What the JSON of a state has beside its values (hashicorp/terraform, jsonstate.State); schemas, validations and functions have a format version too."""
_STACK: Final = "terraform_stack_"
"""What the mark of a deployment's description begins with: `terraform_stack_change_description` (hashicorp/go-tfe, JSONChangeDesc)."""
_MAPPED: Final = 1 << 20
"""From how many bytes a file is looked at where it lies, and not copied into memory.

Whoever writes to it meanwhile changes what is read; the system ends a process that looks beyond the end of a file that was cut (docs/adr/0026).
"""
_HELD: Final = 8 << 20
"""How many bytes of such a file are looked at before the memory that they take up is given back."""
_AROUND: Final = 16 << 10
"""How many bytes one look counts for at least: the system brings the pages around it as well, up to 64 KB."""
_LONGEST_EVENT: Final = 1 << 20
_DESCRIPTORS: Final = frozenset({Path("/dev/fd"), Path("/proc/self/fd")})
_NAMED: Final = 3
_KEY: Final = re.compile(rb'[\s{,]*("(?:[^"\\]|\\.)*+")\s*:\s*', re.DOTALL)
"""A key, and all between it and the value before."""
_ENDS: Final = 64
"""How many bytes at both ends tell one value from another of the same length."""
_WITHIN: Final = ("change", "before", "after", "values", "expressions")
"""Where arguments stand in a resource or a block."""
_MAJORS: Final = frozenset({"0", "1"})


@dataclass(frozen=True, slots=True)
class Document:
    """One plan or state, decoded to the level of single resources."""

    name: str
    """The file's name, or `stdin`."""
    kind: Literal["plan", "state"]
    changes: Entries | None
    """None where the plan has no `resource_changes`."""
    values: Values
    """The planned values; of a state its values."""
    prior: Values
    deferred: int
    """How many changes the plan puts off."""
    configuration: Configuration = field(repr=False)
    variables: Mapping[str, VariableValue] = field(repr=False)
    pages: Pages = field(repr=False)
    notes: tuple[str, ...] = ()
    """What makes the plan less than whole: an error, deferred changes."""

    @property
    def size(self) -> int:
        """How many bytes its text has."""
        return self.pages.size

    @property
    def is_mapped(self) -> bool:
        """Whether they lie in a file, and are in memory only while they are looked at."""
        return self.pages.is_mapped

    @property
    def types(self) -> Iterator[str]:
        """Texts that name the type of each resource: addresses, and the types given beside them."""
        for raw, where in chain(_entries(self), _in_values(self, self.values), _in_values(self, self.prior)):
            one: Typed = decoded(raw, Typed, where)
            self.pages.looked_at(len(memoryview(raw)))
            yield one.address or ""
            yield one.type or ""

    def resources_of(self, values: Values) -> Iterator[tuple[ValuesResource, msgspec.Raw, str | None]]:
        """The resources of a values representation, decoded one at a time, each with its slice and its module's address; parents before children."""
        waiting: list[ValuesModule] = [values.root_module or ValuesModule()]
        while waiting:
            module = waiting.pop()
            for raw in module.resources or ():
                yield decoded(raw, ValuesResource, f"{self.name}: a resource of the values"), raw, module.address
                self.pages.looked_at(len(memoryview(raw)))
            waiting.extend(reversed(module.child_modules or []))


_Parts: TypeAlias = Iterator[tuple[msgspec.Raw, str]]
"""Slices that are decoded one by one, each with what it is called where it is not as it should be."""


def _entries(document: Document) -> _Parts:
    for number, raw in enumerate(document.changes.slices if document.changes is not None else ()):
        yield raw, f"{document.name}: resource_changes[{number}]"


def _in_values(document: Document, values: Values) -> _Parts:
    waiting: list[ValuesModule] = [values.root_module or ValuesModule()]
    while waiting:
        module = waiting.pop()
        for raw in module.resources or ():
            yield raw, f"{document.name}: a resource of the values"
        waiting.extend(module.child_modules or [])


def _blocks(document: Document) -> _Parts:
    for path, module in modules_of(document.configuration):
        for number, raw in enumerate(module.resources or ()):
            yield raw, f"{block_of(document.name, path)}[{number}]"


def _refuse_numbers(document: Document, sections: Mapping[str, msgspec.Raw]) -> None:
    """InputError for the first resource or block with a number that nobody can read, before anything is made of those before it."""
    looked_at = (
        ("resource_changes", _entries(document)),
        ("planned_values", _in_values(document, document.values)),
        ("values", _in_values(document, document.values)),
        ("prior_state", _in_values(document, document.prior)),
        ("configuration", _blocks(document)),
    )
    for key, parts in looked_at:
        if key not in sections or (first := next(parts, None)) is None:
            continue
        written = large_numbers(memoryview(sections[key]))
        for raw, where in chain((first,), parts) if written else ():
            if _has(raw, written):
                _refuse_number(raw, where, written)


def _has(raw: msgspec.Raw, written: Iterable[bytes]) -> bool:
    text = bytes(raw)
    return any(one in text for one in written)


def _refuse_number(raw: msgspec.Raw, where: str, written: Iterable[bytes]) -> None:
    """InputError where a part of a document cannot be read, with the address and the argument's side of the change."""
    called: Typed = decoded(raw, Typed, where)
    where, path = f"{where} ({(called.address or '')[:200]!r})", list[str]()
    while bytes(raw).lstrip()[:1] == b"{":
        parts: dict[str, msgspec.Raw] = decoded(raw, dict[str, msgspec.Raw], where)
        within = next((key for key in _WITHIN if key in parts and _has(parts[key], written)), None)
        if within is None:
            break
        raw, path = parts[within], [*path, within]
    decoded(raw, object, f"{where}: {'.'.join(path)}")


def modules_of(configuration: Configuration) -> Iterator[tuple[tuple[str, ...], ConfigModule]]:
    """The modules of a configuration, each with the names of the calls that lead to it from the root."""
    waiting: list[tuple[tuple[str, ...], ConfigModule]] = [((), configuration.root_module or ConfigModule())]
    while waiting:
        path, module = waiting.pop()
        yield path, module
        waiting += [((*path, name), call.module) for name, call in (module.module_calls or {}).items() if call.module is not None]


def block_of(name: str, path: Sequence[str]) -> str:
    """What the blocks of a module are called where one of them is none."""
    return f"{name}: configuration: {'.'.join(path) or 'root_module'}.resources"


class Pages:
    """The memory that a file takes up where it is looked at: given back after so many bytes, as what is looked at again comes again from the file."""

    __slots__ = ("_mapped", "_since", "size")

    def __init__(self, text: Buffer) -> None:
        self.size = len(text)
        whole = text.obj if isinstance(text, memoryview) else text
        self._mapped = whole if isinstance(whole, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED") else None
        self._since = 0

    @property
    def is_mapped(self) -> bool:
        """Whether there is such a file."""
        return self._mapped is not None

    def looked_at(self, size: int) -> None:
        """Note that so many bytes were looked at."""
        self._since += max(size, _AROUND)
        if self._since >= _HELD:
            self.give_back()

    def give_back(self) -> None:
        """Give all of it back."""
        self._since = 0
        if self._mapped is not None:
            self._mapped.madvise(mmap.MADV_DONTNEED)


class Entries:
    """The entries of `resource_changes`, decoded one at a time, each time that they are gone through."""

    __slots__ = ("_pages", "_where", "slices")

    def __init__(self, slices: Sequence[msgspec.Raw], where: str, pages: Pages) -> None:
        self.slices = slices
        self._where = where
        self._pages = pages

    @property
    def size(self) -> int:
        """How many bytes they take up in the file."""
        return sum(len(memoryview(raw)) for raw in self.slices)

    def __len__(self) -> int:
        return len(self.slices)

    def __iter__(self) -> Iterator[ChangeEntry]:
        for number, raw in enumerate(self.slices):
            yield decoded(raw, ChangeEntry, f"{self._where}[{number}]")
            self._pages.looked_at(len(memoryview(raw)))


def _refuse_repeats(section: msgspec.Raw, where: str) -> None:
    """InputError for the first entry that is none, and where two are called the same, word for word: before anything is made of any."""
    try:
        every = msgspec.json.decode(section, type=list[Called] | None) or []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Which of them it is, is said where going through them costs nothing.
        few = len(memoryview(section)) <= _MAPPED
        slices: list[msgspec.Raw] | None = decoded(section, list[msgspec.Raw] | None, where) if few else None
        for number, raw in enumerate(slices or ()):
            decoded(raw, Called, f"{where}[{number}]")
        decoded(section, list[Called] | None, where)
        raise
    if (again := _repeated(every)) is not None:
        raise listed_twice(every[again].address, f"{where}[{again}]")


def _repeated(every: Sequence[Called]) -> int | None:
    """The place of the first that is called like another before it."""
    if len(set(every)) == len(every):
        return None
    seen: set[Called] = set()
    for number, one in enumerate(every):
        if one in seen:
            return number
        seen.add(one)
    return None


def _refuse_repeated_values(section: msgspec.Raw, where: str) -> None:
    """The same for the resources of a values representation, by module."""
    values: CalledValues | None = decoded(section, CalledValues | None, where)
    by_module: dict[str | None, list[Called]] = defaultdict(list)
    waiting = [values.root_module] if values and values.root_module else []
    while waiting:
        module = waiting.pop()
        waiting.extend(module.child_modules or ())
        by_module[module.address] += [one for one in module.resources or () if one.deposed_key is None]
    for every in by_module.values():
        if (number := _repeated(every)) is not None:
            raise listed_twice(every[number].address, where)


def listed_twice(address: str, where: str) -> InputError:
    """Which of two entries of one address is meant cannot be told, and judging one would pass over the other."""
    return InputError(
        f"{where} lists {address[:200]!r} a second time, so the file was edited or put together from several\n"
        f"  {MEND}; several plans are given as several files"
    )


def read_document(path: PlanPath, max_bytes: int = MAX_INPUT) -> Document:
    """Read and decode a file, or standard input for `-`; InputError says what it is instead of a plan, and what mends it."""
    name = "stdin" if path == STDIN else str(path)
    return decode(_read(path, name, max_bytes), name)


def _read(path: PlanPath, name: str, max_bytes: int) -> bytes | mmap.mmap:
    if not isinstance(path, Path):
        return _bounded(sys.stdin.buffer, name, max_bytes)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{name}: is a directory, not a plan file\n  {MEND}")
        if not stat.S_ISREG(status.st_mode) and not is_descriptor(path):
            raise InputError(
                f"{name}: is not a regular file (a pipe or a device)\n  pipe it in as '-': terraform show -json plan.bin | tierwise scan plan -"
            )
        if status.st_size > max_bytes:
            raise _too_large(name, status.st_size, max_bytes)
        with path.open("rb") as stream:
            if status.st_size >= _MAPPED:
                return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            return _bounded(stream, name, max_bytes)
    except FileNotFoundError:
        raise InputError(f"{name}: there is no such file\n  {MEND}") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror or type(error).__name__})\n  {MEND}") from None


def is_descriptor(path: Path) -> bool:
    """Whether a path names an open descriptor, as `<(terraform show -json plan.bin)` does; any other pipe may never have a writer."""
    return str(path) == "/dev/stdin" or path.parent in _DESCRIPTORS


def _bounded(stream: BinaryIO, name: str, max_bytes: int) -> bytes:
    raw = stream.read(max_bytes + 1)
    if len(raw) > max_bytes:
        raise _too_large(name, len(raw), max_bytes)
    return raw


def _too_large(name: str, size: int, max_bytes: int) -> InputError:
    return InputError(f"{name}: {size} bytes are more than the {max_bytes} that are read\n  raise the bound with --max-input BYTES")


def decode(raw: bytes | mmap.mmap, name: str) -> Document:
    """The document in these bytes."""
    text = json_text(raw, name)
    sections = _sections(text, name)
    _refuse_repeated_keys(text, sections, name)
    _refuse_others(sections, name)
    pages = Pages(text)
    pages.give_back()
    document = (_plan if _PLAN_KEYS & sections.keys() else _state)(sections, name, pages)
    _refuse_numbers(document, sections)
    pages.give_back()
    return document


def _base(name: str) -> str:
    return Path(name).name


def _sections(text: Buffer, name: str) -> dict[str, msgspec.Raw]:
    try:
        return msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except RecursionError:
        raise InputError(f"{name}: is nested too deeply to be a plan\n  {MEND}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if _is_event(bytes(text[:_LONGEST_EVENT]).split(b"\n", 1)[0]):
            raise _events(name) from None
        raise _not_whole(error, name) from None


def _refuse_repeated_keys(text: Buffer, sections: Mapping[str, msgspec.Raw], name: str) -> None:
    """InputError where a part of the document is given a second time: only the last was decoded, and what stood before would pass unjudged.

    A part that is given once lies where its key is; of one that is given twice another lies there, or its key comes again.
    """
    at, seen = 0, set[str]()
    while (found := _KEY.match(text, at)) is not None:
        key: str = msgspec.json.decode(found[1], type=str)
        value = memoryview(sections[key])
        start, at = found.end(), found.end() + len(value)
        ends = min(_ENDS, len(value))
        if key in seen or bytes(text[start : start + ends]) != value[:ends] or bytes(text[at - ends : at]) != value[-ends:]:
            raise InputError(
                f"{name}: has {key[:200]!r} a second time, so the file was edited or put together from several\n"
                f"  {MEND}; several plans are given as several files"
            )
        seen.add(key)


def _not_whole(error: Exception, name: str) -> InputError:
    if "truncated" in str(error):
        return InputError(f"{name}: the JSON ends too early: the file is cut short\n  {MEND}")
    if "trailing" in str(error):
        return InputError(f"{name}: text follows the JSON: {error}\n  {MEND}")
    return InputError(f"{name}: is not JSON: {error}\n  {MEND}")


def _is_event(line: bytes) -> bool:
    try:
        return "@level" in msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _events(name: str) -> InputError:
    return InputError(
        f"{name}: is the event stream of 'terraform plan -json', not a plan\n"
        "  write the plan to a file, then show it: terraform plan -out plan.bin && terraform show -json plan.bin > plan.json"
    )


def _refuse_others(sections: Mapping[str, msgspec.Raw], name: str) -> None:
    if "@level" in sections:
        raise _events(name)
    if "lineage" in sections or {"serial", "version", "resources"} <= sections.keys():
        raise InputError(f"{name}: is a raw state file, not the JSON of one\n  convert it: terraform show -json {_base(name)} > state.json")
    version = _section(sections, "format_version", str | int | float | None, name)
    if version is not None and str(version).split(".", 1)[0] not in _MAJORS:
        raise InputError(
            f"{name}: has format_version {str(version)[:20]!r}; tierwise reads 0.x and 1.x\n  use a newer tierwise, or an older terraform"
        )
    if (_PLAN_KEYS | {"values"}) & sections.keys():
        return
    if any(key.startswith(_STACK) for key in sections):
        raise InputError(
            f"{name}: describes a deployment of Terraform Stacks, which is not the JSON of a plan\n"
            "  plan what its components are made from, each by itself: terraform plan -out plan.bin && terraform show -json plan.bin > plan.json"
        )
    if version is None or not sections.keys() <= _NO_STATE:
        raise InputError(f"{name}: is JSON, but neither a Terraform plan nor a state\n  {MEND}")


def _section(sections: Mapping[str, msgspec.Raw], key: str, kind: Any, name: str) -> Any:
    if key not in sections:
        return None
    return decoded(sections[key], kind, f"{name}: {key}")


def decoded(raw: msgspec.Raw, kind: Any, where: str) -> Any:
    """A part of the document; InputError names the place."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except RecursionError:
        raise InputError(f"{where} is nested too deeply to be part of a plan\n  {MEND}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where} is not as a plan has it: {error}\n  {MEND}") from None


def _plan(sections: Mapping[str, msgspec.Raw], name: str, pages: Pages) -> Document:
    if "resource_changes" in sections:
        _refuse_repeats(sections["resource_changes"], f"{name}: resource_changes")
    slices: list[msgspec.Raw] | None = _section(sections, "resource_changes", list[msgspec.Raw] | None, name)
    changes = None if slices is None else Entries(slices, f"{name}: resource_changes", pages)
    # Where changes are listed they say more than the planned values, which nobody looks at then.
    values = None if changes else _values(sections, "planned_values", name)
    if changes is None and values is None:
        raise InputError(f"{name}: has neither resource_changes nor planned_values, so nothing in it can be judged\n  {MEND}")
    prior: State | None = _section(sections, "prior_state", State | None, name)
    deferred: list[DeferredChange] = _section(sections, "deferred_changes", list[DeferredChange] | None, name) or []
    notes: list[str] = []
    if _section(sections, "errored", bool | None, name):
        notes.append("the plan ended in an error, so it is not whole: mend the error and plan again")
    elif deferred:
        notes.append(_deferred(deferred))
    elif _section(sections, "complete", bool | None, name) is False:
        # "at least one more plan/apply round to converge" (hashicorp/terraform#34642); older versions and OpenTofu do not say.
        notes.append("the plan is not complete: it was limited to some resources, or another round has to follow it; plan without -target")
    return Document(
        name=name,
        kind="plan",
        changes=changes,
        values=values or Values(),
        prior=(prior and prior.values) or Values(),
        deferred=len(deferred),
        configuration=_section(sections, "configuration", Configuration | None, name) or Configuration(),
        variables=_section(sections, "variables", dict[str, VariableValue] | None, name) or {},
        pages=pages,
        notes=tuple(notes),
    )


def _values(sections: Mapping[str, msgspec.Raw], key: str, name: str) -> Values | None:
    if key in sections:
        _refuse_repeated_values(sections[key], f"{name}: {key}")
    found: Values | None = _section(sections, key, Values | None, name)
    return found


def _deferred(changes: Sequence[DeferredChange]) -> str:
    """How many changes are put off, and the first of them with their reasons."""
    first = (f"{(one.resource_change or ChangeEntry()).address[:100]}: {(one.reason or 'unknown')[:40]}" for one in changes[:_NAMED])
    more = ", ..." if len(changes) > _NAMED else ""
    return f"the plan puts off {len(changes)} changes ({', '.join(first)}{more}): what they will bring is not in it"


def _state(sections: Mapping[str, msgspec.Raw], name: str, pages: Pages) -> Document:
    values = _values(sections, "values", name)
    if values is None:
        # {"format_version": "1.0"} is all that 'terraform show -json' prints in a folder without a state.
        raise InputError(f"{name}: is the JSON of an empty state; 'terraform show -json' was not given a plan\n  {MEND}")
    return Document(name, "state", None, values, Values(), 0, Configuration(), {}, pages)
