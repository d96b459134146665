"""Train again where there is a reason, and go back where the last time did harm."""

from evergreen.pipelines.retraining.pipeline import create_pipeline

__all__ = ["create_pipeline"]
