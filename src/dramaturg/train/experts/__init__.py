"""How the small experts of the embedded default are made, and measured.

`python -m dramaturg.train.experts --data DIR --out DIR` makes them, `--report` reprints the card.
"""
