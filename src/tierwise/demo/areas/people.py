"""Users, roles and policies: an administrator without a second factor, an old key, and two partners let in, one of them carelessly."""

from __future__ import annotations

from typing import Any

from tierwise.demo.emulator import ACCOUNT
from tierwise.demo.ground import Ground, document

ADMINISTRATOR, DEPLOYER, ANALYST = "morgan.hale", "build-deployer", "robin.leith"
CARELESS, CAREFUL = "supplier-analytics", "auditor-review"
SUPPLIER, AUDITOR = "444455556666", "777788889999"
_FIRST = "not-a-secret"


def plant(ground: Ground) -> None:
    """Made before the keys, whose policies name the roles."""
    iam = ground.client("iam")
    iam.create_user(UserName=ADMINISTRATOR)
    iam.create_login_profile(UserName=ADMINISTRATOR, Password=_FIRST)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.create_policy(PolicyName="full-access", PolicyDocument=document(everything))
    iam.attach_user_policy(UserName=ADMINISTRATOR, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/full-access")
    iam.create_user(UserName=DEPLOYER)
    iam.create_access_key(UserName=DEPLOYER)
    deploy = {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": "arn:aws:s3:::dcs-open-data/*"}
    iam.put_user_policy(UserName=DEPLOYER, PolicyName="publish", PolicyDocument=document(deploy))
    _analyst(iam)
    _roles(iam)


def _analyst(iam: Any) -> None:
    iam.create_user(UserName=ANALYST)
    iam.create_login_profile(UserName=ANALYST, Password=_FIRST)
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName=ANALYST)["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName=ANALYST, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    read = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::dcs-open-data", "arn:aws:s3:::dcs-open-data/*"],
    }
    iam.create_policy(PolicyName="read-open-data", PolicyDocument=document(read))
    iam.attach_user_policy(UserName=ANALYST, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/read-open-data")


def _roles(iam: Any) -> None:
    _role(iam, "benefits-app", {"Service": "ecs-tasks.amazonaws.com"}, "arn:aws:s3:::dcs-claim-letters/*")
    _role(iam, "screening-app", {"Service": "ecs-tasks.amazonaws.com"}, "arn:aws:s3:::dcs-screening-results/*")
    _role(iam, CARELESS, {"AWS": f"arn:aws:iam::{SUPPLIER}:root"}, "*")
    bound = {"StringEquals": {"sts:ExternalId": "dcs-review-2026"}}
    _role(iam, CAREFUL, {"AWS": f"arn:aws:iam::{AUDITOR}:root"}, "arn:aws:s3:::dcs-open-data/*", bound)


def _role(iam: Any, name: str, principal: dict[str, str], reads: str, condition: dict[str, Any] | None = None) -> None:
    trust: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        trust["Condition"] = condition
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    action = "s3:*" if reads == "*" else "s3:GetObject"
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=document({"Effect": "Allow", "Action": action, "Resource": reads}))
