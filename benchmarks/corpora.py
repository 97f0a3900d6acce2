"""Labelled tables of people and of things that look like them, drawn from a seed. Imports nothing of tierwise; writes its own check digits.

Names, addresses and companies come from Faker in several locales. A column's label is the id of what it truly holds, or empty; a table's
tier is that of its labels (people's identifiers T2, children, convictions and special categories T3, people at risk T4, things T1).
"""

from __future__ import annotations

import csv
import json
import random
import string
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import md5, sha1, sha256
from pathlib import Path
from typing import Any

from faker import Faker

Draw = Callable[[], str]
LOCALES = ("en_GB", "en_GB", "en_IE", "pl_PL", "fr_FR", "de_DE")
HIGH = {
    "chi_number": 2,
    "upn": 3,
    "pnc_number": 3,
    "secret_key": 3,
    "password_hash": 3,
    "diagnosis": 3,
    "ethnicity": 3,
    "religion": 3,
    "protected_person": 4,
    "prison_number": 3,
}
"""Tiers of labels that are not T2."""
NAMED_ONLY = {"no-suffix"}
"""Hands that look like many other things, so that only the header tells."""
QUASI = {"uk_postcode", "sex"}
"""Labels that raise nothing alone."""


@dataclass
class Col:
    """A column: its header, its values as written, what it holds, and for things the family."""

    name: str
    values: list[str]
    label: str = ""
    family: str = ""


@dataclass
class Case:
    """A table with its true tier."""

    name: str
    columns: list[Col] = field(default_factory=list)
    tier: int = 1

    @property
    def things(self) -> bool:
        """Whether nothing in it is about people."""
        return not any(one.label for one in self.columns)


