"""Records every answer of an account at the level of the SDK's clients, and replays them, with single operations failing if asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

Operation = tuple[str, str]
"""(boto3 service, operation as the service model spells it)"""
Canned = Mapping[Operation, "dict[str, Any] | str | Callable[[dict[str, Any]], dict[str, Any] | str]"]
"""What the emulator lacks: an answer, an error code, or a function of the request that gives one of them."""
_Key = tuple[str, str, str, str]


class RefusalError(ClientError):  # type: ignore[misc]  # the SDK has no types
    """The SDK's error, in a form that goes from one process to another."""

    def __reduce__(self) -> tuple[type[RefusalError], tuple[Any, str]]:
        return RefusalError, (self.response, self.operation_name)


def refused(operation: str, code: str = "AccessDenied") -> ClientError:
    """The SDK's error for an error code."""
    return RefusalError({"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, operation)


def unparsable(operation: str) -> ResponseParserError:
    """The SDK's error for a body that is not what its headers say."""
    return ResponseParserError(f"unable to parse the response of {operation}")


@dataclass(slots=True)
class Answer:
    """The pages that came, and the error that ended them."""

    pages: list[Any] = field(default_factory=list)
    error: Exception | None = None


_ONE_PLACE = frozenset({"iam", "organizations"})
"""Services with one endpoint for all regions (botocore, `endpoints.json`: `isRegionalized` is false)."""


class UnrecordedCallError(AssertionError):
    """A replayed scan made a call that the recording has no answer to; record a scan that makes it."""


@dataclass(slots=True)
class Recording:
    """What an account answered, by (service, region, method, parameters)."""

    answers: dict[_Key, Answer] = field(default_factory=dict)
    pageable: dict[tuple[str, str], bool] = field(default_factory=dict)


class Stand:
    """Stands where `session.Account` does: `client(service, region)`. With `live`, what is not recorded yet is asked there."""

    def __init__(
        self,
        recording: Recording,
        *,
        live: Any = None,
        canned: Canned | None = None,
        failing: Mapping[Operation, Callable[[str], Exception]] | None = None,
    ) -> None:
        self.recording, self.live, self.canned = recording, live, canned or {}
        self.failing = {(service, xform_name(operation)): make for (service, operation), make in (failing or {}).items()}
        self.made: set[tuple[str, str]] = set()
        """(service, method) of every call."""

    def client(self, service: str, region: str) -> _Client:
        """A client for a service and region."""
        return _Client(self, service, region)

    def answer(self, service: str, region: str, method: str, params: dict[str, Any], *, paged: bool) -> Answer:
        """The answer to one call or to a whole walk over pages."""
        self.made.add((service, method))
        if (service, method) in self.failing:
            return Answer(error=self.failing[service, method](method))
        # What is the same in all regions is asked once for an account, by whoever comes first.
        key = (service, "" if service in _ONE_PLACE else region, method, json.dumps(params, sort_keys=True, default=str))
        if key not in self.recording.answers:
            self.recording.answers[key] = self._ask(service, region, method, params, paged=paged)
        return self.recording.answers[key]

    def _ask(self, service: str, region: str, method: str, params: dict[str, Any], *, paged: bool) -> Answer:
        if self.live is None:
            raise UnrecordedCallError(f"{service}.{method} in {region!r} with {params}")
        found: Any = next(
            (made for (name, operation), made in self.canned.items() if (name, xform_name(operation)) == (service, method)), None
        )
        if found is not None:
            found = found(params) if callable(found) else found
            return Answer(error=refused(method, found)) if isinstance(found, str) else Answer([found])
        client = self.live.client(service, region)
        answer = Answer()
        try:
            if paged:
                answer.pages.extend(client.get_paginator(method).paginate(**params))
            else:
                answer.pages.append(getattr(client, method)(**params))
        except ClientError as error:
            answer.error = RefusalError(error.response, error.operation_name)
        except NotImplementedError as error:
            answer.error = error
        return answer

    def can_paginate(self, service: str, region: str, method: str) -> bool:
        """Whether the SDK walks over the pages of an operation."""
        if (service, method) not in self.recording.pageable:
            self.recording.pageable[service, method] = bool(self.live.client(service, region).can_paginate(method))
        return self.recording.pageable[service, method]


@dataclass(frozen=True, slots=True)
class _Client:
    stand: Stand
    service: str
    region: str

    def can_paginate(self, method: str) -> bool:
        return self.stand.can_paginate(self.service, self.region, method)

    def get_paginator(self, method: str) -> _Paginator:
        return _Paginator(self, method)

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**params: Any) -> Any:
            answer = self.stand.answer(self.service, self.region, method, params, paged=False)
            if answer.error:
                raise answer.error
            return answer.pages[0]

        return call


@dataclass(frozen=True, slots=True)
class _Paginator:
    client: _Client
    method: str

    def paginate(self, **params: Any) -> Iterator[Any]:
        answer = self.client.stand.answer(self.client.service, self.client.region, self.method, params, paged=True)
        yield from answer.pages
        if answer.error:
            raise answer.error
