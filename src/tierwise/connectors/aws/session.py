"""Sessions and clients: one botocore data loader for all, a read-only guard, a request ceiling, clients made per use and dropped."""

from __future__ import annotations

import gc
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from itertools import count
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader

from tierwise import __version__
from tierwise.connectors.aws.credentials import NO_KEY, REVOKED, code_of, is_over
from tierwise.connectors.aws.given_up import Breaker, GivenUpError
from tierwise.connectors.ceiling import Ceiling
from tierwise.connectors.declared import Once
from tierwise.connectors.standing import Standing, ended
from tierwise.model.fact import UnknownReason

_MOST_CLIENTS = 32
"""Clients kept at once, of all accounts; one costs a few milliseconds to make again, and to keep mostly the certificates that it trusts, about 1 MB."""
HOME: Final = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
"""The first region of each partition, which has its global services."""
_MOST_SESSIONS = 8
"""Sessions kept at once; one costs 6 ms to make again, and to keep 140 KB."""
_SWEPT = 64
"""Clients and sessions dropped after which their remains go: the class and the model of each are a ring (40 to 90 KB), which only the collector of garbage takes apart. By itself it looks for them once a quarter of all objects is new, which is after a thousand."""
_ACCOUNT_DIGITS = 12
_SHARE = 1 / 8
"""S3 takes 5,500 reads a second per prefix (S3 User Guide, "Best practices design patterns"); control planes such as EC2 and RDS refill tens a second."""
_SHARES: Mapping[str, float] = {"s3": 1.0, "organizations": 1 / 80}
"""Organizations has one quota for all that ask in the organisation (its User Guide, "Quotas and service limits")."""
_BURST = 0.1
"""Seconds whose requests may go out at once."""


class UndeclaredCallError(RuntimeError):
    """A call that no declaration covers: a bug in tierwise, stopped before it leaves the machine."""


class Lately:
    """What all accounts have of a kind, of each so many; the one used longest ago is dropped."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._dropped = 0
        """How many since the last sweep."""
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Any:
        """What is kept under a name; None where there is none."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, one: Any) -> None:
        """Keep it under a name."""
        with self._lock:
            self._kept[key] = one
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
                self._dropped += 1
            due = self._dropped >= _SWEPT
            if due:
                self._dropped = 0
        if due:
            _sweep()


def _sweep() -> None:
    """Collect garbage. What is there when that is first done, the models of all services above all, is never looked through again, so that a sweep takes some hundredths of a second."""
    gc.collect()
    if not gc.get_freeze_count():
        gc.freeze()


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach AWS; all of it from configuration, nothing from the environment but what the SDK itself reads."""

    declared: frozenset[tuple[str, str]]
    """(service, operation) pairs that the guard lets through."""
    ceiling: float = 800.0
    """Requests a second to S3 in one account; every other service gets an eighth of it (see `_SHARE`)."""
    endpoint_compat: bool = False
    """Rewrites S3 Control's host before signing, for emulators that are reached by IP address."""
    threads: int = 32
    read_timeout: float = 30.0
    connect_timeout: float = 3.0
    """Long enough for a first packet that was lost, short enough that an endpoint that does not answer five attempts is given up after 20 seconds."""
    clients: Lately = field(default_factory=partial(Lately, _MOST_CLIENTS))
    """By account, service and region."""
    sessions: Lately = field(default_factory=partial(Lately, _MOST_SESSIONS))
    """By account."""
    breaker: Breaker = field(default_factory=Breaker)
    credentials: Standing = field(default_factory=Standing)
    """The caller's own, with which the roles of all accounts are assumed."""
    organisation: Once = field(default_factory=lambda: Once("organisation", frozenset({UnknownReason.THROTTLED, UnknownReason.API_ERROR})))
    """What is true of all accounts of the organisation that is scanned; one account's bad luck is not that of all."""


