"""The answer book: everything that was planted, and how well anybody could do."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from evergreen.pipelines.demo.contact_flaws import find_quarantined
from evergreen.pipelines.demo.contacts import CHANNEL_MIX
from evergreen.pipelines.demo.draws import is_after
from evergreen.pipelines.demo.effects import EFFECTS
from evergreen.pipelines.demo.flaws import Flaw
from evergreen.pipelines.demo.indicators import MEANS
from evergreen.pipelines.demo.params import DemoParams

_DECIMALS = 6  # so that another machine's last bit changes nothing


def tell_truth(
    true_contacts: pd.DataFrame, client_flaws: list[Flaw], contact_flaws: list[Flaw], params: DemoParams
) -> dict[str, Any]:
    """Write down what is true of the fabricated world, by kind and by row.

    Args:
        true_contacts: contacts of the campaign with ``probability``, ``is_subscriber``, ``is_misrecorded``.
        client_flaws: what is wrong with the clients.
        contact_flaws: what is wrong with the contacts.
        params: the world.

    Returns:
        Plain values, ready for JSON: ``parameters``, ``rows``, ``flaws``, ``leaks``, ``mistreated``, ``shock``,
        ``coefficients``, ``summary`` (of the quiet and of the changed world), ``probabilities`` by contact.
    """
    after = is_after(true_contacts["contacted_at"], params.shock_on)
    return {
        "parameters": params.model_dump(mode="json"),
        "rows": count_rows(true_contacts, client_flaws, contact_flaws),
        "flaws": [asdict(flaw) for flaw in (*client_flaws, *contact_flaws)],
        "leaks": [_describe_leak(true_contacts)],
        "mistreated": _describe_mistreated(true_contacts, params),
        "shock": None if params.shock_on is None else _describe_shock(params),
        "coefficients": [asdict(effect) for effect in EFFECTS],
        "summary": {"before": summarise(true_contacts[~after]), "after": summarise(true_contacts[after])},
        "probabilities": {
            "contact_id": true_contacts["contact_id"].tolist(),
            "yes": true_contacts["probability"].round(_DECIMALS).tolist(),
        },
    }


def count_rows(true_contacts: pd.DataFrame, client_flaws: list[Flaw], contact_flaws: list[Flaw]) -> dict[str, Any]:
    """Count what must become of the delivered rows: delivered = usable + duplicates + quarantined.

    Args:
        true_contacts: contacts of the campaign.
        client_flaws: what is wrong with the clients.
        contact_flaws: what is wrong with the contacts.

    Returns:
        The four counts, and the ``contact_id`` of the quarantined rows.
    """
    quarantined = find_quarantined(true_contacts, client_flaws)
    n_duplicates = sum(len(flaw.rows) for flaw in contact_flaws if flaw.kind == "duplicate")
    return {
        "n_delivered": len(true_contacts) + n_duplicates,
        "n_usable": len(true_contacts) - len(quarantined),
        "n_duplicates": n_duplicates,
        "n_quarantined": len(quarantined),
        "quarantined_contact_ids": quarantined,
    }


def summarise(true_contacts: pd.DataFrame) -> dict[str, Any]:
    """Say how often clients agree and how well the true probability ranks them.

    No model can expect a higher ROC-AUC than the true probability has, on the same rows.

    Args:
        true_contacts: contacts of one part of the campaign; may be none.

    Returns:
        ``n_contacts``, the shares of yes as ``true`` and as ``recorded``, and the ROC-AUC of the true probability
        against both; None where there are no rows, or only one class.
    """
    if true_contacts.empty:
        return {"n_contacts": 0, "yes_share": None, "best_roc_auc": None}
    answers = {
        "true": true_contacts["is_subscriber"].to_numpy(),
        "recorded": (true_contacts["subscribed"] == "yes").to_numpy(),
    }
    scores = true_contacts["probability"].to_numpy()
    return {
        "n_contacts": len(true_contacts),
        "yes_share": {name: round(float(answer.mean()), _DECIMALS) for name, answer in answers.items()},
        "best_roc_auc": {name: _rank(answer, scores) for name, answer in answers.items()},
    }


def _rank(answers: np.ndarray, scores: np.ndarray) -> float | None:
    if answers.all() or not answers.any():
        return None
    return round(float(roc_auc_score(answers, scores)), _DECIMALS)


def _describe_leak(true_contacts: pd.DataFrame) -> dict[str, Any]:
    answers = (true_contacts["subscribed"] == "yes").to_numpy()
    return {
        "source": "contacts",
        "column": "duration_seconds",
        "known_at": "outcome",
        "treatment": "kept from learning and from requests",
        "roc_auc": _rank(answers, true_contacts["duration_seconds"].to_numpy()),
    }


def _describe_mistreated(true_contacts: pd.DataFrame, params: DemoParams) -> dict[str, Any]:
    return {
        "column": params.mistreated_column,
        "group": params.mistreated_group,
        "asked_share": params.mistreated_share,
        "meaning": "this share of the group's true yes is recorded as no; the group itself is like any other",
        "contact_ids": true_contacts.loc[true_contacts["is_misrecorded"], "contact_id"].tolist(),
    }


def _describe_shock(params: DemoParams) -> dict[str, Any]:
    return {
        "on": str(params.shock_on),
        "indicator_means": MEANS,
        "channel_mix": CHANNEL_MIX,
        "changed_coefficients": [effect.term for effect in EFFECTS if effect.before != effect.after],
    }
