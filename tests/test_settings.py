"""settings.toml: what is read, what is refused with a sentence, what is only remarked."""

from __future__ import annotations

from pathlib import Path

import pytest

from pos_app.domain.errors import SettingsTrouble
from pos_app.domain.shop import Mode, Shop
from pos_app.settings import load


def write(folder: Path, text: str) -> Path:
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_file_the_shop_is_in_training(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.mode is Mode.TRAINING
    assert settings.shop == Shop()
    assert not settings.gateways


def test_a_full_file_is_read(tmp_path: Path) -> None:
    settings = load(
        write(
            tmp_path,
            """[shop]
name = "Asha Stores"
prefix = "ash"
payee_vpa = "asha@ybl"
email = "asha@example.in"
mobile = "+91 98765 00000"
callback_url = "https://asha.example/hook"
[gateways.smepay]
environment = "custom"
base_url = "http://127.0.0.1:9000/smepay/"
client_id = "c1"
""",
        )
    )
    assert settings.mode is Mode.TEST
    assert settings.shop == Shop(
        "Asha Stores", "ASH", "asha@ybl", "asha@example.in", "9876500000", "https://asha.example/hook"
    )
    assert settings.gateways["smepay"].base_url == "http://127.0.0.1:9000/smepay"
    assert settings.gateways["smepay"].keys == {"client_id": "c1"}
    assert not settings.remarks


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[look]\ntheme = "pink"\n', "system, light, dark"),
        ("[shop\n", "TOML"),
        ("shop = 3\n", "[shop]"),
        ("[shop]\nprefix = 7\n", "shop.prefix"),
        ('[shop]\nprefix = "A"\n', "2 to 6 letters"),
        ('[shop]\nprefix = "ASH1"\n', "2 to 6 letters"),
        ('[shop]\nmobile = "12345"\n', "ten-digit"),
        ('[gateways.smepay]\nenvironment = "prod"\n', "training, test, custom, live"),
        ('[gateways.smepay]\nenvironment = "custom"\n', "base_url"),
        ('[gateways.smepay]\nenvironment = "test"\nbase_url = "https://x.example"\n', "custom"),
        ('[gateways.smepay]\nenvironment = "custom"\nbase_url = "http://x.example"\n', "https://"),
        ('[gateways.smepay]\nenvironment = "custom"\nbase_url = "http://127.0.0.1.evil.com"\n', "https://"),
        ('[gateways.smepay]\nenvironment = "custom"\nbase_url = "https://u:p@x.example"\n', "address"),
        ('[gateways.smepay]\nenvironment = "custom"\nbase_url = "http://[::1"\n', "address"),
        ('[gateways.smepay]\nenvironment = "live"\n[gateways.paytm]\nenvironment = "test"\n', "mixes"),
        (
            '[gateways.smepay]\nenvironment = "training"\n[gateways.paytm]\nenvironment = "custom"\nbase_url = "https://a"\n',
            "mixes",
        ),
    ],
)
def test_what_can_not_be_used_is_refused_with_a_sentence(tmp_path: Path, text: str, names: str) -> None:
    with pytest.raises(SettingsTrouble) as refused:
        load(write(tmp_path, text))
    assert names in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_file_that_is_no_text_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsTrouble, match=r"can't be read"):
        load(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_bytes(b'\xef\xbb\xbf[shop]\nname = "Asha"\n')
    assert load(tmp_path).shop.name == "Asha"


def test_unknown_keys_are_named_and_do_no_harm(tmp_path: Path) -> None:
    settings = load(write(tmp_path, '[shop]\nname = "A"\ncolour = "red"\n[till]\nx = 1\n'))
    assert any("shop.colour" in remark for remark in settings.remarks)
    assert any("[till]" in remark for remark in settings.remarks)


def test_custom_counts_as_test(tmp_path: Path) -> None:
    text = '[gateways.a]\nenvironment = "custom"\nbase_url = "https://x.example"\n[gateways.b]\nenvironment = "test"\n'
    assert load(write(tmp_path, text)).mode is Mode.TEST


def test_the_look_is_the_systems_or_chosen(tmp_path: Path) -> None:
    assert load(tmp_path).theme == "system"
    assert load(write(tmp_path, '[look]\ntheme = "dark"\n')).theme == "dark"
