"""The look: readable in both themes, complete, and made of files that exist."""

import ast
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontInfo, QFontMetricsF, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QLabel

import pos_app.places
import pos_app.ui
from pos_app.places import resource
from pos_app.ui import look
from pos_app.ui.look import THEMES, Look, contrast

FIRST_FRAME = """
import enum, os
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
make = enum.EnumType.__new__
def told(meta, name, *args, **more):
    if name in ("AlignmentFlag", "ControlElement"):
        print("Qt" if name == "AlignmentFlag" else "QStyle")
    return make(meta, name, *args, **more)
enum.EnumType.__new__ = told
app = QApplication([])
from pos_app.ui.look import Look
from pos_app.ui.widgets import buttons, card, chip, keypad, nav, qr, ring, text
Look("dark").apply(app)
window = card.Card()
column = QVBoxLayout(window)
for made in (
    text.PlainLabel("a", "amount", align="right"), chip.Chip("a", "check"), keypad.Keypad(), qr.QrView(),
    ring.CountdownRing(), buttons.ActionButton("a", "x", "F2"), buttons.IconButton("lock", "a"),
    nav.NavButton("list", "a"),
):
    column.addWidget(made)
window.findChild(chip.Chip).show_state("b", "x", chip.Meaning.PAID)
window.show()
app.processEvents()
print("painted", flush=True)
os._exit(0)
"""
READABLE = 4.5
VISIBLE = 3.0
MEANINGS = ("waiting", "paid", "problem", "unknown", "info", "neutral")
TEXT_ON_GROUND = [
    *((text, ground) for text in ("ink", "soft") for ground in ("bg", "surface", "key", "key-hover")),
    *((text, f"{text}-ground") for text in MEANINGS),
    *((text, "surface") for text in MEANINGS),
    *(("accent-ink", ground) for ground in ("accent", "accent-hover", "accent-pressed")),
    *(("accent-soft", ground) for ground in ("accent", "accent-hover", "accent-pressed")),
    *(("ink", ground) for ground in ("key-pressed", "problem-ground", "unknown-ground")),
    ("accent", "surface"),
    ("placeholder", "key"),
    ("surface", "ink"),
    ("selection-ink", "selection"),
    ("problem", "bg"),
    ("celebrate-ink", "celebrate"),
    ("celebrate-soft", "celebrate"),
    *(("rail-ink", ground) for ground in ("rail", "rail-hover", "rail-selected")),
    ("rail-soft", "rail"),
    ("qr-ink", "qr-ground"),
]
SHAPE_ON_GROUND = [
    ("focus", "surface"),
    ("focus", "bg"),
    ("accent", "ring-track"),
    ("disabled-ink", "disabled-ground"),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_every_text_is_readable_on_its_ground(theme: str, text: str, ground: str) -> None:
    dress = Look(theme)
    assert contrast(dress.colour(text), dress.colour(ground)) >= READABLE


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("shape", "ground"), SHAPE_ON_GROUND)
def test_every_shape_that_tells_something_is_visible(theme: str, shape: str, ground: str) -> None:
    dress = Look(theme)
    assert contrast(dress.colour(shape), dress.colour(ground)) >= VISIBLE


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_both_themes_have_the_same_tokens() -> None:
    light, dark = (Look(theme).tokens for theme in THEMES)
    assert list(light) == list(dark)
    assert all(QColor(value).isValid() for value in (*light.values(), *dark.values()))


@pytest.mark.parametrize("theme", THEMES)
def test_the_style_sheet_has_no_unresolved_token_and_its_files_exist(theme: str) -> None:
    sheet = Look(theme).style_sheet()
    assert "@" not in sheet
    files = [piece.split('"')[0] for piece in sheet.split('url("')[1:]]
    assert files
    assert all(Path(file).is_file() for file in files)


@pytest.mark.parametrize("theme", THEMES)
def test_the_tokens_are_read_as_toml_means_them(theme: str) -> None:
    assert Look(theme).tokens == tomllib.loads(resource("style", f"{theme}.toml").read_text(encoding="utf-8"))


def test_the_first_frame_makes_neither_of_the_two_slow_classes() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_FRAME], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["painted"], done.stdout


def test_a_token_that_nobody_defined_is_refused() -> None:
    with pytest.raises(KeyError):
        Look().colour("no-such-token")
    with pytest.raises(ValueError, match="no theme"):
        Look("sepia")


