"""Text as a feature: from a folder of documents, or a file of messages, to a model that has understood something."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro_datasets.partitions import PartitionedDataset
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from evergreen.models.candidates import CandidateName, build_candidate
from evergreen.models.decide import predict_rows
from evergreen.models.features import feature_frame, linear_features
from evergreen.models.target import target_values
from evergreen.problem import Problem, Source
from evergreen.releases import model_from_bytes, model_to_bytes
from evergreen.tables.folders import read_folder
from tests.lifecycle.conftest import real_files
from tests.models.small import SEED, small_case, small_rows, train

REPORTS = Source(content="text", name_pattern="(?P<row_id>[0-9]+)", join_on=("row_id",))
N_ROWS = 400
_GLAD = ("asked for a second offer", "was very interested", "wants to buy soon", "invited us again")
_SORRY = ("hung up at once", "wants no more calls", "has no money to spare", "complained about the last call")
_ANY = ("called in the morning", "spoke with the sister", "line was bad", "moved house", "number has changed")


def _prose_case() -> Problem:
    """The small case that learns from its notes alone."""
    told = small_case("binary", split="random").model_dump()
    for name, column in told["columns"].items():
        column["is_feature"] = name == "note"
    return Problem.model_validate(told)


@pytest.fixture(scope="module")
def report_rows(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Notes written as a folder holds them, read back; nine in ten tell the outcome, among other things."""
    folder, rng = tmp_path_factory.mktemp("reports"), np.random.default_rng(SEED)
    is_yes = rng.random(N_ROWS) < 0.5
    for number, yes in enumerate(is_yes, start=1):
        told = rng.choice(_GLAD if yes == (rng.random() < 0.9) else _SORRY)
        (folder / f"{number}.txt").write_text(f"{rng.choice(_ANY)}; {told}. {rng.choice(_ANY)}.", encoding="utf-8")
    files = PartitionedDataset(path=str(folder), dataset="text.TextDataset", filename_suffix=".txt").load()
    reports = read_folder(files, REPORTS, "reports").rename(columns={"text": "note"}).astype({"row_id": int})
    rows = small_rows("binary", N_ROWS).drop(columns="note")
    return rows.assign(outcome=pd.Series(np.where(is_yes, "yes", "no"), dtype="str")).merge(reports, on="row_id")


# Nobody ranks much better than 0.9, and boosting has a tenth of its rounds here.
@pytest.mark.parametrize(("candidate", "ranking"), [("linear", 0.85), ("boosted", 0.75)])
def test_every_candidate_learns_from_a_folder_of_documents(
    candidate: CandidateName, ranking: float, report_rows: pd.DataFrame
) -> None:
    problem, learnt, judged = _prose_case(), report_rows[:300], report_rows[300:]
    model = train(candidate, learnt, problem).model
    scores = predict_rows(model, judged, problem)["score"]
    assert roc_auc_score(target_values(judged, problem), scores) > ranking
    assert model_to_bytes(model_from_bytes(model_to_bytes(model))) == model_to_bytes(model)


def test_a_misspelt_word_is_nearer_to_its_word_than_to_any_other() -> None:
    words = pd.DataFrame({"note": ["interested", "intrested", "Interested!", "complained"]})
    prepare = linear_features(_prose_case(), random_state=0)
    found = prepare.fit_transform(feature_frame(words, _prose_case()))
    likeness = (found @ found.T).toarray() / 25
    assert likeness[0, 0] == pytest.approx(1)
    assert likeness[0, 1] > 0.4 > likeness[0, 3]
    assert likeness[0, 2] > 0.7


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    """5,574 text messages, 13 in 100 unwanted (UCI SMS Spam)."""
    file: Path = real_files("sms_spam") / "SMSSpamCollection"
    lines = [line.split("\t", 1) for line in file.read_text(encoding="utf-8").splitlines() if line]
    return pd.DataFrame({"outcome": [kind == "spam" for kind, _ in lines], "note": [text for _, text in lines]})


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize(("candidate", "loss", "ranking"), [("linear", 0.07, 0.993), ("boosted", 0.055, 0.99)])
def test_unwanted_messages_are_told_apart_as_well_as_was_measured(
    candidate: str, loss: float, ranking: float, messages: pd.DataFrame
) -> None:
    problem = _prose_case()
    folds = StratifiedKFold(4, shuffle=True, random_state=0)
    pipeline = build_candidate(candidate, problem, random_state=SEED)
    X, y = feature_frame(messages, problem), messages["outcome"].to_numpy()
    scores = cross_val_predict(pipeline, X, y, cv=folds, method="predict_proba")[:, 1]
    assert log_loss(y, scores) < loss
    assert roc_auc_score(y, scores) > ranking
