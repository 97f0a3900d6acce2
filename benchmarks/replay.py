"""Stands before an emulated organisation: answers are kept and given again, late, and one planted account stands for many.

    python -m benchmarks.replay PORT EMULATOR PLAN        (PLAN: a file of JSON, the fields of `Plan`)

To plant an account takes the emulator seconds, and each answer milliseconds; so a few accounts are planted, and the others of the organisation are twins of them: what they
are asked is asked of the planted one, once, with its number and the names of its buckets in place of theirs, and the other way round in the answer.
`GET /__count` tells how many calls came and how many were new to it; `GET /__reset` counts anew.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_KEY: Final = re.compile(rb"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
_ROLE: Final = re.compile(rb"arn%3Aaws%3Aiam%3A%3A(\d{12})")
_ISSUED: Final = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")
_CONTENT: Final = re.compile(rb'(<Content>|"Content": ?")([A-Za-z0-9+/=]+)(</Content>|")')
"""The credential report of IAM, which is in base64."""
_LINE: Final = b"\r\n"


@dataclass(frozen=True, slots=True)
class Plan:
    """Who is who."""

    home: str
    twins: Mapping[str, str]
    """The planted account for which each of the others stands."""
    marks: Mapping[str, str]
    """What is in the names of each account's buckets, where S3 takes a name once in the world."""
    unreachable: frozenset[str]
    fenced: str
    """The account whose region `closed` is closed."""
    closed: str
    slow: str
    """The account that throttles SQS."""
    delay: float
    """Seconds before each answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    first: bytes
    headers: Mapping[bytes, bytes]
    body: bytes


@dataclass(slots=True)
class Replay:
    """What was answered so far, and who has which key."""

    plan: Plan
    upstream: int
    answers: dict[tuple[bytes, ...], bytes] = field(default_factory=dict)
    keys: dict[bytes, tuple[str, bytes]] = field(default_factory=dict)
    """The account of an access key, and the key of the planted account for which it stands."""
    total: int = 0
    new: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while (request := await _request(reader)) is not None:
                writer.write(await self._answered(request))
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _answered(self, request: Request) -> bytes:
        path = request.first.split(b" ")[1]
        if path.startswith(b"/__"):
            told = json.dumps({"total": self.total, "new": self.new}).encode()
            if path == b"/__reset":
                self.total = self.new = 0
            return _response(200, told)
        self.total += 1
        await asyncio.sleep(self.plan.delay)
        signed = _KEY.search(request.headers.get(b"authorization", b""))
        if signed is None:
            return _response(400, b"not signed")
        key, region, service = signed.groups()
        account, own = self.keys.get(key, (self.plan.home, key))
        if service == b"sts" and b"Action=AssumeRole&" in request.body and (into := _ROLE.search(request.body)) is not None:
            account = into[1].decode()
            if account in self.plan.unreachable:
                return _error(403, "AccessDenied", xml=True)
        elif account == self.plan.fenced and region.decode() == self.plan.closed:
            return _error(400, "AccessDeniedException", "with an explicit deny in a service control policy")
        elif account == self.plan.slow and service == b"sqs":
            return _error(400, "ThrottlingException")
        answer = await self._planted(request, account, (region, service), (key, own))
        if service == b"sts" and (issued := _ISSUED.search(answer)) is not None:
            # Keys have no end of their own in the emulator: one for each account is enough.
            mine = b"ASIA" + account.encode() + b"TWIN"
            self.keys[mine] = (account, issued[1])
            answer = _length(answer.replace(issued[1], mine))
        return answer

    async def _planted(self, request: Request, account: str, where: tuple[bytes, bytes], keys: tuple[bytes, bytes]) -> bytes:
        """What the planted account answers, as this one's own answer."""
        swaps = self._swaps(account)
        back = [(own, planted) for planted, own in swaps]
        first, body = _swapped(request.first, back), _swapped(request.body, back)
        key = (self.plan.twins.get(account, account).encode(), *where, first, request.headers.get(b"x-amz-target", b""), body)
        if key not in self.answers:
            self.new += 1
            # S3 Control has the account in a header.
            headers = {name: _swapped(value, back) for name, value in request.headers.items()} | {
                b"content-length": str(len(body)).encode()
            }
            headers[b"authorization"] = request.headers[b"authorization"].replace(*keys)
            self.answers[key] = await self._asked(Request(first, headers, body))
        answer = self.answers[key]
        return _length(_report(_swapped(answer, swaps), swaps)) if swaps else answer

    def _swaps(self, account: str) -> list[tuple[bytes, bytes]]:
        planted = self.plan.twins.get(account)
        if planted is None:
            return []
        marks = self.plan.marks
        return [(planted.encode(), account.encode()), (marks[planted].encode(), marks[account].encode())]

    async def _asked(self, request: Request) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        headers = [name + b": " + value for name, value in request.headers.items() if name != b"connection"]
        writer.write(_LINE.join([request.first, *headers, b"connection: close", b"", request.body]))
        head, _, body = (await reader.read()).partition(_LINE * 2)
        writer.close()
        lines = head.split(_LINE)
        kept = [one for one in lines[1:] if one.split(b":")[0].lower() not in (b"connection", b"content-length", b"transfer-encoding")]
        return _whole(b"HTTP/1.1 " + lines[0].split(b" ", 1)[1], kept, body)


async def _request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(_LINE * 2)
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head[:-4].split(_LINE)
    headers = {name.strip().lower(): value.strip() for name, _, value in (one.partition(b":") for one in lines)}
    return Request(first, headers, await reader.readexactly(int(headers.get(b"content-length", b"0"))))


def _swapped(text: bytes, swaps: list[tuple[bytes, bytes]]) -> bytes:
    for old, new in swaps:
        text = text.replace(old, new)
    return text


def _report(answer: bytes, swaps: list[tuple[bytes, bytes]]) -> bytes:
    def inside(found: re.Match[bytes]) -> bytes:
        return found[1] + base64.b64encode(_swapped(base64.b64decode(found[2]), swaps)) + found[3]

    return _CONTENT.sub(inside, answer) if b"ReportFormat" in answer else answer


def _length(answer: bytes) -> bytes:
    """The answer, with the length that it has now."""
    head, _, body = answer.partition(_LINE * 2)
    first, *lines = head.split(_LINE)
    return _whole(first, [one for one in lines if not one.lower().startswith(b"content-length:")], body)


def _whole(first: bytes, headers: list[bytes], body: bytes) -> bytes:
    return _LINE.join([first, *headers, b"Content-Length: %d" % len(body), b"", body])


def _response(status: int, body: bytes, headers: tuple[bytes, ...] = (b"Content-Type: application/json",)) -> bytes:
    return _whole(b"HTTP/1.1 %d -" % status, list(headers), body)


def _error(status: int, code: str, message: str = "", *, xml: bool = False) -> bytes:
    if xml:
        text = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return _response(status, text.encode(), (b"Content-Type: text/xml",))
    shown = json.dumps({"__type": code, "message": message}).encode()
    return _response(status, shown, (b"Content-Type: application/x-amz-json-1.1", b"x-amzn-errortype: " + code.encode()))


async def main(port: int, upstream: int, plan: Plan) -> None:
    """Serve until the process is ended."""
    server = await asyncio.start_server(Replay(plan, upstream).serve, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[3]).read_text())
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Plan(**{**told, "unreachable": frozenset(told["unreachable"])})))
