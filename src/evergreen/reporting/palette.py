"""The colours of figures: one name a role, one shade for light pages and one for dark."""

from typing import Literal, NamedTuple

Role = Literal["ink", "muted", "grid", "model", "other", "alarm", "third", "fourth", "fifth", "low", "high"]


class Shade(NamedTuple):
    """One colour as hexadecimal RGB, on a light page and on a dark one."""

    light: str
    dark: str


PAGE = Shade("#ffffff", "#12161c")
"""The page's own background, which figures let through."""

PALETTE: dict[Role, Shade] = {
    "ink": Shade("#1c2430", "#e6eaf0"),
    "muted": Shade("#566171", "#a3aebd"),
    "grid": Shade("#e3e7ec", "#2a323d"),
    # The hues keep apart under the three common colour blindnesses: after Okabe and Ito (2008), darkened or
    # lightened until each has a contrast of 3 or more with the page.
    "model": Shade("#0062a8", "#5fb0f0"),
    "other": Shade("#6b7684", "#98a4b3"),
    "alarm": Shade("#c04a00", "#ff9a56"),
    "third": Shade("#00795c", "#3fc79f"),
    "fourth": Shade("#8b4a8b", "#d79ad7"),
    "fifth": Shade("#856500", "#e0bd4a"),
    # The two ends of a heat map; ink is readable on both.
    "low": Shade("#f1f5fa", "#1a222c"),
    "high": Shade("#9cc6ea", "#265a86"),
}

SERIES: tuple[Role, ...] = ("model", "alarm", "third", "fourth", "fifth", "other")
"""The order in which several series of one figure are coloured."""


def light(role: Role) -> str:
    """Give the shade that figures are drawn with.

    Args:
        role: what the colour stands for.

    Returns:
        Hexadecimal RGB; a page shown dark replaces it with its partner.
    """
    return PALETTE[role].light


def dark_partners() -> dict[str, str]:
    """Map the light shade of every role to its dark one.

    Returns:
        ``{light: dark}``, in a fixed order.
    """
    return {shade.light: shade.dark for shade in PALETTE.values()}
