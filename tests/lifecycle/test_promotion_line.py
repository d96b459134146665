"""A case with a rule of promotion, through the pipelines."""

from pathlib import Path

from tests.lifecycle.world import World


def _files(world: World) -> dict[str, bytes]:
    """All files but the page that tells how long steps took."""
    return {name: content for name, content in world.files().items() if Path(name).name != "costs.html"}


def test_a_model_that_is_live_already_passes_and_running_again_changes_nothing(
    tmp_path: Path, demo_line: World
) -> None:
    world = World.copy(demo_line, tmp_path)
    told = world.path("08_reporting", "promotion.json").read_bytes()
    case = world.parameter("problem")
    world.set_parameter("problem", case | {"promotion": {"metric": "payoff_per_decision"}})
    world.run("evaluation")
    world.run("deployment")
    before, reasons = _files(world), world.verdict["reasons"]
    assert world.verdict["verdict"] == "release"
    assert any(one.startswith("payoff_per_decision better than the champion's: passed. No other") for one in reasons)
    assert told == world.path("08_reporting", "promotion.json").read_bytes().replace(b"true", b"false")
    world.run("evaluation")
    world.run("deployment")
    assert _files(world) == before
