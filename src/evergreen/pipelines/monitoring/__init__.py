"""How the live release fares on new rows."""

from evergreen.pipelines.monitoring.pipeline import create_pipeline

__all__ = ["create_pipeline"]
