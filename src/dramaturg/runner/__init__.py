"""The runner: it adds to a recipe the folder, the recording, the limits and the report."""

from dramaturg.runner.api import arun, run
from dramaturg.runner.comparing import ComparisonReport, acompare, compare
from dramaturg.runner.evaluating import Evaluation, aevaluate, evaluate_dataset
from dramaturg.runner.judging import ajudge, critique_file, judge
from dramaturg.runner.merge_shards import is_shard, merge_shards
from dramaturg.runner.perform import Run, ctrl_c, perform
from dramaturg.runner.plan import Plan, plan
from dramaturg.runner.shard_run import perform_shard
from dramaturg.runner.shards import Shard, read_shard

__all__ = [
    "ComparisonReport",
    "Evaluation",
    "Plan",
    "Run",
    "Shard",
    "acompare",
    "aevaluate",
    "ajudge",
    "arun",
    "compare",
    "critique_file",
    "ctrl_c",
    "evaluate_dataset",
    "is_shard",
    "judge",
    "merge_shards",
    "perform",
    "perform_shard",
    "plan",
    "read_shard",
    "run",
]
