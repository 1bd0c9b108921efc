"""Frames to coloured grids: body by year, coverage, a tile map of the provinces."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pandas import DataFrame

from gi_tools.catalogue import metrics
from gi_tools.crosswalk import Join
from gi_tools.errors import DataError
from gi_tools.facts import STATES
from gi_tools.knowledge import CODEBOOKS, read_csv
from gi_tools.metrics import judge_metric
from gi_tools.panel import KEYS
from gi_tools.plots.frames import (
    MOST_ROWS,
    SHARE,
    format_value,
    label_bodies,
    name_metric,
    need,
    pick_metric,
    pick_year,
)
from gi_tools.plots.series import composition, note_refusals
from gi_tools.plots.style import FAINT, GREY, Sheet, open_sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_MARKED = 400
MISSING, UNDEFINED = "////", "xxxx"
COVER_TITLE = ("有数字的格所占份额", "Share of cells that show a number")
CELLS_TITLE = ("各状态的格所占份额", "Shares of cells by state")
STATE_NAMES = {
    "reported": ("有数字", "reported"),
    "proved": ("推定或更正", "derived, corrected"),
    "blank": ("空白", "blank"),
    "stroke": ("横线或“无”", "dash, words for none"),
    "lost": ("无法读或缺行", "unreadable, absent"),
}


class Tile(NamedTuple):
    """A province's place in the grid of the map; row 0 is the north."""

    region_code: str
    name_zh: str
    name_en: str
    row: int
    column: int


@cache
def tiles() -> dict[str, Tile]:
    """Give the tile of each of the 34 provinces by region code; own layout."""
    rows = [Tile(*row.values()) for row in read_csv(CODEBOOKS / "tiles.csv")]
    return {t.region_code: t._replace(row=int(t[3]), column=int(t[4])) for t in rows}


