"""The recent sales: a row of small tiles with live status; a click brings one back onto the card."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from pos_app.ui import look
from pos_app.ui.widgets.card import Card
from pos_app.ui.widgets.chip import Chip
from pos_app.ui.widgets.text import PlainLabel, spaced

if TYPE_CHECKING:
    from pos_app.ui.counter.view import RecentView

TILE = 126
MORE = 64  # pixels for "+7 more"


class RecentSales(Card):
    """As many tiles as fit, the newest at the left."""

    chosen = Signal(str)  # reference

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setObjectName("recent_sales")
        self.setAccessibleName(self.tr("Recent sales"))
        self._tiles: list[_Tile] = []
        self._views: list[RecentView] = []
        self._empty = PlainLabel(self.tr("The last sales will stand here."), "soft", parent=self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 8, 10, 8)
        self._row.setSpacing(4)
        self._row.addSpacing(8)
        self._row.addWidget(self._empty)
        self._row.addStretch(1)
        self._more = PlainLabel("", "soft", parent=self)
        self._more.hide()
        self._row.addWidget(self._more)

    def show_sales(self, views: list[RecentView]) -> None:
        self._views = views
        self._empty.setVisible(not views)
        while len(self._tiles) < len(views):
            tile = _Tile(self)
            tile.clicked.connect(partial(self._choose, tile))
            self._row.insertWidget(self._row.count() - 2, tile)
            self._tiles.append(tile)
        for tile, view in zip(self._tiles, views, strict=False):
            tile.show_sale(view)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = max(1, (self.width() - 28 - MORE) // (TILE + 4))
        for place, tile in enumerate(self._tiles):
            tile.setVisible(place < min(room, len(self._views)))
        hidden = len(self._views) - room
        self._more.setVisible(hidden > 0)
        self._more.setText(self.tr("+{count} more").format(count=hidden))

    def _choose(self, tile: _Tile, _checked: bool = False) -> None:  # noqa: FBT001, FBT002
        self.chosen.emit(tile.reference)


class _Tile(QPushButton):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.reference = ""
        self.setProperty("look", "tile")
        self.setFixedWidth(TILE)
        self._bill = PlainLabel("", "label", parent=self)
        self._amount = PlainLabel("", "figure", parent=self)
        self._chip = Chip(parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 6, 8)
        column.setSpacing(2)
        for part in (self._bill, self._amount, self._chip):
            column.addWidget(part)
        self.setFixedHeight(86)

    def show_sale(self, view: RecentView) -> None:
        self.reference = view.reference
        if self.property("chosen") != view.chosen:
            self.setProperty("chosen", view.chosen)
            look.restyle(self)
        self._bill.setText(view.bill)
        self._amount.setText(spaced(view.amount))
        self._chip.show_state(view.word, view.icon, view.meaning, code=view.status, issue=view.issue)
        self.setAccessibleName(f"{view.bill}, {view.amount}, {view.word}")
