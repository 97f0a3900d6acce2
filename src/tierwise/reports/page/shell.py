"""What every page has: the template machinery, and the style and script by whose hashes a browser knows them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tierwise.reports.text import safe_text


def render_page(template: str, told: Mapping[str, Any]) -> str:
    """A page from its template and what it tells."""
    return _environment().get_template(template).render(told)


def macros(template: str, told: Mapping[str, Any]) -> Any:
    """The macros of a template, each a function that makes markup; `told` is what they tell beside what they are given."""
    return _environment().get_template(template).make_module(dict(told))


def frame(*, run: str, sources: str, marking: str) -> dict[str, Any]:
    """What every page says of itself."""
    style, script = _asset("style.css"), _asset("filter.js")
    return {
        "style": Markup(style),  # noqa: S704 - the project's own file
        "script": Markup(script),  # noqa: S704 - the project's own file
        "style_hash": _digest(style),
        "script_hash": _digest(script),
        "version": version("tierwise"),
        "run": run,
        "sources": sources,
        "marking": marking,
    }


def _written(value: Any) -> Any:
    """What comes from a source, with control, bidirectional and zero-width characters written out; the template's own text and markup stay."""
    return safe_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("tierwise.reports", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_written,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _asset(name: str) -> str:
    return files("tierwise.reports.page").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    """The hash by which a content security policy knows an inline block."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
