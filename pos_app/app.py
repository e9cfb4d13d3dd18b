"""The whole program: settings → window → books, gateways, flows, workers → shutdown in reverse."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pos_app.commands import Command, UsageError, read_command
from pos_app.domain.errors import BooksTrouble, KeyTrouble, SettingsTrouble

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from pos_app.domain.payment import PaymentRequest
    from pos_app.services import Services
    from pos_app.settings import Settings
    from pos_app.ui.counter.model import CounterModel
    from pos_app.ui.counter.view import PaymentView
    from pos_app.ui.one_window import OneWindow
    from pos_app.workers.news import News
    from pos_app.workers.poller import Poller
    from pos_app.workers.tasks import Tasks


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (sys.argv without the program's name when None); returns the exit code."""
    try:
        command = read_command(sys.argv[1:] if argv is None else argv, os.environ)
    except UsageError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return COMMANDS[command.name](command)


def _version(_command: Command) -> int:
    from importlib.metadata import version

    print("pos-app", version("pos-app"))  # noqa: T201
    return 0


def _audit(command: Command) -> int:
    from pos_app.audit import verify

    return verify(command.data)


def _sandbox(command: Command) -> int:
    os.umask(0o077)
    from pos_app.sandbox.server import serve_forever

    return serve_forever(command.data, command.port)


def _counter(command: Command) -> int:
    if not has_screen(os.environ):
        print("pos_app: there is no screen here (DISPLAY and WAYLAND_DISPLAY are empty).", file=sys.stderr)  # noqa: T201
        return 1
    os.umask(0o077)  # whatever is kept is for this user alone
    gc.disable()  # until the first sale is warm: a start makes no garbage, and looking for it costs frames
    from PySide6.QtWidgets import QApplication

    from pos_app.settings import load
    from pos_app.ui.look import Look, theme_for
    from pos_app.ui.one_window import OneWindow

    application = QApplication.instance() or QApplication(["pos-app"])
    if not isinstance(application, QApplication):
        raise TypeError
    application.setApplicationName("pos_app")
    try:
        one_window = OneWindow(command.data)
        if not one_window.take():
            return _second_start(application, one_window)
        settings = load(command.data)
        Look(theme_for(settings.theme)).apply(application)
    except SettingsTrouble as trouble:
        return _refused(application, str(trouble))
    except OSError as error:
        return _refused(
            application, f"{command.data} can't be used: {error.strerror}. Choose another folder."
        )
    program = Program(settings)
    program.window.painted.connect(lambda: one_window.listen(program.window))
    hooks = sys.excepthook, threading.excepthook
    _hook(program)
    try:
        return application.exec()
    finally:
        program.close()
        one_window.release()
        sys.excepthook, threading.excepthook = hooks


def has_screen(environ: Mapping[str, str]) -> bool:
    """Qt ends the process without a word to a person where there is none."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(environ.get(name) for name in names)


def _second_start(application: QApplication, one_window: OneWindow) -> int:
    """Bring the first forward; where it does not hear, say who has the folder and what to do."""
    if one_window.call_the_first():
        return 0
    return _refused(
        application,
        f"Another pos_app has this data folder open ({one_window.holder()}) and does not answer. Close it there. "
        f"If it is not running any more, delete the file {one_window.lock_file}, then start again.",
    )


def _hook(program: Program) -> None:
    """What nobody expected goes to the log as files and lines, to the cashier as a sentence, nowhere else."""

    def unexpected(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
        from pos_app.logs import Log

        Log("pos_app").broken("unexpected", error)
        program.say_trouble()

    sys.excepthook = unexpected
    threading.excepthook = lambda told: told.exc_value and unexpected(told.exc_type, told.exc_value, None)


COMMANDS = {"counter": _counter, "sandbox": _sandbox, "audit": _audit, "version": _version}


def _refused(application: QApplication, sentence: str) -> int:
    """The program can't start: say why, in a window and on the terminal."""
    from pos_app.ui.look import Look, theme_for
    from pos_app.ui.refusal import RefusalWindow

    Look(theme_for("system")).apply(application)
    print(f"pos_app: {sentence}", file=sys.stderr)  # noqa: T201
    window = RefusalWindow(sentence)
    window.show()
    application.exec()
    return 1


NEWEST: Final = 12  # requests that the counter shows at start
RETRY: Final = 5000  # milliseconds
BROKEN_START: Final = (
    "pos_app could not open the books. Start it again; if it stays so, show the owner the log."
)


