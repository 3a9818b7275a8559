"""The words riders use for each verb, how thumbs slip on them, and what may harmlessly stand beside them."""

from collections.abc import Iterable

from riders_app.replies.tongues import FOREIGN
from riders_app.replies.verbs import COMMANDS, OPT_IN, OPT_OUT, Verb
from riders_app.replies.verbs import words as _words

MOST_MINUTES = 180

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
    "DROPPEDOFF": "DONE",
    "OUTSIDE": "HERE",
    "MADE": "PAY",
    "SEEN": "ACK",
    "NOTED": "ACK",
    "OK": "ACK",
    "OKAY": "ACK",
    "UNDERSTOOD": "ACK",
    "FAILED": "FAIL",
    "COULDNTDELIVER": "FAIL",
    "BREAK": "REST",
    "ROTA": "SHIFTS",
    "NEXTSHIFT": "SHIFTS",
    "STAYING": "STAY",
}

_KEYS = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
# Real words one slip away from a verb: they mean themselves.
_OTHER_WORDS = _words(
    "ASS ATE BAT BOT CARE CONE DATE DIE DIME DINE DOE DOME DON DOSE DUE EAR EAT FATE FONE "
    "GATE GERE GIT GO GOD GOOD GOT GOR HATE HE HER HERD HEN HEAR HEY HIRE HOT LACE LAST LASS "
    "LAKE LET LIE LOT MEN MANY MATE MEAN NOT OAT ONE OUR PAD PADS PAL PAN PAST PAT PAYS PIE "
    "RATE RAKE SON SONE SAY SATE SHE TAILS TALE TALK TAME TAN TAP TEA TEN TIE TOE TOT UNDER "
    "WAS WAY WERE WHO WHT LAY PAR AT AS IN TO NO SO OR ON OFF US UP OF OK PAY WHY HERE DONE "
    "TAKE PASS LATE UNDO MENU "
    "DONNE LATTE KATE INDO UDO UND PASA PASO"
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
    return spellings | FOREIGN | _SYNONYMS | {verb: verb for verb in COMMANDS}


SPELLINGS = _spellings()

# Only when no other verb stands in the text: "ok take 12", "done 12 left outside".
WEAK = _words("OK OKAY OUTSIDE MADE JOBS VISTO AQUI")

COURTESY = _words(
    "PLEASE PLS PLZ THANKS THANK THX THANX TA CHEERS MATE BRO BOSS HI HEY HELLO JOB JOBS OK "
    "OKAY YES YEP YEAH YO NUMBER NUM NR NOW SURE EVENING MORNING GOON OBRIGADO OBRIGADA MERCI GRACIAS "
    "SVP STP FAVOR MAN"
)
# Courtesy to a machine that writes punctuation out.
DICTATED = _words("COMMA PERIOD")
BESIDE: dict[Verb, frozenset[str]] = {
    "ON": _words("IM I AM SHIFT DUTY GOING CLOCK CLOCKING CLOCKED MY READY"),
    "OFF": _words("IM I AM SHIFT DUTY GOING CLOCK CLOCKING CLOCKED MY HOME"),
    "TAKE": _words("I IM AM ILL WILL CAN THE THIS THAT IT GONNA AND"),
    "PASS": _words("SORRY SRY SOZ I ILL WILL THE THIS THAT IT GONNA HAVE TO AND"),
    "HERE": _words("I IM AM AT THE RESTAURANT SHOP DOOR HAVE IVE JUST RESTAURANTE AND"),
    "GOT": _words("I IVE HAVE JUST THE FOOD AND AT ABOUT"),
    "DONE": _words(
        "I IVE HAVE JUST AND THE LEFT WITH AT DOOR DOORSTEP PORCH RECEPTION NEIGHBOUR NEIGHBOR "
        "CONCIERGE HANDED CUSTOMER TO LOBBY OUTSIDE OF ABOUT DROPOFF"
    ),
    "UNDO": _words("THE LAST THAT THIS IT ONE SORRY"),
    "PAY": _words("MY THE SO FAR TONIGHT TODAY SHOW ME WHAT IS HOW MUCH HAVE I"),
    "MENU": _words("MY THE SHOW ME AGAIN SEND FOR WHAT ARE"),
    "ACK": _words("IT THE ADDRESS CHANGE NEW GOT ALL RIGHT"),
    "REST": _words(
        "I IM NEED A CAN HAVE WANT TO TAKE TAKING GET COULD MAY MY SHORT QUICK FOR MIN MINS MINUTES"
    ),
    "SHIFTS": _words("MY NEXT THE SHOW ME THIS WEEK WHAT ARE WHEN IS"),
    "JOIN": _words("I ILL WILL THE SHIFT IT"),
    "STAY": _words("I ILL CAN WILL FOR LONGER ON THE TO OUT"),
}
FREE: frozenset[Verb] = frozenset({"LATE", "TROUBLE", "WHY", "CONTEST", "HELP", "FAIL"})
STRICT: frozenset[Verb] = frozenset({"TAKE", "PASS", "GOT", "DONE"})
CERTAIN: frozenset[Verb] = STRICT | {"HERE", "ON", "OFF", "UNDO", "ACK", "STAY", "JOIN", "FAIL"}
"""Verbs a question mark makes unsure."""
TIMED: frozenset[Verb] = frozenset({"HERE", "GOT", "DONE"})
NEGATIONS = _words("NO NOT NEVER WITHOUT WONT ISNT DONT CANT CANNOT NT NON ANY NAO SEM SIN PAS SANS NONE")
LABELS = frozenset({"NO", "NR", "NUM", "NUMBER", "JOB", "N", "J"})
UNITS = frozenset({"MIN", "MINS", "MINUTE", "MINUTES", "M", "MINUTO", "MINUTOS"})
HOURS = frozenset({"HOUR", "HOURS", "HR", "HRS", "H", "HEURE", "HEURES", "HORA", "HORAS"})
_ONES = (
    "ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE TEN "
    "ELEVEN TWELVE THIRTEEN FOURTEEN FIFTEEN SIXTEEN SEVENTEEN EIGHTEEN NINETEEN"
)
_DECADES = "TWENTY THIRTY FORTY FIFTY SIXTY SEVENTY EIGHTY NINETY"
# Not `doce`, a dessert; not `once`, `seize` and the decades, which may go on ("vingt et un").
_ABROAD = {
    11: "ONZE",
    12: "DOZE DOUZE",
    13: "TREZE TREIZE TRECE",
    14: "CATORZE QUATORZE CATORCE",
    15: "QUINZE QUINCE",
}
NUMBER_WORDS = {
    **{word: n for n, word in enumerate(_ONES.split(), 1)},
    **{word: n * 10 for n, word in enumerate(_DECADES.split(), 2)},
    **{word: n for n, many in _ABROAD.items() for word in many.split()},
}
EVERYTHING = frozenset({"ALL", "EVERYTHING"})
DROPS = frozenset("ABCDEFGH")
# A cross or a hand held up takes back what the words say; a question, an hourglass or crossed fingers doubt it.
DOUBTS = frozenset("👎🙅❌❎✖✗✘☒🚫⛔🛑❓❔🤔🧐🤷🤞🔜⏳⌛")
SPLIT_BY_A_NOUGHT = {("0", "N"), ("0", "FF"), ("D", "0"), ("G", "0"), ("DO", "NE"), ("GO", "T")}
# Words that are one word together, the longest first.
JOINS: tuple[tuple[tuple[str, ...], str], ...] = tuple(
    (tuple(said.split()), one)
    for one, many in {
        "PICKEDUP": "PICKED UP",
        "DROPPEDOFF": "DROPPED OFF",
        "DROPOFF": "DROP OFF",
        "GOON": "GO ON",
        "THANKS": "THANK YOU",
        "NEXTSHIFT": "NEXT SHIFT",
        "COULDNTDELIVER": (
            "COULD NOT DELIVER|COULDNT DELIVER|CANT DELIVER|CANNOT DELIVER|CAN NOT DELIVER|UNABLE TO DELIVER|"
            "NOT ABLE TO DELIVER|NAO CONSEGUI ENTREGAR|NAO CONSIGO ENTREGAR|PAS PU LIVRER|NO PUDE ENTREGAR|"
            "NO PUEDO ENTREGAR"
        ),
        "EMSERVICO": "EM SERVICO",
        "ENSERVICE": "EN SERVICE",
        "DESERVICIO": "DE SERVICIO",
        "FORADESERVICO": "FORA DE SERVICO",
        "HORSSERVICE": "HORS SERVICE",
        "FUERADESERVICIO": "FUERA DE SERVICIO",
        "PORQUE": "POR QUE",
        "HA": "IL Y A",
    }.items()
    for said in sorted(many.split("|"), key=len, reverse=True)
)
