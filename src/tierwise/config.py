"""`tierwise.toml`, `TIERWISE_*` and flags, folded into one frozen Config that is handed down as arguments."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

from tierwise.errors import ConfigError, unreadable
from tierwise.model.control import Severity
from tierwise.model.sensitivity import TIER_IDS

DEFAULT_PROFILE: Final = "uk-gov-personal-data"
FILE_NAME: Final = "tierwise.toml"
GATE_MODES: Final = ("observe", "new", "full")


@dataclass(frozen=True, slots=True)
class AwsConfig:
    """How and where to read AWS."""

    role_arns: tuple[str, ...] = ()
    external_id: str = ""
    organization: bool = False
    """Scan the accounts of the caller's organisation, each through the role called `role`."""
    units: tuple[str, ...] = ()
    """Only accounts below these organisational units, by id."""
    exclude: tuple[str, ...] = ()
    """Accounts and organisational units, by id, that are left out."""
    role: str = ""
    """The name of the role in each account; empty: `tierwise-scan` in those of an organisation."""
    accounts: tuple[str, ...] = ()
    inherit_tags: tuple[str, ...] = ()
    """Levels from which resources take tags that they lack: `account`, `unit`."""
    regions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    requests_per_second: float = 800.0
    """The request ceiling to S3 per account; every other service gets an eighth."""
    endpoint_compat: bool = False
    inventory: str = ""
    """`config`: what AWS Config records is taken from an aggregator of the caller's account; empty: all is read from the services."""
    aggregator: str = ""
    """The aggregator's name; empty: the organisation's, or the first, in the first region that has one."""


@dataclass(frozen=True, slots=True)
class AzureConfig:
    """How and where to read Azure."""

    tenant: str = ""
    subscriptions: tuple[str, ...] = ()
    management_groups: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    inherit_tags: tuple[str, ...] = ()
    """Levels from which resources take tags that they lack: `resource-group`, `subscription`."""
    cloud: str = "public"
    requests_per_second: float = 12.5
    """The ceiling of reads per subscription: half of what Azure Resource Manager refills (25 a second, its documentation of limits)."""


@dataclass(frozen=True, slots=True)
class GcpConfig:
    """How and where to read Google Cloud; without projects, folders and organisations all projects that can be seen."""

    projects: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    requests_per_second: float = 10.0
    """The ceiling for each service; Cloud Asset Inventory has a lower one of its own."""


@dataclass(frozen=True, slots=True)
class SamplingConfig:
    """From where stores are looked into, and what that may take; the depth is asked for by an option alone."""

    processing_location: str = ""
    objects: int = 24
    """Objects of one store."""
    megabytes: int = 2048
    """Of all stores together."""
    requests: int = 100_000
    seconds: float = 3600.0


@dataclass(frozen=True, slots=True)
class ReceiverConfig:
    """Who is told what a run has changed; its secrets are in the environment or in files, never here."""

    name: str = ""
    kind: str = "webhook"
    """`webhook`, `slack` or `heartbeat`"""
    url_env: str = ""
    url_file: str = ""
    secret_env: str = ""
    secret_file: str = ""
    min_severity: str = "high"
    min_tier: str = "T0"
    owners: tuple[str, ...] = ()
    """Empty: all."""
    audience: str = "team"
    allow_networks: tuple[str, ...] = ()
    """Private networks in which the receiver may lie."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a run; see `docs/configuration.md`."""

    profile: str = DEFAULT_PROFILE
    controls: tuple[str, ...] = ()
    """Directories of further control files."""
    register: str = ""
    corrections: str = ""
    acceptances: str = ""
    attestations: str = ""
    gate_mode: str = ""
    """Empty: the profile's."""
    fail_on: str = ""
    """Empty: the profile's; `none` never fails."""
    store: str = ""
    """Where runs are kept: a path or a URL; empty: live scans in the user's data directory; `none`: nowhere."""
    keep_days: int = 90
    """How long runs are kept with everything."""
    keep_months: int = 24
    """How long daily figures, and findings and evidence of T3 and T4, are kept."""
    jobs: int = 24
    audience: str = ""
    """Empty: `public` where CI says that anyone may read what is printed, else `team`."""
    marking: str = ""
    """The organisation's own marking, printed on reports."""
    aws: AwsConfig = AwsConfig()
    azure: AzureConfig = AzureConfig()
    gcp: GcpConfig = GcpConfig()
    sampling: SamplingConfig = SamplingConfig()
    receivers: tuple[ReceiverConfig, ...] = ()
    origin: str = ""
    """The file that the settings came from, or empty."""

    @property
    def severity_bar(self) -> Severity | None:
        """The bar as a severity; None where the profile's own stands."""
        return Severity[self.fail_on.upper()] if self.fail_on and self.fail_on != "none" else None


