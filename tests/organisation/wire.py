"""What stands where the network is: every attempt of the SDK, as it would leave, is answered from a recording, refused, or broken by chance.

All sessions of a process meet it while it is in place, so that nothing of the product is replaced: roles, retries, guard and ceiling work as they do.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import botocore.handlers
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

_KEY = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
_ASSUMED = re.compile(rb"<AccessKeyId>(.+?)</AccessKeyId>.*?<Arn>arn:aws:sts::(\d{12}):", re.DOTALL)
_JSON = "application/x-amz-json-1.1"


@dataclass(frozen=True, slots=True)
class Call:
    """One attempt, as the wire sees it."""

    account: str
    """Whose credentials signed it."""
    region: str
    service: str
    """As the request is signed."""
    operation: str
    url: str
    body: str


Answer = tuple[int, dict[str, str], bytes]
Rule = Callable[[Call], "Answer | Exception | None"]


class _Body(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


@dataclass
class Wire:
    """A recording of what each call was answered, and what goes wrong on the way."""

    home: str
    """The caller's account."""
    rules: list[Rule] = field(default_factory=list)
    """Asked in order; the first that has an answer gives it."""
    beyond: Callable[[str, Any], Any] | None = None
    """Answers what is not recorded yet (the emulator); None where everything is."""
    recorded: dict[tuple[str, str, str, str], Answer] = field(default_factory=dict)
    sent: list[tuple[float, Call]] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    """Whose an access key is."""
    clock: Callable[[], float] = time.monotonic
    lock: Any = field(default_factory=threading.RLock)

    def __call__(self, event_name: str, request: Any, **_: object) -> AWSResponse:
        call = self._call(event_name, request)
        self.sent.append((self.clock(), call))
        answer = next((found for rule in self.rules if (found := rule(call)) is not None), None)
        if answer is None:
            answer = self._recorded(call, event_name, request)
        if isinstance(answer, Exception):
            raise answer
        status, headers, body = answer
        return AWSResponse(request.url, status, headers, _Body(body))

    def _call(self, event_name: str, request: Any) -> Call:
        match = _KEY.search(str(request.headers.get("Authorization", b"")))
        assert match is not None, request.url
        body = request.body or b""
        text = body.decode() if isinstance(body, bytes) else str(body)
        return Call(self.keys.get(match[1], self.home), match[2], match[3], event_name.rpartition(".")[2], request.url, text)

    def _recorded(self, call: Call, event_name: str, request: Any) -> Answer:
        # The account's block of public access is the same in every region, and asked for in that which comes first.
        url = call.url.replace(call.region, "") if ".s3-control." in call.url else call.url
        key = (call.account, call.operation, url, call.body)
        with self.lock:
            if key not in self.recorded:
                assert self.beyond is not None, key
                try:
                    answer = self.beyond(event_name, request)
                except NotImplementedError:
                    self.recorded[key] = refusal(call, "UnsupportedOperationException")
                    return self.recorded[key]
                self.recorded[key] = (answer.status_code, dict(answer.headers), answer.content)
                if found := _ASSUMED.search(answer.content):
                    self.keys[found[1].decode()] = found[2].decode()
            return self.recorded[key]

    @contextmanager
    def in_place(self) -> Iterator[Wire]:
        """Every session that is made from here on sends to it."""
        handler = ("before-send", self)
        botocore.handlers.BUILTIN_HANDLERS.insert(0, handler)
        try:
            yield self
        finally:
            botocore.handlers.BUILTIN_HANDLERS.remove(handler)


def refusal(call: Call, code: str, message: str = "", status: int = 400) -> Answer:
    """An error in the words of the service's protocol."""
    if call.service in ("sts", "iam", "rds", "redshift", "elasticache", "sns"):
        text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return status, {"Content-Type": "text/xml"}, text.encode()
    if call.service == "ec2":
        text = f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors></Response>"
        return status, {"Content-Type": "text/xml"}, text.encode()
    if call.service == "s3":
        return status, {"Content-Type": "application/xml"}, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    return status, {"Content-Type": _JSON, "x-amzn-errortype": code}, json.dumps({"__type": code, "message": message}).encode()


def broken(seed: int, throttled: float = 0.05, failed: float = 0.01, reset: float = 0.005) -> Rule:
    """A network and services that fail so often: throttling, errors of the server, connections that are closed."""
    chance = random.Random(seed)

    def rule(call: Call) -> Answer | Exception | None:
        drawn = chance.random()
        if drawn < throttled:
            return refusal(call, "SlowDown" if call.service == "s3" else "ThrottlingException", status=503 if call.service == "s3" else 400)
        if drawn < throttled + failed:
            return refusal(call, "InternalError", status=500)
        if drawn < throttled + failed + reset:
            closed: Exception = ConnectionClosedError(endpoint_url=call.url)
            return closed
        return None

    return rule
