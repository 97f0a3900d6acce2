"""The region table: in which country each region of the three clouds lies; a region not listed is not guessed.

AWS: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html (and the endpoints of botocore).
Azure: https://learn.microsoft.com/azure/reliability/regions-list. GCP: https://cloud.google.com/about/locations and
https://cloud.google.com/storage/docs/locations for multi-regions and dual-regions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

AWS: Final[Mapping[str, str]] = {
    "AE": "me-central-1",
    "AU": "ap-southeast-2 ap-southeast-4",
    "BH": "me-south-1",
    "BR": "sa-east-1",
    "CA": "ca-central-1 ca-west-1",
    "CH": "eu-central-2",
    "CN": "cn-north-1 cn-northwest-1",
    "DE": "eu-central-1 eusc-de-east-1",
    "ES": "eu-south-2",
    "FR": "eu-west-3",
    "GB": "eu-west-2",
    "HK": "ap-east-1",
    "ID": "ap-southeast-3",
    "IE": "eu-west-1",
    "IL": "il-central-1",
    "IN": "ap-south-1 ap-south-2",
    "IT": "eu-south-1",
    "JP": "ap-northeast-1 ap-northeast-3",
    "KR": "ap-northeast-2",
    "MX": "mx-central-1",
    "MY": "ap-southeast-5",
    "NZ": "ap-southeast-6",
    "SE": "eu-north-1",
    "SG": "ap-southeast-1",
    "TH": "ap-southeast-7",
    "TW": "ap-east-2",
    "US": "us-east-1 us-east-2 us-west-1 us-west-2 us-gov-east-1 us-gov-west-1",
    "ZA": "af-south-1",
}
AZURE: Final[Mapping[str, str]] = {
    "AE": "uaecentral uaenorth",
    "AT": "austriaeast",
    "AU": "australiacentral australiacentral2 australiaeast australiasoutheast",
    "BE": "belgiumcentral",
    "BR": "brazilsouth brazilsoutheast",
    "CA": "canadacentral canadaeast",
    "CH": "switzerlandnorth switzerlandwest",
    "CL": "chilecentral",
    "CN": "chinaeast chinaeast2 chinaeast3 chinanorth chinanorth2 chinanorth3",
    "DE": "germanynorth germanywestcentral",
    "DK": "denmarkeast",
    "ES": "spaincentral",
    "FR": "francecentral francesouth",
    "GB": "uksouth ukwest",
    "HK": "eastasia",
    "ID": "indonesiacentral",
    "IE": "northeurope",
    "IL": "israelcentral",
    "IN": "centralindia southindia westindia jioindiacentral jioindiawest",
    "IT": "italynorth",
    "JP": "japaneast japanwest",
    "KR": "koreacentral koreasouth",
    "MX": "mexicocentral",
    "MY": "malaysiawest",
    "NL": "westeurope",
    "NO": "norwayeast norwaywest",
    "NZ": "newzealandnorth",
    "PL": "polandcentral",
    "QA": "qatarcentral",
    "SE": "swedencentral swedensouth",
    "SG": "southeastasia",
    "US": "centralus eastus eastus2 northcentralus southcentralus westcentralus westus westus2 westus3"
    " usgovvirginia usgovarizona usgovtexas usdodcentral usdodeast",
    "ZA": "southafricanorth southafricawest",
}
GCP: Final[Mapping[str, str]] = {
    "AU": "australia-southeast1 australia-southeast2",
    "BE": "europe-west1",
    "BR": "southamerica-east1",
    "CA": "northamerica-northeast1 northamerica-northeast2",
    "CH": "europe-west6",
    "CL": "southamerica-west1",
    "DE": "europe-west3 europe-west10",
    "ES": "europe-southwest1",
    "FI": "europe-north1",
    "FR": "europe-west9",
    "GB": "europe-west2",
    "HK": "asia-east2",
    "ID": "asia-southeast2",
    "IL": "me-west1",
    "IN": "asia-south1 asia-south2",
    "IT": "europe-west8 europe-west12",
    "JP": "asia-northeast1 asia-northeast2",
    "KR": "asia-northeast3",
    "MX": "northamerica-south1",
    "NL": "europe-west4",
    "PL": "europe-central2",
    "QA": "me-central1",
    "SA": "me-central2",
    "SE": "europe-north2",
    "SG": "asia-southeast1",
    "TW": "asia-east1",
    "US": "us-central1 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4 nam4",
    "ZA": "africa-south1",
    "EU": "eu europe",
}
GCP_PAIRS: Final[Mapping[str, frozenset[str]]] = {
    "eur3": frozenset({"BE", "NL", "FI"}),
    "eur5": frozenset({"BE", "GB"}),
    "eur7": frozenset({"GB", "DE"}),
    "eur8": frozenset({"DE", "CH"}),
    "nam5": frozenset({"US"}),
    "nam7": frozenset({"US"}),
    "spanner-eur3": frozenset({"BE", "NL", "FI"}),
    "spanner-nam3": frozenset({"US"}),
    "spanner-nam6": frozenset({"US"}),
}
"""Dual-regions of Cloud Storage, multi-regions of Firestore, and of Spanner, whose names mean other places (witness regions included)."""
EVERY_CLOUD: Final[Mapping[str, frozenset[str]]] = {
    "global": frozenset({"global"}),
    "us": frozenset({"US"}),
    "eur4": frozenset({"FI", "NL"}),
    "asia1": frozenset({"JP"}),
}
"""Multi-regions and dual-regions: `eu` is the Union as a whole, `eur4` Finland and the Netherlands."""


@cache
def _table(provider: str) -> Mapping[str, frozenset[str]]:
    pairs = GCP_PAIRS if provider == "gcp" else {}
    listed = {"aws": AWS, "azure": AZURE, "gcp": GCP}.get(provider, {})
    return {**EVERY_CLOUD, **pairs, **{region: frozenset({country}) for country, regions in listed.items() for region in regions.split()}}


def countries_of(provider: str, region: str) -> frozenset[str] | None:
    """The ISO 3166 countries (or `EU`, `global`) where data of a region rests, or None for a region that the table lacks."""
    return _table(provider).get(region.lower().replace(" ", "") if provider == "azure" else region.lower())
