# ruff: noqa: SIM905  # word lists read best as words
"""Words as the small experts see them: tokens, stems, content words, stop words."""

import re
import unicodedata
from functools import lru_cache

STOP_WORDS = frozenset(
    """a about above across after afterwards again against all almost alone along already also
    although always am among amongst amoungst amount an and another any anyhow anyone anything
    anyway anywhere are around as at back be became because become becomes becoming been before
    beforehand behind being below beside besides between beyond bill both bottom but by call can
    cannot cant co con could couldnt cry de describe detail do done down due during each eg eight
    either eleven else elsewhere empty enough etc even ever every everyone everything everywhere
    except few fifteen fifty fill find fire first five for former formerly forty found four from
    front full further get give go had has hasnt have he hence her here hereafter hereby herein
    hereupon hers herself him himself his how however hundred i ie if in inc indeed interest into
    is it its itself keep last latter latterly least less ltd made many may me meanwhile might
    mill mine more moreover most mostly move much must my myself name namely neither never
    nevertheless next nine no nobody none noone nor not nothing now nowhere of off often on once
    one only onto or other others otherwise our ours ourselves out over own part per perhaps
    please put rather re same see seem seemed seeming seems serious several she should show side
    since sincere six sixty so some somehow someone something sometime sometimes somewhere still
    such system take ten than that the their them themselves then thence there thereafter thereby
    therefore therein thereupon these they thick thin third this those though three through
    throughout thru thus to together too top toward towards twelve twenty two un under until up
    upon us very via was we well were what whatever when whence whenever where whereafter whereas
    whereby wherein whereupon wherever whether which while whither who whoever whole whom whose why
    will with within without would yet you your yours yourself yourselves""".split()
)
"""The Glasgow list of 318 English stop words, as scikit-learn uses it: for TF-IDF only."""

FUNCTION_WORDS = frozenset(
    """a about after again all almost also although always am an and another any are aren as at be
    because been before being both but by can cannot could did do does doing don done down each
    either else enough ever every few for from get gets getting go goes going gone got had has
    have having he her here hers him his how i if in into is isn it its just kind know let lot
    lots m made make makes many maybe me mean mine more most much my myself name need never no nor
    not now of off oh ok okay on once one only or other our ours out over own people person pretty
    probably quite rather re really said say see self she should so some someone something
    sometimes sort still such take than that the their them then there these they thing things
    think this those though through to together too try up us use ve very want was wasn way we
    well went were what when where which while who whole whose why will with would yeah yep yes
    yet you your yours cool nice great good bit sure hi hello hey wow guess always usually
    currently actually s t d ll u""".split()
)
"""Words that carry no topic in small talk: left out of the content words."""

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[^\w\s]", re.UNICODE)
_CONTRACTIONS = (
    (re.compile(r"\bcan't\b|\bca n't\b|\bcant\b|\bcan ?not\b|\bcan t\b"), "can not"),
    (re.compile(r"\bwo ?n'?t\b"), "will not"),
    (re.compile(r"\bain ?'?t\b"), "am not"),
    (
        re.compile(
            r"\b(do|does|did|is|are|was|were|has|have|had|would|could|should|must|need)"
            r" ?n ?'? ?t\b"
        ),
        r"\1 not",
    ),
    (re.compile(r"\b(i) ?'? ?m\b"), r"\1 am"),
    (re.compile(r"\b(you|we|they)(?:'| ')re\b"), r"\1 are"),
    (re.compile(r"\b(i|you|we|they)(?: ?'| )ve\b"), r"\1 have"),
    (re.compile(r"\b(i|you|he|she|it|we|they|that|there)(?: ?')ll\b"), r"\1 will"),
    (re.compile(r"\b(i|you|he|she|we|they)(?: ?')d\b"), r"\1 would"),
    (re.compile(r"\b(he|she|it|that|there|what|who|here|where|how)(?: ?')s\b"), r"\1 is"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"\bgonna\b"), "going to"),
    (re.compile(r"\bwanna\b"), "want to"),
    (re.compile(r"\bgotta\b"), "have to"),
)
# Without an apostrophe and without any of these words, none of the above can match.
_MAY_CONTRACT = re.compile(
    r"\b(?:t|m|re|ve|ll|d|s|im|can ?not|gonna|wanna|gotta|(?:wo|ca|ai|do|does|did|is|are|was|were"
    r"|has|have|had|would|could|should|must|need)?nt)\b"
)
_IRREGULAR = {
    word: base
    for base, forms in {
        "go": "went gone goes",
        "eat": "ate eaten",
        "drink": "drank drunk drinker",
        "drive": "drove driven driver",
        "buy": "bought",
        "teach": "taught",
        "swim": "swam swum swimmer",
        "run": "ran runner",
        "sing": "sang sung singer",
        "write": "wrote written writer",
        "read": "reader",
        "grow": "grew grown",
        "fly": "flew flown flies",
        "have": "has had",
        "do": "did done does",
        "see": "saw seen",
        "take": "took taken",
        "speak": "spoke spoken speaker",
        "wear": "wore worn",
        "win": "won winner",
        "sell": "sold seller",
        "build": "built builder",
        "draw": "drew drawn",
        "ride": "rode ridden rider",
        "sleep": "slept sleeper",
        "spend": "spent",
        "meet": "met",
        "make": "made",
        "begin": "began begun",
        "child": "children kid kids childs",
        "woman": "women",
        "man": "men",
        "wife": "wives",
        "foot": "feet",
        "mouse": "mice",
        "mother": "mom mum mommy mothers moms momma",
        "father": "dad daddy fathers dads",
        "movie": "film films movies",
        "television": "tv tvs",
        "color": "colour colours colors",
        "favorite": "favourite favourites favorites fav favs fave",
        "automobile": "car cars automobiles auto",
        "bicycle": "bike bikes biking biker bicycles bicycling cycling cyclist",
        "smoke": "smoker smokers",
        "cook": "cooks cooking cooked",
        "dance": "dancer dancers",
        "hike": "hiker hikers",
        "game": "gamer gamers gaming",
        "hunt": "hunter hunters",
        "garden": "gardener gardeners",
        "travel": "traveler travelling traveled traveller travelled travels traveling",
        "paint": "painter painters",
        "news": "news",
        "pasta": "pastas",
        "glass": "glasses",
        "work": "working works worked worker",
        "vegetable": "veggie veggies vegetables",
        "sibling": "siblings",
        "husband": "hubby hubbies",
        "mathematics": "math maths",
        "grandmother": "grandma grandmothers",
        "grandfather": "grandpa grandfathers",
        "sport": "sports sporty",
        "afraid": "scared terrified",
        "soda": "pop",
    }.items()
    for word in forms.split()
}
_KEEP = frozenset("news tennis christmas paris texas dallas las kansas illinois jesus yes".split())


