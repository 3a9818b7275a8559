"""What can go wrong with a text on its way; each docstring is the default message."""


class TextError(Exception):
    """A text could not be sent."""

    def __init__(self, message: str | None = None, *, code: int | None = None) -> None:
        self.message = message or (self.__doc__ or "").strip().splitlines()[0]
        self.code = code
        super().__init__(self.message)


class OptedOut(TextError):
    """This phone has opted out of our texts."""


class Refused(TextError):
    """The carrier will never send this text."""


class BadNumber(Refused):
    """The carrier cannot reach this number at all."""


class TryLater(TextError):
    """The carrier did not take the text: nothing was sent."""


class Unanswered(TextError):
    """The carrier did not say whether it took the text: ask before sending it again."""
