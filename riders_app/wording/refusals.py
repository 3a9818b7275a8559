"""Why something did not work, in the rider's terms and language: for a text in one segment, for a page as written."""

from collections.abc import Callable

from dispatch import errors
from dispatch.errors import DispatchError
from riders_app.wording.answers import which
from riders_app.wording.gsm import ONE_SEGMENT, cut, fold
from riders_app.wording.voice import ENGLISH, Voice


def refused(error: DispatchError, verb: str = "", voice: Voice = ENGLISH) -> str:
    """What dispatch would not do, in the rider's terms."""
    for kind, say in _TERMS.items():
        if isinstance(error, kind):
            return cut(fold(say(error, verb, voice)), ONE_SEGMENT)
    return cut(fold(error.message), ONE_SEGMENT)


def shown(error: DispatchError, voice: Voice) -> str:
    """What dispatch would not do, for a page: in this language where it has the words, as dispatch put it otherwise."""
    return error.told(voice.show)


def gone(error: DispatchError, _verb: str = "", voice: Voice = ENGLISH) -> str:
    """A job that is not theirs any more: what became of it, kindly, as it is now."""
    number, was, is_now = (error.facts.get(key) for key in ("number", "was", "is_now"))
    job = voice.say("Job {number}", number=number) if number else voice.say("That job")
    if is_now == "cancelled":
        return voice.say(
            "{job} was called off: its order is cancelled. Nothing to do, and no mark against you.", job=job
        )
    if was == "passed":
        another = voice.say(" Another rider has it now.") if is_now == "another" else ""
        return voice.say(
            "{job} has gone: you passed on it.{another} No mark against you. MENU shows what is live",
            job=job,
            another=another,
        )
    if is_now == "another":
        return voice.say(
            "{job} has another rider now: your text came later. No mark against you. MENU shows what is live",
            job=job,
        )
    how = voice.say("its time to answer ran out") if was == "expired" else voice.say("it was withdrawn")
    return voice.say(
        "{job} has gone: {how}. Nothing to do, and no mark against you. MENU shows what is live",
        job=job,
        how=how,
    )


def proof_needed(error: DispatchError, verb: str = "", voice: Voice = ENGLISH) -> str:
    """A delivery that needs its proof first."""
    job = f"{error.facts.get('number', '')}{error.facts.get('letter', '')}"
    kind = error.facts.get("kind")
    if kind == "pin":
        return voice.say(
            "{job} not marked yet: ask for the customer's 4-digit code, text DONE {job} PIN and the code. "
            "None? DONE {job} NOPIN and why",
            job=job,
        )
    if kind == "name":
        return voice.say(
            "{job} not marked yet: ask who takes it, text DONE {job} NAME and their name. "
            "Cannot ask? DONE {job} NONAME and why",
            job=job,
        )
    if kind == "photo":
        return voice.say(
            "{job} not marked yet: add a photo on your page. No data? DONE {job} NOPHOTO and where you left it",
            job=job,
        )
    return _own(error, verb, voice)


def proof_wrong(error: DispatchError, _verb: str = "", voice: Voice = ENGLISH) -> str:
    """The code is another order's, or misheard."""
    return voice.say(
        "That is not the code of {job}, so nothing is marked. Ask again: it is in their text and on their page. "
        "No code? DONE {job} NOPIN and why",
        job=f"{error.facts.get('number', '')}{error.facts.get('letter', '')}",
    )


def _which(error: DispatchError, verb: str, voice: Voice) -> str:
    numbers = error.numbers if isinstance(error, errors.WhichJob) else ()
    return which(verb or "MENU", numbers, voice)


def _state(error: DispatchError, verb: str, voice: Voice) -> str:
    if "row" in error.facts:  # the words of the machine itself name rows, which mean nothing to a rider
        return voice.say("That cannot be done now, so nothing is marked. MENU shows what can")
    return _own(error, verb, voice)


