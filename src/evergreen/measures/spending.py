"""How sure a verdict must be that is not the first on its rows."""

import math

from evergreen.errors import CaseError


def spent_level(alpha: float, look: int) -> float:
    """Give the level of the k-th look at the same rows: alpha * 6 / (pi^2 k^2).

    The levels of all looks, however many there will be, add up to alpha (the series of 1 / k^2 has the sum pi^2 / 6),
    so by the union bound the chance that any model passes wrongly stays at alpha. Alpha that is spent look by look is
    the idea of Foster and Stine (2008, Journal of the Royal Statistical Society B 70, 429-444); what becomes of a
    holdout that is asked again and again without it is shown by Dwork et al. (2015, Science 349, 636-638).

    Args:
        alpha: the chance of a wrong pass over all looks together, above 0 and below 1.
        look: k, from 1 on.

    Returns:
        The level of this look, one-sided.

    Raises:
        CaseError: where alpha is no share, or the look has no number.
    """
    if not 0 < alpha < 1:
        raise CaseError("Alpha", f"is {alpha}", "Give a share above 0 and below 1, like 0.05.")
    if look < 1:
        raise CaseError("look", f"is {look}", "Count from 1.")
    return alpha * 6 / (math.pi * look) ** 2
