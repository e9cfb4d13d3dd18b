"""News: what the worker threads tell the GUI thread, each as one signal."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from pos_app.domain.errors import Reason
from pos_app.domain.payment import PaymentRequest


class News(QObject):
    """Lives in the GUI thread; `tell_*` may be called from any thread."""

    opened = Signal(object)  # a PaymentRequest that this till has just made, kept already
    changed = Signal(object)  # a PaymentRequest, kept already
    books = Signal(str)  # a sentence while answers can't be kept, empty when they can
    notice = Signal(str)  # something for the notice bar
    trouble = Signal()  # something nobody expected; the log has it
    reach = Signal(str, object)  # gateway slug; None when it answered, else the Reason

    def __init__(self) -> None:
        super().__init__()
        self._reach: dict[str, Reason | None] = {}

    def tell_opened(self, request: PaymentRequest) -> None:
        self.opened.emit(request)

    def tell_books(self, sentence: str) -> None:
        self.books.emit(sentence)

    def tell_changed(self, request: PaymentRequest) -> None:
        self.changed.emit(request)

    def tell_reach(self, gateway: str, reason: Reason | None) -> None:
        """Only what is new becomes a signal: most looks find the bank as it was."""
        if self._reach.get(gateway, self) is not reason:
            self._reach[gateway] = reason
            self.reach.emit(gateway, reason)