def _no_job(error: DispatchError, verb: str, voice: Voice) -> str:
    if not voice.knows(error.says):
        return _desk(error, verb, voice)
    menu = voice.say("MENU shows what is live")
    return f"{_own(error, verb, voice).rstrip('.')}. {menu}"


def _own(error: DispatchError, verb: str, voice: Voice) -> str:
    """The words it came with, where this language has them; where it has not, what to do instead."""
    if voice == ENGLISH:
        return error.message
    return shown(error, voice) if voice.knows(error.says) else _desk(error, verb, voice)


def _undo(error: DispatchError, verb: str, voice: Voice) -> str:
    if voice.knows(error.says):
        return _own(error, verb, voice)
    return voice.say("There is nothing to undo from the last five minutes.")


def _off_shift(error: DispatchError, verb: str, voice: Voice) -> str:
    if voice.knows(error.says):
        return _own(error, verb, voice)
    return voice.say("You are not on shift: text ON to start.")


def _desk(_error: DispatchError, _verb: str, voice: Voice) -> str:
    return voice.say("That did not work, so nothing is marked. MENU shows what you can text, or ask the desk")


def known_refusals(voice: Voice = ENGLISH) -> tuple[str, ...]:
    """What dispatch says to a rider who asks for what cannot be, so that each language has it. A test reads
    dispatch, and wants here what riders may hear of it.
    """
    return (*_of_jobs(voice), *_of_presses(voice), *_of_shifts(voice), *_of_money(voice), *_of_doors(voice))


def _of_jobs(voice: Voice) -> tuple[str, ...]:
    return (
        voice.show("That job is closed: tell the desk what happened."),
        voice.show("Your shift has ended since: tell the desk what happened."),
        voice.show("Another rider has that food since: tell the desk what happened."),
        voice.show("The customer's money is on its way back: tell the desk what happened."),
        voice.show("You have no job {number}."),
        voice.show("You have no live job."),
        voice.show("You have had no job {number}."),
        voice.show("You have had no job to ask about."),
        voice.show("You have no job with that number."),
        voice.show("There is no such job."),
        voice.show("You have more than one job: say which number."),
        voice.show("That job has gone to someone else."),
        voice.show("That cannot be done now."),
        voice.show("You may not do this."),
        voice.show("You took job {number}. UNDO gives it back within 5 minutes; later, ask the desk."),
        voice.show("That time cannot be right: give one from this shift."),
        voice.show("Say how many minutes late, from 1 to 120."),
        voice.show("Job {number} has no drop {unknown}: its drops are {drops}."),
        voice.show("Job {number} has no drop {letter} to make: those left are {drops}."),
        voice.show("Job {number} has no drop left to make."),
        voice.show("Only food you carry can fail at the door: GOT {number} comes first."),
        voice.show("One drop a text, please: each needs its own reason."),
        voice.show("One drop a text, please: each has its own proof."),
        voice.show("No code is asked for at this door: text it without."),
        voice.show("That is not the customer's code: ask again, or say why there is none."),
        voice.show("This delivery needs its proof first, or the reason why there is none."),
        voice.show(
            "Job {number}{letter}: ask for the customer's 4-digit code first, or say why there is none."
        ),
        voice.show("Job {number}{letter}: ask who takes it first, or say why there is none."),
        voice.show("Job {number}{letter}: take a photo of where it is left first, or say why there is none."),
        voice.show("Job {number} was given by the desk, by hand."),
        voice.show("The figures of job {number} are not kept any more: the desk can tell you what it knows."),
        voice.show(
            "The figures of job {number} cannot be read any more: the desk can tell you what it knows."
        ),
    )


