"""Where no notice goes, however it is spelt."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from tierwise.errors import NotifyError
from tierwise.notify.address import permitted, place_of, resolved

REFUSED = [
    "http://hooks.example.org/x",
    "HTTP://hooks.example.org/x",
    "ftp://hooks.example.org/x",
    "file:///etc/passwd",
    "gopher://hooks.example.org/x",
    "hooks.example.org/x",
    "//hooks.example.org/x",
    "https:///x",
    "https://user:word@hooks.example.org/x",
    "https://hooks.example.org@127.0.0.1/x",
    "https://hooks.example.org:word@169.254.169.254/x",
    "https://hooks.example.org:99999/x",
    "https://hooks.example.org\\@127.0.0.1/x",
    "https://hooks.example.org/x\r\nHost: other",
    "https://ex\u00e4mple.org/x",
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://0/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[::ffff:a9fe:a9fe]/x",
    "https://[64:ff9b::7f00:1]/x",
    "https://[2002:7f00:1::]/x",
    "https://[fe80::1]/x",
    "https://[fec0::1]/x",
    "https://[::127.0.0.1]/x",
    "https://[::a9fe:a9fe]/x",
    "https://[64:ff9b:1::a9fe:a9fe]/x",
    "https://[3fff::1]/x",
    "https://[5f00::1]/x",
    "https://192.0.0.192/x",
    "https://192.0.0.9/x",
    "https://[fd00:ec2::254]/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/latest/meta-data/",
    "https://10.1.2.3/x",
    "https://172.16.0.1/x",
    "https://192.168.0.1/x",
    "https://100.64.0.1/x",
    "https://168.63.129.16/x",
    "https://224.0.0.1/x",
    "https://localhost/x",
]


@pytest.mark.parametrize("url", REFUSED)
def test_a_url_that_leads_inside_or_is_none_is_refused_without_being_repeated(url):
    with pytest.raises(NotifyError) as refused:
        resolved(place_of(url), ())
    assert "hooks" not in str(refused.value)
    assert "/x" not in str(refused.value)


def test_what_a_name_is_answered_with_decides_and_any_answer_inside_refuses_all():
    place = place_of("https://hooks.example.org/x?token=1")
    assert (place.host, place.port, place.path) == ("hooks.example.org", 443, "/x?token=1")
    assert resolved(place, (), lambda *_: ["8.8.8.8", "2001:4860:4860::8888"]) == "8.8.8.8"
    for answers in (["8.8.8.8", "127.0.0.1"], ["2001:4860:4860::8888", "fe80::1"], ["::ffff:10.0.0.1"]):
        with pytest.raises(NotifyError, match="private, local or reserved"):
            resolved(place, (), lambda *_, answers=answers: answers)
    with pytest.raises(NotifyError, match="has no address"):
        resolved(place, (), lambda *_: [])


def test_it_is_looked_up_once_so_that_a_second_answer_leads_nowhere():
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    assert resolved(place_of("https://hooks.example.org/x"), (), lambda *_: next(answers)) == "8.8.8.8"
    assert next(answers) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("address", "allowed", "goes"),
    [
        ("10.20.3.4", "10.20.0.0/16", True),
        ("10.21.3.4", "10.20.0.0/16", False),
        ("::ffff:10.20.3.4", "10.20.0.0/16", True),
        ("127.0.0.1", "127.0.0.0/8", True),
        ("fd12::1", "fd12::/16", True),
        ("169.254.169.254", "0.0.0.0/0", False),
        ("fd00:ec2::254", "::/0", False),
        ("fd20:ce::254", "fd00::/8", False),
        ("fd00:42::42", "fd00::/8", False),
        ("168.63.129.16", "168.63.0.0/16", False),
        ("fe80::1", "fe80::/10", False),
        ("192.0.0.192", "192.0.0.0/24", False),
        ("::169.254.169.254", "::/0", False),
        ("fec0::1", "fec0::/10", True),
        ("2001:4860:4860::8888", "10.0.0.0/8", True),
        ("8.8.8.8", "10.0.0.0/8", True),
    ],
)
def test_settings_allow_networks_but_never_a_metadata_service(address, allowed, goes):
    assert permitted(ip_address(address), (ip_network(allowed),)) is goes