def normalise(text: str) -> str:
    """Lower-case NFKC text with straight quotes and English contractions written out.

    >>> normalise("I don’t smoke; I'm vegan")
    'i do not smoke; i am vegan'
    """
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("`", "'")
    text = text.replace(" n't", "n't").replace(" '", "'") if "'" in text else text
    if "'" in text or _MAY_CONTRACT.search(text):
        for pattern, new in _CONTRACTIONS:
            text = pattern.sub(new, text)
    return text


def tokens(text: str) -> list[str]:
    """Words and single punctuation marks of the normalised text, in order; other scripts kept.

    >>> tokens("My cat's 2 toys!")
    ['my', "cat's", '2', 'toys', '!']
    """
    return _TOKEN.findall(normalise(text))


def words(text: str) -> list[str]:
    """The tokens that hold a letter or digit, a possessive 's taken off."""
    return [t.removesuffix("'s") for t in tokens(text) if t[0].isalnum()]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """A rough English stem; forms of one word share it, and a few synonyms (kid, child) too.

    >>> stem("hiking") == stem("hike") == stem("hikes"), stem("kids") == stem("children")
    (True, True)
    """
    word = word.removesuffix("'s")
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
    elif word in _KEEP:
        return word
    if len(word) > 3:
        if word.endswith("ies") and len(word) > 4:
            word = word[:-3] + "y"
        elif word.endswith(("sses", "shes", "ches", "xes", "zes")):
            word = word[:-2]
        elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
        if word.endswith("ing") and len(word) > 5 and re.search("[aeiouy]", word[:-3]):
            word = _undouble(word[:-3])
        elif word.endswith("ied") and len(word) > 4:
            word = word[:-3] + "y"
        elif word.endswith("ed") and len(word) > 4 and re.search("[aeiouy]", word[:-2]):
            word = _undouble(word[:-2])
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 2 and word.endswith("y") and word[-2] not in "aeiou":
        word = word[:-1] + "i"
    return word


def _undouble(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    return word


def content(text: str) -> list[str]:
    """Stems of the words that carry a topic, in order, repeats kept.

    >>> content("I really love my two dogs.")
    ['lov', 'two', 'dog']
    """
    return [stem(word) for word in words(text) if word not in FUNCTION_WORDS]
