"""The shape of what the network of the inference expert reads, in training and at run time."""

UTTERANCE, FACT = 64, 28  # the most word pieces that are read of each text
HEADS = 12  # of attention


def straight(text: str) -> str:
    """Curly apostrophes made straight: what was written for training has straight ones."""
    return text.replace("’", "'")
