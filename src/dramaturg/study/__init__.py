"""A study: people as judges. The plan, the folder that keeps every click, and what goes in and out.

No server and no statistics: pages are in `viewer`, figures in `evaluate`.
"""

from dramaturg.study.answers import checked
from dramaturg.study.checks import PASS_SHARE, passes
from dramaturg.study.exchange import TakenIn, export, label_of, rows, sheet, take_in, values
from dramaturg.study.folder import Answer, Study, is_study, name_key
from dramaturg.study.order import mix, order_for, share_of
from dramaturg.study.plan import Item, Plan, plan_study, two_datasets
from dramaturg.study.questions import TASKS, TWO_SIDED, for_pages, questions_for
from dramaturg.study.sample import Match, people_key

__all__ = [
    "PASS_SHARE",
    "TASKS",
    "TWO_SIDED",
    "Answer",
    "Item",
    "Match",
    "Plan",
    "Study",
    "TakenIn",
    "checked",
    "export",
    "for_pages",
    "is_study",
    "label_of",
    "mix",
    "name_key",
    "order_for",
    "passes",
    "people_key",
    "plan_study",
    "questions_for",
    "rows",
    "share_of",
    "sheet",
    "take_in",
    "two_datasets",
    "values",
]