class Program:
    """The running counter: the window first, everything else after its first frame."""

    model: CounterModel

    def __init__(self, settings: Settings) -> None:
        from pos_app.ui.counter.page import CounterPage
        from pos_app.ui.main_window import MainWindow

        self._settings = settings
        self._poller: Poller | None = None
        self._services: Services | None = None
        self._tasks: Tasks | None = None
        self._news: News | None = None
        self._closed = False
        self._page = CounterPage()
        self.window = MainWindow(settings.shop.name, settings.mode, self._page)
        self.window.painted.connect(self._begin)
        self.window.show()
        self._page.build()  # behind the first frame, before anybody can look for a widget

    def close(self) -> None:
        """Ends within a second, whatever hangs; everything open is asked about again at the next start."""
        if self._closed:
            return
        self._closed = True
        if self._tasks:
            self.model.close()
            if self._services:
                self._services.watch.stop()
                self._services.wire.abort()
            if self._poller:
                self._poller.stop()
            self._tasks.stop()
            from pos_app import logs

            if self._services:
                self._services.close()
            logs.tear_down()
        self._delete()

    def _delete(self) -> None:
        """Here and now, in the GUI thread: the garbage collector might do it in any other."""
        from PySide6.QtCore import QCoreApplication, QEvent

        self.window.close()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def say_trouble(self) -> None:
        """From any thread: a sentence instead of a traceback."""
        if self._news and not self._closed:
            self._news.trouble.emit()

    @property
    def is_open(self) -> bool:
        """Whether the books are open and the gateways connected."""
        return self._tasks is not None and self.model.is_open

    def _begin(self) -> None:
        """The first frame stands: now what it would have waited for."""
        from pos_app.domain.clock import GatewayTimes, SystemClock
        from pos_app.ui.counter.model import CounterModel
        from pos_app.workers.news import News
        from pos_app.workers.tasks import Tasks

        clock = SystemClock()
        times = GatewayTimes(clock)
        self._tasks = Tasks()
        self._news = news = News()
        self.model = CounterModel(self._tasks, times)
        for part in (self._tasks, news, self.model):
            part.setParent(self.window)
        news.opened.connect(self.model.hear_opened)
        news.changed.connect(self.model.hear)
        news.books.connect(self.model.hear_books)
        news.reach.connect(self.model.hear_reach)
        news.trouble.connect(self.model.say_trouble)
        news.notice.connect(self.window.notices.add)
        self.model.reach_changed.connect(self.window.show_reach)
        self.model.paid.connect(self._sound_paid)
        self.model.alarmed.connect(self._alarm)
        self.model.view_changed.connect(self._seen)
        self._page.wire(self.model)

        def build() -> Services:
            from pos_app import logs, services

            try:
                logs.set_up(self._settings.data / "logs")
            except OSError:  # a shop that can't write its log still sells
                news.notice.emit("The log can't be written. Sales go on; tell the owner.")
            self._services = services.build(self._settings, clock, times, news, self._poke)
            return self._services

        self._tasks.run(build).then(self._open).otherwise(self._refuse)

    def _open(self, services: Services) -> None:
        from pos_app.workers.poller import Poller

        tasks = self._tasks
        if tasks is None:
            raise AssertionError
        for remark in services.remarks:
            self.window.notices.add(remark)
        self._poller = Poller(services.watch, self.window)
        self._poller.start()
        if self.window.training and services.training:
            from pos_app.training_hands import TrainingHands

            self._hands = TrainingHands(self.window.training, services.training, self.model, tasks)
        self._open_up()

    def _open_up(self) -> None:
        """Everything still open is asked about; while the books can't be read, again and again."""
        if self._services and self._tasks and not self._closed:
            self._tasks.run(self._services.desk.open_up, NEWEST).then(self._opened).otherwise(
                self._open_later
            )

    def _open_later(self, error: Exception) -> None:
        from PySide6.QtCore import QTimer

        self.window.notices.add(str(error))
        QTimer.singleShot(RETRY, self.window, self._open_up)

    def _opened(self, newest: list[PaymentRequest]) -> None:
        services, tasks = self._services, self._tasks
        if services and tasks:
            self.model.open(services.desk, newest)
            tasks.run(self._warm_up, services).then(self._settle_garbage).otherwise(self._settle_garbage)

    def _warm_up(self, services: Services) -> None:
        from pos_app.ui.widgets.qr_matrix import warm_up

        services.warm_up()
        warm_up()

    def _settle_garbage(self, _told: object = None) -> None:
        """In the GUI thread, where QObjects may be collected: what stands now is no garbage, and looking at it
        again and again would cost frames (budgets.md).
        """
        gc.collect()
        gc.freeze()
        gc.enable()

    def _sound_paid(self, _request: PaymentRequest) -> None:
        from pos_app.ui import sound

        sound.play(sound.PAID)

    def _alarm(self, request: PaymentRequest) -> None:
        from pos_app.ui import sound
        from pos_app.ui.counter.view import alarm_sentence

        sound.play(sound.ALARM)
        if request.reference != self.model.focus:
            self.window.notices.add(alarm_sentence(request), request.reference)

    def _seen(self, view: PaymentView | None) -> None:
        if view:
            self.window.notices.drop(view.reference)

    def _poke(self) -> None:
        if self._poller:
            self._poller.poke()

    def _refuse(self, error: Exception) -> None:
        """The books can't be opened: the sentence stays, what was typed comes back, no sale is taken."""
        self._settle_garbage()
        if not isinstance(error, BooksTrouble | KeyTrouble):
            self.model.refuse(BROKEN_START)
            self.window.notices.add(BROKEN_START)
            raise error
        print(f"pos_app: {error}", file=sys.stderr)  # noqa: T201
        self.model.refuse(str(error))
        self.window.notices.add(str(error))