class Maker:
    """Draws values; one instance a seed."""

    def __init__(self, seed: int) -> None:
        self.r = random.Random(seed)
        self.fakers: dict[str, Faker] = {}
        for locale in set(LOCALES):
            self.fakers[locale] = Faker(locale)
            self.fakers[locale].seed_instance(seed)
        self.gb = self.fakers["en_GB"]

    def digits(self, count: int, first: str = string.digits) -> str:
        return self.r.choice(first) + "".join(self.r.choices(string.digits, k=count - 1))

    def letters(self, count: int, among: str = string.ascii_uppercase) -> str:
        return "".join(self.r.choices(among, k=count))

    # identifiers of people

    def _mod11(self, nine: str) -> str | None:
        check = 11 - sum(int(one) * (10 - place) for place, one in enumerate(nine)) % 11
        return None if check == 10 else nine + ("0" if check == 11 else str(check))

    def nhs(self) -> str:
        while True:
            if found := self._mod11(self.digits(9, "467")):
                return found

    def hc(self) -> str:
        while True:
            if found := self._mod11("3" + self.digits(8, "23456789")):
                return found

    def chi(self) -> str:
        while True:
            born = self.birth()
            if found := self._mod11(born.strftime("%d%m%y") + self.digits(3)):
                return found

    def birth(self, youngest: int = 2006) -> date:
        return date(1930, 1, 1) + timedelta(days=self.r.randrange((youngest - 1930) * 365))

    def nino(self) -> str:
        while True:
            prefix = self.letters(1, "ABCEGHJKLMNOPRSTWXYZ") + self.letters(1, "ABCEGHJKLMNPRSTWXYZ")
            if prefix not in {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}:
                return prefix + self.digits(6) + self.letters(1, "ABCD")

    def utr(self) -> str:
        nine = self.digits(9)
        total = sum(int(one) * weight for one, weight in zip(nine, (6, 7, 8, 9, 10, 5, 4, 3, 2), strict=True))
        return "21987654321"[total % 11] + nine

    def upn(self) -> str:
        rest = self.r.choice(("801", "330", "205", "886", "373", "908")) + self.digits(9)
        return "ABCDEFGHJKLMNPQRTUVWXYZ"[sum(int(one) * (place + 2) for place, one in enumerate(rest)) % 23] + rest

    def licence(self) -> str:
        surname = "".join(one for one in self.gb.last_name().upper() if one in string.ascii_uppercase)[:5].ljust(5, "9")
        born = self.birth()
        month = born.month + (50 if self.r.random() < 0.5 else 0)
        return f"{surname}{born.year // 10 % 10}{month:02d}{born.day:02d}{born.year % 10}{self.letters(1)}{self.r.choice('9' + string.ascii_uppercase)}{self.digits(1)}{self.letters(2)}"

    def iban(self) -> str:
        country, bban = self.r.choice(
            (
                ("GB", self.letters(4) + self.digits(14)),
                ("GB", self.letters(4) + self.digits(14)),
                ("DE", self.digits(18)),
                ("FR", self.digits(23)),
                ("IE", self.letters(4) + self.digits(14)),
            )
        )
        number = int("".join(str(int(one, 36)) for one in bban + country + "00"))
        return f"{country}{98 - number % 97:02d}{bban}"

    def luhn(self, stem: str) -> str:
        total = 0
        for place, one in enumerate(reversed(stem)):
            value = int(one) * (2 if place % 2 == 0 else 1)
            total += value - 9 if value > 9 else value
        return stem + str(-total % 10)

    def card(self) -> str:
        return self.luhn(self.r.choice(("4", "4", "51", "55", "2223", "2401")).ljust(4, self.r.choice(string.digits)) + self.digits(11))

    def phone(self) -> str:
        return self.r.choice(
            (
                "07" + self.r.choice("4578") + self.digits(8),
                "020" + self.r.choice("378") + self.digits(7),
                "01" + self.r.choice(("204", "273", "482", "604", "752")) + self.digits(6),
            )
        )

    def email(self) -> str:
        person, host = self.gb, self.r.choice(("gmail.com", "outlook.com", "btinternet.com", "hotmail.co.uk", "dept.gov.uk"))
        first, last = person.first_name().lower(), "".join(one for one in person.last_name().lower() if one.isalpha())
        return self.r.choice((f"{first}.{last}@{host}", f"{first[0]}{last}{self.r.randrange(99)}@{host}", f"{last}.{first}@{host}"))

    def mrz(self) -> str:
        def check(part: str) -> str:
            return part + str(sum((0 if one == "<" else int(one, 36)) * (7, 3, 1)[place % 3] for place, one in enumerate(part)) % 10)

        born, until = self.birth(), date(2026, 1, 1) + timedelta(days=self.r.randrange(3600))
        return (
            check(self.digits(9))
            + "GBR"
            + check(born.strftime("%y%m%d"))
            + self.r.choice("MF")
            + check(until.strftime("%y%m%d"))
            + "<" * 14
            + "0"
            + self.digits(1)
        )

    def pnc(self) -> str:
        year, serial = self.r.randrange(1990, 2026), self.r.randrange(1, 600_000)
        return f"{year}/{serial:07d}{'ZABCDEFGHJKLMNPQRTUVWXY'[int(f'{year % 100:02d}{serial:07d}') % 23]}"

    def aws_key(self) -> str:
        return "AKIA" + self.letters(16, string.ascii_uppercase + "234567")

    def bcrypt(self) -> str:
        return "$2b$12$" + self.letters(53, string.ascii_letters + string.digits + "./")

    def postcode(self) -> str:
        area = self.r.choice(("LS", "M", "B", "EH", "CF", "BT", "SE", "NE", "PL", "YO", "SW", "G"))
        return f"{area}{self.r.randrange(1, 30)} {self.digits(1)}{self.letters(2, 'ABDEFGHJLNPQRSTUWXYZ')}"

    def registration(self) -> str:
        return f"{self.letters(2, 'ABCDEFGHJKLMNOPRSTUVWXY')}{self.r.choice((self.r.randrange(2, 26), self.r.randrange(51, 75))):02d} {self.letters(3, 'ABCDEFGHJKLMNOPRSTUVWXYZ')}"

    def name(self) -> str:
        return self.fakers[self.r.choice(LOCALES)].name()

    # things that look like them

    def families(self) -> dict[str, tuple[str, Callable[[int], list[str]]]]:
        """Header and values of each family."""
        r, now = self.r, 1_700_000_000

        def each(make: Draw) -> Callable[[int], list[str]]:
            return lambda rows: [make() for _ in range(rows)]

        def run(first: int, step: int, form: str) -> Callable[[int], list[str]]:
            return lambda rows: [form.format(first + place * step) for place in range(rows)]

        def checked(rows: int) -> list[str]:
            found: list[str] = []
            stem = r.randrange(450_000_000, 480_000_000)
            while len(found) < rows:
                stem += 1
                if number := self._mod11(str(stem)):
                    found.append(number)
            return found

        def ean(stem: str) -> str:
            return stem + str(-sum(int(one) * (3 if place % 2 else 1) for place, one in enumerate(stem)) % 10)

        prefix = self.letters(2, "ABCEGHJKLM")
        town = r.choice
        return {
            "order-number": ("order_no", each(lambda: self.digits(10))),
            "reference": ("reference", each(lambda: self.digits(10, "4567"))),
            "order-luhn": ("order_id", each(lambda: self.luhn("8" + self.digits(14)))),
            "sixteen-digits": ("token", each(lambda: "4" + self.digits(15))),
            "epoch-seconds": ("ts", each(lambda: str(now + r.randrange(90_000_000)))),
            "epoch-millis": ("event_time", each(lambda: str(now * 1000 + r.randrange(90_000_000_000)))),
            "iso-timestamp": ("created_at", each(lambda: datetime.fromtimestamp(now + r.randrange(9**8), UTC).isoformat())),
            "recent-date": ("posted_on", each(lambda: f"{date(2018, 1, 1) + timedelta(days=r.randrange(2800)):%Y-%m-%d}")),
            "uuid": ("id", each(lambda: str(uuid.UUID(int=r.getrandbits(128), version=4)))),
            "md5": ("checksum", each(lambda: md5(self.digits(9).encode(), usedforsecurity=False).hexdigest())),
            "sha1": ("commit", each(lambda: sha1(self.digits(9).encode(), usedforsecurity=False).hexdigest())),
            "sha256": ("content_hash", each(lambda: sha256(self.digits(9).encode()).hexdigest())),
            "sequential": ("id", run(4_500_000_000 + r.randrange(10**6), 1, "{}")),
            "sequential-checked": ("account_ref", checked),
            "small-integers": ("quantity", each(lambda: str(r.randrange(1, 500)))),
            "isbn-10": ("isbn", each(lambda: next(found for _ in range(99) if (found := self._mod11(self.digits(9, "01345")))))),
            "isbn-13": ("isbn13", each(lambda: ean("978" + self.digits(9)))),
            "ean-13": ("gtin", each(lambda: ean("50" + self.digits(10)))),
            "imei": ("imei", each(lambda: self.luhn("35" + self.digits(12)))),
            "iccid": ("iccid", each(lambda: self.luhn("8944" + self.digits(14)))),
            "code-fixed-prefix": ("product_code", each(lambda: prefix + self.digits(6) + "A")),
            "code-random": ("lot", each(lambda: self.letters(2) + self.digits(6) + self.letters(1))),
            "base36": ("short_id", each(lambda: self.letters(9, string.ascii_uppercase + string.digits))),
            "letter-twelve": ("batch_code", each(lambda: self.letters(1) + self.digits(12))),
            "tracking": ("tracking_no", each(lambda: self.letters(2) + self.digits(9) + "GB")),
            "mac": ("mac", each(lambda: ":".join(f"{r.randrange(256):02x}" for _ in range(6)))),
            "version": ("version", each(lambda: f"{r.randrange(9)}.{r.randrange(30)}.{r.randrange(99)}.{r.randrange(200)}")),
            "private-ip": ("host_ip", each(lambda: f"10.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}")),
            "role-mailbox": (
                "contact",
                each(
                    lambda: (
                        f"{town(('support', 'team', 'info', 'no-reply', 'helpdesk', 'billing'))}@{self.letters(6, string.ascii_lowercase)}.gov.uk"
                    )
                ),
            ),
            "retina-image": ("asset", each(lambda: f"{town(('logo', 'hero', 'icon'))}-{r.randrange(99)}@2x.png")),
            "business-postcode": ("office_postcode", each(self.postcode)),
            "bin-location": ("bin", each(lambda: f"{self.letters(1)}{r.randrange(1, 30)} {self.digits(1)}{self.letters(2)}")),
            "company-number": ("company_number", each(lambda: self.digits(8, "01"))),
            "company-name": ("company_name", each(self.gb.company)),
            "invoice": ("invoice_no", run(r.randrange(1000), 1, "INV-2025-{:06d}")),
            "mobile-like-id": ("device_ref", each(lambda: "07" + self.digits(9))),
            "cloud-account": ("aws_account", each(lambda: self.digits(12, "123456789"))),
            "arn": ("resource", each(lambda: f"arn:aws:s3:::{self.letters(8, string.ascii_lowercase)}-{self.digits(12)}")),
            "meter": ("mpan", each(lambda: self.digits(13, "12"))),
            "shop-latitude": ("lat", each(lambda: f"{50 + r.random() * 8:.6f}")),
            "price": ("price", each(lambda: f"{r.random() * 900:.2f}")),
            "flag": ("email_verified", each(lambda: town(("true", "false")))),
            "year-slash": ("case_ref", each(lambda: f"{r.randrange(2015, 2026)}/{r.randrange(10**6):06d}{self.letters(1)}")),
            "town": ("city", each(self.gb.city)),
            "colour": ("colour", each(lambda: town(("Black", "White", "Blue", "Red", "Green", "Mixed")))),
            "product": ("title", each(lambda: f"{self.gb.word()} {self.gb.word()} {r.randrange(9)}")),
            "weekday": ("day", each(lambda: town(("Monday", "Friday", "Sunday")))),
            "status": ("status", each(lambda: town(("open", "closed", "pending")))),
        }

    # tables

    def people(self) -> dict[str, tuple[tuple[str, ...], Draw, tuple[str, ...]]]:
        """Of each label: headers that name it, how a value is drawn, and in which hands it may be written."""
        r = self.r
        ten = ("plain", "spaced", "hyphened", "dotted", "float", "scientific")
        return {
            "nhs_number": (("nhs_number", "NHSNumber", "nhs_no", "patient_nhs_number"), self.nhs, (*ten, "labelled")),
            "hc_number": (("hcn", "health_and_care_number"), self.hc, ten),
            "chi_number": (("chi", "chi_number", "CHI No"), self.chi, ("plain", "lost-zero")),
            "nino": (("nino", "ni_number", "NationalInsuranceNumber"), self.nino, ("plain", "pairs", "lower", "no-suffix")),
            "upn": (("upn", "unique_pupil_number"), self.upn, ("plain", "lower")),
            "driving_licence": (("driver_number", "driving_licence_no"), self.licence, ("plain",)),
            "iban": (("iban", "refund_iban"), self.iban, ("plain", "fours")),
            "payment_card": (("card_number", "pan"), self.card, ("plain", "fours")),
            "phone": (("phone", "mobile_number", "telephone"), self.phone, ("plain", "international")),
            "email": (("email", "EmailAddress", "e_mail"), self.email, ("plain", "upper")),
            "passport_mrz": (("mrz", "passport_mrz"), self.mrz, ("plain",)),
            "pnc_number": (("pnc_id", "pnc_number"), self.pnc, ("plain",)),
            "secret_key": (("api_key", "access_key"), self.aws_key, ("plain",)),
            "password_hash": (("password_hash", "pwd_hash"), self.bcrypt, ("plain",)),
            "utr": (("utr", "sa_utr"), self.utr, ("plain",)),
            "full_name": (("full_name", "customer_name", "applicant_name"), self.name, ("plain",)),
            "date_of_birth": (("dob", "date_of_birth", "BirthDate"), lambda: self.birth(2020).isoformat(), ("plain", "british", "solid-date", "serial")),
            "uk_postcode": (("postcode", "home_postcode"), self.postcode, ("plain", "lower", "solid")),
            "sex": (("sex", "gender"), lambda: r.choice(("M", "F", "Female", "Male")), ("plain",)),
            "vehicle_registration": (("vrm", "vehicle_registration"), self.registration, ("plain", "solid")),
            "ethnicity": (("ethnicity", "ethnic_group"), lambda: r.choice(("White British", "Black African", "Asian Indian", "Mixed White and Asian", "White Irish")), ("plain",)),
            "religion": (("religion",), lambda: r.choice(("Christian", "Muslim", "No religion", "Hindu", "Sikh")), ("plain",)),
            "diagnosis": (("diagnosis", "medical_condition"), lambda: r.choice(("Asthma", "Type 2 diabetes", "Depression", "Hypertension")), ("plain",)),
            "prison_number": (("prison_number", "noms_id"), lambda: self.letters(1) + self.digits(4) + self.letters(2), ("plain",)),
            "protected_person": (("refuge_address", "witness_protection"), lambda: f"{r.randrange(99)} {self.gb.street_name()}", ("plain",)),
        }  # fmt: skip

    def written(self, value: str, hand: str) -> str:
        """A value as one system or another writes it."""
        match hand:
            case "spaced":
                return f"{value[:3]} {value[3:6]} {value[6:]}"
            case "hyphened":
                return f"{value[:3]}-{value[3:6]}-{value[6:]}"
            case "dotted":
                return f"{value[:3]}.{value[3:6]}.{value[6:]}"
            case "labelled":
                return f"NHS: {value[:3]} {value[3:6]} {value[6:]}"
            case "no-suffix":
                return value[:-1]
            case "serial":
                return str((date.fromisoformat(value) - date(1899, 12, 30)).days)
            case "solid-date":
                return value.replace("-", "")
            case "float":
                return f"{value}.0"
            case "scientific":
                return f"{int(value):.9E}"
            case "lost-zero":
                return value.lstrip("0")
            case "pairs":
                return " ".join((value[:2], value[2:4], value[4:6], value[6:8], value[8:]))
            case "fours":
                return " ".join(value[place : place + 4] for place in range(0, len(value), 4))
            case "international":
                return f"+44 {value[1:5]} {value[5:]}"
            case "lower":
                return value.lower()
            case "upper":
                return value.upper()
            case "solid":
                return value.replace(" ", "")
            case "british":
                return "/".join(reversed(value.split("-")))
            case _:
                return value

    def of_people(self, label: str, rows: int, *, opaque: bool) -> Col:
        """A column of people's values with gaps, repeats and dirt."""
        headers, draw, hands = self.people()[label]
        hand = self.r.choice([one for one in hands if not (opaque and one in NAMED_ONLY)])
        gaps, dirt = self.r.choice((0.0, 0.1, 0.4)), self.r.choice((0.0, 0.0, 0.03))
        values = []
        for _ in range(rows):
            luck = self.r.random()
            values.append(
                ""
                if luck < gaps
                else self.r.choice(("N/A", "tbc", "see notes", "not given"))
                if luck < gaps + dirt
                else self.written(draw(), hand)
            )
        name = self.r.choice(("ref", "value", "field_3", "c7", "identifier", "col12")) if opaque else self.r.choice(headers)
        return Col(name, values, label)

    def of_things(self, family: str, rows: int) -> Col:
        header, make = self.families()[family]
        return Col(header if self.r.random() < 0.6 else self.r.choice(("ref", "value", "field_5", "c3", "code")), make(rows), "", family)