class Account:
    """How one account is called: clients by service and region, all behind the guard and the ceiling."""

    def __init__(self, session: Callable[[], Any], access: Access, *, own: bool = False) -> None:
        """`session` makes the session of which clients are made; it is made again where others were used meanwhile."""
        self._session = session
        self._own = own
        """Whether it is reached with the caller's own credentials."""
        self._known: set[str] = set()
        """The regions that have taken them."""
        self._access = access
        self._ceilings: dict[str, Ceiling] = {}
        self._number = next(_NUMBERS)
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._config = Config(
            retries={"mode": "adaptive", "max_attempts": 4},
            max_pool_connections=access.threads,
            connect_timeout=access.connect_timeout,
            read_timeout=access.read_timeout,
            # A whole string, not an addition: botocore builds an added one anew, character by character, for each request.
            user_agent=f"tierwise/{__version__} Boto3/{boto3.__version__}",
            s3={"addressing_style": "path"} if access.endpoint_compat else None,
        )

    @property
    def lapsed(self) -> str:
        """Why the caller's own credentials no longer hold, as a code; empty where they do."""
        return self._access.credentials.code

    def client(self, service: str, region: str) -> Any:
        """A client for a service and region; made where there is none, the least used one dropped."""
        key, clients = (self._number, service, region), self._access.clients
        found = clients.get(key)
        if found is not None:
            return found
        # Sessions are not safe for threads (boto3, "Multithreading or multiprocessing with sessions"): one client is made at a time,
        # without holding up those who have theirs.
        with self._making:
            found = clients.get(key)
            if found is None:
                found = self._make(service, region)
                clients.put(key, found)
            return found

    def _make(self, service: str, region: str) -> Any:
        sessions = self._access.sessions
        session = sessions.get(self._number)
        if session is None:
            session = self._session()
            sessions.put(self._number, session)
        client = session.client(service, region_name=region or None, config=self._config)
        events, breaker = client.meta.events, self._access.breaker
        events.register_first("before-call.*.*", self._guard)
        events.register_first("before-call.*.*", partial(_check, breaker, service, region))
        events.register_first("before-send.*.*", partial(self._pace, service))
        events.register_last("after-call.*.*", partial(_answered, breaker, service, region))
        events.register_last("after-call-error.*.*", partial(_failed, breaker, service, region))
        if self._own:
            credentials = self._access.credentials
            events.register_first("before-call.*.*", partial(_hold, credentials))
            events.register_last("after-call.*.*", partial(_used, credentials, self._known, region))
            events.register_last("after-call-error.*.*", partial(_unused, credentials))
        if service == "s3control":
            rewrite = partial(_without_account_host, always=self._access.endpoint_compat)
            client.meta.events.register_first("before-sign.s3-control.*", rewrite)
        return client

    def _guard(self, model: Any, **_: object) -> None:
        pair = (model.service_model.service_name, model.name)
        if pair not in self._access.declared:
            raise UndeclaredCallError(f"undeclared call {pair[0]}:{pair[1]} refused; declare it as a Read of its collector")

    def _pace(self, service: str, **_: object) -> None:
        # Before each attempt and not before each call: what the SDK tries again is a request like any other.
        self._ceiling(service).wait()

    def _ceiling(self, service: str) -> Ceiling:
        with self._lock:
            found = self._ceilings.get(service)
            if found is None:
                rate = rate_of(self._access.ceiling, service)
                # In no second more than the ceiling: what a burst may take is taken off the rate.
                found = self._ceilings[service] = Ceiling(rate / (1 + _BURST), burst=_BURST)
            return found


def rate_of(ceiling: float, operation: str) -> float:
    """Requests a second to the service of an operation, of one account."""
    return ceiling * _SHARES.get(operation.partition(":")[0], _SHARE)


_NUMBERS = count()
"""Tells the clients of one account from those of another."""


def _check(breaker: Breaker, service: str, region: str, **_: object) -> None:
    breaker.check(service, region)


def _answered(breaker: Breaker, service: str, region: str, **_: object) -> None:
    breaker.answered(service, region)


def _failed(breaker: Breaker, service: str, region: str, exception: Exception, **_: object) -> None:
    breaker.failed(service, region, exception)


def _hold(credentials: Standing, **_: object) -> None:
    if code := ended(credentials):
        raise GivenUpError(because=code)


def _used(credentials: Standing, known: set[str], region: str, parsed: Any, **_: object) -> None:
    error = parsed.get("Error") or {}
    code = code_of(error)
    if code in NO_KEY and known and (region in known or region in HOME.values()):
        # By these codes a region that is not enabled refuses every key too: one that has taken it is enabled, and the first of a partition always is.
        code = error["Code"] = REVOKED
    if is_over(code):
        credentials.refused(code)
        return
    credentials.taken()
    if not error:
        known.add(region)


def _unused(credentials: Standing, exception: Exception, **_: object) -> None:
    # Whether an endpoint answers says nothing about them: only where they could not be fetched were they refused. What STS answers to
    # the SDK's own providers, which renew them, comes here as a ClientError (botocore.credentials, `AssumeRoleWithWebIdentityCredentialFetcher`).
    code = code_of(exception.response.get("Error", {})) if isinstance(exception, ClientError) else type(exception).__name__
    if is_over(code):
        credentials.refused(code)