_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "": {
        "profile": "profile",
        "controls": "controls",
        "register": "register",
        "corrections": "corrections",
        "acceptances": "acceptances",
        "attestations": "attestations",
        "store": "store",
        "keep-days": "keep_days",
        "keep-months": "keep_months",
        "jobs": "jobs",
        "audience": "audience",
        "marking": "marking",
    },
    "gate": {"mode": "gate_mode", "fail-on": "fail_on"},
    "aws": {
        "role-arns": "role_arns",
        "external-id": "external_id",
        "organization": "organization",
        "units": "units",
        "exclude": "exclude",
        "role": "role",
        "accounts": "accounts",
        "inherit-tags": "inherit_tags",
        "regions": "regions",
        "services": "services",
        "requests-per-second": "requests_per_second",
        "endpoint-compat": "endpoint_compat",
        "inventory": "inventory",
        "aggregator": "aggregator",
    },
    "azure": {
        "tenant": "tenant",
        "subscriptions": "subscriptions",
        "management-groups": "management_groups",
        "services": "services",
        "inherit-tags": "inherit_tags",
        "cloud": "cloud",
        "requests-per-second": "requests_per_second",
    },
    "sampling": {
        "processing-location": "processing_location",
        "objects": "objects",
        "megabytes": "megabytes",
        "requests": "requests",
        "seconds": "seconds",
    },
    "gcp": {
        "projects": "projects",
        "folders": "folders",
        "organizations": "organizations",
        "services": "services",
        "requests-per-second": "requests_per_second",
    },
}
_RECEIVER: Final[Mapping[str, str]] = {one.name.replace("_", "-"): one.name for one in fields(ReceiverConfig) if one.name != "name"}
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("webhook", "slack", "heartbeat"),
    "min-severity": tuple(one.word for one in Severity),
    "min-tier": TIER_IDS,
    "audience": ("public", "team", "restricted"),
}
_SECRETS: Final = ("url", "secret")
_PASSWORD: Final = re.compile(r"://[^/@:]*:[^/@]+@|[?&]password=")
_PATHS: Final = frozenset({"register", "corrections", "acceptances", "attestations", "controls"})


