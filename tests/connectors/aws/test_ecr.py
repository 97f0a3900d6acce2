from tests.connectors.aws.conftest import ACCOUNT
from tierwise.model.resource import Link, Rel

ARN = f"arn:aws:ecr:eu-west-2:{ACCOUNT}:repository/"


def test_repositories_are_listed_with_their_keys(aws, collect):
    key = aws("kms").create_key()["KeyMetadata"]["Arn"]
    ecr = aws("ecr")
    ecr.create_repository(repositoryName="own", encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key})
    ecr.create_repository(repositoryName="plain")
    estate = collect("ecr")
    assert estate[f"{ARN}own"].links == (Link(Rel.USES_KEY, key),)
    assert not estate[f"{ARN}plain"].links
    assert f"{ACCOUNT}.dkr.ecr.eu-west-2.amazonaws.com/own" in estate[f"{ARN}own"].aliases


def test_a_denied_listing_is_a_gap_and_an_empty_one_is_not(aws, collect):
    assert not collect("ecr").gaps
    assert [sorted(gap.kinds) for gap in collect("ecr", canned={("ecr", "DescribeRepositories"): "AccessDeniedException"}).gaps] == [
        ["registry"]
    ]
