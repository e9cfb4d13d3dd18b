"""A chip: a small pill that tells a state by icon, word and colour together."""

from PySide6.QtCore import Property, QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos_app.ui import look
from pos_app.ui.meaning import Meaning
from pos_app.ui.widgets.text import PlainLabel

_ICON = 15
_EDGE = 11


class Chip(PlainLabel):
    """Its `code` and `issue` properties hold the words of the program behind the word for the person.

    Pill and word are the style sheet's, which leaves room at the left for the icon.
    """

    def __init__(
        self,
        text: str = "",
        icon: str = "",
        meaning: Meaning = Meaning.NEUTRAL,
        *,
        code: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(role="chip", parent=parent)
        self._icon, self._meaning = "", Meaning.NEUTRAL
        self._code = self._issue = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_state(text, icon, meaning, code=code)

    def show_state(self, text: str, icon: str, meaning: Meaning, *, code: str = "", issue: str = "") -> None:
        """Show another state: the word, an icon's name from resources/icons (or none), and its meaning."""
        self._icon, self._meaning = icon, meaning
        self._code, self._issue = code, issue
        self.setText(text)
        self.setAccessibleName(text)
        kind = f"{meaning} {'icon' if icon else 'word'}" if text else ""
        if self.property("kind") != kind:
            self.setProperty("kind", kind)
            look.restyle(self)
        self.update()

    def meaning(self) -> Meaning:
        """The meaning that gives the colour."""
        return self._meaning

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._icon and self.text():
            box = QRectF(_EDGE, (self.height() - _ICON) // 2, _ICON, _ICON)
            look.paint_icon(QPainter(self), box, self._icon, self._meaning)

    def _get_code(self) -> str:
        return self._code

    def _set_code(self, code: str) -> None:
        self._code = code

    def _get_issue(self) -> str:
        return self._issue

    def _set_issue(self, issue: str) -> None:
        self._issue = issue

    code = Property(str, _get_code, _set_code)
    issue = Property(str, _get_issue, _set_issue)
