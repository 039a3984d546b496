"""Keys that CloudFormation makes: through KMS, as the caller, recorded; and stacks that fail as stacks do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

import labkit

TEMPLATE = """
Parameters:
  Name: {Type: String, Default: alias/app}
Conditions:
  Turns: !Not [!Equals [!Ref Name, alias/still]]
Resources:
  Alias:
    Type: AWS::KMS::Alias
    Properties: {AliasName: !Ref Name, TargetKeyId: !GetAtt Key.Arn}
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: !Sub "key of ${AWS::StackName}"
      EnableKeyRotation: !If [Turns, true, false]
      PendingWindowInDays: 7
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root"}, Action: kms:*, Resource: "*"}
      Tags: [{Key: team, Value: blue}]
Outputs:
  Arn: {Value: !GetAtt Key.Arn, Export: {Name: !Sub "${AWS::StackName}-key"}}
  Id: {Value: !Ref Key}
"""


@pytest.fixture
def stacks(lab: labkit.Lab) -> Any:
    """CloudFormation as the lab's administrator."""
    return boto3.client("cloudformation")


def statuses(stacks: Any, name: str) -> list[tuple[str, str]]:
    """The events of a stack, oldest first."""
    events = stacks.describe_stack_events(StackName=name)["StackEvents"][::-1]
    return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in events]


def outputs(stacks: Any, name: str) -> dict[str, str]:
    """The outputs of a stack."""
    shown = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in shown}


def test_a_stack_makes_its_key_through_kms(lab: labkit.Lab, stacks: Any, kms: Any) -> None:
    """The alias waits for the key; properties, the stack's tags and outputs are as the template has them."""
    stacks.create_stack(StackName="app", TemplateBody=TEMPLATE, Tags=[{"Key": "cost", "Value": "7"}])
    stacks.get_waiter("stack_create_complete").wait(StackName="app")
    key = outputs(stacks, "app")["Id"]
    assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"] == key
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "key of app"
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key)["Tags"]}
    assert tags == {"team": "blue", "cost": "7"}
    assert statuses(stacks, "app") == [
        ("app", "CREATE_IN_PROGRESS"),
        ("Key", "CREATE_IN_PROGRESS"),
        ("Key", "CREATE_IN_PROGRESS"),
        ("Key", "CREATE_COMPLETE"),
        ("Alias", "CREATE_IN_PROGRESS"),
        ("Alias", "CREATE_IN_PROGRESS"),
        ("Alias", "CREATE_COMPLETE"),
        ("app", "CREATE_COMPLETE"),
    ]


def test_the_trail_shows_cloudformation_behind_the_call(lab: labkit.Lab, stacks: Any) -> None:
    """As in a record that a real account published: the caller, by way of CloudFormation."""
    stacks.create_stack(StackName="app", TemplateBody=TEMPLATE)
    events = {event["eventName"]: event for event in lab.events()}
    names = [event["eventName"] for event in lab.events()]
    assert names.index("CreateStack") < names.index("CreateKey")
    made = events["CreateKey"]
    assert made["sourceIPAddress"] == made["userAgent"] == "cloudformation.amazonaws.com"
    assert made["userIdentity"]["invokedBy"] == "cloudformation.amazonaws.com"
    assert made["userIdentity"]["arn"] == events["CreateStack"]["userIdentity"]["arn"]


