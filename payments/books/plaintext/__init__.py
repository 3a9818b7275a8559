"""The books as plain-text accounting, so that other people's programs can check them."""

from payments.books.plaintext.reading import FORMS, plaintext

__all__ = ["FORMS", "plaintext"]
