"""How a page is to be inked on a machine: one pure function, and a reason for each of its choices."""

from lineart_cli.plan.choices import choose
from lineart_cli.plan.overlap import MOST_AT_ONCE
from lineart_cli.plan.plan import Plan, plan
from lineart_cli.plan.request import Measured, PageSize, Request

__all__ = ["MOST_AT_ONCE", "Measured", "PageSize", "Plan", "Request", "choose", "plan"]
