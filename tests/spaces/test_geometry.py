"""Areas joined, and what is refused as a border."""

from service.domain.spaces.geometry import Ring, dissolved, holds, knot, overlapping, size


def square(x: int, y: int, side: int = 10) -> Ring:
    return ((x, y), (x + side, y), (x + side, y + side), (x, y + side))


def test_a_shared_border_disappears() -> None:
    (polygon,) = dissolved([(square(0, 0),), (square(10, 0),)])
    assert (len(polygon), size((polygon,))) == (1, 400)
    assert holds((polygon,), (10, 5))


def test_areas_that_touch_in_a_corner_keep_rings_of_their_own() -> None:
    joined = dissolved([(square(0, 0),), (square(10, 10),)])
    assert sorted(joined) == [(square(0, 0),), (square(10, 10),)]
    assert all(knot(polygon) is None for polygon in joined)


def test_what_is_surrounded_leaves_a_hole() -> None:
    around = [(square(x, y),) for x in (0, 10, 20) for y in (0, 10, 20) if (x, y) != (10, 10)]
    (polygon,) = dissolved(around)
    assert (len(polygon), size((polygon,))) == (2, 2 * 800)
    assert not holds((polygon,), (15, 15))


def test_a_border_in_common_is_no_overlap_and_a_strip_is_one() -> None:
    assert not overlapping(((square(0, 0),),), ((square(10, 0),),))
    assert overlapping(((square(0, 0, 1000),),), ((square(900, 0, 1000),),))
    assert overlapping(((square(0, 0, 1000),),), ((square(400, 400, 100),),))


def test_a_ring_that_touches_itself_is_a_knot() -> None:
    assert knot((((0, 0), (10, 0), (0, 10), (10, 10)),)) is not None
    assert knot((((0, 0), (10, 0), (5, 0), (5, 5)),)) is not None
    assert knot((square(0, 0),)) is None
