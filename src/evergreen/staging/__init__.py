"""Nothing half written: what is saved is put aside first, and then into place in one go."""

from evergreen.staging.catalog import StagedCatalog, StagedWrites
from evergreen.staging.journal import recover
from evergreen.staging.places import Dataset, dataset_location, is_out_of_hand, local_path
from evergreen.staging.staging import Staging

__all__ = [
    "Dataset",
    "StagedCatalog",
    "StagedWrites",
    "Staging",
    "dataset_location",
    "is_out_of_hand",
    "local_path",
    "recover",
]
