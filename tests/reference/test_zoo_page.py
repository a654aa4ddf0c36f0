"""The zoo's page and its drawings: complete, and leading somewhere."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from specc.reference.zoo_page import PICTURES, anchor, drawings, families, readme_with_table, zoo_page
from specc.zoo import zoo

PAGE = zoo_page()
README = readme_with_table("<!-- zoo --><!-- /zoo -->")


def test_every_published_network_has_a_row() -> None:
    named = [name for name, path in zoo().items() if "\npublished:\n" in path.read_text(encoding="utf-8")]
    for name in named:
        assert PAGE.count(f"[`{name}`](../specs/{zoo()[name].parent.name}/{name}.yaml)") == 1
        assert README.count(f"[`{name}`](specs/{zoo()[name].parent.name}/{name}.yaml)") == 1
    assert {spec.name for specs in families().values() for spec in specs} == set(named)


def test_families_stand_in_the_order_of_their_years() -> None:
    years = [specs[0].published.year for specs in families().values()]
    assert years == sorted(years, key=lambda year: year or 0)


@pytest.mark.parametrize("family", families())
def test_every_family_is_drawn(family: str) -> None:
    assert f"\n## {family}\n" in PAGE
    assert f"(#{anchor(family)})" in PAGE
    for picture in PICTURES[family]:
        assert picture.spec in {spec.name for spec in families()[family]}
        assert f"](zoo/{picture.file})" in PAGE
        assert ET.fromstring(drawings()[picture.file]).tag.endswith("svg")


def test_no_drawing_is_left_over() -> None:
    assert set(PICTURES) == set(families())
    assert set(re.findall(r"\(zoo/([\w-]+\.svg)", PAGE)) == set(drawings())
    assert set(re.findall(r"docs/zoo/([\w-]+\.svg)", README)) <= set(drawings())


def test_tables_have_as_many_cells_as_headings() -> None:
    for table in re.findall(r"(?:^\|.*\n)+", PAGE + README, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_links_lead_somewhere() -> None:
    headings = {anchor(heading) for heading in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
    for page, folder in ((PAGE, Path("docs")), (README, Path())):
        for target in re.findall(r"\]\(([^)]+)\)|(?:src|href)=\"([^\"]+)\"", page):
            place, _, heading = "".join(target).partition("#")
            assert place.startswith("https://") or not place or (folder / place).exists(), place
            assert not heading or heading in headings, heading


@pytest.mark.parametrize("readme", ["", "<!-- zoo -->", "<!-- /zoo --><!-- zoo -->", "<!-- zoo --><!-- /zoo --><!-- zoo -->"])
def test_a_readme_without_the_marks_is_left_alone(readme: str) -> None:
    with pytest.raises(ValueError, match="stands between one <!-- zoo --> and one <!-- /zoo -->"):
        readme_with_table(readme)


def test_figures_are_ours_beside_those_of_others() -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| [`resnet50`]")]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:3] == ["2015", "25,636,712"]
    assert cells[3] == "3.86 G"
    assert cells[4] == "[25.6 M](https://keras.io/api/applications/)"
    assert cells[5] == "[3.86 G](https://arxiv.org/abs/1709.01507)"
    assert cells[6] == "[74.9](https://keras.io/api/applications/)"