def _of_presses(voice: Voice) -> tuple[str, ...]:
    return (
        voice.show("Another restaurant of this job comes first."),
        voice.show("Something else was said since: look again, then undo that."),
        voice.show("That job is closed, and its number is another job's now."),
        voice.show("That time has not come yet."),
        voice.show("That was pressed too long ago to count by itself."),
        voice.show("That time is before you took the job."),
        voice.show("Code: its four digits, please."),
        voice.show("Photo: at most {size} MB, please: take it smaller."),
        voice.show("Photo: send a JPEG, PNG or WebP picture."),
        voice.show("Write down what was wrong."),
        voice.show("You have had no such job."),
    )


def _of_shifts(voice: Voice) -> tuple[str, ...]:
    return (
        voice.show("You are not on shift."),
        voice.show("You have no shift planned now: the desk can add one."),
        voice.show("Your shift starts at {starts}: ON works from {opens}."),
        voice.show("Your shift has not come yet."),
        voice.show("Your job ends before your shift does: text TAKE for it."),
        voice.show("Text BREAK alone: how long a break is stands in the rules."),
        voice.show("You have food of job {number} on board: deliver it, then text BREAK."),
        voice.show("You had your break, {since} to {until}. For another one, ask the desk."),
        voice.show("The rules have no break of their own: ask the desk for one."),
        voice.show("You have a place in that shift already."),
        voice.show("That place has gone on to the next rider: ask for it again to wait for another."),
        voice.show("That shift needs a cargo bike: ask the desk if you can have one."),
        voice.show("You have not asked for that place."),
        voice.show("That shift has begun or is off the rota."),
        voice.show("That week is not up yet."),
        voice.show("Look at this first: {words}. To go on, write down why."),
        voice.show("A shift is given up {hours} hours ahead or more: offer it for a swap, or ask the desk."),
        voice.show("You offer no such shift."),
        voice.show("There is no such offer."),
        voice.show("That is your own shift: withdraw the offer to keep it."),
        voice.show("That shift is not on offer any more."),
        voice.show("You have no such shift."),
        voice.show("Only a shift that has not begun can change hands."),
        voice.show("Say either a day of the week or one date."),
        voice.show("Day: choose a day of the week."),
        voice.show("Day: write it like 2026-11-27."),
        voice.show("You have said {count} such times: take some out first."),
        voice.show("You have not said that."),
        voice.show("Tick the box if you agree to it: nobody may make you."),
    )


def _of_money(voice: Voice) -> tuple[str, ...]:
    return (
        voice.show("Write down what it was for."),
        voice.show(
            "Amount: write what you paid, like 12.50; for more than 1,000 talk to the treasurer first."
        ),
        voice.show("Day: write when you paid it, within the last three months."),
        voice.show("{what}: write a day like 2026-11-20."),
        voice.show("{what}: write a time like 17:00."),
        voice.show("{what}: write an amount like 23.50."),
        voice.show("The first day must come before the last."),
        voice.show("There is no such payslip."),
        voice.show("There is no entry by that number in your accounts."),
    )


def _of_doors(voice: Voice) -> tuple[str, ...]:
    return (
        voice.show("This sign-in link is used up or too old: ask for a new one."),
        voice.show("Too many tries: wait a little and try again."),
        voice.show("Sign in first: ask for a link to be texted to you."),
        voice.show("This page was open too long, or was not ours: go back, reload it and try again."),
        voice.show("This page is for: {roles}."),
        voice.show("There is nothing by that name here."),
        voice.show("There is no order by that id."),
        voice.show("Something in what was sent is not right."),
        voice.show("Pannier speaks {languages}; choose one of them."),
    )


_TERMS: dict[type[DispatchError], Callable[[DispatchError, str, Voice], str]] = {
    errors.OfferGone: gone,
    errors.WhichJob: _which,
    errors.NoSuchJob: _no_job,
    errors.ProofNeeded: proof_needed,
    errors.ProofWrong: proof_wrong,
    errors.NothingToUndo: _undo,
    errors.NotOnShift: _off_shift,
    errors.WrongState: _state,
    errors.NotAllowed: _own,
    errors.BadInput: _own,
    errors.Cautioned: _own,
    DispatchError: _desk,
}
