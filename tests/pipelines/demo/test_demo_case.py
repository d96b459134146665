"""The committed case describes the fabricated world."""

from evergreen.pipelines.demo.client_flaws import UNKNOWN_EUR, UNKNOWN_WORD
from evergreen.pipelines.demo.contacts import NEVER
from evergreen.pipelines.demo.flaws import SYNONYMS
from evergreen.pipelines.demo.params import REGIONS, SEXES
from tests.pipelines.demo.world import read_case, small_world


def test_the_leak_the_keys_and_the_target_are_no_features() -> None:
    features = set(read_case().feature_columns)
    assert features.isdisjoint({"duration_seconds", "subscribed", "contact_id", "client_id", "contacted_at"})
    assert {"channel", "age_years", "euribor_3m_pct", "note"} <= features
    assert read_case().outcome_columns == ("duration_seconds", "subscribed")


def test_every_raw_column_is_in_the_contract_and_every_contracted_one_is_raw() -> None:
    world, case = small_world(), read_case()
    raw = {
        "contacts": set(world.delivered),
        "clients": set(world.clients),
        "indicators": set(world.indicators["records"][0]),
        "call_notes": set(next(iter(world.call_notes.values()))),
    }
    for source, columns in raw.items():
        declared = {name for name, column in case.columns.items() if (column.source or case.spine) == source}
        joined = {"client_id", "month", *filter(None, [case.sources[source].known_since])}
        assert declared <= columns
        assert columns - declared <= joined


def test_the_case_names_the_words_of_the_world() -> None:
    columns = read_case().columns
    assert columns["sex"].values == SEXES
    assert columns["region"].values == REGIONS
    for name, synonyms in SYNONYMS.items():
        expected = {other: word for word, others in synonyms.items() for other in others}
        assert columns[name].canonical_synonyms == expected
    assert {name for name, column in columns.items() if column.is_sensitive} == {"sex", "region"}


def test_the_case_names_the_sentinels_of_the_world() -> None:
    sentinels = {name: column.sentinels for name, column in read_case().columns.items() if column.sentinels}
    words = dict.fromkeys(("job", "education", "marital"), (UNKNOWN_WORD,))
    assert sentinels == {**words, "balance_eur": (UNKNOWN_EUR,), "days_since_last_contact": (NEVER,)}


def test_calling_pays_from_one_in_five_on() -> None:
    payoff = read_case().payoff
    assert payoff is not None
    call, skip = payoff.actions["call"], payoff.actions["skip"]
    assert 0.2 * call["yes"] + 0.8 * call["no"] == 0
    assert set(skip.values()) == {0}
    assert [rule.name for rule in read_case().all_rules] == ["call_everyone", "call_nobody", "current_rule"]
