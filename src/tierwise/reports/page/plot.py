"""Plots as inline SVG: pygal lays them out; the page's own styles colour them, and nothing of pygal's scripts and styles comes along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from markupsafe import Markup

_SVG = "http://www.w3.org/2000/svg"
_LEFT_OUT = frozenset({"defs", "desc", "title"})
_KEPT = frozenset({"class", "transform", "d", "x", "y", "rx", "ry", "width", "height", "viewBox"})


def bars(title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]]) -> Markup:
    """Stacked bars, one for each label; each series is a part of every bar. A table must stand beside them: the picture has a name and no other text for screen readers."""
    import pygal

    chart = pygal.StackedBar(
        css=[],
        js=[],
        no_prefix=True,
        width=900,
        height=260,
        margin=12,
        spacing=6,
        legend_box_size=14,
        legend_at_bottom=True,
        legend_at_bottom_columns=6,
        show_y_guides=True,
        include_x_axis=True,
        value_formatter=lambda value: f"{value:,.0f}",
        y_labels_major_count=4,
        min_scale=2,
    )
    chart.x_labels = list(labels)
    for name, values in series.items():
        chart.add(name, list(values))
    root = chart.render_tree()
    _clean(root)
    root.set("role", "img")
    root.set("aria-label", title)
    ElementTree.register_namespace("", _SVG)
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # noqa: S704 - texts are escaped by the serialiser


def _clean(element: ElementTree.Element) -> None:
    for name in [one for one in element.attrib if one not in _KEPT]:
        del element.attrib[name]
    for child in list(element):
        # NOTE: a comment's tag is the function that makes one.
        if callable(child.tag) or child.tag.rpartition("}")[2] in _LEFT_OUT or child.get("class") == "tooltip":
            element.remove(child)
        else:
            _clean(child)
