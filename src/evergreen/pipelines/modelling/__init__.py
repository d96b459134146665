"""From training rows to one model that may challenge the champion."""

from evergreen.pipelines.modelling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
