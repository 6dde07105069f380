"""Which job makes what, and from which streams of random numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmenet.errors import InputError
from dmenet.synthesis.generation import Outcome, job_blocks, summary
from made_syndof import Recipes


@given(st.integers(1, 60), st.integers(1, 12), st.integers(1, 9))
def test_jobs_share_out_every_number_once(count: int, block: int, shards: int) -> None:
    jobs = [job_blocks(count, block, shards, shard) for shard in range(shards)]
    blocks = sorted((b for job in jobs for b in job), key=lambda b: b.start)
    assert [number for b in blocks for number in b] == list(range(count))
    assert all(b.start % block == 0 and 0 < len(b) <= block for b in blocks)
    assert max(map(len, jobs)) - min(map(len, jobs)) <= 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5, 1, 2, 2), "shards=2 shard=2"),
        ((5, 1, 0, 0), "shards=0"),
        ((5, 1, 2, -1), "shard=-1"),
    ],
)
def test_nonsense(arguments: tuple[int, int, int, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        job_blocks(*arguments)


def test_an_image_is_a_function_of_seed_and_number() -> None:
    recipe = Recipes().recipe(seed=3)
    first = [recipe.photograph(n, recipe.scene(n)) for n in (0, 1)]
    again = recipe.photograph(1, recipe.scene(1))
    np.testing.assert_array_equal(again.rendering.image, first[1].rendering.image)
    assert again.camera == first[1].camera != first[0].camera
    assert again.facts() == first[1].facts()
    assert again.origin["seed"] == [3, 1]
    assert again.camera != Recipes().recipe(seed=4).photograph(1, recipe.scene(1)).camera


def test_each_purpose_has_its_own_stream() -> None:
    """What one of them draws, or how much, changes nothing for another."""
    drawn = {}
    recipes = Recipes()
    recipe = recipes.recipe()
    object.__setattr__(
        recipe,
        "camera",
        lambda scene, rng: (drawn.update(camera=rng.random(4)), recipes.camera(scene, rng))[1],
    )
    object.__setattr__(
        recipe, "sensor", lambda image, rng: (image, drawn.update(sensor=rng.random(4)) or {})
    )
    recipe.photograph(5, recipe.scene(5))
    source = np.random.default_rng([0, 5]).random(4)
    assert len({*drawn["camera"], *drawn["sensor"], *source}) == 12
    np.testing.assert_array_equal(drawn["camera"], np.random.default_rng([0, 5, 1]).random(4))


def test_summary() -> None:
    outcome = Outcome(numbers=10, found=7)
    assert summary(outcome) == "7 of 10 images, 0 of them made now"
    outcome.add(np.array([[0.1, 0.2], [1.5, 9.0]], np.float32))
    outcome.seconds = 0.5
    said = summary(outcome)
    assert "8 of 10 images, 1 of them made now (2 images/s)" in said
    assert "sigma from 0.10 to 9.00 px" in said
    assert "0-0.5: 50.0%, 1-2: 25.0%, over 7: 25.0%" in said
