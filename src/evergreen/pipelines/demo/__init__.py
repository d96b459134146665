"""The demonstration: the raw sources of a bank's phone campaign, fabricated from a seed with a known truth."""

from evergreen.pipelines.demo.pipeline import create_pipeline

__all__ = ["create_pipeline"]