def test_a_refusal_by_kms_rolls_the_stack_back(lab: labkit.Lab, stacks: Any, kms: Any) -> None:
    """The caller may make stacks, but no keys."""
    allowed = {"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}
    lab.role("Deployer", policy=[allowed]).client("cloudformation").create_stack(StackName="app", TemplateBody=TEMPLATE)
    assert statuses(stacks, "app") == [
        ("app", "CREATE_IN_PROGRESS"),
        ("Key", "CREATE_IN_PROGRESS"),
        ("Key", "CREATE_FAILED"),
        ("app", "ROLLBACK_IN_PROGRESS"),
        ("Key", "DELETE_COMPLETE"),
        ("app", "ROLLBACK_COMPLETE"),
    ]
    failed = stacks.describe_stack_events(StackName="app")["StackEvents"][3]
    assert "Access denied for operation 'CreateKey'." in failed["ResourceStatusReason"]
    assert "HandlerErrorCode: AccessDenied" in failed["ResourceStatusReason"]
    assert kms.list_keys()["Keys"] == []
    assert [e["errorCode"] for e in lab.events() if e["eventName"] == "CreateKey"] == ["AccessDenied"]


def test_what_was_made_before_a_failure_is_deleted(stacks: Any, kms: Any) -> None:
    """An alias that is taken: the key goes again, after the template's waiting period."""
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/app", TargetKeyId=other)
    stacks.create_stack(StackName="app", TemplateBody=TEMPLATE)
    resources = {r["LogicalResourceId"]: r for r in stacks.describe_stack_resources(StackName="app")["StackResources"]}
    key = kms.describe_key(KeyId=resources["Key"]["PhysicalResourceId"])["KeyMetadata"]
    assert (resources["Alias"]["ResourceStatus"], key["KeyState"]) == ("DELETE_COMPLETE", "PendingDeletion")
    assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"] == other


def test_an_update_changes_what_differs(lab: labkit.Lab, stacks: Any, kms: Any) -> None:
    """Another name is another alias; the key keeps its id."""
    stacks.create_stack(StackName="app", TemplateBody=TEMPLATE)
    key = outputs(stacks, "app")["Id"]
    stacks.update_stack(
        StackName="app",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Name", "ParameterValue": "alias/still"}],
    )
    assert stacks.describe_stacks(StackName="app")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    assert [alias["AliasName"] for alias in kms.list_aliases(KeyId=key)["Aliases"]] == ["alias/still"]
    assert not kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    with labkit.expect_error("ValidationError") as refused:
        stacks.update_stack(
            StackName="app",
            UsePreviousTemplate=True,
            Parameters=[{"ParameterKey": "Name", "UsePreviousValue": True}],
        )
    assert refused.message == "No updates are to be performed."


def test_what_a_key_is_can_not_be_changed(stacks: Any, kms: Any) -> None:
    """The update fails and is taken back; the key stays."""
    stacks.create_stack(StackName="app", TemplateBody=TEMPLATE)
    key = outputs(stacks, "app")["Id"]
    stacks.update_stack(StackName="app", TemplateBody=TEMPLATE.replace("PendingWindowInDays: 7", "MultiRegion: true"))
    assert stacks.describe_stacks(StackName="app")["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


@pytest.mark.parametrize(("policy", "state"), [("Delete", "PendingDeletion"), ("Retain", "Enabled")])
def test_deleting_a_stack_deletes_its_key_or_keeps_it(stacks: Any, kms: Any, policy: str, state: str) -> None:
    """By the resource's DeletionPolicy."""
    template = TEMPLATE.replace("    Type: AWS::KMS::Key", f"    Type: AWS::KMS::Key\n    DeletionPolicy: {policy}")
    stack = stacks.create_stack(StackName="app", TemplateBody=template)["StackId"]
    key = outputs(stacks, "app")["Id"]
    stacks.delete_stack(StackName="app")
    assert stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == state
    assert kms.list_aliases(KeyId=key)["Aliases"] == []


def test_a_replica_key_is_made_of_a_primary_elsewhere(lab: labkit.Lab, kms: Any) -> None:
    """In the stack's Region; Fn::GetAtt knows its ARN."""
    primary = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    template = TEMPLATE.replace("AWS::KMS::Key", "AWS::KMS::ReplicaKey").replace(
        "EnableKeyRotation: !If [Turns, true, false]", f"PrimaryKeyArn: {primary}"
    )
    there = boto3.client("cloudformation", region_name="eu-west-1")
    there.create_stack(StackName="app", TemplateBody=template)
    assert outputs(there, "app")["Arn"] == primary.replace("us-east-1", "eu-west-1")


def test_a_change_set_shows_then_does(stacks: Any, kms: Any) -> None:
    """What `aws cloudformation deploy` does."""
    stacks.create_change_set(StackName="app", ChangeSetName="one", ChangeSetType="CREATE", TemplateBody=TEMPLATE)
    shown = stacks.describe_change_set(StackName="app", ChangeSetName="one")
    assert {c["ResourceChange"]["LogicalResourceId"] for c in shown["Changes"]} == {"Key", "Alias"}
    assert kms.list_keys()["Keys"] == []
    stacks.execute_change_set(StackName="app", ChangeSetName="one")
    assert stacks.describe_stacks(StackName="app")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("template", "code", "said"),
    [
        ("Resources: {}", "ValidationError", "At least one Resources member must be defined"),
        ("Resources: [", "ValidationError", "YAML not well-formed"),
        ("Resources: {A: {Type: 'AWS::KMS::Key', Properties: {Description: !Ref B}}}", "ValidationError", "[B]"),
        ("Resources: {A: {Type: 'AWS::S3::Bucket'}}", "NotImplemented", "AWS::S3::Bucket"),
        ("A: &a [1]\nB: *a", "ValidationError", "YAML aliases are not allowed"),
        ('{"Resources": ', "ValidationError", "JSON not well-formed"),
    ],
)
def test_a_template_that_is_none_is_refused(stacks: Any, template: str, code: str, said: str) -> None:
    """In CloudFormation's words, before anything is made; of other resources it says that it has none."""
    with labkit.expect_error(code) as refused:
        stacks.create_stack(StackName="app", TemplateBody=template)
    assert said in refused.message
    assert stacks.list_stacks()["StackSummaries"] == []


def test_a_template_that_the_cdk_has_written(stacks: Any, kms: Any, checkout: Path) -> None:
    """Made by aws-cdk-lib 2.276.0: a Key with an alias, rotation, period and waiting period, and a second Alias."""
    template = (checkout / "tests" / "cloud" / "services" / "cdk_key.json").read_text(encoding="utf-8")
    stacks.create_stack(StackName="Payroll", TemplateBody=template)
    assert stacks.describe_stacks(StackName="Payroll")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    key = kms.describe_key(KeyId="alias/payroll")["KeyMetadata"]["KeyId"]
    assert kms.describe_key(KeyId="alias/wages")["KeyMetadata"]["KeyId"] == key
    assert kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 180
    assert {"TagKey": "team", "TagValue": "finance"} in kms.list_resource_tags(KeyId=key)["Tags"]
    stacks.delete_stack(StackName="Payroll")
    about = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert about["KeyState"] == "PendingDeletion"


@pytest.mark.parametrize("more", [
    {"Rules": {"Version": {"Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}}]}}},
    {"Parameters": {"Version": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk-bootstrap/version"}}},
])  # fmt: skip
def test_what_would_be_read_or_asserted_is_not_passed_over(stacks: Any, more: dict[str, Any]) -> None:
    """Rules and parameters of Systems Manager, as the CDK writes them by default: NotImplemented, and no stack."""
    template = {"Resources": {"Key": {"Type": "AWS::KMS::Key"}}, **more}
    with pytest.raises(ClientError, match="NotImplemented"):
        stacks.create_stack(StackName="none", TemplateBody=json.dumps(template))
