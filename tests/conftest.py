"""Strictness for every test: offscreen, no stray log or Qt warning, one home folder of its own."""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = os.environ.get("POS_APP_TEST_PLATFORM", "offscreen")
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
for name in [name for name in os.environ if name.startswith("POS_APP_")]:
    del os.environ[name]

pytest_plugins = ["tests.helpers.logfail"]
