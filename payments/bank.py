"""British bank accounts and the file a bank pays many of them by: read, checked for form, written."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from payments.errors import BadBankDetails

_SORT_CODE = re.compile(r"(\d{2})[ -]?(\d{2})[ -]?(\d{2})")
_NUMBER = re.compile(r"\d{8}")
# What Bacs carries in a name or a reference: Bacs, Standard 18 file structures; 18 characters of either.
_CARRIED = re.compile(r"[^A-Z0-9 .&/-]")
CARRIED = 18
HEADINGS = ("name", "sort code", "account number", "amount", "reference")
# Letters that do not come apart into a plain one and its accent.
_PLAIN = str.maketrans(
    {"Ł": "L", "ł": "l", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "ß": "ss", "Æ": "AE", "æ": "ae", "ı": "i",
     "Œ": "OE", "œ": "oe", "Þ": "Th", "þ": "th", "’": "'", "–": "-"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Whose account, and where: `sort_code` six digits, `number` eight. BadBankDetails says all that is wrong."""

    holder: str
    sort_code: str
    number: str

    def __post_init__(self) -> None:
        faults = []
        if not carried(self.holder):
            faults.append("Name: write the name on the account, as the bank has it.")
        if not re.fullmatch(r"\d{6}", self.sort_code):
            faults.append("Sort code: write six digits, like 12-34-56.")
        if not _NUMBER.fullmatch(self.number):
            faults.append("Account number: write eight digits; put noughts in front of a shorter one.")
        if faults:
            raise BadBankDetails(tuple(faults))

    @property
    def last_digits(self) -> str:
        """Enough to know it by, and no more: the last four digits."""
        return self.number[-4:]

    @property
    def masked(self) -> str:
        """The same in words."""
        return f"account ending {self.last_digits}"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment of a bank file: `amount_minor` pence to an account, under a reference."""

    account: BankAccount
    amount_minor: int
    reference: str


@dataclass(frozen=True, slots=True)
class BankFile:
    """What is handed to the bank: the file's text, how many payments it has and what they come to, in pence."""

    text: str
    count: int
    total_minor: int


def account(holder: str, sort_code: str, number: str) -> BankAccount:
    """An account as somebody typed it; BadBankDetails with every fault."""
    found = _SORT_CODE.fullmatch(sort_code.strip())
    digits = "".join(found.groups()) if found else ""
    return BankAccount(" ".join(holder.split()), digits, number.replace(" ", "").strip())


def plain(words: str) -> str:
    """Words in letters without accents, as far as they have such letters."""
    apart = unicodedata.normalize("NFKD", words.translate(_PLAIN))
    return "".join(each for each in apart if not unicodedata.combining(each))


def carried(words: str) -> str:
    """Words as the bank carries them: capitals without accents, 18 at most, none that a spreadsheet would reckon."""
    told = _CARRIED.sub("", plain(words).upper())
    return " ".join(told.split()).lstrip("-.&/ ")[:CARRIED].strip()


def file(transfers: Sequence[Transfer]) -> BankFile:
    """The file, a line a payment; ValueError unless what is written sums to what is to be paid, to the penny."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(HEADINGS)
    for each in transfers:
        code = "-".join((each.account.sort_code[:2], each.account.sort_code[2:4], each.account.sort_code[4:]))
        amount = f"{each.amount_minor // 100}.{each.amount_minor % 100:02d}"
        rows.writerow(
            (carried(each.account.holder), code, each.account.number, amount, carried(each.reference))
        )
    text, total = out.getvalue(), sum(each.amount_minor for each in transfers)
    written = [line["amount"] for line in csv.DictReader(io.StringIO(text))]
    if sum(int(amount.replace(".", "")) for amount in written) != total or len(written) != len(transfers):
        raise ValueError("the bank file does not sum to what is to be paid")
    return BankFile(text, len(transfers), total)
