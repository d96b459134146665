"""What is wrong in the table of clients."""

import pandas as pd

from evergreen.pipelines.demo.draws import Flags, Floats, choose, spawn_streams
from evergreen.pipelines.demo.flaws import Flaw, find_word_flaws, spoil_cells
from evergreen.pipelines.demo.params import DemoParams

IMPOSSIBLE_AGES = (-4, 0, 131, 150, 212)
UNKNOWN_WORD = "unknown"
UNKNOWN_EUR = -999_999.0
_WORDS = ("job", "education", "marital")


def find_client_flaws(true_clients: pd.DataFrame, params: DemoParams) -> list[Flaw]:
    """Decide which cells of the clients are spoilt, and how.

    A client with an impossible age has no other flaw.

    Args:
        true_clients: clients without flaws.
        params: the world, for the shares; each is a share of the cells of a column.

    Returns:
        Impossible ages, sentinels in words and balances, misspelt words and synonyms.
    """
    n = len(true_clients)
    by_id = true_clients.set_index("client_id")
    ages, which, money, *words = spawn_streams(params.random_state, "client_flaws", 3 + 2 * len(_WORDS))
    impossible = ages.random(n) < params.out_of_range_share
    unknown_eur = (money.random(n) < params.sentinel_share) & ~impossible
    flaws = [
        _find_ages(by_id["age_years"], impossible, which.random(n)),
        _find_sentinels(by_id["balance_eur"], unknown_eur, UNKNOWN_EUR),
    ]
    for column, cells, ways in zip(_WORDS, words[::2], words[1::2], strict=True):
        draws = cells.random(n)
        is_sentinel = draws < params.sentinel_share
        is_misspelt = ~is_sentinel & (draws < params.sentinel_share + params.misspelt_share) & ~impossible
        flaws.append(_find_sentinels(by_id[column], is_sentinel & ~impossible, UNKNOWN_WORD))
        flaws += find_word_flaws(by_id[column], source="clients", hit=is_misspelt, draws=ways.random(n))
    return flaws


def spoil_clients(true_clients: pd.DataFrame, client_flaws: list[Flaw]) -> pd.DataFrame:
    """Write the flaws into the table of clients.

    Args:
        true_clients: clients without flaws.
        client_flaws: what is wrong.

    Returns:
        The raw table, same rows in the same order.
    """
    return spoil_cells(true_clients, client_flaws)


def _find_ages(age_years: pd.Series, hit: Flags, draws: Floats) -> Flaw:
    return Flaw(
        kind="out_of_range",
        source="clients",
        column="age_years",
        key="client_id",
        treatment="quarantined",
        rows=age_years.index[hit].tolist(),
        found=[choose(draw, IMPOSSIBLE_AGES) for draw in draws[hit]],
        meant=age_years[hit].tolist(),
    )


def _find_sentinels(cells: pd.Series, hit: Flags, sentinel: str | float) -> Flaw:
    return Flaw(
        kind="sentinel",
        source="clients",
        column=str(cells.name),
        key="client_id",
        treatment="blanked",
        rows=cells.index[hit].tolist(),
        found=[sentinel] * int(hit.sum()),
        meant=cells[hit].tolist(),
    )
