"""The look of the program: tokens become colours, palette, style sheet, font and tinted icons.

Start-up rule for this file and the widgets: PySide6 makes a class with all its enums when it is first named,
`Qt` in 11 ms and `QStyle` in 4 ms of the 28 ms that the first frame may take; what the first frame draws names neither.
"""

import re
import sys
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QRectF
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QPainter,
    QPalette,
)

if TYPE_CHECKING:
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication, QWidget

from pos_app.places import resource

THEMES: Final = ("light", "dark")
FAMILY: Final = "Mukta"
TEXT_PIXELS: Final = 15
LEFT: Final = 0x81  # Qt.AlignmentFlag.AlignLeft | AlignVCenter, for drawText
RIGHT: Final = 0x82
CENTER: Final = 0x84
_TABULAR: Final = QFont.Tag("tnum")
_HALF_LIGHT: Final = 128
_SRGB_BEND: Final = 0.04045
_WEIGHTS: Final = ("Regular", "Medium", "SemiBold", "Bold")
_ROLES: Final = {
    QPalette.ColorRole.Window: "bg",
    QPalette.ColorRole.WindowText: "ink",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "key",
    QPalette.ColorRole.Text: "ink",
    QPalette.ColorRole.Button: "surface",
    QPalette.ColorRole.ButtonText: "ink",
    QPalette.ColorRole.BrightText: "problem",
    QPalette.ColorRole.ToolTipBase: "ink",
    QPalette.ColorRole.ToolTipText: "surface",
    QPalette.ColorRole.PlaceholderText: "placeholder",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "accent-ink",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "unknown",
    QPalette.ColorRole.Light: "surface",
    QPalette.ColorRole.Midlight: "key",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "line-strong",
    QPalette.ColorRole.Shadow: "rail",
}


class Look:
    """One theme's colours and what is made from them; nothing is read from the disk twice."""

    __slots__ = ("_colours", "_tokens", "theme")

    def __init__(self, theme: str = "light") -> None:
        if theme not in THEMES:
            raise ValueError(f"no theme {theme!r}; there are {', '.join(THEMES)}")
        self.theme: Final = theme
        self._tokens = _read_tokens(theme)
        self._colours: dict[str, QColor] = {}

    @property
    def tokens(self) -> dict[str, str]:
        """Token → `#RRGGBB`."""
        return dict(self._tokens)

    def colour(self, token: str) -> QColor:
        """The colour of a token; an unknown token is our bug and raises KeyError."""
        found = self._colours.get(token)
        if found is None:
            found = self._colours[token] = QColor(self._tokens[token])
        return found

    def palette(self) -> QPalette:
        """The palette for Fusion, so that what the style sheet leaves alone fits too."""
        palette = QPalette()
        for role, token in _ROLES.items():
            palette.setColor(role, self.colour(token))
        faint = self.colour("disabled-ink")
        for role in (
            QPalette.ColorRole.WindowText,
            QPalette.ColorRole.Text,
            QPalette.ColorRole.ButtonText,
        ):
            palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
        return palette

    def style_sheet(self) -> str:
        """`pos.qss` with every @token replaced; an unknown one raises KeyError."""
        words = self._tokens | {"theme": self.theme, "folder": resource("style").as_posix()}
        source = resource("style", "pos.qss").read_text(encoding="utf-8")
        rules = source[source.index("*/") + 2 :]
        return re.sub("@([a-z][a-z-]*)", lambda found: words[found[1]], rules)

    def image(self, name: str, token: str, size: int, ratio: float = 1.0) -> QImage:
        """The icon as a square of `size` logical pixels for a screen of that device pixel ratio."""
        return _tinted(name, self._tokens[token], size, ratio)

    def icon(self, name: str, token: str, size: int = 20) -> "QIcon":
        """The icon for a control; where the theme may change while it is shown, paint it instead."""
        from PySide6.QtGui import QIcon, QPixmap

        ratio = max((screen.devicePixelRatio() for screen in QGuiApplication.screens()), default=1.0)
        image = self.image(name, token, size, ratio)
        return QIcon(QPixmap.fromImage(image))

    def apply(self, app: "QApplication") -> None:
        """Dress the whole application, and make this the look that `current()` answers."""
        global _current  # noqa: PLW0603 - one application has one look
        _current = self
        _load_fonts()
        if sys.platform != "linux":  # there it is Fusion already, and asking costs 4 ms
            app.setStyle("Fusion")
        app.setFont(text_font())
        app.setPalette(self.palette())
        app.setStyleSheet(self.style_sheet())


