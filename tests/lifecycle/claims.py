"""The world of the case ``sources``: claims on a car insurer in every kind of source, and what each could know."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from tests.lifecycle.world import World
from tests.postgres import Postgres
from tests.service import Asked, Reply, Service

N_CLAIMS, N_CUSTOMERS = 640, 200
FIRST_DAY, LAST_DAY = pd.Timestamp("2023-07-01"), pd.Timestamp("2024-06-30")
TOKEN = "token-of-the-test"  # noqa: S105 - of no service
BROKEN_PHOTO, NO_PHOTO, EMPTY_STATEMENT = 11, 12, 13
_SEED = 11
_PAGE_SIZE = 10
_HONEST = ("hit a deer at dusk", "slid on ice into the rail", "was hit while parked", "scratched in the car wash")
_INFLATED = (
    "everything is broken now",
    "the whole side must be new",
    "cannot say how it happened",
    "no witnesses there",
)
_EITHER = ("Please pay soon.", "Photos are attached.", "The car stands at home.")


@dataclass(frozen=True)
class Claims:
    """What the sources hold.

    Attributes:
        claims: one row a claim, as the insurer knows it in the end.
        customers: one row a customer.
        policies: versions of each policy.
        repairs: former and later repairs.
        prices: the index as it was published and revised.
        statements: what was claimed, and since when it is known; a later one gives the outcome away.
    """

    claims: pd.DataFrame
    customers: pd.DataFrame
    policies: pd.DataFrame
    repairs: pd.DataFrame
    prices: pd.DataFrame
    statements: pd.DataFrame


def make_claims() -> Claims:
    """Fabricate the world, the same each time."""
    rng = np.random.default_rng(_SEED)
    customers = pd.DataFrame(
        {
            "customer_id": np.arange(1, N_CUSTOMERS + 1),
            "age_years": rng.integers(18, 90, N_CUSTOMERS),
            "sex": rng.choice(["Female", "male "], N_CUSTOMERS),
        }
    )
    claims = _make_claims(rng)
    return Claims(
        claims, customers, _make_policies(rng), _make_repairs(rng), _make_prices(), _make_statements(claims, rng)
    )


def _make_claims(rng: np.random.Generator) -> pd.DataFrame:
    seconds = np.sort(rng.integers(0, int((LAST_DAY - FIRST_DAY).total_seconds()), N_CLAIMS))
    is_inflated = rng.random(N_CLAIMS) < 0.35
    customer = rng.integers(1, N_CUSTOMERS + 1, N_CLAIMS)
    return pd.DataFrame(
        {
            "claim_id": np.arange(1, N_CLAIMS + 1),
            "customer_id": customer,
            "policy_id": customer + 1000,
            "reported_at": FIRST_DAY + pd.to_timedelta(seconds, unit="s"),
            "branch": rng.choice(["north", "south"], N_CLAIMS),
            "claimed_eur": np.round(np.exp(rng.normal(7.2 + 0.5 * is_inflated, 0.6)), 2),
            "settled_eur": np.round(np.exp(rng.normal(7.0, 0.5, N_CLAIMS)), 2),
            "is_inflated": np.where(is_inflated, "yes", "no"),
        }
    )


def _make_policies(rng: np.random.Generator) -> pd.DataFrame:
    policy_id = np.arange(1001, 1001 + N_CUSTOMERS)
    versions = []
    for first, last in (("2021-01-01", "2021-12-01"), ("2022-06-01", "2023-06-01"), ("2023-10-01", "2024-06-15")):
        n_days = (pd.Timestamp(last) - pd.Timestamp(first)).days
        starts = pd.Timestamp(first) + pd.to_timedelta(rng.integers(0, n_days, N_CUSTOMERS), unit="D")
        deductible = rng.choice([150.0, 300.0, 500.0], N_CUSTOMERS)
        premium = np.round(rng.uniform(200, 1500, N_CUSTOMERS), 2)
        columns = {"policy_id": policy_id, "valid_from": starts, "premium_eur": premium, "deductible_eur": deductible}
        versions.append(pd.DataFrame(columns))
    return pd.concat(versions, ignore_index=True)


def _make_repairs(rng: np.random.Generator) -> pd.DataFrame:
    n_days = (LAST_DAY - FIRST_DAY).days
    days = np.sort(rng.integers(0, n_days, N_CUSTOMERS))
    return pd.DataFrame(
        {
            "customer_id": rng.permutation(np.arange(1, N_CUSTOMERS + 1)),
            "repaired_on": FIRST_DAY + pd.to_timedelta(days, unit="D"),
            "last_repair_eur": np.round(rng.uniform(100, 3000, N_CUSTOMERS), 2),
        }
    )


def _make_prices() -> pd.DataFrame:
    """Each month's index: published on the tenth of the next, soon mended, and mended again when it is superseded."""
    rows = []
    for n, month in enumerate(pd.date_range("2023-05-01", "2024-06-01", freq="MS")):
        first = month + pd.offsets.MonthBegin(1) + pd.Timedelta(days=9)
        for days, change in ((0, 0.0), (12, 0.5), (45, -20.0)):
            published = first + pd.Timedelta(days=days)
            rows.append({"month": month, "published_on": published, "repair_price_index": 100.0 + n + change})
    return pd.DataFrame(rows)


