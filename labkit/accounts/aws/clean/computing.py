"""EC2, Auto Scaling and Lambda: instances before their images, volumes and snapshots.

Volumes, snapshots and instances have no names. They are the run's by the ledger's ids and by the tags of the call that
made them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .thing import Find, Kind, Marks, Thing, item_of, named, pages, region_of


def _tagged(kind: str, operation: str, member: str, key: str, by_id: str, gone: Callable[[Any], bool]) -> Find:
    """Return a way to find EC2's things by the run's tag, and by the ledger's ids where somebody took the tag off."""

    def find(ec2: Any, marks: Marks) -> Iterator[Thing]:
        owned = {"Owners": ["self"]} if operation == "describe_images" else {}
        owned = {"OwnerIds": ["self"]} if operation == "describe_snapshots" else owned
        seen: set[str] = set()
        ids = sorted(marks.ids)
        filters = [marks.filters(), *([{"Name": by_id, "Values": ids[n : n + 200]}] for n in range(0, len(ids), 200))]
        for each_filter in filters:
            found = pages(ec2, operation, member, Filters=each_filter, **owned)
            for each in (one for outer in found for one in outer.get("Instances", [outer])):
                if each[key] not in seen and not gone(each):
                    seen.add(each[key])
                    state = each["State"]["Name"] if kind == "instance" else each.get("State", "")
                    going = "EC2 has ended it" if state in ("shutting-down", "deleting") else ""
                    yield Thing(kind, region_of(ec2), each[key], item_of(each.get("Tags")), going=going)

    return find


def _terminate(ec2: Any, instance: Thing) -> None:
    """Terminate an instance with the volumes that its launch made; those attached later are the run's by themselves."""
    told = ec2.describe_instances(InstanceIds=[instance.id])["Reservations"][0]["Instances"][0]
    if told["State"]["Name"] in ("shutting-down", "terminated"):
        return
    volumes = {each["Ebs"]["VolumeId"]: each for each in told.get("BlockDeviceMappings", []) if "Ebs" in each}
    kept = [each["DeviceName"] for each in volumes.values() if not each["Ebs"].get("DeleteOnTermination")]
    if kept and instance.item:
        found = ec2.describe_volumes(VolumeIds=list(volumes))["Volumes"]
        launched = {each["VolumeId"] for each in found if item_of(each.get("Tags")) == instance.item}
        mappings = [
            {"DeviceName": each["DeviceName"], "Ebs": {"DeleteOnTermination": True}}
            for volume, each in volumes.items()
            if volume in launched and each["DeviceName"] in kept
        ]
        if mappings:
            ec2.modify_instance_attribute(InstanceId=instance.id, BlockDeviceMappings=mappings)
    ec2.terminate_instances(InstanceIds=[instance.id])


def _deregister(ec2: Any, image: Thing) -> None:
    """Deregister an image, and delete the snapshots that its making took."""
    told = ec2.describe_images(ImageIds=[image.id])["Images"][0]
    ec2.deregister_image(ImageId=image.id)
    snapshots = [each["Ebs"]["SnapshotId"] for each in told.get("BlockDeviceMappings", []) if "Ebs" in each]
    if snapshots and image.item:
        for each in ec2.describe_snapshots(SnapshotIds=snapshots)["Snapshots"]:
            if item_of(each.get("Tags")) == image.item:
                ec2.delete_snapshot(SnapshotId=each["SnapshotId"])


def _delete_volume(ec2: Any, volume: Thing) -> None:
    """Detach a volume from what it is still attached to, and delete it."""
    told = ec2.describe_volumes(VolumeIds=[volume.id])["Volumes"][0]
    for each in told.get("Attachments", []):
        if each.get("State") in ("attached", "attaching", "busy"):
            ec2.detach_volume(VolumeId=volume.id, Force=True)
    ec2.delete_volume(VolumeId=volume.id)


def _kind(name: str, order: int, find: Find, remove: Callable[[Any, Thing], None]) -> Kind:
    return Kind(name, "ec2", order, find, remove)


def _never(_: Any) -> bool:
    return False


KINDS = (
    Kind(
        "scaling-group", "autoscaling", 10,
        named("scaling-group", "describe_auto_scaling_groups", "AutoScalingGroups", "AutoScalingGroupName"),
        lambda it, group: it.delete_auto_scaling_group(AutoScalingGroupName=group.id, ForceDelete=True),
    ),
    _kind(
        "instance", 20,
        _tagged(
            "instance", "describe_instances", "Reservations", "InstanceId", "instance-id",
            lambda each: each["State"]["Name"] == "terminated",
        ), _terminate,
    ),
    _kind(
        "image", 30,
        _tagged("image", "describe_images", "Images", "ImageId", "image-id", _never), _deregister,
    ),
    _kind(
        "volume", 35,
        _tagged("volume", "describe_volumes", "Volumes", "VolumeId", "volume-id", _never), _delete_volume,
    ),
    _kind(
        "snapshot", 40,
        _tagged("snapshot", "describe_snapshots", "Snapshots", "SnapshotId", "snapshot-id", _never),
        lambda ec2, snapshot: ec2.delete_snapshot(SnapshotId=snapshot.id),
    ),
    _kind(
        "launch-template", 45,
        named("launch-template", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
        lambda ec2, template: ec2.delete_launch_template(LaunchTemplateName=template.id),
    ),
    Kind(
        "function", "lambda", 60, named("function", "list_functions", "Functions", "FunctionName"),
        lambda it, function: it.delete_function(FunctionName=function.id),
    ),
)  # fmt: skip