def find_file(start: Path) -> Path | None:
    """The nearest `tierwise.toml` from a directory upward, not past the root of a version-controlled tree."""
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
        if (folder / ".git").exists():
            return None
    return None


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The settings of a file (or the defaults) under those of the environment; ConfigError lists every problem."""
    config = _from_file(path) if path else Config()
    problems: list[str] = []
    changes: dict[str, Any] = {}
    for name in (
        "profile",
        "register",
        "corrections",
        "acceptances",
        "attestations",
        "store",
        "gate_mode",
        "fail_on",
        "jobs",
        "audience",
        "marking",
    ):
        text = environ.get(f"TIERWISE_{name.upper()}")
        if text is None:
            continue
        if name == "jobs":
            if not text.isdigit():
                problems.append(f"TIERWISE_JOBS takes a whole number, not {text!r}")
                continue
            changes[name] = int(text)
        else:
            changes[name] = text
    config = replace(config, **changes)
    problems += _check(config, "environment" if changes else str(path))
    if problems:
        raise ConfigError("\n".join(problems))
    return config


def _from_file(path: Path) -> Config:
    try:
        text = path.read_text("utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one with 'tierwise init' or leave --config out") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({unreadable(error)})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    problems: list[str] = []
    if data.pop("schema", 1) != 1:
        problems.append(f"{path}:{_line(text, 'schema')}: this version reads schema 1 only")
    top = _section("", data, path, text, problems)
    gate = _section("gate", _table(data, "gate", path, problems), path, text, problems)
    aws = _section("aws", _table(data, "aws", path, problems), path, text, problems)
    azure = _section("azure", _table(data, "azure", path, problems), path, text, problems)
    gcp = _section("gcp", _table(data, "gcp", path, problems), path, text, problems)
    sampling = _section("sampling", _table(data, "sampling", path, problems), path, text, problems)
    receivers = _receivers(_table(data, "notify", path, problems), path, text, problems)
    if problems:
        raise ConfigError("\n".join(problems))
    store = str(top.get("store", ""))
    if _PASSWORD.search(store):
        raise ConfigError(
            f"{path}:{_line(text, 'store')}: a password has no place in a file of settings\n"
            "leave it out of the URL and give it by PGPASSWORD or ~/.pgpass, or give the whole URL by TIERWISE_STORE"
        )
    if store and store != "none" and "://" not in store:
        top["store"] = str(path.parent / store)
    config = Config(
        **top, **gate, aws=AwsConfig(**aws), azure=AzureConfig(**azure), gcp=GcpConfig(**gcp), sampling=SamplingConfig(**sampling),
        receivers=receivers, origin=str(path),
    )  # fmt: skip
    problems = _check(config, str(path))
    if problems:
        raise ConfigError("\n".join(problems))
    return config


def _table(data: Mapping[str, Any], name: str, path: Path, problems: list[str]) -> Mapping[str, Any]:
    found = data.get(name, {})
    if isinstance(found, Mapping):
        return found
    problems.append(f"{path}: {name!r} is a table: write [{name}]")
    return {}


def _receivers(data: Mapping[str, Any], path: Path, text: str, problems: list[str]) -> tuple[ReceiverConfig, ...]:
    """The tables `[notify.NAME]`; a URL or secret that stands in the file itself is refused."""
    found = []
    for name, given in data.items():
        where = f"{path}:{_line(text, name, table='notify')}: [notify.{name}] "
        if not isinstance(given, Mapping):
            problems.append(f"{path}: 'notify' has a table for each receiver: write [notify.{name}]")
            continue
        plain = [key for key in _SECRETS if key in given]
        problems += [
            f"{where}{key} has no place in a file of settings; name a variable by {key}-env, or a file by {key}-file" for key in plain
        ]
        own = {key: value for key, value in given.items() if key not in plain}
        one = replace(ReceiverConfig(**_section("notify", own, path, text, problems)), name=name)
        said = {key: getattr(one, _RECEIVER[key]) for key in _CHOICES}
        problems += [
            f"{where}{key} is one of {', '.join(_CHOICES[key])}, not {value!r}" for key, value in said.items() if value not in _CHOICES[key]
        ]
        for key in _SECRETS:
            ways = [getattr(one, f"{key}_{way}") for way in ("env", "file")]
            if all(ways) or (key == "url" and not any(ways) and not plain):
                problems.append(f"{where}names its {key} by either {key}-env or {key}-file")
        if one.kind == "slack" and (one.secret_env or one.secret_file):
            problems.append(f'{where}a chat cannot check a signature; take the secret out, or make it kind = "webhook"')
        for network in one.allow_networks:
            if not _is_network(network):
                problems.append(f"{where}allow-networks takes networks such as 10.20.0.0/16, not {network!r}")
        url, secret = (str(path.parent / file) if file else "" for file in (one.url_file, one.secret_file))
        found.append(replace(one, url_file=url, secret_file=secret))
    return tuple(found)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _section(name: str, data: Mapping[str, Any], path: Path, text: str, problems: list[str]) -> dict[str, Any]:
    allowed = _RECEIVER if name == "notify" else _TABLES[name]
    sections: dict[str, Any] = {
        "aws": AwsConfig(),
        "azure": AzureConfig(),
        "gcp": GcpConfig(),
        "sampling": SamplingConfig(),
        "notify": ReceiverConfig(),
    }
    defaults = sections.get(name, Config())
    types: dict[str, Any] = {one.name: getattr(defaults, one.name) for one in fields(defaults)}
    out: dict[str, Any] = {}
    for key, value in data.items():
        if not name and key in (*_TABLES, "notify"):
            continue
        where = f"{path}:{_line(text, key)}: "
        if key not in allowed:
            near = get_close_matches(key, [*allowed, *(table for table in _TABLES if table and not name)], n=1)
            problems.append(
                where + f"unknown key {key!r}" + (f" in [{name}]" if name else "") + (f"; did you mean {near[0]!r}?" if near else "")
            )
            continue
        default = types[allowed[key]]
        good, made = _convert(value, default)
        if not good:
            problems.append(where + f"{key} takes {_words(default)}, not {value!r}")
            continue
        if key in _PATHS:
            made = tuple(str(path.parent / one) for one in made) if isinstance(made, tuple) else str(path.parent / made)
        out[allowed[key]] = made
    return out


def _convert(value: Any, default: Any) -> tuple[bool, Any]:
    if isinstance(default, tuple):
        return isinstance(value, list) and all(isinstance(one, str) for one in value), tuple(value) if isinstance(value, list) else ()
    if isinstance(default, bool):
        return isinstance(value, bool), value
    if isinstance(default, int | float):
        good = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
        return good and not (isinstance(default, int) and not isinstance(value, int)), value
    return isinstance(value, str), value


def _words(default: Any) -> str:
    if isinstance(default, tuple):
        return "a list of strings"
    if isinstance(default, bool):
        return "true or false"
    return "a number above 0" if isinstance(default, int | float) else "a string"


def _line(text: str, key: str, table: str = "") -> int:
    """The line of a key, or of the head of a table's part."""
    wanted = rf"""\s*\[{table}\.["']?{re.escape(key)}["']?\]""" if table else rf"""\s*["']?{re.escape(key)}["']?\s*="""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(wanted, line):
            return number
    return 1


def _check(config: Config, where: str) -> list[str]:
    problems: list[str] = []
    severities = ["none", *(severity.word for severity in Severity)]
    for name, value, allowed in (
        ("gate mode", config.gate_mode, list(GATE_MODES)),
        ("fail-on", config.fail_on, severities),
        ("audience", config.audience, ["public", "team", "restricted"]),
        ("inventory", config.aws.inventory, ["config"]),
    ):
        if value and value not in allowed:
            near = get_close_matches(value, allowed, n=1)
            problems.append(
                f"{where}: {name} is one of {', '.join(allowed)}, not {value!r}" + (f"; did you mean {near[0]!r}?" if near else "")
            )
    return problems
