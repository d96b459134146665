"""The past, replayed under policies of retraining."""

from evergreen.pipelines.rehearsal.pipeline import create_pipeline

__all__ = ["create_pipeline"]
