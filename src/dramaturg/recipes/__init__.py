"""The book of recipes: one paper, one file. `recipe.py` says what a recipe is."""
