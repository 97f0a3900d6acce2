"""Sessions and clients: one botocore data loader for all, a read-only guard, a request ceiling, clients made per use and dropped."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.loaders import Loader

from tierwise import __version__
from tierwise.connectors.ceiling import Ceiling

_MOST_CLIENTS = 6
"""Clients kept at once per account; a client costs about 11 ms to make again and up to 15 MB to keep."""


_ACCOUNT_DIGITS = 12
_MOST_MODELS = 6
"""Services whose models are kept at once."""
_SHARE = 1 / 8
"""S3 takes 5,500 reads a second per prefix (S3 User Guide, "Best practices design patterns"); control planes such as EC2 and RDS refill tens a second."""


class UndeclaredCallError(RuntimeError):
    """A call that no declaration covers: a bug in tierwise, stopped before it leaves the machine."""


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


class Account:
    """One account's session: clients by service and region, all behind the guard and the ceiling."""

    def __init__(self, session: Any, access: Access) -> None:
        self._session = session
        self._access = access
        self._ceilings: dict[str, Ceiling] = {}
        self._clients: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._config = Config(
            retries={"mode": "adaptive", "max_attempts": 4},
            max_pool_connections=access.threads,
            connect_timeout=10,
            read_timeout=access.read_timeout,
            # A whole string, not an addition: botocore builds an added one anew, character by character, for each request.
            user_agent=f"tierwise/{__version__} Boto3/{boto3.__version__}",
            s3={"addressing_style": "path"} if access.endpoint_compat else None,
        )

    def client(self, service: str, region: str) -> Any:
        """A client for a service and region; made where there is none, the least used one dropped."""
        key = (service, region)
        found = self._found(key)
        if found is not None:
            return found
        # Sessions are not safe for threads (boto3, "Multithreading or multiprocessing with sessions"): one client is made at a time,
        # without holding up those who have theirs.
        with self._making:
            found = self._found(key)
            if found is None:
                found = self._make(service, region)
                with self._lock:
                    self._clients[key] = found
                    while len(self._clients) > _MOST_CLIENTS:
                        self._clients.popitem(last=False)
            return found

    def _found(self, key: tuple[str, str]) -> Any:
        with self._lock:
            found = self._clients.get(key)
            if found is not None:
                self._clients.move_to_end(key)
            return found

    def drop(self) -> None:
        """Forget all clients."""
        with self._lock:
            self._clients.clear()

    def _make(self, service: str, region: str) -> Any:
        client = self._session.client(service, region_name=region or None, config=self._config)
        client.meta.events.register_first("before-call.*.*", self._guard)
        if service == "s3control":
            rewrite = partial(_without_account_host, always=self._access.endpoint_compat)
            client.meta.events.register_first("before-sign.s3-control.*", rewrite)
        return client

    def _guard(self, model: Any, **_: object) -> None:
        pair = (model.service_model.service_name, model.name)
        if pair not in self._access.declared:
            raise UndeclaredCallError(f"undeclared call {pair[0]}:{pair[1]} refused; declare it as a Read of its collector")
        self._ceiling(pair[0]).wait()

    def _ceiling(self, service: str) -> Ceiling:
        with self._lock:
            share = 1.0 if service == "s3" else _SHARE
            return self._ceilings.setdefault(service, Ceiling(self._access.ceiling * share))


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
    """A data loader that keeps the models of a few services: all that a scan uses together are over 100 MB."""

    def load_service_model(self, *args: Any, **kwargs: Any) -> Any:
        """As the loader that it extends; the service asked for longest ago is forgotten."""
        found = super().load_service_model(*args, **kwargs)
        with _LOADER_LOCK:
            services = dict.fromkeys(_service(key) for key in reversed(list(self._cache)))
            kept = {"", *list(services)[:_MOST_MODELS]}
            for key in [key for key in self._cache if _service(key) not in kept]:
                self._cache.pop(key, None)
        return found


def _service(key: tuple[Any, ...]) -> str:
    """The service whose model a cache entry holds; empty for what all services share."""
    name, argument = str(key[0]), str(key[1]) if len(key) > 1 else ""
    if name == "load_service_model":
        return argument
    return argument.split("/")[0] if name == "load_data_with_path" and "/" in argument else ""


_LOADER: list[Any] = []
_LOADER_LOCK = threading.Lock()


def _extra_paths(text: str | None) -> list[str] | None:
    return [str(Path(part).expanduser()) for part in text.split(os.pathsep)] if text else None


def new_session(
    profile: str | None = None,
    credentials: tuple[str, str, str | None] | None = None,
    region: str | None = None,
    provider: Any = None,
) -> Any:
    """A boto3 session that shares one data loader with all others (a new one costs 11 ms instead of 189).

    `provider` is a botocore credential resolver that takes the place of the SDK's chain (for roles, whose credentials renew themselves).
    """
    core = botocore.session.Session(profile=profile) if profile else botocore.session.Session()
    if provider is not None:
        core.register_component("credential_provider", provider)
    with _LOADER_LOCK:
        if _LOADER:
            core.register_component("data_loader", _LOADER[0])
        else:
            _LOADER.append(_SmallLoader(_extra_paths(core.get_config_variable("data_path"))))
            core.register_component("data_loader", _LOADER[0])
    if credentials:
        return boto3.Session(credentials[0], credentials[1], credentials[2], region_name=region, botocore_session=core)
    return boto3.Session(region_name=region, botocore_session=core)
