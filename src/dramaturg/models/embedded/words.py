"""How text is parted before byte pairs are merged: the same pattern in training and at run time.

It means the same to Python's `re` and to the tokenizers library: only ASCII is told apart, every
other character counts as a letter.
"""

PATTERN = (
    r"'(?:s|t|re|ve|m|ll|d)(?![A-Za-z])"
    r"| ?(?:[A-Za-z]|[^\x00-\x7F])+"
    r"| ?[0-9]{1,3}"
    r"| ?[!-/:-@\[-`{-~]+"
    r"|[\x00-\x20\x7F]+(?![^\x00-\x20\x7F])"
    r"|[\x00-\x20\x7F]"
)
