"""Outcomes in the table."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import batched, groupby

from sqlalchemy import Connection, select, update

from evergreen.errors import LogError, bounded
from evergreen.prediction_log.cells import key_text, to_json, utc_text, value_of
from evergreen.prediction_log.records import Outcome, Receipt
from evergreen.prediction_log.schema import OUTCOMES, PREDICTIONS, lock_writers
from evergreen.prediction_log.settle import Effect, Known, settle

_N_KEYS = 500
