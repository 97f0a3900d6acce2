"""Run by `benchmarks.classification` in an environment of Presidio's own: which entities its pattern recognisers see in each column.

    python presidio_columns.py FILE...   (prints {file: {column: [entity, ...]}} as JSON)

No language model is loaded: the recognisers are asked one by one, each raised by Presidio's own 0.35 where the header holds one of its context
words. An entity stands for a column where half of its first fifty filled values have it at a score of 0.4 or more.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

from presidio_analyzer import predefined_recognizers as shipped

NAMES = (
    "NhsRecognizer", "UkNinoRecognizer", "CreditCardRecognizer", "IbanRecognizer", "EmailRecognizer", "PhoneRecognizer",
    "UkDrivingLicenceRecognizer", "UkPostcodeRecognizer", "UkVehicleRegistrationRecognizer",
)  # fmt: skip


def columns(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8", newline="") as source:
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in source]
        else:
            rows = list(csv.DictReader(source, delimiter="\t" if path.suffix == ".tsv" else ","))
    return {name: [row[name] for row in rows if row[name]][:50] for name in rows[0]}


def main() -> None:
    recognisers: list[Any] = []
    for name in NAMES:
        kind = getattr(shipped, name)
        recognisers.append(kind(supported_regions=("GB", "US", "DE", "FR")) if name == "PhoneRecognizer" else kind())
    found: dict[str, dict[str, list[str]]] = {}
    for path in map(Path, sys.argv[1:]):
        found[path.name] = {}
        for header, values in columns(path).items():
            words = set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header).lower()))
            seen = []
            for one in recognisers:
                raised = 0.35 if words & {word.lower() for word in one.context or ()} else 0.0
                hits = sum(
                    any(min(1.0, result.score + raised) >= 0.4 for result in one.analyze(value, one.supported_entities, None) or ())
                    for value in values
                )
                if values and hits * 2 >= len(values):
                    seen.append(one.supported_entities[0])
            found[path.name][header] = seen
    print(json.dumps(found))


if __name__ == "__main__":
    main()
