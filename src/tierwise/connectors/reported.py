"""What other tools found inside stores, from files that they export: Amazon Macie, Google Sensitive Data Protection, Microsoft Purview.

Kept are the store and what kinds of data were found in it; quotes, cells, object keys, counts of occurrences and column names are never looked at.

- Macie (API, GetFindings): `findings`, or a finding a line as in its repository of results and as EventBridge delivers them.
- Sensitive Data Protection (API v2): `tableDataProfiles`, `fileStoreDataProfiles`, `columnDataProfiles`, `jobs` with their statistics, and the `findings` of an inspection.
- Purview: the assets of Data Estate Insights as CSV, an answer of the Data Map's search (`value`), or Atlas entities (`entities`).
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec

from tierwise.classify.kinds import OTHER, kind_of
from tierwise.errors import InputError

MOST_BYTES: Final = 256 << 20
_HELP: Final = "export Macie's findings (aws macie2 get-findings), data profiles or jobs of Sensitive Data Protection, or Purview's assets (JSON or CSV)"
Found: TypeAlias = "tuple[str, str]"
"""A store by one of its identifiers, and the tool's word for what is in it."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What one file says."""

    source: str
    """The file's name."""
    tool: str
    words: Mapping[str, frozenset[str]]
    """By an identifier of the store: ids of our detectors or categories, else the tool's own words."""


