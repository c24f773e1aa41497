from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from lineart_cli.errors import ModelError
from lineart_cli.model import catalogue
from lineart_cli.model.card import Draft, load


def test_a_card_is_read_with_paths_beside_it(models: Path) -> None:
    card = load(models / "tiny")
    assert (card.name, card.version, card.opset, card.multiple_of, card.dpi) == ("tiny", "1.2.3", 17, 16, 300.0)
    assert card.thickness_px == (1.0, 16.0)
    assert card.network == models / "tiny" / "network.onnx"
    assert card.test.input == models / "tiny" / "test_input.png"
    assert card.training == {"minutes": 0.0}


def test_a_card_may_ask_for_a_second_look(models: Path, tmp_path: Path) -> None:
    assert load(models / "tiny").draft is None
    text = (models / "tiny" / "card.toml").read_text()
    (tmp_path / "card.toml").write_text(text + "[draft]\nthickness = 3.0\nscale = 0.5\n")
    assert load(tmp_path).draft == Draft(3.0, 0.5)


def with_scale(models: Path, folder: Path, content: bytes = b"a network") -> Path:
    """A copy of the model with a network that reads the scale."""
    shutil.copytree(models / "tiny", folder)
    (folder / "scale.onnx").write_bytes(content)
    with (folder / "card.toml").open("a") as card:
        card.write(f'[scale]\nfile = "scale.onnx"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n')
    return folder / "scale.onnx"


def test_a_card_may_name_a_network_that_reads_the_scale(models: Path, tmp_path: Path) -> None:
    plain = load(models / "tiny")
    assert (plain.scale, plain.scale_network) == (None, None)
    assert set(plain.files) == {plain.network}
    network = with_scale(models, tmp_path / "tiny")
    card = load(tmp_path / "tiny")
    assert card.scale_network == network
    sha256 = hashlib.sha256(b"a network").hexdigest()
    assert card.scale == (network, sha256)
    assert card.files == {card.network: card.sha256, network: sha256}
    assert catalogue.find("tiny", (tmp_path,)) == card


@pytest.mark.parametrize(
    ("scale", "step", "shape"), [(1.0, 1, (3507, 2481)), (0.5, 2, (1754, 1241)), (0.25, 4, (877, 621))]
)
def test_a_draft_is_made_of_squares_of_the_page(scale: float, step: int, shape: tuple[int, int]) -> None:
    draft = Draft(3.0, scale)
    assert draft.step == step
    assert draft.shape((3507, 2481)) == shape


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("halo_px = 64\n", "", "network.halo_px: is missing; it must be a whole number"),
        ("halo_px = 64", "halo_px = 64.5", "network.halo_px: 64.5 is not a whole number"),
        ("multiple_of = 16", "multiple_of = 0", "network.multiple_of: 0 is not a whole number from 1 up"),
        ("opset = 17", "opset = true", "network.opset: True is not a whole number"),
        ("[1.0, 16]", "[1.0]", "network.thickness_px: [1.0] is not a list of two numbers"),
        ("[1.0, 16]", "[16, 1.0]", "network.thickness_px: [16, 1.0] does not rise"),
        ("[1.0, 16]", '["a", 16]', "network.thickness_px: 'a' is not a positive number"),
        ("dpi = 300", "dpi = nan", "network.dpi: nan is not a positive number"),
        ('name = "tiny"', "name = 3", "name: 3 is not a text"),
        ("[test]", "[exam]", "test: is missing; it must be a table"),
        ("onnxruntime_f32", "onnxruntime", "memory.onnxruntime_f32: is missing; it must be a list of two numbers"),
        ("[70000000, 90.0]", "[70000000, -1]", "memory.onnxruntime_f32: -1 is not a positive number"),
        ("[memory]", "[draft]\nthickness = 3\n[memory]", "draft.scale: is missing; it must be a number"),
        ("[memory]", "[draft]\nthickness = 0\nscale = 0.5\n[memory]", "draft.thickness: 0 is not a positive number"),
        ("[memory]", "[draft]\nthickness = 3\nscale = 0.3\n[memory]", "draft.scale: 0.3 is not 1, 1/2, 1/4, ..."),
        ("[memory]", "[draft]\nthickness = 3\nscale = 2\n[memory]", "draft.scale: 2 is not 1, 1/2, 1/4, ..."),
        ("[memory]", '[scale]\nsha256 = "0"\n[memory]', "scale.file: is missing; it must be a text"),
        ("[memory]", '[scale]\nfile = "scale.onnx"\n[memory]', "scale.sha256: is missing; it must be a text"),
        ("[network]", 'scale = "scale.onnx"\n[network]', "scale: 'scale.onnx' is not a table"),
        ('file = "network.onnx"', "file = network.onnx", "is no TOML"),
    ],
)
def test_a_wrong_card_names_file_key_and_value(models: Path, tmp_path: Path, old: str, new: str, says: str) -> None:
    text = (models / "tiny" / "card.toml").read_text()
    assert old in text
    (tmp_path / "card.toml").write_text(text.replace(old, new))
    with pytest.raises(ModelError) as error:
        load(tmp_path)
    assert str(error.value).startswith(str(tmp_path / "card.toml"))
    assert says in str(error.value)


def test_a_folder_without_a_card_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"card\.toml: cannot be read"):
        load(tmp_path)


def test_a_model_is_found_by_its_name(models: Path, tmp_path: Path) -> None:
    assert catalogue.find("tiny", (tmp_path / "nowhere", models)) == load(models / "tiny")


def test_an_unknown_model_gets_the_list(models: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="model huge: not found; there is tiny"):
        catalogue.find("huge", (models,))
    with pytest.raises(ModelError, match="there is none"):
        catalogue.find("huge", (tmp_path,))


def test_a_changed_or_missing_network_is_refused(models: Path, tmp_path: Path) -> None:
    shutil.copytree(models / "tiny", tmp_path / "tiny")
    network = tmp_path / "tiny" / "network.onnx"
    with network.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match=r"network\.onnx: is not the file that its card describes"):
        catalogue.find("tiny", (tmp_path,))
    network.unlink()
    with pytest.raises(ModelError, match=r"network\.onnx: cannot be read"):
        catalogue.find("tiny", (tmp_path,))


def test_a_changed_or_missing_network_for_the_scale_is_refused(models: Path, tmp_path: Path) -> None:
    network = with_scale(models, tmp_path / "tiny")
    network.write_bytes(b"another network")
    with pytest.raises(ModelError, match=r"scale\.onnx: is not the file that its card describes"):
        catalogue.find("tiny", (tmp_path,))
    network.unlink()
    with pytest.raises(ModelError, match=r"scale\.onnx: cannot be read"):
        catalogue.find("tiny", (tmp_path,))
