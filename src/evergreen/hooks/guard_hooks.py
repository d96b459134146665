"""A run that would write where it may not is refused before its first step."""

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from evergreen.guarded_catalog import refuse_outputs


class GuardHooks:
    """Checks every output of a pipeline before it runs."""

    @hook_impl(tryfirst=True)
    def before_pipeline_run(self, pipeline: Pipeline, catalog: Any) -> None:
        """Refuse the run if the catalog is guarded and an output of the pipeline is not free to write.

        Raises:
            WriteRefusedError: naming the datasets.
        """
        confirmed = {name for node in pipeline.nodes for name in node.confirms}
        refuse_outputs(catalog, sorted(pipeline.all_outputs() | confirmed))
