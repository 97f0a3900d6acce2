"""Files as departments and councils write them: titles above the names of columns, Welsh and shortened names, many encodings, open data about people and places.

Drawn from a seed like `benchmarks.corpora`, whose values it uses; imports nothing of tierwise.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.corpora import SETTLED, Col, Maker

Draw = Callable[[Maker], str]


@dataclass
class File:
    """A file, what its columns hold, and its true tier."""

    name: str
    form: str
    data: bytes
    columns: list[Col] = field(default_factory=list)
    tier: int = 1
    headed: bool = True


def _of(*texts: str) -> Draw:
    return lambda make: make.r.choice(texts)


def _number(length: int, before: str = "") -> Draw:
    return lambda make: before + make.digits(length)


def _titled(make: Maker) -> str:
    return make.r.choice(("{0} {1} {2}", "{2}, {1}", "{0} {3} {2}")).format(
        make.r.choice(("Mr", "Mrs", "Ms", "Dr")), make.gb.first_name(), make.gb.last_name().upper(), make.letters(1)
    )


def _address(make: Maker) -> str:
    return f"{make.r.randrange(1, 200)} {make.gb.street_name()}, {make.gb.city()}"


def _day(make: Maker) -> str:
    return f"{make.r.randrange(1, 29):02d}/{make.r.randrange(1, 13):02d}/{make.r.randrange(2022, 2026)}"


PEOPLE: dict[str, tuple[int, tuple[tuple[str, str, Draw], ...]]] = {
    "council tax": (2, (
        ("Account Ref|ACCT_NO", "", _number(9, "6")), ("Liable Party|Lead Liable Name|LIABLE_NM", "full_name", _titled), ("Property Address|PROP_ADDR", "postal_address", _address),
        ("Email|E-mail|Contact email", "email", Maker.email), ("Tel|Daytime tel|Contact number|TEL_NO", "phone", Maker.phone), ("Band", "", _of(*"ABCDEFGH")))),
    "housing benefit": (2, (
        ("Claim Ref|CLAIM_NO", "", _number(7, "HB")), ("Forename|First Name|FNAME", "full_name", lambda m: m.gb.first_name()), ("Surname|SNAME|Family Name", "full_name", lambda m: m.gb.last_name()),
        ("NI No|NINO|Nat. Ins. No.|NI_NUM", "nino", Maker.nino), ("D.O.B.|DoB|Date of birth (yyyy-mm-dd)", "date_of_birth", lambda m: m.birth().isoformat()), ("Post Code|PCODE", "uk_postcode", Maker.postcode))),
    "admissions": (3, (
        ("Child's name|Child surname", "child", lambda m: m.gb.last_name()), ("UPN|Pupil UPN", "upn", Maker.upn), ("Parent/Carer|Parent name", "", _titled),
        ("Parent mobile|Parent contact no", "phone", Maker.phone), ("1st preference", "", _of("Oakfield Primary", "Park Lane Infants", "St Mary's")))),
    "referrals": (3, (
        ("NHS No|NHS #|nhsNumber|NHS_NUM", "nhs_number", Maker.nhs), ("Patient|Patient surname", "full_name", _titled), ("Presenting complaint|Primary diagnosis|DIAG", "diagnosis", _of("Asthma", "Migraine", "Type 2 diabetes", "Depression")),
        ("Referral date", "", _day))),
    "taxi drivers": (3, (
        ("Badge No", "", _number(5)), ("Driver", "full_name", _titled), ("Driver No|DVLA Licence No|LIC_NO", "driving_licence", Maker.licence), ("DBS cert|DBS Number", "criminal_offence", _number(9, "001")))),
    "self assessment": (2, (
        ("UTR|SA UTR|Taxpayer reference", "utr", Maker.utr), ("Taxpayer name", "full_name", _titled), ("Tax year", "", _of("2023-24", "2024-25")))),
    "safe addresses": (4, (
        ("Case ref", "", _number(6, "M")), ("Name of victim|Victim", "full_name", _titled), ("Safe address|Refuge address", "protected_person", _address))),
    "budd-dal tai": (2, (
        ("Cyfeirnod", "", _number(8)), ("Enw llawn|Cyfenw", "full_name", _titled), ("Dyddiad geni", "date_of_birth", lambda m: m.birth().isoformat()), ("Rhif ff\u00f4n|Ff\u00f4n", "phone", Maker.phone),
        ("Rhif Yswiriant Gwladol|Rhif YG", "nino", Maker.nino), ("Cod post", "uk_postcode", Maker.postcode))),
    "health boards": (2, (("CHI No.|CHI", "chi_number", Maker.chi), ("Patient surname", "full_name", lambda m: m.gb.last_name()), ("Result", "", _of("Positive", "Negative")))),
    "payments": (2, (("Payee", "", _titled), ("Beneficiary IBAN|IBAN_NO", "iban", Maker.iban), ("Amount EUR", "", lambda m: f"{m.r.random() * 900:.2f}"))),
    "staff": (3, (("Staff ID", "", _number(6, "S")), ("Work email|EMAIL_ADDR", "email", Maker.email), ("Ethnicity|Ethnic origin", "ethnicity", _of("White British", "Black African", "Asian Indian", "Mixed White and Asian")))),
    "keepers": (2, (("PCN", "", _number(8, "LS")), ("VRM|Reg No", "vehicle_registration", Maker.registration), ("Keeper name|Keeper", "full_name", _titled))),
}  # fmt: skip
"""Tables of people: their tier and columns, whose names are given in several ways."""

OPEN: dict[str, tuple[tuple[str, Draw], ...]] = {
    "schools": (("URN", _number(5, "1")), ("EstablishmentName", _of("King Edward Academy", "Oakfield Primary", "St Thomas More School")), ("Street", _of("Church Lane", "Victoria Road")),
        ("Postcode", Maker.postcode), ("TelephoneNum", lambda m: f"01204 {m.digits(6)}"), ("ReligiousCharacter", _of("Church of England", "Roman Catholic", "None"))),
    "practices": (("Organisation Code", lambda m: m.letters(1) + m.digits(5)), ("Practice Name", _of("The Village Surgery", "Dr Smith & Partners", "Park Road Medical Centre")),
        ("Postcode", Maker.postcode), ("Contact Telephone Number", lambda m: f"0113 2{m.digits(2)} {m.digits(4)}")),
    "hygiene": (("FHRSID", _number(7)), ("BusinessName", _of("Emma's Cafe", "Rosie's Tea Room", "Jack Fulton", "The George")), ("AddressLine1", _address), ("PostCode", Maker.postcode), ("RatingDate", _day)),
    "ethnicity statistics": (("Local authority", _of("Leeds", "Kent", "Gwynedd", "Fife")), ("Ethnic group", _of("White British", "Asian Indian", "Black African")), ("Sex", _of("Male", "Female")), ("Count", _number(4, "1"))),
    "street crime": (("Month", _of("2025-01", "2025-02")), ("Longitude", lambda m: f"-1.{m.digits(6)}"), ("Location", _of("On or near Victoria Road", "On or near Supermarket")), ("LSOA code", _number(4, "E0100")),
        ("Crime type", _of("Burglary", "Shoplifting", "Criminal damage and arson", "Violence and sexual offences")), ("Last outcome", _of("Under investigation", "No suspect identified"))),
    "spend": (("Entity", _of("DHSC", "MoJ")), ("Supplier", _of("ALLEN & OVERY", "TAYLOR WIMPEY", "JOHN LEWIS PLC")), ("Transaction number", _number(10)), ("Amount", lambda m: f"{m.r.random() * 9000:,.2f}"), ("Supplier Postcode", Maker.postcode)),
    "mailboxes": (("Service", _of("Parking", "Planning")), ("Contact email", lambda m: f"{m.r.choice(('parking', 'planning', 'highways.team', 'nsip', 'bluebadge'))}@{m.r.choice(('leeds', 'kent', 'fife', 'devon', 'york', 'ely'))}.gov.uk"),
        ("Helpline", lambda m: f"0300 {m.digits(3)} {m.digits(4)}")),
    "bus stops": (("ATCOCode", _number(6, "0100BRP")), ("CommonName", _of("Albert Street", "George Street", "Mary Lane")), ("Latitude", lambda m: f"53.{m.digits(6)}"), ("Grid ref", lambda m: f"SE{m.digits(8)}")),
    "roses": (("Variety", _of("Emma Hamilton", "Charlotte Austin", "Lady Emma", "Poppy Rose")), ("Introduced", lambda m: m.birth().strftime("%d/%m/%Y")), ("SKU", lambda m: m.letters(2) + m.digits(6) + "A")),
    "meters": (("Supply point", _number(10)), ("MPAN", _number(11, "12")), ("Chassis number", lambda m: "WF0" + m.letters(8) + m.digits(6)), ("Cost centre", _number(5, "R"))),
}  # fmt: skip
"""Tables that are nobody's, of which many are published."""
CODES = (
    "Asthma",
    "Migraine",
    "Epilepsy",
    "Dementia",
    "Sepsis",
    "Anaemia",
    "Angina",
    "Gout",
    "Eczema",
    "Psoriasis",
    "Melanoma",
    "Lymphoma",
    "Hepatitis",
    "Pneumonia",
    "Stroke",
    "Arthritis",
)


