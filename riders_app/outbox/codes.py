"""What the carrier's codes mean for whoever waits for a text."""

# www.twilio.com/docs/api/errors
CODES = {
    "20429": "Twilio takes no more texts from us just now",
    "21211": "that is no phone number",
    "21408": "our Twilio account may not text that country",
    "21610": "this phone has opted out: only START, texted from it, brings our texts back",
    "21611": "Twilio's queue for our number is full",
    "21612": "our number cannot reach that one",
    "21614": "that number takes no texts: it is a landline",
    "30001": "Twilio's queue was full",
    "30002": "our Twilio account is suspended",
    "30003": "the phone is off or out of reach",
    "30004": "the phone or its network blocks us",
    "30005": "the number does not exist any more",
    "30006": "a landline, or a network that takes no texts",
    "30007": "the network took it for spam",
    "30008": "the network gave no reason",
    "30036": "it waited longer than it was good for",
}


STATUSES = {
    "accepted": "it has it",
    "scheduled": "it has it",
    "queued": "it has it",
    "sending": "on its way",
    "sent": "handed to the phone's network",
    "delivered": "on the phone",
    "read": "read on the phone",
    "undelivered": "did not reach the phone",
    "failed": "not sent",
    "canceled": "called off",
}


def meaning(error: str | None) -> str:
    """An error's words, with what its code means where one stands in them."""
    if not error:
        return ""
    code = next((code for code in CODES if code in error), None)
    return error if code is None else f"{CODES[code]} ({error})"
