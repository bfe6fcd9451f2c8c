"""Where files went when the house was rebuilt: docs/moves.csv names a place that exists for each file that has left."""

import csv

from tests.places import DOCS, ROOT


def test_every_file_that_moved_is_where_the_list_says() -> None:
    with (DOCS / "moves.csv").open(encoding="utf-8", newline="") as file:
        moves = list(csv.DictReader(file))
    left = {move["old"] for move in moves}
    assert len(left) == len(moves)
    for move in moves:
        assert move["what"] in ("moved", "merged into", "deleted")
        assert bool(move["new"]) == (move["what"] != "deleted"), move
        assert not move["new"] or (ROOT / move["new"]).exists(), move
