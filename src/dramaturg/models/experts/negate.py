# ruff: noqa: SIM905, E501  # word lists and patterns read best unbroken
"""Turn a first-person English sentence into its denial, by rule, or say that it cannot."""

import re

_BE = {"am", "is", "are", "was", "were"}
_AUXILIARIES = {"can", "could", "will", "would", "should", "must", "did", "do", "does"}
_NEGATIVE = re.compile(r"\b(?:not|never|no|none|nobody|nothing|neither|nor|hardly|cannot)\b|n't\b")
_UNDO = (
    (r"\b(can)not\b|\b(can) not\b|\b(can)'t\b", "can"),
    (r"\bwon't\b|\bwill not\b", "will"),
    (r"\b(am|are|is|was|were|have|has|had|could|would|should|did) not (?:an?y (?=\w))?", r"\1 "),
    (r"\b(are|is|was|were|have|has|had|could|would|should)n't ", r"\1 "),
    (r"'m not ", "'m "),
    (r"\b(do|does) not |\b(do|does)n't ", ""),
    (r"(\bhave|\bhad|\bhas|'ve) never\b", r"\1"),
    (r"\bnever\b ", ""),
    (r"\b(have|had|has) no\b", r"\1"),
)
_UNSURE = re.compile(
    r"\b(?:if|unless|either|not only|no longer|no one|not (?:that|as|all|always|so|much|even|just)"
    r"|(?:cannot|can not|can't) (?:wait|help|believe|get enough|imagine))\b"
)
_ADVERBS = set(
    """really also always often usually sometimes still just absolutely truly actually currently
    only even especially definitely recently once already mostly rarely secretly both""".split()
)
_PAST = {
    "had": "have", "went": "go", "was": "be", "grew": "grow", "bought": "buy", "got": "get",
    "lost": "lose", "won": "win", "met": "meet", "wrote": "write", "ate": "eat", "drank": "drink",
    "drove": "drive", "taught": "teach", "sold": "sell", "came": "come", "broke": "break",
    "took": "take", "made": "make", "left": "leave", "ran": "run", "saw": "see", "sang": "sing",
    "swam": "swim", "spent": "spend", "gave": "give", "built": "build", "found": "find",
    "moved": "move", "used": "use", "loved": "love", "lived": "live", "graduated": "graduate",
    "retired": "retire", "married": "marry", "tried": "try", "studied": "study",
    "started": "start", "worked": "work", "played": "play", "wanted": "want", "joined": "join",
    "traveled": "travel", "learned": "learn", "served": "serve", "visited": "visit",
    "attended": "attend", "finished": "finish", "quit": "quit", "became": "become",
    "began": "begin", "thought": "think", "knew": "know", "did": "do", "dropped": "drop",
    "adopted": "adopt", "published": "publish", "died": "die",
}  # fmt: skip
_VERBS = set(
    """love like hate enjoy have own want need prefer play work live drive eat drink smoke speak
    read write sing dance cook bake run walk swim hike travel collect study teach sell make go come
    know think believe dream hope wish plan watch listen wear take get give use spend volunteer
    grow garden hunt fish paint draw sew knit skateboard ski surf ride race train exercise
    meditate pray sleep wake stay feel suffer dislike adore despise loathe crave attend visit
    manage run help care try keep belong come look miss follow practice practise design build
    fix repair raise babysit tutor coach perform act model blog code program fly sail camp find
    worry cry laugh talk drink bike cycle jog lift do see meet buy save donate support vote
    compete train remember understand appreciate tend struggle consider share host shop go
    deliver clean serve rent wish breed foster create study excel major""".split()
)


def negate(sentence: str) -> str | None:
    """The sentence denied ("I have two dogs." -> "I do not have two dogs."), or None.

    Only the first claim is denied; what follows "but" or "because", or "and" with a subject of its
    own, is left away. None means: no rule is sure, ask a person or a larger model. A sentence
    that is denied already is affirmed.

    >>> negate("My favorite color is blue."), negate("I'm not a smoker")
    ('My favorite color is not blue.', "I'm a smoker")
    """
    text = " ".join(sentence.replace("’", "'").split())
    text = re.sub(r"\b([Ii]) (m|ve|d|ll)\b", r"\1'\2", text)
    text = re.sub(r"\b(do|does|did|is|are|was|have|can|wo)(n?) t\b", _apostrophe, text)
    body = text.rstrip(" .!")
    if not body or "?" in text or len(body) > 300 or re.search(r"[.!]\s", body):
        return None
    end = "." if text.endswith((".", "!")) else ""
    body = _first_claim(body)
    lead = re.match(r"(?:Well|Yes|Also|Honestly|Actually),? ", body)
    body = body[lead.end() :] if lead else body
    favourite = re.match(r"([\w' ]{2,40}) (is|are) (my (?:most )?favou?rite\b.*)$", body)
    if favourite and not _NEGATIVE.search(body.lower()):
        return f"{favourite[1]} {favourite[2]} not {favourite[3]}{end}"
    if not re.match(r"(?:i|my|we|our)\b", body, re.I):
        return None
    if "'d " in body[:6] or _UNSURE.search(body.lower()):
        return None
    denied = _NEGATIVE.search(body.lower())
    if denied and len(body[: denied.start()].split()) > 4:
        return None  # the denial sits in an inner clause
    changed = _affirm(body) if denied else _deny(body)
    return (
        None
        if changed is None
        else changed[0].upper() * (body[0].isupper()) + changed[int(body[0].isupper()) :] + end
    )


