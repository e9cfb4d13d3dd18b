"""A card: the surface with round corners that holds what belongs together."""

from PySide6.QtWidgets import QFrame, QWidget

from pos_app.ui import look


class Card(QFrame):
    """`filled` colours the whole card by a meaning: paid, problem, unknown, or nothing."""

    def __init__(self, filled: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setProperty("filled", filled)

    def set_filled(self, filled: str) -> None:
        """Fill with another meaning; an empty one is the plain surface."""
        if self.property("filled") != filled:
            self.setProperty("filled", filled)
            look.restyle(self)
