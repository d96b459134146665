"""New rows, scored by the champion."""

from evergreen.pipelines.scoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
