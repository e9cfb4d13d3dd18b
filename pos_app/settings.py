"""Settings: settings.toml and the environment as frozen values; secrets by name only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from pos_app.domain.errors import InputRefused, SettingsTrouble
from pos_app.domain.people import read_mobile
from pos_app.domain.shop import Mode, Shop

FILE: Final = "settings.toml"
THEMES: Final = ("system", "light", "dark")
ENVIRONMENTS: Final = {
    "training": Mode.TRAINING,
    "test": Mode.TEST,
    "custom": Mode.TEST,
    "live": Mode.LIVE,
}
_SHOP_KEYS: Final = frozenset({"name", "prefix", "payee_vpa", "email", "mobile", "callback_url"})
_PREFIX: Final = re.compile(r"[A-Za-z]{2,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """One [gateways.<slug>] section. `base_url` is given for custom only; `keys` holds what else stands there."""

    slug: str
    environment: str
    base_url: str = ""
    keys: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one data folder. `remarks` are sentences for the owner: what was not understood."""

    data: Path
    mode: Mode = Mode.TRAINING
    shop: Shop = field(default_factory=Shop)
    theme: str = "system"
    gateways: Mapping[str, GatewaySettings] = field(default_factory=dict[str, GatewaySettings])
    remarks: tuple[str, ...] = ()


def load(data: Path) -> Settings:
    """Read data/settings.toml; a missing file means TRAINING. Raises SettingsTrouble with a sentence."""
    try:
        text = (data / FILE).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Settings(data=data)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsTrouble(f"{data / FILE} can't be read: {error}. Mend or remove the file.") from error
    import tomllib  # imports stand where they are needed: each millisecond here delays the first frame

    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsTrouble(f"{data / FILE} is not valid TOML: {error}. Mend that line.") from error
    remarks: list[str] = [
        f"settings.toml: [{name}] is not known." for name in table if name not in {"shop", "look", "gateways"}
    ]
    shop = _shop(_section(table, "shop"), remarks)
    gateways = {
        slug: _gateway(slug, _section(_section(table, "gateways"), slug))
        for slug in _section(table, "gateways")
    }
    return Settings(
        data=data,
        mode=_mode(gateways),
        shop=shop,
        theme=_theme(_section(table, "look"), remarks),
        gateways=gateways,
        remarks=tuple(remarks),
    )


def _section(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = table.get(name, {})
    if not isinstance(section, dict):
        raise SettingsTrouble(f"settings.toml: {name} must be a section, [{name}].")
    return cast("dict[str, Any]", section)


def _text(where: str, table: Mapping[str, Any], key: str, default: str = "") -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise SettingsTrouble(f'settings.toml: {where}.{key} must be text in quotes, like {key} = "…".')
    return value.strip()


def _shop(table: Mapping[str, Any], remarks: list[str]) -> Shop:
    remarks.extend(f"settings.toml: shop.{key} is not known." for key in table if key not in _SHOP_KEYS)
    plain = Shop()
    prefix = _text("shop", table, "prefix", plain.prefix)
    if not _PREFIX.fullmatch(prefix):
        raise SettingsTrouble("settings.toml: shop.prefix must be 2 to 6 letters, A to Z.")
    try:
        mobile = read_mobile(_text("shop", table, "mobile"))
    except InputRefused:
        raise SettingsTrouble(
            "settings.toml: shop.mobile must be a ten-digit Indian mobile number."
        ) from None
    return Shop(
        name=_text("shop", table, "name", plain.name) or plain.name,
        prefix=prefix.upper(),
        payee_vpa=_text("shop", table, "payee_vpa"),
        email=_text("shop", table, "email"),
        mobile=mobile,
        callback_url=_text("shop", table, "callback_url"),
    )


def _theme(table: Mapping[str, Any], remarks: list[str]) -> str:
    remarks.extend(f"settings.toml: look.{key} is not known." for key in table if key != "theme")
    theme = _text("look", table, "theme", "system").lower()
    if theme not in THEMES:
        raise SettingsTrouble(f"settings.toml: look.theme must be one of {', '.join(THEMES)}.")
    return theme


def _gateway(slug: str, table: Mapping[str, Any]) -> GatewaySettings:
    where = f"gateways.{slug}"
    environment = _text(where, table, "environment", "training").lower()
    if environment not in ENVIRONMENTS:
        raise SettingsTrouble(f"settings.toml: {where}.environment must be one of {', '.join(ENVIRONMENTS)}.")
    base_url = _text(where, table, "base_url")
    if environment == "custom":
        _check_url(where, base_url)
    elif base_url:
        raise SettingsTrouble(f'settings.toml: {where}.base_url goes with environment = "custom" only.')
    keys = {key: _text(where, table, key) for key in table if key not in {"environment", "base_url"}}
    return GatewaySettings(slug=slug, environment=environment, base_url=base_url.rstrip("/"), keys=keys)


def _check_url(where: str, url: str) -> None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    if not host or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
        raise SettingsTrouble(f"settings.toml: {where}.base_url must be an address like https://host/path.")
    if parts.scheme == "http" and not _is_loopback(host):
        raise SettingsTrouble(
            f"settings.toml: {where}.base_url must begin with https://; plain http is for this machine only."
        )


def _is_loopback(host: str) -> bool:
    import ipaddress

    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _mode(gateways: Mapping[str, GatewaySettings]) -> Mode:
    """One running app has one mode: a training sale must never sit beside a real one."""
    modes = {ENVIRONMENTS[gateway.environment] for gateway in gateways.values()}
    if len(modes) > 1:
        listed = ", ".join(f"{slug} is {gateway.environment}" for slug, gateway in gateways.items())
        raise SettingsTrouble(
            f"settings.toml mixes training, test and live gateways: {listed}. Make them all one."
        )
    return modes.pop() if modes else Mode.TRAINING
