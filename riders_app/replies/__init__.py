"""What a rider's text means: a pure reading of it, that would rather ask back than guess.

A wrong TAKE, PASS, GOT or DONE costs a meal or somebody's pay; asking back costs one text. So these verbs
are read strictly (nothing may stand beside them that we do not know), while TROUBLE, LATE, WHY and CONTEST,
which only tell people things, take free words. Several jobs in one text are several commands, each answered for.

The carrier keeps STOP, STOPALL, UNSUBSCRIBE, CANCEL, END and QUIT (opt out) and START, YES and UNSTOP (opt
in) for itself (Twilio, support article 223134027), so none of them is ever a command here.
"""

from riders_app.replies import tongues
from riders_app.replies.free import free, late, leads, numbers
from riders_app.replies.reading import Reading, render
from riders_app.replies.strict import strict
from riders_app.replies.times import truly
from riders_app.replies.tokens import Token, plain, tokens
from riders_app.replies.verbs import CANNED, COMMANDS, OPT_IN, OPT_OUT, Verb
from riders_app.replies.words import CERTAIN, COURTESY, DOUBTS, FREE, SPELLINGS, WEAK

__all__ = ["COMMANDS", "OPT_IN", "OPT_OUT", "SPELLINGS", "Reading", "Verb", "parse", "render", "truly"]

_MOST = 640  # characters read: a longer text is a story, and a person reads it
_NUMBERED: frozenset[Verb] = frozenset({"TAKE", "PASS", "HERE", "GOT", "DONE"})
_CLOSING: frozenset[Verb] = frozenset(
    {"OFF", "PAY", "MENU", "SHIFTS"}
)  # and only behind a DONE: "take 12 off me"


def parse(body: str) -> Reading:
    """Read one text. Never raises; what it cannot read comes back with `clear` false and its best guess."""
    text = plain(body[:_MOST])
    found = tokens(text)
    if len(found) == 1:
        word = found[0].text
        if word in OPT_OUT:
            return Reading("OPT_OUT")
        if word in OPT_IN:
            return Reading("OPT_IN")
        if word in CANNED:
            return Reading("HELP")
    reading = _commands(found, text)
    doubted = "?" in text or any(mark in body for mark in DOUBTS) or len(body) > _MOST
    if doubted and any(part.verb in CERTAIN for part in reading.each):
        return Reading(reading.verb, reading.numbers, reading.letters, reading.everything, clear=False)
    return reading


def _commands(found: list[Token], text: str) -> Reading:
    verbs = _verbs(found)
    if not verbs:
        if any(token.pin for token in found):
            return strict("DONE", -1, found)
        return Reading(None, numbers=numbers(found), clear=False)
    at, verb = verbs[0]
    if verb in FREE and (leads(found, at) or (verb == "FAIL" and at == 1)):
        return free(verb, at, found, text)
    if len({v for _, v in verbs}) > 1:
        return _several(found, verbs)
    if verb == "CONTEST":  # only where it leads: "contest" in passing opens no case
        return Reading("CONTEST", numbers=numbers(found), clear=False)
    if verb in FREE:
        return free(verb, at, found, text)
    return strict(verb, at, found)


def _verbs(found: list[Token]) -> list[tuple[int, Verb]]:
    """Where verbs stand; a weak one only where no other does."""
    out: list[tuple[int, Verb]] = []
    for i, token in enumerate(found):
        verb = SPELLINGS.get(token.text)
        if verb is not None and _meant(found, i, verb, out):
            out.append((i, verb))
    strong = [(i, verb) for i, verb in out if found[i].text not in WEAK]
    return strong or out


def _meant(found: list[Token], i: int, verb: Verb, out: list[tuple[int, Verb]]) -> bool:
    """Whether the word is its verb here."""
    token = found[i]
    texts = [t.text for t in found]
    before = texts[i - 1] if i else ""
    if token.glued and before.isdigit() and len(token.text) < 3:
        return False
    if token.text == "PAS":  # "not" in French, unless nothing but a number stands there
        return all(t.isdigit() or t in COURTESY or t == "PAS" for t in texts)
    if token.text in tongues.ACCENTED and not token.accented:
        return bool(tongues.FRENCH_ALREADY & set(texts))
    if token.text in tongues.NOT_ACCENTED and token.accented:
        return False
    if token.text == "TARDE" and before in ("BOA", "BUENA", "MAIS", "MAS"):
        return False
    if verb == "ON" and out and out[-1] in ((i - 1, "PASS"), (i - 1, "TAKE"), (i - 1, "STAY")):
        return False  # "pass on 12"
    return not (verb == "TAKE" and "BREAK" in texts[i + 1 : i + 4])  # "take a break"


def _several(found: list[Token], verbs: list[tuple[int, Verb]]) -> Reading:
    """Commands one after the other, `got 12 done 13`: each must be clear for itself and name its job."""
    unclear = Reading(None, numbers=numbers(found), clear=False)
    if not leads(found, verbs[0][0]):
        return unclear
    starts = [at for k, (at, verb) in enumerate(verbs) if k == 0 or verbs[k - 1][1] != verb]
    parts: list[Reading] = []
    for start, end in zip(starts, [*starts[1:], len(found)], strict=True):
        piece = found[start:end]
        while len(piece) > 1 and piece[-1].text in ("AND", "THEN", "ALSO") and end < len(found):
            piece = piece[:-1]
        closing = end == len(found) and bool(parts) and parts[-1].verb == "DONE"
        said = _part(dict(verbs)[start], piece, closing=closing)
        if said is None:
            return unclear
        parts += said.each
    taken = {n for part in parts if part.verb == "TAKE" for n in part.numbers}
    if taken & {n for part in parts if part.verb == "PASS" for n in part.numbers}:
        return unclear
    first = parts[0]
    return Reading(
        first.verb,
        first.numbers,
        first.letters,
        first.everything,
        first.minutes,
        at=first.at,
        ago_min=first.ago_min,
        pin=first.pin,
        also=tuple(parts[1:]),
    )


def _part(verb: Verb, piece: list[Token], *, closing: bool) -> Reading | None:
    """One of several commands, or None where it is not clear for itself."""
    if verb == "LATE":
        said = (
            late(piece) if all(t.text.isdigit() or t.text in ("LATE", "MIN", "MINS") for t in piece) else None
        )
        return said if said and said.clear and said.numbers and said.minutes else None
    if verb not in _NUMBERED and not (verb in _CLOSING and closing):
        return None
    said = strict(verb, 0, piece)
    if not said.clear or (verb in _NUMBERED and not said.numbers):
        return None
    return said
