"""A small fabricated world, with everything the pipeline passes between its nodes."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from hypothesis import strategies as st

from evergreen.pipelines.demo.client_flaws import find_client_flaws, spoil_clients
from evergreen.pipelines.demo.clients import draw_clients
from evergreen.pipelines.demo.contact_flaws import deliver_contacts, find_contact_flaws
from evergreen.pipelines.demo.contacts import draw_contacts, keep_campaign
from evergreen.pipelines.demo.flaws import Flaw
from evergreen.pipelines.demo.indicators import draw_indicators, publish_indicators
from evergreen.pipelines.demo.notes import draw_notes, write_notes
from evergreen.pipelines.demo.outcomes import draw_outcomes
from evergreen.pipelines.demo.params import REGIONS, SEXES, DemoParams
from evergreen.pipelines.demo.truth import tell_truth
from evergreen.problem import Problem

PROJECT = Path(__file__).parents[3]
SMALL: dict[str, Any] = {
    "random_state": 7,
    "n_clients": 400,
    "n_contacts_per_month": 80,
    "first_month": date(2007, 1, 1),
    "n_months": 6,
    "shock_on": date(2007, 4, 1),
    "noted_client_share": 0.167,
    "duplicated_share": 0.02,
    "misspelt_share": 0.05,
    "sentinel_share": 0.03,
    "out_of_range_share": 0.01,
    "mistreated_column": "sex",
    "mistreated_group": "female",
    "mistreated_share": 0.3,
}


@dataclass(frozen=True)
class World:
    """Every table of one fabricated world."""

    params: DemoParams

    @cached_property
    def true_clients(self) -> pd.DataFrame:
        return draw_clients(self.params)

    @cached_property
    def true_indicators(self) -> pd.DataFrame:
        return draw_indicators(self.params)

    @cached_property
    def drawn_contacts(self) -> pd.DataFrame:
        return draw_contacts(self.params)

    @cached_property
    def true_notes(self) -> pd.DataFrame:
        return draw_notes(self.drawn_contacts, self.params)

    @cached_property
    def all_contacts(self) -> pd.DataFrame:
        tables = (self.drawn_contacts, self.true_clients, self.true_indicators, self.true_notes)
        return draw_outcomes(*tables, self.params)

    @cached_property
    def true_contacts(self) -> pd.DataFrame:
        return keep_campaign(self.all_contacts, self.params)

    @cached_property
    def client_flaws(self) -> list[Flaw]:
        return find_client_flaws(self.true_clients, self.params)

    @cached_property
    def contact_flaws(self) -> list[Flaw]:
        return find_contact_flaws(self.true_contacts, self.client_flaws, self.params)

    @cached_property
    def clients(self) -> pd.DataFrame:
        return spoil_clients(self.true_clients, self.client_flaws)

    @cached_property
    def contacts(self) -> dict[str, pd.DataFrame]:
        return deliver_contacts(self.true_contacts, self.contact_flaws)

    @cached_property
    def call_notes(self) -> dict[str, pd.DataFrame]:
        return write_notes(self.true_notes, self.all_contacts)

    @cached_property
    def indicators(self) -> dict[str, Any]:
        return publish_indicators(self.true_indicators)

    @cached_property
    def truth(self) -> dict[str, Any]:
        return tell_truth(self.true_contacts, self.client_flaws, self.contact_flaws, self.params)

    @property
    def delivered(self) -> pd.DataFrame:
        """All files of contacts as one table."""
        return pd.concat(self.contacts.values(), ignore_index=True)

    def flaws(self, **wanted: str | None) -> list[dict[str, Any]]:
        """The flaws of the truth whose fields have the wanted values."""
        return [f for f in self.truth["flaws"] if all(f[name] == value for name, value in wanted.items())]


@lru_cache(maxsize=8)
def small_world(**changes: Any) -> World:
    """Fabricate the small world, with some parameters changed."""
    return World(DemoParams(**{**SMALL, **changes}))


@lru_cache(maxsize=1)
def read_case() -> Problem:
    """Read the committed business case."""
    text = (PROJECT / "conf" / "base" / "parameters_problem.yml").read_text(encoding="utf-8")
    return Problem.model_validate(yaml.safe_load(text)["problem"])


@st.composite
def params(draw: st.DrawFn) -> DemoParams:
    """Any seed, size and share that the parameters allow, in small."""
    n_months = draw(st.integers(1, 5))
    shocks = st.none() if n_months == 1 else st.none() | st.integers(2, n_months).map(lambda m: date(2007, m, 1))
    share = st.sampled_from([0.0, 0.02, 0.3])
    column, group = draw(st.sampled_from([*(("sex", s) for s in SEXES), *(("region", r) for r in REGIONS)]))
    return DemoParams(
        random_state=draw(st.integers(0, 2**40)),
        n_clients=draw(st.integers(100, 400)),
        n_contacts_per_month=draw(st.integers(1, 100)),
        first_month=date(2007, 1, 1),
        n_months=n_months,
        shock_on=draw(shocks),
        noted_client_share=draw(st.sampled_from([0.01, 0.167, 1.0])),
        duplicated_share=draw(share),
        misspelt_share=draw(share),
        sentinel_share=draw(share),
        out_of_range_share=draw(share),
        mistreated_column=column,
        mistreated_group=group,
        mistreated_share=draw(st.sampled_from([0.0, 0.3, 1.0])),
    )
