"""News: what the worker threads tell the GUI thread, each as one signal."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from pos_app.domain.errors import Reason
from pos_app.domain.payment import PaymentRequest


class News(QObject):
    """Lives in the GUI thread; `tell_*` may be called from any thread."""

    changed = Signal(object)  # a PaymentRequest, kept already
    trouble = Signal()  # something nobody expected; the log has it
    reach = Signal(str, object)  # gateway slug; None when it answered, else the Reason

    def tell_changed(self, request: PaymentRequest) -> None:
        self.changed.emit(request)

    def tell_reach(self, gateway: str, reason: Reason | None) -> None:
        self.reach.emit(gateway, reason)
