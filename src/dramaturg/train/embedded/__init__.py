"""Training of the embedded language model: `python -m dramaturg.train.embedded --help`."""