_current: Look | None = None


def current() -> Look:
    """The look that the application wears; the light one before any was put on."""
    global _current  # noqa: PLW0603 - one application has one look
    if _current is None:
        _current = Look()
    return _current


def colour(token: str) -> QColor:
    """The current look's colour of a token."""
    return current().colour(token)


def icon(name: str, token: str, size: int = 20) -> "QIcon":
    """The current look's icon, tinted."""
    return current().icon(name, token, size)


def paint_icon(painter: QPainter, box: QRectF, name: str, token: str) -> None:
    """Draw an icon into a square box, sharp on the device that the painter draws to."""
    ratio = painter.device().devicePixelRatio()
    painter.drawImage(box, current().image(name, token, round(box.width()), ratio))


def text_font(
    pixels: int = TEXT_PIXELS, weight: QFont.Weight = QFont.Weight.Normal, *, tabular: bool = False
) -> QFont:
    """The program's font; tabular digits where amounts stand in columns or a clock must not dance."""
    font = QFont(FAMILY)
    font.setPixelSize(pixels)
    font.setWeight(weight)
    if tabular:
        font.setFeature(_TABULAR, 1)
    return font


def make_tabular(widget: "QWidget") -> None:
    """Give a widget digits of one width; its size and weight stay with the style sheet."""
    font = QFont()
    font.setFeature(_TABULAR, 1)
    widget.setFont(font.resolve(widget.font()))


def restyle(widget: "QWidget") -> None:
    """Let the style sheet look at a widget again after a property changed; `widget.style()` would make QStyle."""
    widget.setStyleSheet(" ")


def theme_for(choice: str) -> str:
    """`light` and `dark` as chosen; anything else follows the system, light where it does not say."""
    if choice in THEMES:
        return choice
    # the system's palette tells it too, without the 11 ms that naming Qt's ColorScheme takes
    return "dark" if QGuiApplication.palette().window().color().lightness() < _HALF_LIGHT else "light"


def contrast(one: QColor | str, other: QColor | str) -> float:
    """The contrast ratio of two opaque colours by WCAG 2.2, 1 to 21."""
    low, high = sorted((_luminance(QColor(one)), _luminance(QColor(other))))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    red, green, blue = (
        part / 12.92 if part <= _SRGB_BEND else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def _read_tokens(theme: str) -> dict[str, str]:
    """The files are TOML of one form, `name = "value"`; importing tomllib takes 4 ms of the first frame's 28."""
    lines = resource("style", f"{theme}.toml").read_text(encoding="utf-8").splitlines()
    return dict(line.rstrip('"').split(' = "') for line in lines if line.endswith('"'))


@cache
def _load_fonts() -> None:
    for weight in _WEIGHTS:
        path = resource("fonts", f"{FAMILY}-{weight}.ttf")
        if QFontDatabase.addApplicationFont(str(path)) < 0:
            raise FileNotFoundError(f"the font {path} cannot be loaded; install the program again")


@lru_cache(maxsize=512)
def _tinted(name: str, stroke: str, size: int, ratio: float) -> QImage:
    """Images and not pixmaps are kept, because they may outlive the application."""
    from PySide6.QtSvg import QSvgRenderer

    source = resource("icons", f"{name}.svg").read_bytes().replace(b"currentColor", stroke.encode())
    pixels = round(size * ratio)
    clear = bytes(4 * pixels * pixels)  # QImage.fill would make the Qt class
    image = QImage(clear, pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied).copy()
    painter = QPainter(image)
    QSvgRenderer(QByteArray(source)).render(painter)
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image
