"""Fire drills for the watch over a release."""

from evergreen.pipelines.drills.pipeline import create_pipeline

__all__ = ["create_pipeline"]
