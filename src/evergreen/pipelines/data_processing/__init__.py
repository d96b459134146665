"""From raw sources to rows one can learn from and judge on."""

from evergreen.pipelines.data_processing.pipeline import create_pipeline

__all__ = ["create_pipeline"]
