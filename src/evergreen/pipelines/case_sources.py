"""The sources of the case that runs; pipelines that read raw data are wired to them."""

DEMO_SOURCES = ("contacts", "clients", "indicators", "call_notes")
_declared: list[tuple[str, ...]] = [DEMO_SOURCES]


def declare_sources(names: tuple[str, ...]) -> bool:
    """Say which sources the case that is about to run has.

    Args:
        names: the names of the sources, in the case's order.

    Returns:
        Whether they differ from those declared before, so that pipelines must be wired anew.
    """
    is_new = names != _declared[0]
    _declared[0] = names
    return is_new


def declared_sources() -> tuple[str, ...]:
    """Give the sources of the case that runs; those of the demonstration until a case is declared.

    Returns:
        Their names, in the case's order.
    """
    return _declared[0]
