"""Learn what one knows without a model."""

import pandas as pd

from evergreen.models.no_model import NoModel, learn_no_model
from evergreen.problem import Problem


def learn_without_model(problem: Problem, training: pd.DataFrame) -> dict[str, object]:
    """Learn what the training rows tell without looking at any feature.

    Args:
        problem: the case.
        training: training rows.

    Returns:
        The fields of ``NoModel``, ready for JSON.
    """
    knowledge: NoModel = learn_no_model(training, problem)
    return knowledge.model_dump(mode="json")
