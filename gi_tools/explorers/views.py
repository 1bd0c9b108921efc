"""What all explorers have: a frame for the next cell, and a static form as HTML."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import Any

import ipywidgets
import pandas as pd
from pandas import DataFrame

from gi_tools.explorers.words import say, translate


class View(ipywidgets.VBox):
    """
    A column of widgets that also shows itself where there are no widgets.

    ``frame`` is what is chosen at the moment; ``to_html`` the same as a page part.
    """

    @property
    def frame(self) -> DataFrame:
        """The rows now shown, as a new frame."""
        raise NotImplementedError

    def to_html(self) -> str:
        """Give the content now shown as HTML without widgets or scripts."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(**options)
        return bundle | {"text/html": self.to_html()}


def frame_to_html(
    frame: DataFrame,
    lang: str,
    ids: str | None = None,
    most: int = 500,
    marked: dict[str, Any] | None = None,
) -> str:
    """
    Write a frame as a table, every text escaped, at most ``most`` rows.

    ``ids`` names the column whose value makes a row pickable; ``marked`` gives for a
    column a function from value to ready HTML.
    """
    marked = marked or {}
    names = [name for name in frame.columns if name != ids or name in marked]
    heads = "".join(f"<th>{escape(translate(lang, column))}</th>" for column in names)
    rows = []
    keys = frame[ids].astype(str).tolist() if ids else [""] * len(frame)
    columns = [frame[name].tolist() for name in names]
    for number, key in enumerate(keys[:most]):
        cells = (
            _cell(column[number], marked.get(name))
            for name, column in zip(names, columns, strict=True)
        )
        mark = f' data-id="{escape(key)}"' if ids else ""
        rows.append(f"<tr{mark}>{''.join(cells)}</tr>")
    shown = say(lang, "shown", n=len(rows), total=len(frame))
    empty = "" if rows else f"<p>{escape(say(lang, 'none'))}</p>"
    table = f"<table><tr>{heads}</tr>{''.join(rows)}</table>"
    return f"{table}{empty}<p><small>{escape(shown)}</small></p>"


def _cell(value: Any, show: Any) -> str:
    if show is not None:
        return f"<td>{show(value)}</td>"
    if pd.isna(value):
        return "<td></td>"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f'<td class="gi-number">{value:.10g}</td>'
    return f"<td>{escape(str(value)[:300])}</td>"


def show_number(value: float | None) -> str:
    """Write a figure with all its digits; nothing for none."""
    return "" if pd.isna(value) else f"{value:.10g}"


def static_page(*parts: str) -> str:
    """Put parts side by side, with the style of the explorers."""
    style = files("gi_tools.explorers").joinpath("sheet.css").read_text("utf-8")
    panes = "".join(
        f'<div class="gi-sheet" style="flex:1 1 420px">{part}</div>' for part in parts
    )
    return (
        f"<style>{style}</style>"
        f'<div style="display:flex;flex-wrap:wrap;gap:8px">{panes}</div>'
    )
