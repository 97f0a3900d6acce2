"""Health: one bucket whose tag says less than its name, and one that is kept as it should be."""

from __future__ import annotations

from tierwise.demo.areas.platform import LOGS
from tierwise.demo.emulator import ACCOUNT
from tierwise.demo.ground import Ground, tls_only

WELL_KEPT = "dcs-screening-results"
UNDERSTATED = "dcs-patient-records"


def plant(ground: Ground) -> None:
    """Patient records declared internal; screening results declared, owned, locked and logged."""
    ground.key("health", {"owner": "health-assessments", "environment": "production"}, rotation_days=180, users=("screening-app",))
    ground.bucket(
        UNDERSTATED, {"data-classification": "internal", "owner": "health-assessments", "environment": "production"}, versioned=True
    )
    arn = f"arn:aws:s3:::{WELL_KEPT}"
    private = {
        "Sid": "PrivatePathOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}},
    }
    own = {**private, "Sid": "OwnAccountOnly", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}}
    tags = {
        "data-classification": "special-category",
        "data-categories": "health",
        "data-subjects": "42000",
        "owner": "health-assessments",
        "data-owner": "deputy-director-health",
        "environment": "production",
        "retention-period": "P8Y",
        "retention-schedule": "DCS-RS-07",
    }
    policy = [tls_only(WELL_KEPT), private, own]
    ground.bucket(WELL_KEPT, tags, key="health", locked_days=90, logs_to=LOGS, policy=policy, expires_days=8 * 365)
