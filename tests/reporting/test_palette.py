from collections.abc import Callable
from importlib.resources import files

import pytest

from evergreen.reporting.palette import PAGE, PALETTE, SERIES, Shade, dark_partners


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of WCAG 2.2, 1 to 21."""
    bright, dim = sorted([luminance(one), luminance(other)], reverse=True)
    return (bright + 0.05) / (dim + 0.05)


on_both = pytest.mark.parametrize("pick", [lambda shade: shade.light, lambda shade: shade.dark], ids=["light", "dark"])


@on_both
@pytest.mark.parametrize("role", SERIES)
def test_every_series_stands_out_from_the_page(role: str, pick: Callable[[Shade], str]) -> None:
    assert contrast(pick(PALETTE[role]), pick(PAGE)) >= 3  # type: ignore[index]


@on_both
def test_text_is_readable_on_the_page_and_in_a_heat_map(pick: Callable[[Shade], str]) -> None:
    for background in (PAGE, PALETTE["low"], PALETTE["high"]):
        assert contrast(pick(PALETTE["ink"]), pick(background)) >= 4.5
    assert contrast(pick(PALETTE["muted"]), pick(PAGE)) >= 4.5


def test_every_light_shade_has_one_dark_partner() -> None:
    assert len(dark_partners()) == len(PALETTE)


@pytest.mark.parametrize("colour", [*PAGE, *PALETTE["ink"], *PALETTE["muted"]])
def test_the_style_sheet_uses_the_same_page_and_text_colours(colour: str) -> None:
    assert colour in files("evergreen.reporting").joinpath("templates/page.css").read_text()
