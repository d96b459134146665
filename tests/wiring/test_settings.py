"""Settings whose order or class others rely on."""

from evergreen import settings
from evergreen.hooks import GuardHooks, LedgerHooks, LockHooks, StageHooks
from evergreen.layered_config import LayeredConfigLoader


def test_a_run_has_the_lock_of_its_case_before_it_clears_up_after_others() -> None:
    # Of hooks of one kind Kedro asks the last one first.
    kinds = [type(hook) for hook in settings.HOOKS]
    assert kinds.index(LockHooks) > kinds.index(StageHooks)
    assert {GuardHooks, LedgerHooks} <= set(kinds)


def test_environments_have_layers() -> None:
    assert issubclass(settings.CONFIG_LOADER_CLASS, LayeredConfigLoader)
