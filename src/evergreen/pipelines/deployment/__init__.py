"""From a verdict to a live release."""

from evergreen.pipelines.deployment.pipeline import create_pipeline

__all__ = ["create_pipeline"]