SETTLED = (
    "nhs_number",
    "hc_number",
    "chi_number",
    "nino",
    "upn",
    "driving_licence",
    "iban",
    "payment_card",
    "phone",
    "email",
    "passport_mrz",
    "pnc_number",
    "secret_key",
    "password_hash",
)
"""Labels that values settle, also under a header that says nothing."""


def cases(seed: int, tables: int) -> list[Case]:
    """Tables of people, of things, and of both."""
    make = Maker(seed)
    r, families, labels = make.r, list(make.families()), list(make.people())
    found: list[Case] = []
    for number in range(tables):
        rows = r.randrange(40, 300)
        case = Case(f"t{number:04d}")
        kind = number % 3
        if kind != 1:
            for label in [labels[number // 3 % len(labels)], *r.sample(labels, r.randrange(0, 4))]:
                if label not in {one.label for one in case.columns}:
                    case.columns.append(make.of_people(label, rows, opaque=label in SETTLED and r.random() < 0.4))
        if kind == 2 or (kind == 0 and r.random() < 0.3):
            case.columns += [make.of_things(one, rows) for one in r.sample(families, r.randrange(1, 4))]
        if kind == 1:
            picked = [families[number // 3 % len(families)], *r.sample(families, r.randrange(0, 5))]
            case.columns += [make.of_things(one, rows) for one in dict.fromkeys(picked)]
        seen: dict[str, int] = {}
        for one in case.columns:
            seen[one.name] = seen.get(one.name, 0) + 1
            one.name += f"_{seen[one.name]}" if seen[one.name] > 1 else ""
        r.shuffle(case.columns)
        case.tier = tier([one.label for one in case.columns if one.label])
        found.append(case)
    return found


def tier(labels: list[str]) -> int:
    """The tier of what a table holds, for fewer than a thousand people."""
    told = set(labels)
    if not told:
        return 1
    alone = {label for label in told if label not in QUASI}
    return max((HIGH.get(label, 2) for label in alone), default=2 if told >= QUASI else 1)


def write(case: Case, folder: Path, number: int) -> Path:
    """The table as CSV, TSV or JSON lines."""
    rows = list(zip(*(one.values for one in case.columns), strict=True))
    names = [one.name for one in case.columns]
    suffix = (".csv", ".tsv", ".jsonl")[number % 3]
    path = folder / f"{case.name}{suffix}"
    with path.open("w", encoding="utf-8", newline="") as out:
        if suffix == ".jsonl":
            out.writelines(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n" for row in rows)
        else:
            writer: Any = csv.writer(out, delimiter="\t" if suffix == ".tsv" else ",")
            writer.writerow(names)
            writer.writerows(rows)
    return path


def read(path: Path) -> dict[str, list[str]]:
    """The columns of a written table, by header."""
    with path.open(encoding="utf-8", newline="") as source:
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in source]
        else:
            rows = list(csv.DictReader(source, delimiter="\t" if path.suffix == ".tsv" else ","))
    return {name: [row[name] for row in rows] for name in rows[0]}


def table(seed: int, size: int, suffix: str, *, dense: bool) -> bytes:
    """A table as CSV or JSON lines with free text in its last column: dense with eight identifiers a row of about a kilobyte, or sparse with one in eight kilobytes."""
    make = Maker(seed)
    draws = (make.nhs, make.nino, make.email, make.phone, make.card, make.iban, make.postcode, make.name) if dense else ()
    names = ["nhs_number", "ni_number", "email", "mobile", "card_number", "iban", "postcode", "full_name"][: len(draws)]
    words = [make.gb.word() for _ in range(500)]
    lines = [] if suffix == ".jsonl" else [",".join(("row", *names, "notes"))]
    length = 0
    while length < size:
        note = " ".join(make.r.choices(words, k=130)) + ("" if dense or make.r.random() > 0.12 else f" {make.email()}")
        row = (str(len(lines)), *(draw() for draw in draws), note)
        if suffix == ".jsonl":
            lines.append(json.dumps(dict(zip(("row", *names, "notes"), row, strict=True)), ensure_ascii=False))
        else:
            lines.append(",".join(row))
        length += len(lines[-1]) + 1
    return "\n".join(lines).encode()[:size]


def text(seed: int, size: int, *, dense: bool) -> bytes:
    """Running text: dense with about eight identifiers a kilobyte, as an export has, or sparse with one in eight kilobytes, as prose."""
    make = Maker(seed)
    draws = (make.nhs, make.nino, make.email, make.phone, make.card, make.iban, make.postcode, make.name)
    words = [make.gb.word() for _ in range(500)]
    lines: list[str] = []
    length = 0
    while length < size:
        if dense:
            line = ",".join((str(len(lines)), *(draw() for draw in make.r.sample(draws, 3)), " ".join(make.r.choices(words, k=48))))
        else:
            line = " ".join(make.r.choices(words, k=18)) + (f" {make.r.choice(draws)()}" if make.r.random() < 0.016 else "")
        lines.append(line)
        length += len(line) + 1
    return "\n".join(lines).encode()[:size]
