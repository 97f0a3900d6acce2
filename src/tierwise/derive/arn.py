"""What an ARN or another identifier says by itself: account, region, and the shorter names it contains."""

from __future__ import annotations

import re
from typing import Final

import msgspec

_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([^/]+)", re.IGNORECASE)
_KEY_VAULT_KEY: Final = re.compile(r"https://[^/]+/keys/[^/]+\Z")
_KEY_ID: Final = re.compile(r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\Z")


class Arn(msgspec.Struct, frozen=True, gc=False):
    """The parts of `arn:partition:service:region:account:rest`; region and account may be empty."""

    service: str
    region: str
    account: str
    rest: str


def parse_arn(text: str) -> Arn | None:
    """The parts of an ARN, or None where the text is none."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return None
    return Arn(parts[2], parts[3], parts[4], parts[5])


def account_named(text: str) -> str:
    """The account or subscription that an identifier names, or an empty string."""
    arn = parse_arn(text)
    subscription = None if arn else _SUBSCRIPTION.match(text)
    return arn.account if arn else subscription[1].lower() if subscription else ""


def region_named(text: str) -> str:
    """The region that an identifier names, or an empty string."""
    arn = parse_arn(text)
    return arn.region if arn else ""


def is_scoped_key_name(text: str) -> bool:
    """Whether the text is a key alias or a bare key id, which mean something in one account and region only."""
    return text.startswith("alias/") or _KEY_ID.match(text) is not None


def names_one_key(text: str) -> bool:
    """Whether the text is a key's own name, so that another text is another key; an alias may stand for any."""
    return ":key/" in text or _KEY_VAULT_KEY.match(text) is not None


def spellings(target: str) -> tuple[str, ...]:
    """The identifiers under which a target may be listed, as written first; `*` inside a name is not expanded."""
    forms = [target]
    for tail in (":*", "/*", "/"):
        if target.startswith("arn:") and target.endswith(tail):
            forms.append(target.removesuffix(tail))
    for form in tuple(forms):
        arn = parse_arn(form)
        if arn and arn.service == "s3" and not arn.account and "/" not in arn.rest:
            forms.append(arn.rest)
    return tuple(dict.fromkeys(forms))
