"""A second look at rows in quarantine, and everything that data_processing does after it."""

from evergreen.pipelines.readmission.pipeline import create_pipeline

__all__ = ["create_pipeline"]
