"""What watches the account: CloudWatch Logs with its metric filters, CloudWatch with its alarms, SNS with its messages.

Puts them together: a trail writes to a log group, a filter counts there, an alarm looks at the count and tells a topic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cloudtrail.log_groups import LogGroups
from ..cloudtrail.trails import Trails
from ..core.clock import Clock
from ..kms.service import Kms
from ..services.cloudwatch.alarms import Alarms
from ..services.cloudwatch.kms_metrics import KmsMetrics
from ..services.cloudwatch.log_keys import LogKeys
from ..services.cloudwatch.logs import Logs
from ..services.cloudwatch.metrics import Metrics
from ..services.cloudwatch.wrap import CloudWatch
from ..services.lambda_.wrap import Lambda
from ..services.sns.topics import Topics
from ..services.xks.metrics import XksMetrics

if TYPE_CHECKING:
    from ..gateway.gateway import Gateway


def install(gateway: Gateway, clock: Clock, kms: Kms, trails: Trails, functions: Lambda, topics: Topics) -> None:
    """Stand round moto's services, follow the account's events, and act as time passes."""
    kms_metrics = KmsMetrics(kms)
    metrics = Metrics(kms_metrics)
    kms.custom_stores.proxies.noted.append(XksMetrics(metrics, clock).note)
    logs = Logs(metrics, LogKeys(gateway))
    alarms = Alarms(gateway, clock, metrics, functions, topics)
    groups = LogGroups(clock, trails, logs, gateway.authorize)
    gateway.wraps["logs"] = logs
    gateway.wraps["cloudwatch"] = CloudWatch(metrics, alarms)
    gateway.followers.append(groups.follow)
    gateway.followers.append(metrics.follow)
    gateway.forgets += [groups.forget, logs.forget, kms_metrics.forget]
    gateway.timed += [groups, alarms]  # first what is written, then who looks at it
