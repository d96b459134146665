"""An environment with a spark.yml gets its Spark session before the first table is read."""

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl

from evergreen.errors import CaseError


class SparkHooks:
    """Starts the session that Spark datasets then find."""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Start Spark with the settings of the environment's spark.yml, where it has one.

        Raises:
            CaseError: where the environment wants Spark and it is not installed.
        """
        try:
            settings = context.config_loader["spark"]
        except MissingConfigException:
            return
        # The base environment, asked for by name, has no such file either, but Kedro gives an empty one.
        if not settings:
            return
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            cure = "Install it, with Java 17 beside it: pip install 'evergreen[spark]'."
            raise CaseError(f"Environment '{context.env}'", "wants Spark, which is not installed", cure) from error
        builder = SparkSession.builder.appName("evergreen")
        for name, value in settings.items():
            # YAML reads true and 4, Spark wants text.
            builder = builder.config(name, str(value).lower() if isinstance(value, bool) else str(value))
        builder.getOrCreate()
