"""The words riders use for each verb, how thumbs slip on them, and what may harmlessly stand beside them."""

from collections.abc import Iterable
from typing import Literal, get_args

Verb = Literal[
    "ON",
    "OFF",
    "TAKE",
    "PASS",
    "HERE",
    "GOT",
    "DONE",
    "UNDO",
    "LATE",
    "TROUBLE",
    "WHY",
    "CONTEST",
    "PAY",
    "MENU",
    "ACK",
    "FAIL",
    "HELP",
    "OPT_OUT",
    "OPT_IN",
]
COMMANDS: tuple[Verb, ...] = get_args(Verb)[:16]
OPT_OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
OPT_IN = frozenset({"START", "YES", "UNSTOP"})
CANNED = frozenset({"HELP", "INFO"})
MOST_MINUTES = 180


def _words(written: str) -> frozenset[str]:
    return frozenset(written.split())


_SYNONYMS: dict[str, Verb] = {
    "ONLINE": "ON",
    "OFFLINE": "OFF",
    "TAKING": "TAKE",
    "ACCEPT": "TAKE",
    "ACCEPTING": "TAKE",
    "PASSING": "PASS",
    "SKIP": "PASS",
    "DECLINE": "PASS",
    "REFUSE": "PASS",
    "REJECT": "PASS",
    "ARRIVED": "HERE",
    "COLLECTED": "GOT",
    "COLECTED": "GOT",
    "PICKEDUP": "GOT",
    "DELIVERED": "DONE",
    "DELIVERD": "DONE",
    "DELIVRED": "DONE",
    "COMPLETED": "DONE",
    "DELAYED": "LATE",
    "PROBLEM": "TROUBLE",
    "PROBLEMS": "TROUBLE",
    "PROBLM": "TROUBLE",
    "ISSUE": "TROUBLE",
    "ACCIDENT": "TROUBLE",
    "CRASHED": "TROUBLE",
    "CRASH": "TROUBLE",
    "PUNCTURE": "TROUBLE",
    "EMERGENCY": "TROUBLE",
    "INJURED": "TROUBLE",
    "TROUBEL": "TROUBLE",
    "DISPUTE": "CONTEST",
    "APPEAL": "CONTEST",
    "WAGES": "PAY",
    "EARNINGS": "PAY",
    "STATUS": "MENU",
    "MENUE": "MENU",
    "MENUS": "MENU",
    "JOBS": "MENU",
    "LIST": "MENU",
    "HELP": "HELP",
    "FAILED": "FAIL",
}

_KEYS = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
# Real words one slip away from a verb: they mean themselves.
_OTHER_WORDS = _words(
    "ASS ATE BAT BOT CARE CONE DATE DIE DIME DINE DOE DOME DON DOSE DUE EAR EAT FATE FONE "
    "GATE GERE GIT GO GOD GOOD GOT GOR HATE HE HER HERD HEN HEAR HEY HIRE HOT LACE LAST LASS "
    "LAKE LET LIE LOT MEN MANY MATE MEAN NOT OAT ONE OUR PAD PADS PAL PAN PAST PAT PAYS PIE "
    "RATE RAKE SON SONE SAY SATE SHE TAILS TALE TALK TAME TAN TAP TEA TEN TIE TOE TOT UNDER "
    "WAS WAY WERE WHO WHT LAY PAR AT AS IN TO NO SO OR ON OFF US UP OF OK PAY WHY HERE DONE "
    "TAKE PASS LATE UNDO MENU"
)


def _slips(verb: str) -> Iterable[str]:
    """Common slips of the thumb: two letters swapped, one doubled, one missing, or the key beside it."""
    for i in range(len(verb)):
        yield verb[: i + 1] + verb[i:]
        if i + 1 < len(verb):
            yield verb[:i] + verb[i + 1] + verb[i] + verb[i + 2 :]
        if len(verb) >= 4:
            yield verb[:i] + verb[i + 1 :]
        for row in _KEYS:
            at = row.find(verb[i])
            if at >= 0:
                for key in row[max(at - 1, 0) : at] + row[at + 1 : at + 2]:
                    yield verb[:i] + key + verb[i + 1 :]


def _spellings() -> dict[str, Verb]:
    """Every spelling we read as a verb; slips that could be two verbs, or another word, are left out."""
    told: dict[str, set[Verb]] = {}
    for verb in COMMANDS[:14]:
        if len(verb) > 3 or verb == "GOT":
            for slip in _slips(verb):
                told.setdefault(slip, set()).add(verb)
    spellings = {
        slip: verbs.pop() for slip, verbs in told.items() if len(verbs) == 1 and slip not in _OTHER_WORDS
    }
    reserved = OPT_OUT | OPT_IN
    spellings = {word: verb for word, verb in spellings.items() if word not in reserved}
    return spellings | _SYNONYMS | {verb: verb for verb in COMMANDS}


SPELLINGS = _spellings()

COURTESY = _words(
    "PLEASE PLS PLZ THANKS THANK THX THANX TA CHEERS MATE BRO BOSS HI HEY HELLO JOB JOBS OK "
    "OKAY YES YEP YEAH YO NUMBER NUM NR NOW SURE EVENING MORNING"
)
BESIDE: dict[Verb, frozenset[str]] = {
    "ON": _words("IM I AM SHIFT DUTY GOING CLOCK CLOCKING CLOCKED MY READY"),
    "OFF": _words("IM I AM SHIFT DUTY GOING CLOCK CLOCKING CLOCKED MY HOME"),
    "TAKE": _words("I IM AM ILL WILL CAN THE THIS THAT IT GONNA"),
    "PASS": _words("SORRY I ILL WILL THE THIS THAT IT GONNA"),
    "HERE": _words("I IM AM AT THE RESTAURANT SHOP DOOR HAVE IVE JUST"),
    "GOT": _words("I IVE HAVE JUST THE FOOD"),
    "DONE": _words(
        "IVE HAVE JUST AND THE LEFT WITH AT DOOR DOORSTEP PORCH RECEPTION NEIGHBOUR NEIGHBOR "
        "CONCIERGE HANDED CUSTOMER TO LOBBY"
    ),
    "UNDO": _words("THE LAST THAT THIS IT ONE"),
    "ACK": _words("IT THE ADDRESS"),
    "PAY": _words("MY THE SO FAR TONIGHT TODAY SHOW ME WHAT IS HOW MUCH"),
    "MENU": _words("MY THE SHOW ME AGAIN SEND FOR"),
}
FREE: frozenset[Verb] = frozenset({"LATE", "TROUBLE", "WHY", "CONTEST", "HELP", "FAIL"})
STRICT: frozenset[Verb] = frozenset({"TAKE", "PASS", "GOT", "DONE"})
NEGATIONS = _words("NO NOT NEVER WITHOUT WONT ISNT DONT CANT CANNOT NT NON ANY")
LABELS = frozenset({"NO", "NR", "NUM", "NUMBER", "JOB", "N", "J"})
UNITS = frozenset({"MIN", "MINS", "MINUTE", "MINUTES", "M"})
NUMBER_WORDS = {"FIVE": 5, "TEN": 10, "FIFTEEN": 15, "TWENTY": 20, "THIRTY": 30}
EVERYTHING = frozenset({"ALL", "EVERYTHING"})
DROPS = frozenset("ABCDEFGH")
REFUSALS = frozenset("👎🙅❌🚫⛔✖")
SPLIT_BY_A_NOUGHT = {("0", "N"), ("0", "FF"), ("D", "0"), ("G", "0"), ("DO", "NE"), ("GO", "T")}
