"""Numbers as a sentence has them."""


def in_digits(value: float, n_digits: int = 4) -> str:
    """Write a number with so many significant digits; a large one as an amount, never with an exponent.

    Args:
        value: any number.
        n_digits: how many digits tell enough.

    Returns:
        ``"0.06701"``, ``"2.935"``, ``"10,840"``: all digits before the point are kept.
    """
    is_large = abs(value) >= 10**n_digits - 0.5
    return f"{value:,.0f}" if is_large else f"{value:,.{n_digits}g}"


def in_full(value: float) -> str:
    """Write a number that somebody chose, such as a limit, as it was chosen.

    Args:
        value: any number.

    Returns:
        ``"0.05"``, ``"1,250,000"``.
    """
    return f"{value:,.15g}"