def test_every_token_is_used() -> None:
    sheet = resource("style", "pos.qss").read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for path in _sources()]
    derived = {name for meaning in MEANINGS for name in (meaning, f"{meaning}-ground")}
    unused = [
        token
        for token in Look().tokens
        if token not in derived
        and f"@{token}" not in sheet
        and not any(f'"{token}"' in source for source in sources)
    ]
    assert unused == []


def test_every_icon_that_the_code_names_exists() -> None:
    there = {path.stem for path in resource("icons").glob("*.svg")}
    named = {word for path in _sources() for word in _icon_words(path)}
    assert named - there == set()


def test_every_icon_can_be_tinted(qapp: QApplication) -> None:
    for path in resource("icons").glob("*.svg"):
        image = Look().image(path.stem, "problem", 24)
        seen = [image.pixelColor(x, y) for x in range(24) for y in range(24)]
        full = [colour for colour in seen if colour.alpha() == 255]
        assert full, path.name
        assert all(_near(colour, Look().colour("problem")) for colour in full), path.name


def test_an_icon_has_as_many_pixels_as_the_screen(qapp: QApplication) -> None:
    Look().apply(qapp)
    assert Look().image("check", "ink", 20, 1.5).width() == 30
    canvas = QImage(40, 40, QImage.Format.Format_ARGB32_Premultiplied)
    canvas.fill(QColor("white"))
    canvas.setDevicePixelRatio(2)
    painter = QPainter(canvas)
    look.paint_icon(painter, QRectF(0, 0, 20, 20), "store", "ink")
    painter.end()
    seen = [canvas.pixelColor(x, y) for x in range(40) for y in range(40)]
    assert any(_near(colour, Look().colour("ink")) for colour in seen)


@pytest.mark.parametrize("theme", THEMES)
def test_the_application_wears_font_palette_and_sheet(qapp: QApplication, theme: str) -> None:
    dress = Look(theme)
    dress.apply(qapp)
    assert look.current() is dress
    assert QFontInfo(qapp.font()).family() == "Mukta"
    assert qapp.font().pixelSize() == look.TEXT_PIXELS
    assert qapp.palette().color(QPalette.ColorRole.Window) == dress.colour("bg")
    assert qapp.style().metaObject().className() == "QStyleSheetStyle"
    label = QLabel("₹")
    label.ensurePolished()
    assert label.palette().color(QPalette.ColorRole.WindowText) == dress.colour("ink")


def test_amounts_have_digits_of_one_width(qapp: QApplication) -> None:
    Look().apply(qapp)
    metrics = QFontMetricsF(look.text_font(60, tabular=True))
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1


def test_one_face_has_the_rupee_latin_and_devanagari(qapp: QApplication) -> None:
    Look().apply(qapp)
    metrics = QFontMetricsF(look.text_font())
    assert all(metrics.inFontUcs4(ord(letter)) for letter in "₹Aaकिसीभीऐपसेस्कैनकरें·…")


def test_a_frozen_bundle_has_its_files_beside_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    fresh = runpy.run_path(str(Path(pos_app.places.__file__)))
    assert fresh["resource"]("icons", "x.svg") == tmp_path / "resources" / "icons" / "x.svg"


def _sources() -> list[Path]:
    return sorted(Path(pos_app.ui.__file__).parent.rglob("*.py"))


def _icon_words(path: Path) -> set[str]:
    """Literal icon names: what is handed to `icon`, `image`, `paint_icon` and the widgets that take an icon."""
    places = {"icon": 0, "image": 0, "paint_icon": 2, "ActionButton": 1, "IconButton": 0, "NavButton": 0}
    places |= {"Chip": 1, "show_state": 1, "set_icon": 0}
    words: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        given = [node.args[places[name]]] if name in places and len(node.args) > places[name] else []
        given += [word.value for word in node.keywords if word.arg == "icon"]
        words |= {
            word.value for word in given if isinstance(word, ast.Constant) and isinstance(word.value, str)
        }
    return words - {""}


def _near(one: QColor, other: QColor) -> bool:
    return (
        max(abs(one.red() - other.red()), abs(one.green() - other.green()), abs(one.blue() - other.blue()))
        < 4
    )
