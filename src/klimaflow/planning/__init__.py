"""What has still to happen until a track starts, who must act, and the last moment for each.

There is no clock here: the moment from which a plan looks ahead is an argument. What is imported
here needs no extra; `days`, `calendar` and `skeleton`, and `page` with them, need the extra `plan`.
"""

from klimaflow.planning.ahead import Step
from klimaflow.planning.plans import Plan, last_moment, missing_for, plan

__all__ = ["Plan", "Step", "last_moment", "missing_for", "plan"]