def read_reported(path: Path) -> Reported:
    """The findings of a file, whichever tool wrote it; InputError says what is wrong and how such a file is made."""
    try:
        raw = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b""
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from None
    if not raw.strip():
        raise InputError(f"{path}: the file is empty or larger than {MOST_BYTES >> 20} MiB; {_HELP}")
    try:
        tool, found = _read(raw)
        words: dict[str, set[str]] = defaultdict(set)
        for store, word in found:
            words[store].add(word)
    except (msgspec.DecodeError, csv.Error, UnicodeDecodeError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        # What the error says may quote the file.
        raise InputError(f"{path}: not an export of findings that is understood, or cut short; {_HELP}") from None
    return Reported(path.name, tool, {store: frozenset(found) for store, found in words.items()})


def _read(raw: bytes) -> tuple[str, Iterable[Found]]:
    text = raw.decode("utf-8-sig")
    if not text.lstrip().startswith(("{", "[")):
        return "Microsoft Purview", _purview_csv(text)
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        lines = [msgspec.json.decode(line) for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        document = lines
    if isinstance(document, list):
        document = {"findings": document}
    tools: tuple[tuple[str, str, Callable[[Any], Iterator[Found]]], ...] = (
        ("tableDataProfiles", "Sensitive Data Protection", _profile), ("columnDataProfiles", "Sensitive Data Protection", _profile),
        ("fileStoreDataProfiles", "Sensitive Data Protection", _profile), ("jobs", "Sensitive Data Protection", _job),
        ("entities", "Microsoft Purview", _entity), ("value", "Microsoft Purview", _asset),
    )  # fmt: skip
    for name, tool, read in tools:
        if name in document:
            return tool, [found for one in document[name] for found in read(one)]
    if "inspectDetails" in document:
        return "Sensitive Data Protection", _job(document)
    findings = (document.get("result") or document)["findings"]
    if any("infoType" in one for one in findings):
        return "Sensitive Data Protection", [found for one in findings for found in _inspected(one)]
    found = [(one.get("detail") or one) for one in findings]
    if any("resourcesAffected" not in one for one in found):
        raise ValueError("neither tool's")
    return "Amazon Macie", [each for one in found for each in _macie(one)]


def _macie(finding: Mapping[str, Any]) -> Iterator[Found]:
    """What is in a bucket; findings on its policy, and those that Macie makes up as samples, say nothing of that."""
    if finding.get("category", "CLASSIFICATION") != "CLASSIFICATION" or finding.get("sample"):
        return
    bucket = str(finding["resourcesAffected"]["s3Bucket"].get("arn") or "")
    result = finding["classificationDetails"]["result"]
    for group in result.get("sensitiveData") or ():
        for one in group.get("detections") or ():
            yield from _found(bucket, str(one["type"]), str(group.get("category")))
    for one in (result.get("customDataIdentifiers") or {}).get("detections") or ():
        yield from _found(bucket, str(one.get("name") or OTHER))


def _found(store: str, name: str, category: str = "") -> Iterator[Found]:
    word = kind_of(name, category)
    if store and word:
        yield store, word


def _profile(profile: Mapping[str, Any]) -> Iterator[Found]:
    name = str(profile.get("fullResource") or profile.get("tableFullResource") or profile.get("fileStorePath") or "")
    summaries = [*(profile.get("predictedInfoTypes") or ()), *(profile.get("fileStoreInfoTypeSummaries") or ())]
    summaries += [one for one in (profile.get("columnInfoType"),) if one]
    for one in summaries:
        yield from _found(_google(name), str(one["infoType"]["name"]))


def _job(job: Mapping[str, Any]) -> Iterator[Found]:
    details = job.get("inspectDetails")
    if not details:
        return
    config = details["requestedOptions"]["jobConfig"]["storageConfig"]
    table = (config.get("bigQueryOptions") or {}).get("tableReference") or {}
    files = ((config.get("cloudStorageOptions") or {}).get("fileSet") or {}) or {}
    store = _table(table) if table else _google(str(files.get("url") or f"gs://{(files.get('regexFileSet') or {}).get('bucketName', '')}"))
    for one in (details.get("result") or {}).get("infoTypeStats") or ():
        yield from _found(store, str(one["infoType"]["name"]))


def _inspected(finding: Mapping[str, Any]) -> Iterator[Found]:
    """A finding of an inspection, less its quote; what is unlikely by the tool's own word is left out."""
    if finding.get("likelihood") in ("VERY_UNLIKELY", "UNLIKELY"):
        return
    for place in (finding.get("location") or {}).get("contentLocations") or ():
        key = ((place.get("recordLocation") or {}).get("recordKey") or {}).get("bigQueryKey") or {}
        table = key.get("tableReference") or {}
        store = _table(table) if table else _google(str(place.get("containerName") or ""))
        yield from _found(store, str(finding["infoType"]["name"]))


def _table(reference: Mapping[str, Any]) -> str:
    return f"//bigquery.googleapis.com/projects/{reference['projectId']}/datasets/{reference['datasetId']}"


_BIGQUERY: Final = re.compile(r"([a-z][a-z0-9.:-]+):(\w+)\.[^.]+\Z")


def _google(name: str) -> str:
    """The full resource name of the store: a table's dataset, a database's instance, a path's bucket."""
    if match := _BIGQUERY.match(name):
        return f"//bigquery.googleapis.com/projects/{match[1]}/datasets/{match[2]}"
    if name.startswith("gs://"):
        return f"//storage.googleapis.com/{name.removeprefix('gs://').partition('/')[0]}"
    if name.startswith("//sqladmin.googleapis.com/"):
        name = "//cloudsql.googleapis.com/" + name.removeprefix("//sqladmin.googleapis.com/").partition("/databases/")[0]
    return name.partition("/tables/")[0]


def _asset(asset: Mapping[str, Any]) -> Iterator[Found]:
    for word in asset.get("classification") or ():
        yield from _found(_qualified(str(asset["qualifiedName"])), str(word))


def _entity(entity: Mapping[str, Any]) -> Iterator[Found]:
    for one in entity.get("classifications") or ():
        yield from _found(_qualified(str(entity["attributes"]["qualifiedName"])), str(one["typeName"]))


def _purview_csv(text: str) -> Iterator[Found]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not {"Asset fully qualified name", "Classification formal name"} <= set(rows.fieldnames or ()):
        raise ValueError("no list of assets")
    for row in rows:
        for word in re.split(r"[;,]", row["Classification formal name"] or ""):
            if word.strip():
                yield from _found(_qualified(row["Asset fully qualified name"]), word.strip())


def _qualified(name: str) -> str:
    """The store of an asset's qualified name: the scheme and host of a URL; of S3 the bucket's ARN, of a database its server."""
    parts = urlsplit(name)
    host = parts.netloc.lower()
    if host.endswith(".amazonaws.com") and ".s3" in host:
        return f"arn:aws:s3:::{host.partition('.s3')[0]}"
    if parts.scheme == "https":
        return f"https://{host}"
    return host or name
