"""The emulated account: moto in this process, the same in every run, with the refusals that a real account has; nothing leaves the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

from tierwise.connectors.aws.session import new_session

ACCOUNT: Final = "123456789012"
REGION: Final = "eu-west-2"
CLOSED_REGION: Final = "us-west-2"
"""A region that the department's organisation closes by a service control policy."""
DENIED: Final = ("GetBucketAcl", "dcs-complaints-archive")
"""The one read that the sample estate refuses: an operation, and the bucket it is refused for."""
_CREDENTIALS: Final = ("AKIADEMO", "demo", None)
_SEED: Final = 20260115
_SCANNER: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/tierwise/tierwise-scan"


@contextmanager
def emulated() -> Iterator[None]:
    """An empty emulated account for as long as the context lasts; identifiers that moto makes up are the same every time.

    moto decides on its account and the SDK on its endpoints by environment variables, so that theirs are put aside meanwhile.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    ours = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    }
    with patch.dict(os.environ, {**kept, **ours}, clear=True):
        from moto import mock_aws
        from moto.moto_api._internal import mock_random

        before = mock_random.getstate()
        mock_random.seed(_SEED)
        try:
            with mock_aws():
                yield
        finally:
            mock_random.setstate(before)


def planting_session() -> Any:
    """A session without the guard, for building the estate; only inside `emulated`."""
    return new_session(credentials=_CREDENTIALS, region=REGION)


def scanning_session() -> Any:
    """A session whose every request is answered here: refused where the estate refuses it, else by moto, else as not implemented.

    moto lets exceptions of its own and unknown hosts through; with this in its place a call that moto does not know is an answer like
    any other, and none can reach the network.
    """
    from moto.core.models import botocore_stubber

    session = new_session(credentials=_CREDENTIALS, region=REGION)
    events = session._session  # boto3 has no public way to its botocore session
    events.unregister("before-send", botocore_stubber)
    events.register("before-send", _answer)
    return session


def _answer(event_name: str, request: Any, **_: object) -> Any:
    from moto.core.models import botocore_stubber

    operation = event_name.rsplit(".", 1)[-1]
    parts = urlsplit(request.url)
    if CLOSED_REGION in parts.netloc.split(".") and "sts" not in parts.netloc:
        service = parts.netloc.split(".", 1)[0]
        because = f"is not authorized to perform: {service}:{operation} with an explicit deny in a service control policy"
        return _refusal(request, 400, "AccessDeniedException", f"User: {_SCANNER} {because}")
    if operation == DENIED[0] and DENIED[1] in f"{parts.netloc}{parts.path}":
        return _refusal(request, 403, "AccessDenied", "Access Denied")
    try:
        answer = botocore_stubber(event_name, request)
    except NotImplementedError:
        answer = None
    return answer or _refusal(request, 501, "NotImplemented", f"{operation} is not emulated")


def _refusal(request: Any, status: int, code: str, message: str) -> Any:
    """An error as the service would send it: JSON for those that are called by `X-Amz-Target`, XML for the others."""
    import json

    from botocore.awsrequest import AWSResponse
    from moto.core.botocore_stubber import MockRawResponse

    if "X-Amz-Target" in request.headers:
        kind, body = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
    else:
        inner = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        kind, body = (
            "application/xml",
            inner if ".s3" in request.url or "//s3" in request.url else f"<ErrorResponse>{inner}</ErrorResponse>",
        )
    return AWSResponse(request.url, status, {"Content-Type": kind, "x-amzn-ErrorType": code}, MockRawResponse(body))
