"""The page of detectors, from the detectors themselves."""

from __future__ import annotations

from importlib import import_module

from tierwise.classify import detectors
from tierwise.classify.detector import Detector, Values, all_detectors
from tierwise.classify.text import SHARE, WHOLE
from tierwise.classify.vote import MAX_VALUES, UNLIKELY
from tierwise.model.detection import Strength
from tierwise.model.profile import Profile

HEAD = """# Detectors

What is recognised in column names, in the values of columns and in running text, and what each is worth. A column is judged, never a value, and
what leaves the classifier are counts and places, never a value.

## How a column is judged

- Up to {values:,} filled values, spread evenly over those that were read, are brought to one form: spaces, hyphens, case, `.0`, exponents and quotes
  make no difference. Different values vote once, however often they stand there.
- **Chance.** Each test has the share of random values of the same shape that pass it (the tests measure it anew). A column counts by its values only
  where its hits are less likely than {unlikely:g} by chance and far above the chance rate; one check digit proves nothing.
- **Variety.** Parts that differ between people must differ: a product code with one prefix for all is no National Insurance number.
- **Vetoes.** Flags, moments, epochs, UUIDs, hashes, and numbers in close or even succession are nobody's; neither is a column named for a thing
  (`isbn`, `order_no`, `imei`), unless its format is narrow.
- **Labels.** Where most values begin with the same words (`NHS No: 943 476 5919`), these say what the rest is, as a word before a candidate in text does.
- **Loose forms.** Codes of two letters and six digits are National Insurance numbers without their suffix, and days since 1899 or numbers like 19840321
  dates of birth, only where the column or a label is named for them.
- **Two of three.** A *weak* test needs two kinds of evidence out of name, values and context (other columns of people in the table, or a word before a
  candidate in text). Postcodes, sexes, addresses and VAT numbers belong to things too and count only beside signs of people.
- **Hints.** A name that other things have too (`Contact`, `Name`, `ph`) supports what the values say and proves nothing alone.
- **Subjects.** In a table of organisations (`EstablishmentName`, `practice_code`) telephones, postcodes and addresses are theirs; words for what people
  have in common (diagnoses, offences, ethnicities) are nobody's where a table of statistics counts them (`Count`, and no column of references) or a list
  has each but once. Signs of people in another column outweigh both, and what endangers people is never set aside.
- **Confidence** adds up over independent kinds of evidence; below the profile's `infer_confidence` a detection is possible and raises nothing.
- **Test ranges** are counted as synthetic, and raise a tier only where the profile sets `synthetic_counts`.

In running text the candidates of all shapes are found in one pass, by RE2 with the extra `fast` and by Python's own engine without, with the same
findings. Texts over {whole:,} KiB are probed: one byte in {share}, in blocks spread evenly.

## Measured

`python -m benchmarks.classification --seed 78 --tables 300 --presidio PYTHON` prints, of 282 columns of the strong and medium detectors in 1,035 columns of
people and of 48 families of things: precision and recall of 1.000 and 1.000; 0.399 and 0.898 for plain regular expressions and 0.574 and 0.962 for the
pattern recognisers of Presidio 2.2.366, each on the labels that it knows. All 300 tables come out at their tier. Presidio's language models are not on
the package index and are not loaded; names and places are what they would add.

## The list

Chance is measured on random values of the shape, or marked *set* where it is a bound that was chosen because there is nothing to draw at random. It is empty where no random value has the shape by accident, or where the name alone speaks; 100 % means that the values only have to fit the name.
The tier is that of a few people's data under the default profile; more people raise it.

| Detector | What it is | Values | Chance | Named, for example | In text | Category | Tier | Test values |
|---|---|---|---|---|---|---|---|---|
"""


def detectors_page(profile: Profile) -> str:
    """The page as Markdown."""
    head = HEAD.format(values=MAX_VALUES, unlikely=UNLIKELY, whole=WHOLE >> 10, share=SHARE)
    return head + "".join(_row(one, profile) for one in all_detectors())


def _row(detector: Detector, profile: Profile) -> str:
    values = detector.values
    told = (import_module(f"{detectors.__name__}.{detector.id}").__doc__ or "").split("\n", 1)[0]
    cells = (
        f"`{detector.id}`",
        told.rstrip("."),
        _worth(values),
        ""
        if values is None or values.chance < 0.001
        else "100 %"
        if values.chance == 1
        else f"{values.chance:.1%}" + ("" if values.random else " (set)"),
        ", ".join(f"`{one.replace(' ', '_')}`" for one in detector.columns[:3]),
        "yes" if any(one is not None and one.in_text for one in (values, detector.written)) else "",
        detector.category.label,
        profile.categories[detector.category.category].base.label,
        "yes" if detector.synthetic or (values is not None and values.synthetic) else "",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _worth(values: Values | None) -> str:
    if values is None:
        return "name only"
    return f"{values.strength.value}, beside people" if values.people else Strength(values.strength).value
