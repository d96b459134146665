"""What is not on the list of parts that can be compiled."""


class OffListError(Exception):
    """A part of a model that nothing faster than itself is known for.

    Args:
        part: the part, or what is unusual about it ("a step of type PCA").
    """

    def __init__(self, part: str) -> None:
        super().__init__(f"Nothing faster is known for {part}.")


def off_list(part: object) -> OffListError:
    """Name a part by its type.

    Args:
        part: of a model.

    Returns:
        What to raise.
    """
    return OffListError(f"a part of type {type(part).__name__}")
