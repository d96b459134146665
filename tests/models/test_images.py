from math import atan2, hypot, pi
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kedro_datasets.partitions import PartitionedDataset
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from evergreen.errors import DataError
from evergreen.models.decide import predict_rows
from evergreen.models.features import feature_frame, linear_features, tree_features
from evergreen.models.images import N_DESCRIPTORS, ImageDescriptor, brightness, oriented_gradients
from evergreen.models.profiles import watched_columns
from evergreen.models.target import target_values
from evergreen.problem import Problem, Source
from evergreen.releases import model_from_bytes, model_to_bytes
from evergreen.tables.folders import read_folder
from evergreen.tables.images import image_cell
from tests.models.small import CANDIDATES, SEED, Trained, small_case, small_rows, train

PHOTOS = Source(content="image", name_pattern="(?P<row_id>[0-9]+)", join_on=("row_id",))
GREY, COLOUR = slice(64), slice(388, 394)
DIGITS = load_digits()
N_DIGITS = 600


def _of(*cells: Any) -> np.ndarray:
    return ImageDescriptor().fit_transform(pd.Series(cells, dtype=object))


def _picture(pixels: np.ndarray) -> str:
    return image_cell(Image.fromarray(np.clip(pixels, 0, 255).astype("uint8")))


def _naive_gradients(grey: np.ndarray) -> np.ndarray:
    """The histogram of one picture pixel by pixel, as the paper tells it."""
    votes = np.zeros((4, 4, 9))
    for y in range(16):
        for x in range(16):
            across = grey[y, x + 1] - grey[y, x - 1] if 0 < x < 15 else 0.0
            down = grey[y + 1, x] - grey[y - 1, x] if 0 < y < 15 else 0.0
            angle = atan2(down, across) % pi
            for k in range(9):
                away = abs(angle - (k + 0.5) * pi / 9)
                away = min(away, pi - away)
                votes[y // 4, x // 4, k] += hypot(across, down) * max(0.0, 1 - away / (pi / 9))
    blocks = []
    for i in range(3):
        for j in range(3):
            block = np.concatenate([votes[i, j], votes[i, j + 1], votes[i + 1, j], votes[i + 1, j + 1]])
            block = np.minimum(block / np.sqrt((block**2).sum() + 1e-4), 0.2)
            blocks.append(block / np.sqrt((block**2).sum() + 1e-4))
    return np.concatenate(blocks)


def test_a_plain_picture_has_grey_and_colour_and_no_edges() -> None:
    found = _of(_picture(np.full((8, 8, 3), (255, 0, 51))))[0]
    assert found.shape == (N_DESCRIPTORS,) == (395,)
    np.testing.assert_allclose(found[GREY], 0.299 + 0.114 * 0.2)
    np.testing.assert_allclose(found[64:388], 0)
    np.testing.assert_allclose(found[COLOUR], [1, 0, 0.2, 0, 0, 0], atol=1e-12)
    assert found[-1] == 0


def test_colour_spreads_as_it_does_in_the_picture() -> None:
    half = np.zeros((16, 16, 3))
    half[:, 8:, 0] = 255
    np.testing.assert_allclose(_of(_picture(half))[0][COLOUR], [0.5, 0, 0, 0.5, 0, 0])


def test_greys_stand_where_they_are_seen() -> None:
    corner = np.zeros((16, 16, 3))
    corner[:2, 14:] = 255
    assert np.flatnonzero(_of(_picture(corner))[0][GREY]).tolist() == [7]


@pytest.mark.parametrize(
    ("turn", "strongest"),
    [(0, {0, 8}), (1, {4})],
    ids=["an upright edge has a gradient across", "a level edge has one down"],
)
def test_an_edge_is_found_with_its_direction(turn: int, strongest: set[int]) -> None:
    step = np.zeros((16, 16))
    step[:, 6:] = 1.0
    found = oriented_gradients(np.rot90(step, turn)[None]).reshape(36, 9).sum(axis=0)
    assert {k for k in range(9) if found[k] > 1} == strongest


@given(st.integers(0, 2**32 - 1))
def test_edges_are_those_of_the_paper(seed: int) -> None:
    grey = np.random.default_rng(seed).random((2, 16, 16))
    expected = [_naive_gradients(one) for one in grey]
    np.testing.assert_allclose(oriented_gradients(grey), expected, atol=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_a_strong_light_changes_no_edges(seed: int) -> None:
    dim = np.random.default_rng(seed).random((1, 16, 16)) * 100
    np.testing.assert_allclose(oriented_gradients(dim * 2 + 30), oriented_gradients(dim), atol=1e-6)


def test_brightness_is_the_mean_grey_under_the_same_index() -> None:
    white, dark = _picture(np.full((4, 4, 3), 255)), _picture(np.full((4, 4, 3), 51))
    found = brightness(pd.Series([white, None, dark], index=[7, 3, 5], dtype="str"))
    pd.testing.assert_series_equal(found, pd.Series([1.0, np.nan, 0.2], index=[7, 3, 5]))


def test_a_drift_watch_sees_a_picture_by_its_brightness(photo_rows: pd.DataFrame) -> None:
    problem = _photo_case()
    predictions = pd.DataFrame({"score": np.full(N_DIGITS, 0.5)})
    cells, kind = watched_columns(photo_rows, predictions, problem)["photo"]
    assert kind == "number"
    pd.testing.assert_series_equal(cells, brightness(photo_rows["photo"]))


@given(st.lists(st.binary(min_size=768, max_size=768), min_size=1, max_size=4))
def test_all_numbers_lie_between_0_and_1_and_no_picture_changes_another(pixels: list[bytes]) -> None:
    cells = [one.hex() for one in pixels]
    found = _of(*cells)
    assert ((found >= 0) & (found <= 1)).all()
    np.testing.assert_allclose(found, [_of(cell)[0] for cell in cells], atol=1e-12)


@pytest.mark.parametrize("nothing", ["", None, np.nan])
def test_a_missing_picture_is_marked_and_nothing_is_made_up(nothing: Any) -> None:
    found = _of(nothing, _picture(np.full((8, 8, 3), 9)))
    assert found[:, -1].tolist() == [1, 0]
    assert np.isnan(found[0, :-1]).all()
    assert not np.isnan(found[1]).any()


@pytest.mark.parametrize("cell", ["not an image: damaged", "ab" * 767, "zz" * 768, 7], ids=str)
def test_a_cell_that_is_no_picture_is_refused(cell: Any) -> None:
    with pytest.raises(DataError, match=r"A cell of an image column is no thumbnail\. Repair the rows"):
        _of(_picture(np.zeros((4, 4, 3))), cell)


def _photo_case() -> Problem:
    """The small case with a photo in each row; nothing else tells the outcome."""
    told = small_case("binary", split="random").model_dump()
    for name, column in told["columns"].items():
        column["is_feature"] = name == "noise"
    told["sources"]["photos"] = PHOTOS.model_dump()
    told["columns"]["photo"] = {"type": "image", "why": "For the test.", "source": "photos", "raw_name": "image"}
    return Problem.model_validate(told)


@pytest.fixture(scope="module")
def photo_rows(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Digits as a folder of PNG files holds them, read back, joined to rows that are asked whether it is below five."""
    folder = tmp_path_factory.mktemp("photos")
    for number, digit in enumerate(DIGITS.images[:N_DIGITS], start=1):
        Image.fromarray((digit * 255 / 16).astype("uint8")).resize((24, 24)).save(folder / f"{number}.png")
    photos = read_folder(PartitionedDataset(path=str(folder), dataset="pillow.ImageDataset").load(), PHOTOS, "photos")
    photos = photos.rename(columns={"image": "photo"}).astype({"row_id": int})
    is_low = DIGITS.target[:N_DIGITS] < 5
    rows = small_rows("binary", N_DIGITS).assign(outcome=pd.Series(np.where(is_low, "yes", "no"), dtype="str"))
    return rows.merge(photos, on="row_id")


def test_pictures_stand_among_the_features_as_text(photo_rows: pd.DataFrame) -> None:
    rows = photo_rows.head(2).assign(photo=pd.Series([photo_rows["photo"][0], None], dtype="str"))
    frame = feature_frame(rows, _photo_case())
    assert list(frame) == ["noise", "photo"]
    assert frame["photo"].tolist() == [photo_rows["photo"][0], ""]


def test_a_plain_model_reads_digits_from_a_folder_of_pictures(photo_rows: pd.DataFrame) -> None:
    problem = _photo_case()
    X, digit = feature_frame(photo_rows, problem), DIGITS.target[:N_DIGITS]
    learnt, judged = slice(0, 400), slice(400, None)
    model = Pipeline(
        [("features", linear_features(problem, random_state=SEED)), ("model", LogisticRegression(C=0.1, max_iter=2000))]
    )
    model.fit(X.iloc[learnt], digit[learnt])
    # One in ten by chance; the same model on the 64 greys alone gets 0.835.
    assert model.score(X.iloc[judged], digit[judged]) > 0.9


@pytest.fixture(scope="module", params=CANDIDATES)
def photo_model(request: pytest.FixtureRequest, photo_rows: pd.DataFrame) -> Trained:
    problem = _photo_case()
    return train(request.param, photo_rows.head(400), problem)


def test_every_candidate_learns_from_pictures(photo_model: Trained, photo_rows: pd.DataFrame) -> None:
    judged = photo_rows.iloc[400:]
    scores = predict_rows(photo_model.model, judged, _photo_case())["score"]
    assert ((scores > 0.5) == target_values(judged, _photo_case())).mean() > 0.8


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_that_a_picture_is_missing_may_tell_the_outcome(candidate: str, photo_rows: pd.DataFrame) -> None:
    is_missing = np.random.default_rng(SEED).random(N_DIGITS) < 0.2
    rows = photo_rows.assign(
        photo=photo_rows["photo"].mask(is_missing), outcome=photo_rows["outcome"].mask(is_missing, "yes")
    )
    problem = _photo_case()
    model = train(candidate, rows[:400], problem).model
    scores = predict_rows(model, rows[400:], problem)["score"].to_numpy()
    assert scores[is_missing[400:]].min() > 0.7


def test_a_model_that_never_missed_a_picture_treats_a_missing_one_as_the_average_of_all(
    photo_rows: pd.DataFrame,
) -> None:
    problem = _photo_case()
    prepare = linear_features(problem, random_state=SEED).fit(feature_frame(photo_rows, problem))
    blank = photo_rows.head(1).assign(photo=pd.Series([None], dtype="str"))
    found = prepare.transform(feature_frame(blank, problem))[0]
    np.testing.assert_allclose(found[-395:-1], 0, atol=1e-9)
    assert found[-1] > 0


def test_a_model_of_pictures_is_kept_without_code_and_always_the_same(
    photo_model: Trained, photo_rows: pd.DataFrame
) -> None:
    content, problem = model_to_bytes(photo_model.model), _photo_case()
    kept = model_from_bytes(content)
    pd.testing.assert_frame_equal(
        predict_rows(kept, photo_rows, problem), predict_rows(photo_model.model, photo_rows, problem)
    )
    assert model_to_bytes(kept) == content


def test_equal_rows_give_an_equal_model(photo_rows: pd.DataFrame) -> None:
    problem = _photo_case()
    features = [tree_features(problem, random_state=SEED).fit(feature_frame(photo_rows, problem)) for _ in range(2)]
    assert model_to_bytes(features[0]) == model_to_bytes(features[1])


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_a_column_without_any_picture_is_no_obstacle(candidate: str, photo_rows: pd.DataFrame) -> None:
    problem = _photo_case()
    rows = photo_rows.head(240).assign(photo=pd.Series([None] * 240, dtype="str"))
    model = train(candidate, rows, problem).model
    assert predict_rows(model, photo_rows, problem)["score"].between(0, 1).all()
