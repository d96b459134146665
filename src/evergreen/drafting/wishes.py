"""What the owner of a new case has said already."""

from dataclasses import dataclass
from difflib import get_close_matches

from evergreen.errors import CaseError, DataError, named


@dataclass(frozen=True)
class Wishes:
    """What is not to be guessed; columns by raw or canonical name.

    Attributes:
        target: the column to predict.
        event_time: the column with the moment of the decision.
        key: the columns that name a row.
        group: the column whose rows belong together.
        positive: the class that is looked for.
    """

    target: str
    event_time: str | None = None
    key: tuple[str, ...] = ()
    group: str | None = None
    positive: str | None = None

    def resolved(self, names: dict[str, str]) -> "Wishes":
        """Replace raw names by canonical ones.

        Args:
            names: canonical name -> raw name, of all columns.

        Returns:
            The same wishes in canonical names.

        Raises:
            DataError: where a column is not in the table.
            CaseError: where one column is named for two things.
        """
        found = Wishes(
            target=_find(self.target, "--target", names),
            event_time=_find(self.event_time, "--event-time", names) if self.event_time else None,
            key=tuple(_find(one, "--key", names) for one in self.key),
            group=_find(self.group, "--group", names) if self.group else None,
            positive=self.positive,
        )
        chosen = [found.target, *found.key, *(one for one in (found.event_time, found.group) if one)]
        twice = sorted({one for one in chosen if chosen.count(one) > 1})
        if twice:
            raise CaseError(f"Column {named(twice)}", "is named for two things", "It can be one of them only.")
        return found


def _find(wish: str, option: str, names: dict[str, str]) -> str:
    by_raw = {raw: name for name, raw in names.items()}
    if wish in by_raw or wish in names:
        return by_raw.get(wish, wish)
    if "col_1" in by_raw:
        cure = f"The file has no header: name its columns with --names a,b,c, or use 'col_1' to '{[*by_raw][-1]}'."
        raise DataError(f"Column '{wish[:60]}' ({option})", "is not in the table", cure)
    close = get_close_matches(wish, [*by_raw, *names], n=1)
    cure = f"Did you mean '{close[0]}'?" if close else f"It has {named(by_raw)}."
    raise DataError(f"Column '{wish[:60]}' ({option})", "is not in the table", cure)
