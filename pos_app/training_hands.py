"""What the buttons of the training panel do to the embedded gateways."""

from __future__ import annotations

from PySide6.QtCore import QObject

from pos_app.sandbox.training import SmepayTraining
from pos_app.ui.counter.actions import Can
from pos_app.ui.counter.model import CounterModel
from pos_app.ui.counter.view import PaymentView
from pos_app.ui.training import DARK, DECLINE, PAY, PAY_LESS, PAY_MORE, TrainingPanel
from pos_app.workers.tasks import Tasks


class TrainingHands(QObject):
    """Acts on the request that is on the card. Lives in the GUI thread, works off it."""

    def __init__(
        self, panel: TrainingPanel, smepay: SmepayTraining, model: CounterModel, tasks: Tasks
    ) -> None:
        super().__init__(panel)
        self._smepay = smepay
        self._model = model
        self._tasks = tasks
        self._panel = panel
        panel.acted.connect(self._act)
        model.view_changed.connect(self._reflect)
        self._reflect(None)

    def _reflect(self, view: PaymentView | None) -> None:
        self._panel.show_payable(view is not None and Can.RECHECK in view.can)

    def _act(self, act: str) -> None:
        reference = self._model.focus
        if act == DARK:
            self._tasks.run(self._smepay.go_dark, not self._smepay.is_dark())
        elif reference:
            self._tasks.run(self._do, act, reference)

    def _do(self, act: str, reference: str) -> None:
        """An act that makes no sense (paying twice by a double click) changes nothing."""
        try:
            if act == DECLINE:
                self._smepay.decline(reference)
                return
            asked = next(order.paise for order in self._smepay.orders() if order.reference == reference)
            paid = {PAY: asked, PAY_LESS: max(1, asked // 2), PAY_MORE: asked + 100_00}[act]
            self._smepay.pay(reference, paid)
        except (KeyError, ValueError, StopIteration):
            return