def heatmap(
    scores: DataFrame,
    metric: str | None = None,
    *,
    lang: str = "zh",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw body by year; zero is a colour and a 0, missing and undefined are hatched.

    At most 40 bodies are shown, those with most values first; the rest is noted.
    """
    need(scores, "metric", "year", "value")
    frame, metric = pick_metric(scores, metric)
    joins = []
    if {*KEYS} <= {*frame} and metric in metrics():
        joins = judge_metric(frame, metric)
    frame = frame.assign(body=label_bodies(frame), there=True)
    return _draw_bodies(frame, name_metric(metric), metric, lang, ax, joins)


def _draw_bodies(
    frame: DataFrame,
    title: tuple[str, str],
    metric: str,
    lang: str,
    ax: Axes | None,
    joins: Sequence[Join] = (),
) -> Axes:
    bodies = frame.groupby("body")["value"].count().sort_values(ascending=False)
    shown = sorted(bodies.index[:MOST_ROWS])
    with open_sheet(ax, lang, 2, 3.2 + 0.42 * max(len(shown), 4)) as sheet:
        sheet.title(*title)
        sheet.count(frame, int(frame["value"].notna().sum()))
        if not len(frame):
            return sheet.blank()
        sheet.rest(len(shown), len(bodies))
        part = frame[frame["body"].isin(shown)]
        years = range(int(part["year"].min()), int(part["year"].max()) + 1)
        cells = part.groupby(["body", "year"])[["value", "there"]].first()
        grids = [
            cells[name].unstack().reindex(index=shown, columns=years)
            for name in ("value", "there")
        ]
        _draw_grid(sheet, *grids, metric)
        note_refusals(sheet, joins, ("颜色不可跨越比较", "colours do not compare"))
        sheet.note(
            "斜线：无报告；叉线：有报告而无定义；0 是零，不是缺失",
            "Hatched: no report; crossed: a report, value undefined; 0 is a zero",
        )
    return sheet.ax


def coverage(
    frame: DataFrame, *, by: str = "body", lang: str = "zh", ax: Axes | None = None
) -> Axes:
    """
    Draw what the reports of a panel hold: ``panel.coverage`` by body or by form.

    ``body``: body by year, coloured by the share of cells that show a number; a report
    that is missing is hatched, one without a table crossed. ``form``: shares of cell
    states, a bar a form and year, with the number of reports and of missing ones.
    """
    need(frame, "year", "form", "status", "cells", *STATES)
    if by == "form":
        return _cover_forms(frame, lang, ax)
    if by != "body":
        raise DataError(f"coverage: unknown by {by!r}; use 'body' or 'form'")
    frame = frame[frame["status"].isin(["used", "missing", "no_table"])]
    known = frame[["reported", "derived", "corrected"]].astype("Float64").sum(axis=1)
    value = (known / frame["cells"]).where(frame["cells"] > 0)
    there = frame["status"] != "missing"
    frame = frame.assign(value=value, body=label_bodies(frame), there=there)
    return _draw_bodies(frame, COVER_TITLE, SHARE, lang, ax)


def _cover_forms(frame: DataFrame, lang: str, ax: Axes | None) -> Axes:
    used = frame[frame["status"] == "used"]
    names = used["year"].astype(str) + "  " + used["form"].fillna("?")
    parts = {
        "reported": used["reported"],
        "proved": used["derived"] + used["corrected"],
        "blank": used["blank"],
        "stroke": used["dash"] + used["none_text"],
        "lost": used["unreadable"] + used["absent"],
    }
    lost = int((frame["status"] == "missing").sum())
    shares = used[["form"]].assign(group=names, **parts)
    options = {"by": "group", "labels": STATE_NAMES, "title": CELLS_TITLE}
    told = (
        f"{len(used):,} 份报告，另缺 {lost:,} 份",
        f"{len(used):,} reports, {lost:,} missing",
    )
    return composition(shares, list(parts), notes=[told], lang=lang, ax=ax, **options)


def _draw_grid(sheet: Sheet, values: DataFrame, there: DataFrame, metric: str) -> None:
    ax, drawn = sheet.ax, values.to_numpy(dtype=float, na_value=np.nan)
    edges = [np.arange(size + 1) - 0.5 for size in reversed(drawn.shape)]
    mesh = ax.pcolormesh(*edges, np.ma.masked_invalid(drawn), cmap="cividis")
    known = there.eq(True).to_numpy()
    _hatch(ax, ~known, MISSING)
    _hatch(ax, known & np.isnan(drawn), UNDEFINED)
    if drawn.size <= MOST_MARKED:
        for row, column in np.argwhere(drawn == 0):
            ax.text(column, row, "0", ha="center", va="center", color="white", size=6)
    years = list(map(str, values.columns))
    inches = ax.get_position().width * ax.figure.get_size_inches()[0]
    step = 1 + int(len(years) * 0.35 / inches)
    ax.set_xticks(range(0, len(years), step), years[::step])
    ax.set_yticks(range(len(values)), list(values.index))
    ax.invert_yaxis()
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    if np.isfinite(drawn).any():
        _add_bar(sheet, mesh, metric)


def _hatch(ax: Axes, where: object, hatch: str) -> None:
    from matplotlib.collections import PolyCollection

    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)])
    boxes = [corners + np.array([column, row]) for row, column in np.argwhere(where)]
    style = {"facecolor": "white", "edgecolor": FAINT, "linewidth": 0}
    ax.add_collection(PolyCollection(boxes, hatch=hatch, **style), autolim=False)


def _add_bar(sheet: Sheet, mesh: object, metric: str) -> None:
    bar = sheet.ax.figure.colorbar(mesh, ax=sheet.ax, shrink=0.8, pad=0.01)
    bar.ax.yaxis.set_major_formatter(lambda value, _: format_value(value, metric))
    bar.outline.set_visible(False)


def tilemap(
    scores: DataFrame,
    metric: str | None = None,
    *,
    year: int | None = None,
    lang: str = "zh",
    ax: Axes | None = None,
) -> Axes:
    """
    Draw one tile a province, all of one size; a province without a value is hatched.

    ``scores`` holds at most one value a province: DataError if there are more.
    """
    from matplotlib.patches import Rectangle

    need(scores, "metric", "year", "value", "region_code")
    frame, metric = pick_metric(scores, metric)
    frame, year = pick_year(frame, year)
    frame = frame[frame["region_code"].isin(tiles().keys())]
    if twice := sorted(
        set(frame.loc[frame["region_code"].duplicated(), "region_code"])
    ):
        problem = f"tilemap: {len(twice)} provinces have several values"
        raise DataError(f"{problem} ({', '.join(twice[:3])}); keep one body a province")
    values = frame.set_index("region_code")["value"].dropna().astype(float)
    with open_sheet(ax, lang, 1, 9.5) as sheet:
        zh, en = name_metric(metric)
        sheet.title(f"{zh}，{year} 年", f"{en}, {year}")
        sheet.count(frame, len(values))
        if not len(values):
            return sheet.blank()
        mesh = _to_scale(values)
        for tile in tiles().values():
            value = values.get(tile.region_code)
            face = "white" if value is None else mesh.to_rgba(value)
            box = {"facecolor": face, "hatch": MISSING if value is None else None}
            place = (tile.column + 0.04, tile.row + 0.04)
            sheet.ax.add_patch(Rectangle(place, 0.92, 0.92, ec=GREY, lw=0.4, **box))
            _write_tile(sheet, tile, value, metric, face)
        sheet.ax.set(xlim=(0, 9), ylim=(8, 0), aspect="equal")
        sheet.ax.axis("off")
        sheet.note("一格一省，不表示面积；斜线：无数值", "Hatched: no value")
    return sheet.ax


def _to_scale(values: object) -> object:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    return ScalarMappable(Normalize(values.min(), values.max()), "cividis")


def _write_tile(sheet: Sheet, tile: Tile, value: float, metric: str, face: object):
    from matplotlib.colors import to_rgb

    dark = sum(w * c for w, c in zip((0.3, 0.6, 0.1), to_rgb(face), strict=True)) < 0.5
    style = {"ha": "center", "va": "center", "color": "white" if dark else "black"}
    box = {"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"}
    middle = tile.column + 0.5
    name = sheet.say(tile.name_zh, tile.name_en.replace(" ", "\n"))
    size = sheet.say(6.5, 3.8)
    if value is None:
        sheet.ax.text(middle, tile.row + 0.5, name, size=size, bbox=box, **style)
        return
    sheet.ax.text(middle, tile.row + 0.34, name, size=size, **style)
    text = format_value(value, metric)
    sheet.ax.text(middle, tile.row + 0.72, text, size=5, **style)