def _make_statements(claims: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for claim in claims.itertuples():
        day = claim.reported_at.normalize()
        is_plain = rng.random() < 0.75
        told = rng.choice(_INFLATED if (claim.is_inflated == "yes") == is_plain else _HONEST)
        text = "" if claim.claim_id == EMPTY_STATEMENT else f"{rng.choice(_EITHER)} {told}. {rng.choice(_EITHER)}"
        rows.append({"claim_id": claim.claim_id, "written_on": day, "text": text})
        if claim.claim_id % 9 == 0:
            later = day + pd.Timedelta(days=20)
            rows.append({"claim_id": claim.claim_id, "written_on": later, "text": f"In truth: {claim.is_inflated}."})
    return pd.DataFrame(rows)


def lay_out(world: Claims, folder: Path, database: Postgres, prices: Service) -> None:
    """Put every source where the catalog of the case looks for it."""
    _write_claims(world.claims, folder / "claims")
    with sqlite3.connect(_made(folder) / "customers.db") as connection:
        world.customers.to_sql("customers", connection, index=False, if_exists="replace")
    connection.close()
    database.write("policies", world.policies)
    for month, repairs in world.repairs.groupby(world.repairs["repaired_on"].dt.strftime("%Y-%m")):
        repairs.to_parquet(_made(folder / "repairs") / f"{month}.parquet", index=False)
    for row in world.statements.itertuples():
        file = _made(folder / "statements") / f"{row.claim_id}_{row.written_on:%Y-%m-%d}.txt"
        file.write_text(row.text, encoding="utf-8")
    _write_photos(world.claims, _made(folder / "photos"))
    prices.answer = _price_service(world.prices)


def _write_claims(claims: pd.DataFrame, folder: Path) -> None:
    told = claims.assign(
        reported_at=claims["reported_at"].dt.strftime("%Y-%m-%dT%H:%M:%S"),
        **{name: [_german(value) for value in claims[name]] for name in ("claimed_eur", "settled_eur")},
    )
    places = (claims["reported_at"].dt.strftime("%Y-%m"), claims["branch"])
    for (month, branch), rows in told.groupby([*places]):
        rows.drop(columns="branch").to_csv(_made(folder / month) / f"{branch}.csv", index=False)


def _german(value: float) -> str:
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def _write_photos(claims: pd.DataFrame, folder: Path) -> None:
    """The darker a photo, the larger the damage it shows; an inflated claim often shows little."""
    rng = np.random.default_rng(_SEED)
    for claim in claims.itertuples():
        if claim.claim_id == NO_PHOTO:
            continue
        pixels = rng.integers(170, 230, (24, 32, 3), dtype="uint8")
        size = int(np.clip(rng.normal(6 if claim.is_inflated == "yes" else 12, 4), 1, 20))
        pixels[2 : 2 + size, 4 : 4 + size] //= 4
        file = folder / f"{claim.claim_id}.{'jpg' if claim.claim_id % 2 else 'png'}"
        Image.fromarray(pixels).save(file)
        if claim.claim_id == BROKEN_PHOTO:
            file.write_bytes(file.read_bytes()[:200])


def _price_service(prices: pd.DataFrame) -> Any:
    """Pages of a few records, for those who know the token; every third answer is that the server is busy."""
    told = prices.assign(**{name: prices[name].dt.strftime("%Y-%m-%d") for name in ("month", "published_on")})
    records = told.to_dict("records")
    asked_before: list[Asked] = []

    def answer(asked: Asked) -> Reply:
        asked_before.append(asked)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(status=401)
        if len(asked_before) % 3 == 0:
            return Reply(status=503)
        start = int(asked.query.get("after", 0))
        end = start + _PAGE_SIZE
        following = str(end) if end < len(records) else None
        return Reply({"data": {"items": records[start:end]}, "meta": {"next": following}})

    return answer


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def make_world(folder: Path, raw_dir: Path, database: Postgres, prices: Service) -> World:
    """The shipped environment, with its service and its secrets named."""
    world = World.make(folder, case="sources", raw_dir=raw_dir)
    catalog = folder / "conf" / "test" / "catalog.yml"
    told = catalog.read_text()
    assert "https://prices.example" in told
    catalog.write_text(told.replace("https://prices.example", prices.url))
    set_credentials(world, con=database.con(), token=TOKEN)
    return world


def set_credentials(world: World, *, con: str, token: str) -> None:
    """Write the secrets where they belong."""
    secrets = {"policy_db": {"con": con, "pool_pre_ping": True}, "price_service": {"token": token}}
    file = world.folder / "conf" / "local" / "credentials.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(secrets))
