# ruff: noqa: E501  # a pattern of many alternatives reads best unbroken
"""Turns of phrase that a word-by-word reading gets wrong, rewritten first; where claims part."""

import re

_REWRITTEN = (
    (r"\b(?:do|does|did) not (?:really |even )?know how to\b", "can not"),
    (r"\bcan not wait\b", "hope"),
    (
        r"\bnot only\b|\bnot just\b|\bno wonder\b|\bno doubt\b|\bnot to mention\b|\bno worries\b"
        r"|\bno problem\b|\bwhy not\b|\bcan not (?:wait|believe|help|get enough)(?: of)?\b"
        r"|\bdo not (?:mind|worry|know|think|forget|remember|blame)\b|\bnot sure\b|\bnot bad\b"
        r"|\bno way\b|\bno kidding\b|\bnever mind\b|\bwould not mind\b|\bnot as\b|\bif not\b"
        r"|\bnever (?:miss|tire|get tired|get enough|grow tired)\b|\bnot too bad\b|\bor not\b"
        r"|\bno matter\b|\bnothing (?:better|like|beats)\b|\bnot that (?:bad|good|great)\b",
        " ",
    ),
    (r"\b(?:no longer|not anymore)\b", "not"),
    (r"\b(?:can not stand|can not bear|not a fan of|could do without|can do without)\b", "hate"),
    (r"\bnot (?:a |much of a |really a |such a )?(?:big |huge |great )?fan of\b", "dislike"),
    (r"\b(?:do|does|did|am|are|is) not (?:really |even |particularly )?(?:like|love|enjoy"
     r"|care (?:much )?(?:for|about)|into|fond of|interested in|keen on|have interest in)\b",
     "dislike"),
    (r"\bnot (?:really |that |very |all that )?(?:into|fond of|interested in|keen on|crazy about"
     r"|for me|my (?:thing|favorite|cup of tea|kind of thing))\b", "dislike"),
    (r"\bnever (?:really )?(?:liked|loved|enjoyed|cared for|been into|been a fan of)\b", "dislike"),
    (r"\bnot much of an? (\w+)(?: person| fan)?\b", r"dislike \1"),
    (r"\bleast favorite (?=\w+ (?:is|are))", "hate "),
    (r"\b(?:a|one|any|no) favorite\b", "one preferred"),
    (r"^(?:yes |yeah |oh |well )*((?:\w+ ){1,4})(?:is|are) my (?:all time )?favorite\s*$", r"i love \1"),
    (r"\bmy favorite (?:is|are)\b", "i love"),
    (r"\bmakes? me (?:cringe|sick|nervous|gag|miserable|mad)\b", "dislike"),
    (r"\b(?:afraid|scared|terrified|frightened) of\b", "dread"),
    (r"\bi can (?:take or leave|live without)\b|\b(?:grew|got) (?:tired|bored|sick) of\b", "i dislike"),
    (r"\bi (?:find|think) ([\w ]{2,40}?) (?:is |are )?(?:\w+ )?(?:boring|gross|dull|overrated)\b", r"i dislike \1"),
    (r"\bto be honest\b|\bif i am honest\b|\bi (?:guess|think|suppose) (?=i\b)", " "),
    (r"\bnever too? \w+ (?:for|to)\b", " "),
    (r"\bi am (?:an?|more of an?) (cat|dog|animal|beach|coffee|tea|book|music) (?:person|lover)\b", r"i love \1"),
    (r"\bmake up\b", "makeup"),
    (r"\b(?:out of|left) the country\b", "abroad"),
    (r"\b(?:foot|feet|inches|\d) tall\b", "feet"),
    (r"\b(?:allergic to)\b", "allergic"),
)  # fmt: skip
_PATTERNS = tuple((re.compile(pattern), new) for pattern, new in _REWRITTEN)
_TRIGGER = re.compile(  # every pattern above holds one of these words
    r"\b(?:not|no|never|nothing|could|can|least|favorite|makes?|afraid|scared|terrified|frightened"
    r"|grew|got|find|think|guess|suppose|honest|i am|country|tall|allergic)\b"
)
LEADING_NO = re.compile(
    r"^\s*(?:no|nope|nah)\s*(?:,|(?=\s(?:i|my|it|its|we|just|not|but|sorry|thanks|that|you|he|she|there)\b))"
)
SPLIT = re.compile(
    r"\s*(?:[.;!\n]+|(?<!\bif)(?<!\bwhen)(?<!\bthat)(?<!\bwhat)(?<!\bhow)(?<!\bthan)(?<!\bas)(?<!\bno)"
    r"(?<!\bwhere)(?<!\bbefore)(?<!\bafter)(?<!\band)(?<!\bnot)(?<!\bthing)\s(?=i (?:have|am|do|work|live)\b)"
    r"|\s(?=(?:why|how|if|what) you\b)|,?\s\band (?=(?:dislike|hate|hating|love|like|enjoy|do not)\b)|--|,?\s\b(?:but|although|though|because|since|so that|so|while|whereas"
    r"|however|except|yet|unless|which|until)\b|,?\s(?=who\b)|,?\s\band (?=not\b|i\b|my\b|we\b|he\b|she\b|they\b)"
    r"|,\s*(?=i\b|my\b|we\b|he\b|she\b|they\b|not\b|and not\b|just\b|when\b|if\b|maybe\b|you\b|it\b|that\b|this\b|there\b))\s*"
)


def rewrite(text: str) -> str:
    """The normalised text with its turns of phrase made literal.

    >>> rewrite("i am not a big fan of jazz")
    'i am dislike jazz'
    """
    if _TRIGGER.search(text):
        for pattern, new in _PATTERNS:
            text = pattern.sub(new, text)
    return text
