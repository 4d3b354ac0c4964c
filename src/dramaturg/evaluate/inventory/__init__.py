"""Inventories: keyed items asked of a model, read as states, scored by scale, held against aims."""

from dramaturg.evaluate.inventory.administer import Answer, ItemInput, administer, item_task
from dramaturg.evaluate.inventory.back_test import TraitBack, back_test, held_out
from dramaturg.evaluate.inventory.correlations import PEOPLE, correlations, matrix_distance
from dramaturg.evaluate.inventory.items import SHIPPED, Inventory, Item, load_inventory
from dramaturg.evaluate.inventory.order import option_order
from dramaturg.evaluate.inventory.reply import Read, State, read_answer
from dramaturg.evaluate.inventory.scores import ScaleScore, by_draw, score, spread_over_draws

__all__ = [
    "PEOPLE",
    "SHIPPED",
    "Answer",
    "Inventory",
    "Item",
    "ItemInput",
    "Read",
    "ScaleScore",
    "State",
    "TraitBack",
    "administer",
    "back_test",
    "by_draw",
    "correlations",
    "held_out",
    "item_task",
    "load_inventory",
    "matrix_distance",
    "option_order",
    "read_answer",
    "score",
    "spread_over_draws",
]