def _apostrophe(match: re.Match[str]) -> str:
    stem, n = match[1], match[2]
    return f"{stem}{n or ('' if stem in {'can', 'wo'} else 'n')}'t" if stem != "wo" else "won't"


def _first_claim(body: str) -> str:
    """Cut at "but", "because", ... and at an "and" that opens a claim of its own."""
    cut = re.search(
        r",?\s+(?:but|because|although|even though|though|while|since|so)\s|,?\s+and\s+(?=(?:i|my|we|he|she|it"
        r"|they)\b)|,\s*(?=(?:i|my|we)\b)|;",
        body,
        re.I,
    )
    return body[: cut.start()].rstrip(" ,") if cut and cut.start() > 5 else body


def _affirm(body: str) -> str | None:
    """Take the one negation out of a denied sentence."""
    if len(_NEGATIVE.findall(body.lower())) != 1 or " and " in body:
        return None
    for pattern, new in _UNDO:
        changed, n = re.subn(pattern, new, body, count=1)
        if n:
            changed = re.sub(r"\b(have|own|had|eat|like|drink|see)( \w+)? any\b", r"\1\2", changed)
            changed = re.sub(r"\banymore$", "still", changed)
            changed = " ".join(changed.split())
            return changed if changed != body else None
    return None


def _deny(body: str) -> str | None:
    words = body.split(" ")
    if words[0].lower() in {"i", "we"}:
        return _deny_verb(words, 1)
    if words[0].endswith("'ve") and not (len(words) > 1 and _participle(words[1].lower())):
        return None
    if re.match(r"[Ii]'(?:m|ve|ll)$", words[0]):
        return _join(words, 1, "not") if len(words) > 1 else None
    if re.match(r"[Ww]e'(?:re|ve|ll)$", words[0]):
        return _join(words, 1, "not") if len(words) > 1 else None
    return _deny_other(words)


def _deny_verb(words: list[str], at: int) -> str | None:
    """Deny "I [adverbs] verb ..."."""
    first = at
    while at < len(words) and (words[at].lower() in _ADVERBS or words[at].endswith("ly")):
        at += 1
    if at >= len(words):
        return None
    verb = words[at].lower()
    following = words[at + 1].lower() if at + 1 < len(words) else ""
    if verb in {"am", "are", "was", "were"} or verb in _AUXILIARIES - {"do", "does", "did"}:
        return _join(words, at + 1, "not") if following else None
    after = [w.lower() for w in words[at + 1 :] if w.lower() not in _ADVERBS][:1]
    if verb in {"have", "had"} and after and _participle(after[0]):
        return _join(words, at + 1, "not")
    if verb == "used" and following == "to":
        return _join(words, first, "never")
    if verb in _VERBS:
        return _join(words, at if at == first else first, "do not")
    if verb in _PAST and not re.search(r"\band \w+(?:ed|t|w)\b", " ".join(words)):
        return _join([*words[:at], _PAST[verb], *words[at + 1 :]], first, "did not")
    return None


def _participle(word: str) -> bool:
    known = "been gone done seen met lived worked played got taken made won written known had"
    return word in known.split() or (word.endswith("ed") and len(word) > 4 and word != "red")


def _deny_other(words: list[str]) -> str | None:
    """Deny "My favorite color is blue", "My wife has two cats", "My parents live in Ohio"."""
    for at, word in enumerate(words[1:7], start=1):
        plain = word.lower()
        if plain in {"who", "that", "which", "when", "where", "to", "of", "and", "in", "with"}:
            return None  # the verb that follows may belong to an inner clause
        if plain in _BE or plain in _AUXILIARIES - {"do", "does", "did"}:
            return _join(words, at + 1, "not") if at + 1 < len(words) else None
        following = words[at + 1].lower() if at + 1 < len(words) else ""
        if plain in {"has", "had", "have"} and at >= 2:
            if _participle(following):
                return _join(words, at + 1, "not")
            helper = {"has": "does", "had": "did", "have": "do"}[plain]
            return _join([*words[:at], "have", *words[at + 1 :]], at, f"{helper} not")
        if at >= 2 and following and plain in _PAST:
            return _join([*words[:at], _PAST[plain], *words[at + 1 :]], at, "did not")
        if at >= 2 and following and plain.endswith("s") and plain[:-1] in _SURE:
            return _join([*words[:at], plain[:-1], *words[at + 1 :]], at, "does not")
        if at >= 2 and following and plain in _SURE and words[at - 1].endswith("s"):
            return _join(words, at, "do not")
    return None


_SURE = set("love like hate live work own play teach enjoy want make sell drive say think".split())


def _join(words: list[str], at: int, new: str) -> str:
    return " ".join([*words[:at], new, *words[at:]])
