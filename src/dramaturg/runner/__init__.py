"""The runner: it adds to a recipe the folder, the recording, the limits and the report."""

from dramaturg.runner.api import arun, run
from dramaturg.runner.perform import Run, ctrl_c, perform
from dramaturg.runner.plan import Plan, plan

__all__ = ["Plan", "Run", "arun", "ctrl_c", "perform", "plan", "run"]
