"""From a challenger and the holdout to a verdict one can act on."""

from evergreen.pipelines.evaluation.pipeline import create_pipeline

__all__ = ["create_pipeline"]
