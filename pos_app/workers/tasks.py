"""One-off flows off the GUI thread, answered in it: tasks.run(flow, …).then(ok).otherwise(bad)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar, cast

from PySide6.QtCore import QObject, Signal

T = TypeVar("T")


class Task(Generic[T]):
    """One run of a flow. `then` and `otherwise` are called in the GUI thread, one of them, once."""

    def __init__(self) -> None:
        self.ok: Callable[[T], object] | None = None
        self.bad: Callable[[Exception], object] | None = None

    def then(self, ok: Callable[[T], object]) -> Task[T]:
        self.ok = ok
        return self

    def otherwise(self, bad: Callable[[Exception], object]) -> Task[T]:
        self.bad = bad
        return self


class Tasks(QObject):
    """Runs flows in its threads. Lives in the GUI thread; an error that nobody asked for is raised there."""

    _ended = Signal(object)  # a (Task, result, error) triple: a bare number would be cut to 32 bits

    def __init__(self, threads: int = 3) -> None:
        super().__init__()
        self._stopped = False
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="task")
        self._ended.connect(self._answer)

    def run(self, flow: Callable[..., T], *words: object, **named: object) -> Task[T]:
        task: Task[T] = Task()

        def work() -> None:
            try:
                result, error = flow(*words, **named), None
            except Exception as failure:  # noqa: BLE001 (it is answered in the GUI thread)
                result, error = None, failure
            self._ended.emit((task, result, error))

        if not self._stopped:
            self._pool.submit(work)
        return task

    def stop(self) -> None:
        """Let what runs end; nothing new starts. Hung calls must have been ended before."""
        self._stopped = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _answer(self, ended: object) -> None:
        task, result, error = cast("tuple[Task[Any], Any, Exception | None]", ended)
        if error is None:
            if task.ok:
                task.ok(result)
        elif task.bad:
            task.bad(error)
        else:
            sys.excepthook(type(error), error, error.__traceback__)
