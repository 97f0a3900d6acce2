"""AWS as its SDK's models describe it, in process: requests are checked by the real client, answers by the model, and JSON ones go through the SDK's parser."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeAlias

from botocore.parsers import create_parser
from botocore.validate import ParamValidator

Answers: TypeAlias = "Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]"
"""By `service:Operation`: a function of the request. A KeyError whose argument is an error code, with a message or none, is that error."""


@dataclass(slots=True)
class Modelled:
    """Answers of services; what is not among them fails the test."""

    answers: Answers
    calls: Counter[str] = field(default_factory=Counter)
    """How many of each call were made."""
    region: str = ""
    """In which the last one was."""

    def attach(self, session: Any) -> Any:
        """Have it answer for a boto3 session."""
        session._session.register("before-parameter-build.*.*", _noted)
        session._session.register("before-call.*.*", self._answer)
        return session

    def _answer(self, model: Any, context: dict[str, Any], request_signer: Any, **_: object) -> Any:
        name = f"{model.service_model.service_name}:{model.name}"
        assert name in self.answers, f"{name} was called"
        self.calls[name] += 1
        self.region = request_signer.region_name
        try:
            answer = self.answers[name](context["asked"])
        except KeyError as error:
            return SimpleNamespace(status_code=400), {
                "Error": {"Code": error.args[0], "Message": "".join(error.args[1:])},
                "ResponseMetadata": {},
            }
        if model.output_shape is not None:
            report = ParamValidator().validate(answer, model.output_shape)
            assert not report.has_errors(), report.generate_report()
        if model.service_model.protocol != "json":
            return SimpleNamespace(status_code=200), answer
        wire = {"status_code": 200, "headers": {}, "body": json.dumps(answer, default=lambda when: when.timestamp()).encode()}
        return SimpleNamespace(status_code=200), create_parser("json").parse(wire, model.output_shape)


def _noted(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    context["asked"] = dict(params)
