"""What the name of a column suggests."""

_IDS = {"id", "uid", "uuid", "guid", "rowid", "customerid", "clientid", "userid", "patientid", "orderid", "passengerid"}
_NUMBERS = {"key", "no", "nr", "number", "num", "index", "idx", "code", "instant", "ref", "row"}
_TIMES = ("event", "decision", "contacted", "called", "ordered", "order", "created", "timestamp", "datetime", "date",
          "time", "day", "dteday")  # fmt: skip
_OTHER_TIMES = {"birth", "born", "dob", "birthday", "birthdate"}
_HOURS = {"hr", "hrs", "hour", "hours", "stunde", "heure", "uur"}
_SENSITIVE = {
    "sex", "gender", "race", "ethnicity", "ethnic", "age", "ages", "birth", "dob", "birthday", "birthdate", "born",
    "marital", "married", "relationship", "pregnant", "pregnancy", "religion", "religious", "faith", "nationality",
    "citizenship", "citizen", "country", "foreign", "immigrant", "language", "disability", "disabled", "orientation",
    "union", "caste", "skin", "colour_of_skin", "veteran", "political", "health",
}  # fmt: skip
_NO_PERSON = {"company", "store", "shop", "product", "account", "car", "vehicle", "house", "building", "machine"}
_YES = ("yes", "true", "y", "t", "1", "positive", "pos", "spam", "fraud", "fraudulent", "default", "churn", "churned",
        "bought", "success", "won", "died", "dead", "failed", "failure", "malignant", "sick", "late", "anomaly", ">50k"
        )  # fmt: skip
_NO = ("no", "false", "n", "f", "0", "negative", "neg", "ham", "<=50k", "benign")


def tokens_of(name: str) -> list[str]:
    """Take a canonical name apart.

    Args:
        name: such as "customer_id".

    Returns:
        Its words.
    """
    return name.split("_")


def sounds_like_id(name: str) -> bool:
    """Say whether a name is that of an id.

    Args:
        name: a canonical name.

    Returns:
        Whether it is.
    """
    words = tokens_of(name)
    return words[-1] in _IDS or words[0] in _IDS


def sounds_like_number(name: str) -> bool:
    """Say whether a name is that of an id or of a number given one after the other.

    Args:
        name: a canonical name.

    Returns:
        Whether it is.
    """
    return sounds_like_id(name) or tokens_of(name)[-1] in _NUMBERS


def sounds_like_hour(name: str) -> bool:
    """Say whether a name is that of an hour of the day.

    Args:
        name: a canonical name.

    Returns:
        Whether it is.
    """
    return name in _HOURS


def sounds_sensitive(name: str) -> bool:
    """Say whether a name is that of a property by which people must not be treated worse.

    Args:
        name: a canonical name.

    Returns:
        Whether it is; the age of a car is none.
    """
    words = set(tokens_of(name))
    return bool(words & _SENSITIVE) and not words & _NO_PERSON


def rank_as_event_time(name: str) -> int:
    """Rank a name by how much it sounds like the moment of a decision.

    Args:
        name: a canonical name.

    Returns:
        0 is the best; a day of birth is the worst.
    """
    words = tokens_of(name)
    if set(words) & _OTHER_TIMES:
        return len(_TIMES) + 1
    ranks = [_TIMES.index(word) for word in words if word in _TIMES]
    return min(ranks, default=len(_TIMES))


def sounds_positive(word: str) -> int:
    """Say whether a class is usually the one that is looked for.

    Args:
        word: a class in canonical form.

    Returns:
        1 where it is, -1 where the other one usually is, 0 where the word tells nothing.
    """
    if word in _YES:
        return 1
    return -1 if word in _NO or word.startswith(("no ", "not ", "no_", "not_", "non-")) else 0