def _without_account_host(request: Any, *, always: bool, **_: object) -> None:
    """Drop the account id that the SDK puts before the host: no emulator can be reached under it at an address or as localhost.

    Without `always` this is done only where the rest is an IP address or `localhost`, before which a name can never resolve.
    """
    parts = urlsplit(request.url)
    account, _dot, host = parts.netloc.partition(".")
    name = host.rsplit(":", 1)[0]
    if account.isdigit() and len(account) == _ACCOUNT_DIGITS and host and (always or name == "localhost" or _is_address(name)):
        request.url = urlunsplit(parts._replace(netloc=host))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class _SmallLoader(Loader):  # type: ignore[misc]
    """A data loader that keeps of each service what is called of it: whole models of all that a scan uses are 90 MB, these 40."""

    def __init__(self, paths: list[str] | None, calls: frozenset[tuple[str, str]]) -> None:
        super().__init__(paths)
        # STS whole: the SDK's own credential providers call it, each in its way.
        self._called = {service: {name for of, name in calls if of == service} for service, _ in calls if service != "sts"}
        self._cut: dict[str, Mapping[str, Any]] = {}
        self._cutting = threading.Lock()

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """As the loader that it extends; of a service that is called, the operations that are, and their shapes."""
        called = self._called.get(service_name)
        if type_name != _MODEL or called is None:
            return super().load_service_model(service_name, type_name, api_version)
        with self._cutting:
            found = self._cut.get(service_name)
            if found is None:
                found = self._cut[service_name] = _cut(super().load_service_model(service_name, type_name, api_version), called)
                for key in [key for key in list(self._cache) if _is_model_of(service_name, key)]:
                    self._cache.pop(key, None)
        return found


_MODEL: Final = "service-2"


def _is_model_of(service: str, key: tuple[Any, ...]) -> bool:
    """Whether an entry of the loader's cache, which it names after a method and its arguments, holds a service's model."""
    words = [part for argument in key[1:] for part in str(argument).split("/")]
    return service in words and _MODEL in words


def _cut(model: Mapping[str, Any], called: Collection[str]) -> Mapping[str, Any]:
    """A service's model with these operations alone and the shapes that they need, and no documentation."""
    operations = {name: one for name, one in model["operations"].items() if name in called}
    shapes, needed = model["shapes"], dict.fromkeys(_shapes_in(operations))
    waiting = list(needed)
    while waiting:
        more = [name for name in _shapes_in(shapes[waiting.pop()]) if name not in needed]
        needed |= dict.fromkeys(more)
        waiting += more
    whole = {**model, "operations": operations, "shapes": {name: shapes[name] for name in needed}}
    return {name: _undocumented(one) for name, one in whole.items()}


def _shapes_in(part: Any) -> Iterator[str]:
    """The shapes that a part of a model names."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            name = one.get("shape")
            if isinstance(name, str):
                yield name
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _undocumented(part: Any) -> Any:
    if isinstance(part, Mapping):
        # Empty, not gone: the SDK asks for it in places. A member may have the name too: then it is a reference, and no text.
        return {name: "" if name == "documentation" and isinstance(one, str) else _undocumented(one) for name, one in part.items()}
    return [_undocumented(one) for one in part] if isinstance(part, list) else part


_LOADERS: dict[frozenset[tuple[str, str]] | None, Loader] = {}
_LOADER_LOCK = threading.Lock()


def _extra_paths(text: str | None) -> list[str] | None:
    return [str(Path(part).expanduser()) for part in text.split(os.pathsep)] if text else None


def new_session(
    profile: str | None = None,
    credentials: tuple[str, str, str | None] | None = None,
    region: str | None = None,
    provider: Any = None,
    calls: frozenset[tuple[str, str]] | None = None,
) -> Any:
    """A boto3 session that shares one data loader with all others (a new one costs 11 ms instead of 189).

    `provider` is a botocore credential resolver that takes the place of the SDK's chain (for roles, whose credentials renew themselves).
    `calls` are the (service, operation) pairs that are called of it: of those services it knows nothing else.
    """
    core = botocore.session.Session(profile=profile) if profile else botocore.session.Session()
    if provider is not None:
        core.register_component("credential_provider", provider)
    with _LOADER_LOCK:
        if calls not in _LOADERS:
            paths = _extra_paths(core.get_config_variable("data_path"))
            _LOADERS[calls] = Loader(paths) if calls is None else _SmallLoader(paths, calls)
        core.register_component("data_loader", _LOADERS[calls])
    if credentials:
        return boto3.Session(credentials[0], credentials[1], credentials[2], region_name=region, botocore_session=core)
    return boto3.Session(region_name=region, botocore_session=core)
