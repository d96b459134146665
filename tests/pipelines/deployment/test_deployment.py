import json
from dataclasses import replace
from datetime import date

import pytest

from evergreen.errors import ReleaseError
from evergreen.judging.judge import conclude
from evergreen.pipelines.deployment.nodes import draft_release, promote_release
from evergreen.problem import AsOf, Kind
from evergreen.releases import NoRelease, Promotion, Release, load_release, model_from_bytes, model_to_bytes
from tests.models.small import KINDS, small_case, trained
from tests.pipelines.evaluation.line import AS_OF, Line, line

CARD = "# Small: model card\n"


def _released(kind: Kind = "binary") -> Line:
    """The small model with evidence in which all has passed."""
    made = line(kind)
    evidence = made.evidence | {"criteria": [{"result": "passed", "reason": "It pays."}]}
    return replace(made, evidence=evidence, verdict=conclude(made.problem, AS_OF, made.model, evidence, made.look))


@pytest.mark.parametrize("kind", KINDS)
def test_a_verdict_of_release_leads_to_the_release_it_names(kind: Kind) -> None:
    made = _released(kind)
    release = draft_release(made.problem, made.model, made.evidence, made.verdict, CARD)
    assert isinstance(release, Release)
    assert release.release_id == made.verdict["release_id"]
    loaded = load_release(release.release_id, release.files)
    assert loaded.problem == made.problem
    assert loaded.documents["metrics"] == made.metrics
    assert {"criteria", "money", "no_model", "reference_profile", "check_rows", "background"} <= set(loaded.documents)
    assert loaded.card == CARD


def test_files_between_evaluation_and_deployment_change_nothing() -> None:
    made = _released()
    model = model_from_bytes(model_to_bytes(made.model))
    evidence, verdict = (json.loads(json.dumps(document, indent=1)) for document in (made.evidence, made.verdict))
    release = draft_release(made.problem, model, evidence, verdict, CARD)
    assert isinstance(release, Release)
    assert release.release_id == made.verdict["release_id"]


@pytest.mark.parametrize("word", ["hold", "undecided"])
def test_any_other_verdict_leads_to_no_release_for_its_reasons(word: str) -> None:
    made = _released()
    verdict = made.verdict | {"verdict": word, "reasons": ["The model does not pay.", "It is large."]}
    found = draft_release(made.problem, made.model, made.evidence, verdict, CARD)
    assert found == NoRelease(("The model does not pay.", "It is large."))


def test_a_verdict_on_another_model_is_refused() -> None:
    made = _released()
    with pytest.raises(ReleaseError, match=rf"is for release '{made.verdict['release_id']}', but model, case and"):
        draft_release(made.problem, trained("binary", split="random").model, made.evidence, made.verdict, CARD)


def test_a_verdict_on_another_case_is_refused() -> None:
    made, cheaper = _released(), small_case("binary", goal="Earn less.")
    with pytest.raises(ReleaseError, match="Run the evaluation again: something changed after it"):
        draft_release(cheaper, made.model, made.evidence, made.verdict, CARD)


def test_a_verdict_on_other_evidence_is_refused() -> None:
    made = _released()
    better = made.evidence | {"metrics": made.metrics | {"roc_auc": {"value": 1.0, "low": 1.0, "high": 1.0}}}
    with pytest.raises(ReleaseError, match="Run the evaluation again"):
        draft_release(made.problem, made.model, better, made.verdict, CARD)


def test_a_verdict_that_names_no_release_releases_nothing() -> None:
    made = _released()
    with pytest.raises(ReleaseError, match="is for release 'None'"):
        draft_release(made.problem, made.model, made.evidence, made.verdict | {"release_id": None}, CARD)


def test_a_promotion_tells_the_logical_date_and_the_reason() -> None:
    nothing = NoRelease(("It does not pay.",))
    found = promote_release(AsOf(date(2020, 6, 30)), nothing)
    assert found == Promotion(nothing, "2020-06-30", "Its verdict on the holdout is release.")
