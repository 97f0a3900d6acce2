"""Token dictionaries of name evidence: singular, lower-case words that say what data is; data, not logic.

Words that sound public or internal are no evidence: a name never lowers a tier. Special-category hints follow the
GDPR's article 9 and 10 lists; the confidence figures are project defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tierwise.model.register import DataCategory
from tierwise.model.sensitivity import Category

STRONG: Final = 0.75


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words of one category: what they are called in a sentence, those that suffice alone, and those that need a second sign."""

    category: DataCategory
    called: str
    strong: tuple[str, ...]
    weak: tuple[str, ...] = ()


def _of(category: Category, variant: str = "") -> DataCategory:
    return DataCategory(category, variant)


VOCABULARIES: Final = (
    Vocabulary(
        _of(Category.C1),
        "a word for people served or employed",
        (
            "applicant", "claimant", "case file", "casefile", "customer export", "customer record", "customer data", "customer list",
            "client record", "client data", "citizen record", "citizen data", "personal data", "personal detail", "personal record",
            "staff record", "employee record", "personnel record", "personnel file", "hr record", "hr data", "people data", "user profile",
            "mailing list", "newsletter subscriber", "contact detail", "electoral register", "electoral roll", "job application",
            "licence application", "visa application", "passport application", "tenant record", "resident record", "member record",
            "birth certificate", "death certificate", "marriage certificate", "subject access", "pii",
        ),
        ("customer", "client", "citizen", "employee", "staff", "tenant", "resident", "subscriber", "contact", "member", "person", "licensee", "voter", "driver", "guest"),
    ),
    Vocabulary(
        _of(Category.C2),
        "a word for identity or financial records",
        (
            "payroll", "bank detail", "bank account", "national insurance", "passport scan", "passport record", "driving licence",
            "driver record", "tax return", "tax record", "taxpayer record", "benefit claim", "benefit payment", "identity document", "id scan", "credit file", "credit report",
            "card payment", "payment card", "pension record", "salary record", "self assessment",
        ),
        ("salary", "pension", "passport", "taxpayer", "mortgage", "nino", "benefit", "loan"),
    ),
    Vocabulary(
        _of(Category.C3),
        "health or other special-category vocabulary",
        (
            "patient record", "patient data", "patient list", "patient file", "patient letter", "patient export", "gp referral", "gp letter", "gp record", "gp data",
            "health record", "health data", "health assessment", "medical record", "medical history", "medical note", "medical report", "clinical record", "clinical note",
            "clinical data", "clinical letter", "hospital episode", "hospital admission", "sickness record", "sickness absence", "sick note", "fit note",
            "occupational health", "mental health record", "care plan", "care record", "social care record", "diagnosis code", "diagnosis record",
            "prescription record", "prescription data", "vaccination record", "immunisation record", "test result record", "disability claim", "disability assessment",
            "pip assessment", "sexual orientation", "sexual health", "gender identity", "ethnicity data", "religious belief", "trade union member",
            "union membership", "political opinion", "asylum claim", "asylum case", "asylum application", "special category", "maternity record",
        ),
        (
            "patient", "referral", "clinical", "medical", "diagnosis", "prescription", "medication", "ethnicity", "religion", "disability",
            "vaccination", "asylum", "hiv", "pregnancy", "maternity", "hospital", "snomed", "icd10", "refugee", "therapy", "pathology", "radiology",
        ),
    ),
    Vocabulary(
        _of(Category.C3, "criminal"),
        "a word for criminal offences",
        ("criminal record", "criminal conviction", "conviction record", "offence history", "offender record", "offender data", "police record", "custody record", "prison record", "prisoner record", "probation record", "probation case", "criminal case file", "dbs check", "dbs certificate", "crime report", "suspect record"),
        ("conviction", "offence", "offender", "prisoner", "probation", "suspect", "custody", "arrest"),
    ),
    Vocabulary(
        _of(Category.C3, "children"),
        "a word for children or vulnerable people",
        ("pupil record", "pupil data", "pupil list", "pupil census", "school census", "child protection", "child record", "children record", "children data", "children social care", "looked after child", "safeguarding case", "safeguarding record", "safeguarding referral", "sen record", "ehcp", "vulnerable adult", "vulnerable child", "free school meal", "school trip list"),
        ("pupil", "child", "children", "safeguarding", "minor"),
    ),
    Vocabulary(
        _of(Category.C3, "location"),
        "a word for the movements of people",
        ("location track", "location history", "gps track", "tag location", "anpr record", "journey history", "movement record"),
        ("anpr",),
    ),
    Vocabulary(
        _of(Category.C4),
        "a word for biometric or genetic data",
        ("biometric", "fingerprint template", "fingerprint record", "fingerprint database", "face template", "facial recognition", "face recognition", "iris scan", "voice print", "voiceprint", "dna profile", "dna record", "genome", "genomic", "genetic data", "genetic test"),
        ("fingerprint", "dna", "genetic"),
    ),
    Vocabulary(
        _of(Category.C5),
        "a word for people whose safety depends on secrecy",
        ("witness protection", "protected witness", "protected person", "assumed identity", "refuge address", "gender recognition", "adoption record", "adoption link"),
    ),
    Vocabulary(
        _of(Category.C6),
        "a word for credentials of other people",
        ("password hash", "user credential", "customer credential", "credential store", "credential dump", "password dump", "pseudonymisation key", "linkage key", "refresh token store"),
    ),
)  # fmt: skip
