"""The pictures of lab 20: the decision tree marks the question that decides, the retry modes show what was tried."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from labkit.diagnose.rules import LAYERS
from labkit.pictures.decision_tree import LAST, QUESTIONS, tree
from labkit.pictures.retry_modes import compare
from labkit.retries import Run, Try


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_of_a_diagnosis_has_one_question(layer: str) -> None:
    """No layer is left out, and none stands at two questions."""
    assert sum(layer in each.layers for each in (*QUESTIONS, LAST)) == 1
    drawn = tree(layer)
    assert repr(drawn).count("->") == 1
    picture = ElementTree.fromstring(drawn._repr_svg_())
    assert sum(each.get("stroke-width") == "4" for each in picture.iter("{http://www.w3.org/2000/svg}rect")) == 2


def test_without_a_layer_nothing_is_marked() -> None:
    """And a layer that there is none of is refused."""
    assert "->" not in repr(tree())
    with pytest.raises(ValueError, match="No question decides"):
        tree("unknown")


def test_a_mark_for_each_request() -> None:
    """A dot for an answer, a cross for a refusal; the words say the numbers."""
    run = Run("standard", 2, 1, 3.0, (Try(0, 0.1, ""), Try(1, 0.2, "ThrottlingException"), Try(1, 2.5, "Throttling")))
    drawn = compare([run])
    assert repr(drawn) == "standard: 2 calls, 3 tries, 2 of them throttled, 1 calls failed, 3 lab seconds"
    picture = ElementTree.fromstring(drawn._repr_svg_())
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}circle"))) == 1 + 1  # and one in the legend
    assert compare([run])._repr_svg_() == drawn._repr_svg_()
