"""One colour per name, told apart by everyone."""

import itertools
import re
import subprocess
import sys

import numpy as np
import pytest

from foliohub.reporting.palette import (
    ALLOCATOR_COLOURS,
    CATEGORIES,
    MODEL_COLOURS,
    categories,
    colour,
    dash,
    display_name,
    plain,
    translucent,
)

# Machado, G. M., Oliveira, M. M. and Fernandes, L. A. F. (2009). A physiologically-based model for simulation of color
# vision deficiency. IEEE TVCG 15(6), table 1, severity 1.0; they act on linear RGB.
SIGHTS = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}
OKABE_ITO = ("#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")


def linear(hex_colour):
    value = np.array([int(hex_colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    """Ottosson, B. (2020). A perceptual color space for image processing."""
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    axes = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.array(axes) @ np.cbrt(np.array(cones) @ np.clip(rgb, 0, 1))


def closest(colours):
    """Smallest distance between two of the colours, for the sight that tells them apart worst."""
    return min(
        np.linalg.norm(oklab(np.array(sight) @ linear(one)) - oklab(np.array(sight) @ linear(other)))
        for one, other in itertools.combinations(colours, 2)
        for sight in SIGHTS.values()
    )


def contrast_with_white(hex_colour):
    return 1.05 / (linear(hex_colour) @ [0.2126, 0.7152, 0.0722] + 0.05)


@pytest.mark.parametrize("family", [MODEL_COLOURS, ALLOCATOR_COLOURS], ids=["models", "allocators"])
def test_colours_of_a_family_are_told_apart_better_than_those_of_okabe_and_ito(family):
    assert closest(family.values()) > closest(OKABE_ITO)


def test_no_two_names_share_a_colour():
    every = [*MODEL_COLOURS.values(), *ALLOCATOR_COLOURS.values()]
    assert len(set(every)) == len(every)


def test_every_colour_shows_on_white():
    assert min(contrast_with_white(hue) for hue in (*MODEL_COLOURS.values(), *ALLOCATOR_COLOURS.values())) > 2


@pytest.mark.parametrize(
    "name", ["zero", "mean", "ewma", "arima", "gradient_boosting", "lstm", "garch", "har", "ensemble_online"]
)
def test_each_model_has_a_colour_of_its_own(name):
    assert colour(name) == MODEL_COLOURS[name]


def test_every_registered_name_has_a_colour_of_its_own():
    from foliohub import allocate, forecast

    assert set(forecast.names()) <= set(MODEL_COLOURS)
    assert set(allocate.names()) <= set(ALLOCATOR_COLOURS)


def test_an_unknown_name_has_the_same_colour_in_every_process():
    command = "from foliohub.reporting import colour; print(colour('somebodys_model'))"
    other = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.strip()
    assert colour("somebodys_model") == other
    assert re.fullmatch("#[0-9A-F]{6}", other)
    assert colour("somebodys_model") != colour("somebody_elses_model")


def test_unknown_names_show_on_white():
    assert min(contrast_with_white(colour(f"model {k}")) for k in range(500)) > 2


def test_the_index_is_grey_and_dotted_under_each_of_its_names():
    for name in ("index", "benchmark", "SP500"):
        assert colour(name) == ALLOCATOR_COLOURS["index"]
        assert dash(name) == "dot"
    assert dash("min_variance") == "solid"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("min_variance", "Minimum variance"),
        ("equal_weight", "Equal weight (1/N)"),
        ("hierarchical_risk_parity", "Hierarchical risk parity"),
        ("ewma", "EWMA"),
        ("gradient_boosting", "Gradient boosting"),
        ("index", "Index"),
        ("AAPL", "AAPL"),
        ("", ""),
    ],
)
def test_names_are_written_for_managers(name, shown):
    assert display_name(name) == shown


def test_categories_repeat_only_when_used_up():
    assert len(set(categories(10))) == 10
    assert categories(12)[10:] == list(CATEGORIES[:2])


def test_data_cannot_speak_plotlys_markup():
    assert plain("<a href='x'>A&B</a>") == "&lt;a href='x'&gt;A&amp;B&lt;/a&gt;"


def test_translucent_keeps_the_hue():
    assert translucent("#FF8000", 0.5) == "rgba(255,128,0,0.5)"
