"""A label that shows text as it is: what a gateway sends can never become markup, an image or a link."""

from typing import TYPE_CHECKING, Final

from PySide6.QtWidgets import QLabel, QWidget

from pos_app.ui import look

if TYPE_CHECKING:
    from PySide6.QtCore import Qt

_PLAIN: Final = 0  # Qt.TextFormat.PlainText; see look.py for why Qt is not imported
_FIGURES = frozenset({"amount", "sum", "figure", "celebrate-sum"})


class PlainLabel(QLabel):
    """`role` picks size, weight and colour in pos.qss: title, heading, amount, sum, figure, label, soft, message.

    `align` is right or center; left when empty.
    """

    def __init__(
        self,
        text: str = "",
        role: str = "",
        *,
        align: str = "",
        wraps: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("textFormat", _PLAIN)
        self.setWordWrap(wraps)
        self.setProperty("role", role)
        self.setProperty("align", align)
        if role in _FIGURES:
            look.make_tabular(self)
        self.setText(text)

    def setTextFormat(self, format: "Qt.TextFormat") -> None:  # noqa: A002 - Qt's own name
        """Plain it is and plain it stays."""
        if format.value != _PLAIN:
            raise ValueError("a PlainLabel is plain; foreign text must never be rich text")

    def set_role(self, role: str) -> None:
        """Another role from now on."""
        if self.property("role") != role:
            self.setProperty("role", role)
            if role in _FIGURES:
                look.make_tabular(self)
            look.restyle(self)


def spaced(amount: str) -> str:
    """`₹ 1,250.00`: the sign a little apart, as it stands large."""
    return amount.replace("₹", "₹ ", 1)
