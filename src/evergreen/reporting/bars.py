"""Tiny bar charts, drawn as vectors inside the page: light enough for hundreds of them."""

from markupsafe import Markup

from evergreen.reporting.sections import Bars

_WIDTH, _HEIGHT, _GAP = 96, 24, 1
# A bar that holds anything at all can be seen.
_LEAST = 1.5


def draw_bars(bars: Bars) -> Markup:
    """Draw a tiny bar chart.

    Args:
        bars: what it shows.

    Returns:
        One SVG element; its bars take the colour of the style sheet. Empty where there is nothing to draw.
    """
    most = max(bars.counts, default=0)
    if most <= 0:
        return Markup("")
    width = _WIDTH / len(bars.counts)
    outline = "".join(
        f"M{place * width:.4g} {_HEIGHT}v-{max(count / most * _HEIGHT, _LEAST):.3g}h{width - _GAP:.3g}V{_HEIGHT}z"
        for place, count in enumerate(bars.counts)
        if count > 0
    )
    return Markup(
        '<svg class="bars" role="img" viewBox="0 0 {w} {h}" preserveAspectRatio="none"><title>{text}</title>'
        '<path d="{outline}"/></svg>'
    ).format(w=_WIDTH, h=_HEIGHT, text=bars.text, outline=outline)