def files(seed: int, count: int) -> list[File]:
    """Tables of people and open data in turn, each in a form of its own."""
    make = Maker(seed)
    found: list[File] = []
    for number in range(count):
        rows = make.r.randrange(45, 200)
        if number % 2:
            kind = (*OPEN, "codes")[number // 2 % (len(OPEN) + 1)]
            tier, columns = (
                1,
                _codes(make) if kind == "codes" else [Col(name, [draw(make) for _ in range(rows)]) for name, draw in OPEN[kind]],
            )
        else:
            kind = list(PEOPLE)[number // 2 % len(PEOPLE)]
            tier, columns = PEOPLE[kind][0], _people(make, kind, rows)
        # Without names an organisation's telephone is anyone's, and what makes a table of people more than that is not seen.
        settles = (tier == 2 and any(one.label in SETTLED for one in columns)) if number % 2 == 0 else kind not in ("schools", "practices")
        form, write = make.r.choice([one for one in FORMS.items() if settles or one[0] != "no names"])
        suffix, data = write([one.name for one in columns], list(zip(*(one.values for one in columns), strict=True)))
        found.append(File(f"{number:03d} {kind}{suffix}", form, data, columns, tier, form != "no names"))
    return found


def _people(make: Maker, kind: str, rows: int) -> list[Col]:
    columns: list[Col] = []
    for names, label, draw in PEOPLE[kind][1]:
        gaps = make.r.choice((0.0, 0.05, 0.3)) if label else 0.0
        values = [make.r.choice(("", "n/a", "Not known")) if make.r.random() < gaps else draw(make) for _ in range(rows)]
        columns.append(Col(make.r.choice(names.split("|")), values, label))
    return columns


def _codes(make: Maker) -> list[Col]:
    return [
        Col("SNOMED code", [make.digits(9, "123456789") for _ in CODES]),
        Col("Preferred term", list(CODES)),
        Col("Active", ["1"] * len(CODES)),
    ]


Rows = Sequence[Sequence[str]]


def _text(names: Sequence[str], rows: Rows, delimiter: str = ",", above: Rows = (), ends: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=ends).writerows([*above, *([names] if names else []), *rows])
    return out.getvalue()


def _fixed(names: Sequence[str], rows: Rows) -> str:
    widths = [max(len(cell) for cell in column) + 2 for column in zip(names, *rows, strict=True)]
    return "\n".join("".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (names, *rows))


def _zipped(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("extract.csv", text)
    return out.getvalue()


FORMS: dict[str, Callable[[Sequence[str], Rows], tuple[str, bytes]]] = {
    "CSV": lambda names, rows: (".csv", _text(names, rows, ends="\n").encode()),
    "UTF-16": lambda names, rows: (".csv", _text(names, rows).encode("utf-16")),
    "semicolons in Windows-1252": lambda names, rows: (".csv", _text(names, rows, ";").encode("cp1252", "replace")),
    "a mark and pipes": lambda names, rows: (".txt", _text(names, rows, "|").encode("utf-8-sig")),
    "tabs": lambda names, rows: (".dat", _text(names, rows, "\t").encode()),
    "titles": lambda names, rows: (".csv", _text(names, rows, above=[["Extract"], ["Run on 12/03/2026"], []]).encode()),
    "two lines of names": lambda names, rows: (".csv", _text(names, rows, above=[["Record", *[""] * (len(names) - 1)]]).encode()),
    "no names": lambda _, rows: (".csv", _text((), rows).encode()),
    "carriage returns": lambda names, rows: (".csv", _text(names, rows, ends="\r").encode()),
    "fixed width": lambda names, rows: (".txt", _fixed(names, rows).encode()),
    "JSON lines": lambda names, rows: (".jsonl", "\n".join(json.dumps(dict(zip(names, row, strict=True))) for row in rows).encode()),
    "JSON": lambda names, rows: (
        ".json",
        json.dumps({"results": [{"attributes": dict(zip(names, row, strict=True))} for row in rows]}).encode(),
    ),
    "gzip": lambda names, rows: (".csv.gz", gzip.compress(_text(names, rows).encode())),
    "zip": lambda names, rows: (".zip", _zipped(_text(names, rows))),
}
"""How a table is written."""
