from __future__ import annotations

import pytest

from lineart_cli.errors import ArgumentError, ExitCode
from lineart_cli.options import InkOptions, Length, bytes_text, default_text, px_text, specs


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("3", Length(3, "px")),
        ("3px", Length(3, "px")),
        (" 2.5 PX ", Length(2.5, "px")),
        ("0.3mm", Length(0.3, "mm")),
        (".3 mm", Length(0.3, "mm")),
        ("1e1", Length(10, "px")),
    ],
)
def test_thickness_is_pixels_or_millimetres(text: str, length: Length) -> None:
    assert InkOptions.parse({"thickness": text}).thickness == (length,)


@pytest.mark.parametrize(
    "text", ["0", "-1", "3pt", "1e9", "1e999", "wide", "nan", "inf", "", "3 3", "0.005mm", "600mm", "0.4", "1001"]
)
def test_other_thicknesses_are_refused_with_their_value_and_a_way_out(text: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        InkOptions.parse({"thickness": text})
    message = str(caught.value)
    assert message.startswith(f"--thickness {text or repr(text)}: ")
    assert "write for example 3, 3px or 0.3mm" in message
    assert caught.value.exit_code == ExitCode.BAD_ARGUMENTS


def test_several_values_have_commas_between_them_and_count_once() -> None:
    options = InkOptions.parse({"thickness": "2, 0.3mm,2px", "brush": "charcoal,ink_pen"})
    assert options.thickness == (Length(2), Length(0.3, "mm"))
    assert options.brush == ("charcoal", "ink_pen")
    assert options.settings()["thickness"] == "2px,0.3mm"
    with pytest.raises(ArgumentError, match=r"^--thickness wide: not a length"):
        InkOptions.parse({"thickness": "2,wide"})


@pytest.mark.parametrize(("text", "pressure"), [("sketch", "sketch"), ("Even", 1.0), ("0.25", 0.25), ("0", 0.0)])
def test_pressure_is_a_word_or_a_share(text: str, pressure: str | float) -> None:
    assert InkOptions.parse({"pressure": text}).pressure == pressure


@pytest.mark.parametrize("text", ["1.1", "-0.1", "nan", "hard", ""])
def test_other_pressures_are_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match="write sketch, even, or a number from 0 to 1"):
        InkOptions.parse({"pressure": text})


@pytest.mark.parametrize(
    ("text", "drawing"),
    [("auto", "auto"), ("Very-Fine", "very-fine"), (" loose", "loose"), ("12", Length(12)), ("1mm", Length(1, "mm"))],
)
def test_a_drawing_is_a_word_or_the_width_of_a_stroke(text: str, drawing: str | Length) -> None:
    assert InkOptions.parse({"drawing": text}).drawing == drawing


@pytest.mark.parametrize("text", ["", "tight", "12pt", "0.1px", "-3"])
def test_what_a_drawing_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match=r"^--drawing .*px"):
        InkOptions.parse({"drawing": text})


def test_a_length_follows_the_page_s_dpi() -> None:
    assert Length(0.254, "mm").page_px(600) == pytest.approx(6)
    assert Length(4).page_px(600) == 4


@pytest.mark.parametrize(("px", "text"), [(0.4567, "0.457"), (3.0, "3"), (236.2, "236"), (1889.76, "1890")])
def test_lengths_are_told_in_whole_numbers_where_they_are_large(px: float, text: str) -> None:
    assert px_text(px) == text


@pytest.mark.parametrize(("text", "name"), [("jpg", "jpeg"), (" TIF ", "tiff"), ("JPEG", "jpeg")])
def test_formats_go_by_their_suffixes_too(text: str, name: str) -> None:
    assert InkOptions.parse({"format": text}).format == name


def test_an_unknown_name_gets_the_list_nearest_first() -> None:
    with pytest.raises(ArgumentError, match=r"^--desaturate luma: unknown; choose from luma\d0\d, luma\d0\d, "):
        InkOptions.parse({"desaturate": "luma"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("faint", "0.01"),
        ("faint", "0.95"),
        ("faint", "nan"),
        ("faint", "pale"),
        ("dpi", "0"),
        ("dpi", "-300"),
        ("tile", "0"),
        ("tile", "big"),
        ("tile", "-512"),
        ("jobs", "0"),
        ("jobs", "1.5"),
        ("format", "xcf"),
        ("backend", "tensorrt"),
        ("precision", "int4"),
        ("device", " "),
        ("max_megapixels", "none"),
    ],
)
def test_values_out_of_range_name_their_option(name: str, text: str) -> None:
    with pytest.raises(ArgumentError, match=f"^--{name.replace('_', '-')} "):
        InkOptions.parse({name: text})


@pytest.mark.parametrize("file_format", ["bmp", "jpeg"])
def test_transparency_needs_a_format_that_has_it(file_format: str) -> None:
    with pytest.raises(ArgumentError, match="use png, tiff or webp"):
        InkOptions.parse({"transparent": True, "format": file_format})


@pytest.mark.parametrize("name", sorted(specs(InkOptions)))
def test_every_default_survives_being_written_and_read(name: str) -> None:
    spec = specs(InkOptions)[name]
    text = default_text(name, InkOptions)
    if spec.read and text:
        assert getattr(InkOptions.parse({name: text}), name) == getattr(InkOptions(), name)
    assert spec.flags[0] == f"--{name.replace('_', '-')}"
    assert spec.help.endswith(".")


def test_auto_is_none() -> None:
    assert InkOptions.parse({"tile": "auto", "jobs": "AUTO"}).tile is None
    assert InkOptions.parse({"tile": "1024"}).tile == 1024


@pytest.mark.parametrize(
    ("text", "memory"),
    [("500MB", 500_000_000), ("1GB", 10**9), ("0.5GiB", 2**29), (" 1.5 gb ", 1_500_000_000), ("auto", None)],
)
def test_memory_is_decimal_or_binary(text: str, memory: int | None) -> None:
    assert InkOptions.parse({"max_memory": text}).max_memory == memory


@pytest.mark.parametrize("text", ["", "1", "-1GB", "1TB", "1 G", "half", "1e9MB"])
def test_other_amounts_of_memory_are_refused(text: str) -> None:
    with pytest.raises(ArgumentError, match=r"not an amount of memory; write for example 500MB, 1GB or 0\.5GiB"):
        InkOptions.parse({"max_memory": text})


@pytest.mark.parametrize("text", ["350MB", "1GB", "1.25GB", "999MB"])
def test_an_amount_of_memory_is_told_as_it_is_given(text: str) -> None:
    memory = InkOptions.parse({"max_memory": text}).max_memory
    assert memory is not None
    assert bytes_text(memory) == text


def test_an_option_is_still_read_by_the_name_that_it_once_had() -> None:
    assert InkOptions.parse({"looks": "2"}) == InkOptions(passes=2)
    with pytest.raises(ArgumentError, match=r"^--passes 4: unknown; choose from"):
        InkOptions.parse({"looks": "4"})
