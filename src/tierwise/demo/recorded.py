"""The department's Azure subscription and Google Cloud project: written recordings, answered below the real SDK pipelines, so that no socket is opened.

A recording holds what the inventory lists (`rows` of Resource Graph, `assets` of Cloud Asset Inventory) and the `answers` of other calls by
host and path, each a body, or `{"status": 403, "body": ...}`. What is not recorded is answered with 501, which a test refuses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.pipeline.transport import RequestsTransport
from google.auth.credentials import Credentials
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from tierwise.config import AzureConfig, GcpConfig
from tierwise.connectors.azure.connect import open_tenant
from tierwise.connectors.azure.guard import GRAPH_PATH
from tierwise.connectors.base import Source
from tierwise.connectors.gcp.connect import open_projects

SUBSCRIPTION: Final = "5a3c0f2e-0000-4000-8000-00000000dc51"
PROJECT: Final = "dcs-research"
_DATA: Final = Path(__file__).parent / "data"
_TABLE: Final = re.compile(r"\w+ \| where type in~ \(([^)]*)\)")
_CONTENT: Final = {"RESOURCE": "resource", "IAM_POLICY": "iamPolicy", "ORG_POLICY": "orgPolicy"}
_NEVER: Final = 1 << 40
"""When the tokens expire, in seconds since 1970."""


class Replay(HTTPAdapter):
    """A recording in the place of the network."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._recording: Mapping[str, Any] = json.loads(file.read_bytes())
        self.unrecorded: list[str] = []
        """Calls for which there is no answer."""
        self.used: set[str] = set()
        """The recorded answers that were asked for."""

    @property
    def answers(self) -> Mapping[str, Any]:
        """The recorded answers by host and path."""
        found: Mapping[str, Any] = self._recording["answers"]
        return found

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """One request, answered from the recording."""
        status, body = self._answer(request)
        raw = BytesIO(json.dumps(body).encode())
        headers = {"Content-Type": "application/json"}
        response: Response = self.build_response(request, HTTPResponse(body=raw, status=status, headers=headers, preload_content=False))
        return response

    def _answer(self, request: PreparedRequest) -> tuple[int, Any]:
        parts = urlsplit(request.url or "")
        path = unquote(str(parts.path))
        if path == GRAPH_PATH and isinstance(request.body, str | bytes):
            return 200, {"data": list(self._rows(json.loads(request.body)["query"])), "resultTruncated": "false"}
        if path.endswith("/assets"):
            return 200, {"assets": list(self._assets(parse_qs(str(parts.query))))}
        name = f"{parts.netloc}{path}".lower()
        found = next((recorded for recorded in self.answers if recorded.lower() == name), None)
        if found is None:
            self.unrecorded.append(name)
            return 501, {"error": {"code": "NotRecorded", "message": name, "status": "UNIMPLEMENTED"}}
        self.used.add(found)
        answer = self.answers[found]
        return (answer["status"], answer["body"]) if "status" in answer else (200, answer)

    def _rows(self, query: str) -> Iterator[Any]:
        match = _TABLE.match(query)
        types = {one.strip(" '") for one in match[1].split(",")} if match else set()
        yield from (row for row in self._recording["rows"] if row["type"] in types)

    def _assets(self, query: Mapping[str, list[str]]) -> Iterator[Any]:
        holds = _CONTENT[query["contentType"][0]]
        for one in self._recording["assets"]:
            if one["assetType"] in query["assetTypes"] and holds in one:
                yield {name: value for name, value in one.items() if name == holds or name not in _CONTENT.values()}


def azure_subscription(now: datetime) -> tuple[tuple[Source, ...], Replay]:
    """The subscription as a source that can be scanned, and what answers for it."""
    replay = Replay(_DATA / "azure.json")
    session = Session()
    session.mount("https://", replay)
    transport = RequestsTransport(session=session, session_owner=False)
    options = AzureConfig(subscriptions=(SUBSCRIPTION,), requests_per_second=0)
    return open_tenant(options, now, credential=_AzureToken(), transport=transport), replay


def google_project(now: datetime) -> tuple[tuple[Source, ...], Replay]:
    """The project as a source that can be scanned, and what answers for it."""
    replay = Replay(_DATA / "gcp.json")
    return open_projects(GcpConfig(projects=(PROJECT,), requests_per_second=0), now, credentials=_GoogleToken(), inner=replay), replay


class _AzureToken:
    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("sample", _NEVER)

    def get_token_info(self, *_: str, **__: Any) -> AccessTokenInfo:
        return AccessTokenInfo("sample", _NEVER)


class _GoogleToken(Credentials):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.token = "sample"

    def refresh(self, request: Any) -> None:
        """The same again."""
