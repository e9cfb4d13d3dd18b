"""The keypad for fingers: ten digits, the point, and one step back."""

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QSizePolicy, QWidget

from pos_app.ui.widgets.buttons import IconButton

BACK = "back"
_ROWS = (("7", "8", "9"), ("4", "5", "6"), ("1", "2", "3"), (".", "0", BACK))
_NO_FOCUS = 0  # Qt.FocusPolicy.NoFocus; see look.py for why Qt is not imported
_NAMES = {".": "point"}


class Keypad(QWidget):
    """Says which key was pressed and leaves the focus where it is; `back` repeats while it is held."""

    pressed_key = Signal(str)

    def __init__(self, *, back_name: str = "Delete last digit", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        for row, keys in enumerate(_ROWS):
            for column, key in enumerate(keys):
                grid.addWidget(self._button(key, back_name), row, column)

    def _button(self, key: str, back_name: str) -> QPushButton:
        if key == BACK:
            button = IconButton("delete", back_name, look="key", ink="ink", size=24, parent=self)
            button.setToolTip("")
            button.setAutoRepeat(True)
        else:
            button = QPushButton(self)
            button.setText(key)
            button.setProperty("look", "key")
            button.setAccessibleName(_NAMES.get(key, key))
        button.setObjectName(f"keypad_{_NAMES.get(key, key)}")
        button.setProperty("focusPolicy", _NO_FOCUS)
        button.setMinimumHeight(48)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        button.clicked.connect(partial(self._pressed, key))
        return button

    def _pressed(self, key: str, _checked: bool = False) -> None:  # noqa: FBT001, FBT002 - the signal's argument
        self.pressed_key.emit(key)
