"""What a receiver gets, and what is done about one that misbehaves."""

from __future__ import annotations

import re
import socket
import time
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.hang import HANGS
from tierwise.errors import NotifyError
from tierwise.notify import post as posting
from tierwise.notify.post import post, signature

LOCAL = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
SECRET = b"0123456789abcdef0123456789abcdef"


def send(receiver, body=b"{}", **more):
    post(receiver.url, body, delivery="run-1/team", allowed=LOCAL, resolve=lambda *_: ["127.0.0.1"], **more)


def recipe():
    """The check that the documentation gives to receivers, run as it stands there."""
    page = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    named: dict[str, object] = {}
    exec(code[1], named)
    return named["is_ours"]


def test_a_signed_notice_arrives_with_what_the_documented_check_takes(receiver):
    send(receiver, b'{"a": 1}', secret=SECRET)
    ((path, headers, body),) = receiver.got
    assert (path, body) == ("/services/T0/secret-path", b'{"a": 1}')
    assert (headers["Content-Type"], headers["Tierwise-Delivery"]) == ("application/json", "run-1/team")
    is_ours = recipe()
    assert is_ours(headers["Tierwise-Signature"], body, SECRET)
    assert not is_ours(headers["Tierwise-Signature"], body + b" ", SECRET)
    assert not is_ours(headers["Tierwise-Signature"], body, SECRET[::-1])
    assert not is_ours(signature(SECRET, body, int(time.time()) - 301), body, SECRET)
    assert not is_ours(signature(SECRET, body, int(time.time()) + 301), body, SECRET)


def test_an_unsigned_notice_has_no_signature(receiver):
    send(receiver)
    assert "Tierwise-Signature" not in receiver.got[0][1]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(receiver, status):
    receiver.status, receiver.headers = status, {"Location": "http://169.254.169.254/"}
    with pytest.raises(NotifyError, match=rf"a redirect \({status}\), which is not followed"):
        send(receiver)
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", [400, 404, 500])
def test_an_answer_that_is_no_success_is_told_without_the_url(receiver, status):
    receiver.status, receiver.body = status, b"secret-path " * 10
    with pytest.raises(NotifyError) as error:
        send(receiver)
    assert f"answered {status}" in str(error.value)
    assert "secret-path" not in str(error.value)


def test_of_a_long_answer_only_the_beginning_is_read(receiver):
    receiver.body = b"x" * (64 << 20)
    send(receiver)
    assert receiver.broken.wait(HANGS)


def test_a_receiver_that_does_not_answer_is_given_up_in_time(receiver, monkeypatch):
    monkeypatch.setattr(posting, "SECONDS", 0.3)
    receiver.slow = True
    with pytest.raises(NotifyError, match="did not answer"):
        send(receiver)


def test_a_receiver_that_dawdles_over_its_certificate_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr(posting, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://localhost:{silent.getsockname()[1]}/x"
        with pytest.raises(NotifyError, match="did not answer"):
            post(url, b"{}", delivery="d", allowed=LOCAL, resolve=lambda *_: ["127.0.0.1"])


def test_a_certificate_of_another_or_of_nobody_is_refused(receiver, monkeypatch):
    other = receiver.url.replace("localhost", "hooks.example.org")
    with pytest.raises(NotifyError, match="cannot be trusted"):
        post(other, b"{}", delivery="d", allowed=LOCAL, resolve=lambda *_: ["127.0.0.1"])
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(NotifyError, match="cannot be trusted"):
        send(receiver)
    assert receiver.got == []


def test_no_proxy_of_the_environment_is_asked(receiver, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    send(receiver)
    assert len(receiver.got) == 1
