"""Plots say what they show, draw what they are given, and never draw a box glyph."""

import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.colors import to_rgb

from gi_tools import plots
from gi_tools.errors import ComparisonError, DataError
from gi_tools.plots import fonts, style
from gi_tools.plots.comparisons import count_flips
from gi_tools.plots.grids import MISSING, UNDEFINED, tiles
from gi_tools.regions import history

NAMES = "杭州市 宁波市 温州市 嘉兴市 湖州市 绍兴市 金华市 衢州市 舟山市 台州市".split()
both_languages = pytest.mark.parametrize("lang", ["zh", "en"])


@pytest.fixture(autouse=True)
def close_figures():
    before = dict(mpl.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph is a warning of matplotlib
        yield
    plt.close("all")
    assert dict(mpl.rcParams) == before, "a plot must leave the settings alone"


def make_scores(bodies=5, years=range(2019, 2024), metric="release_on_merits"):
    """Body b in year y: b + 1 of 10 + b; the first body lacks its last year."""
    rows = []
    for body in range(bodies):
        for year in years:
            if body == 0 and year == years[-1] > years[0]:
                continue
            undefined = (body, year) == (1, years[0]) and len(years) > 1
            size = 0 if undefined else 10 + body
            value = (body % 10) / size if size else None
            rows.append(
                {
                    "report_id": f"{body}-{year}",
                    "agency": NAMES[body % 10] + ("" if body < 10 else str(body)),
                    "region_code": f"{330000 + body}",
                    "level": "prefecture",
                    "scope": "unstated",
                    "year": year,
                    "form": find_form(year),
                    "family": "national",
                    "metric": metric,
                    "value": value,
                    "numerator": body,
                    "denominator": size,
                    "n": size,
                    "low": None if value is None else max(0, value - 0.1),
                    "high": None if value is None else min(1, value + 0.1),
                    "reason": None if size else "zero_denominator",
                }
            )
    frame = pd.DataFrame(rows)
    return frame.astype({n: "Float64" for n in ("value", "low", "high")})


def find_form(year):
    return "2014" if year < 2019 else "2019" if year < 2021 else "2021"


def make_provinces(codes):
    frame = make_scores(len(codes), [2022, 2023]).query("year == 2022")
    names = [tiles()[code].name_zh for code in codes]
    return frame.assign(region_code=codes, agency=names)


def make_coverage(bodies=4, years=range(2018, 2022)):
    rows = []
    for body in range(bodies):
        for year in years:
            lost = (body, year) == (0, 2020)
            counts = dict.fromkeys(("dash", "none_text", "unreadable", "absent"), 0)
            counts |= {
                "cells": 100,
                "reported": 60 + body,
                "derived": 10,
                "corrected": 0,
            }
            counts["blank"] = 30 - body
            head = {
                "agency": f"{NAMES[body % 10]}{body}",
                "region_code": f"{330000 + body}",
                "scope": "unstated",
                "year": year,
                "form": None if lost else find_form(year),
                "status": "missing" if lost else "used",
            }
            rows.append(head | ({} if lost else counts))
    counted = ["cells", *(name for name in counts if name != "cells")]
    return pd.DataFrame(rows).astype({name: "Int64" for name in counted})


PARTS = ["granted", "partial", "refused"]


def make_counts(years=range(2019, 2023)):
    rows = [(year, 10 + k, 4, None if k == 1 else 6) for k, year in enumerate(years)]
    return pd.DataFrame(rows, columns=["year", *PARTS]).astype("Int64")


def make_variants(bodies):
    names = ("release_all_outcomes", "release_without_other", "release_on_merits")
    frames = [make_scores(bodies, [2022], name) for name in names]
    frames[1]["value"] = 1 - frames[1]["value"]
    return pd.concat(frames)


DRAWN = {
    "ranking": lambda n, **o: plots.ranking(make_scores(n, [2022]), **o),
    "sensitivity": lambda n, **o: plots.sensitivity(
        make_variants(n), "release_on_merits", **o
    ),
    "heatmap": lambda n, **o: plots.heatmap(make_scores(n), **o),
    "tilemap": lambda n, **o: plots.tilemap(make_provinces(list(tiles())[:n]), **o),
    "coverage": lambda n, **o: plots.coverage(make_coverage(n), **o),
    "coverage_forms": lambda n, **o: plots.coverage(make_coverage(n), by="form", **o),
    "composition": lambda n, **o: plots.composition(make_counts(), PARTS, **o),
    "funnel": lambda n, **o: plots.funnel(make_scores(n, [2022]), **o),
    "trend": lambda n, **o: plots.trend(make_scores(n), **o),
}
each_plot = pytest.mark.parametrize("name", DRAWN)


def read_notes(ax):
    texts = [ax.figure.get_supxlabel(), *(text.get_text() for text in ax.texts)]
    return "".join(texts).replace("\n", "").replace(" ", "")


def list_texts(figure):
    found = (text.get_text() for text in figure.findobj(mpl.text.Text))
    return [text for text in found if text.strip()]


# What every plot does


@both_languages
@each_plot
def test_every_glyph_is_there_and_the_notes_are_said(name, lang):
    ax = DRAWN[name](5, lang=lang)
    ax.figure.canvas.draw()  # a missing glyph would warn, and a warning is an error
    known = frozenset().union(*map(fonts.read_glyphs, fonts.list_families(lang)))
    for text in list_texts(ax.figure):
        assert set(map(ord, text.replace("\n", ""))) <= known, text
    notes = read_notes(ax)
    assert "n=" in notes
    assert ("来源：" if lang == "zh" else "Source:") in notes
    has_chinese = any("\u4e00" <= c <= "\u9fff" for c in ax.get_title(loc="left"))
    assert has_chinese == (lang == "zh")


@each_plot
def test_a_given_axes_is_drawn_on_and_given_back(name):
    _, (left, right) = plt.subplots(1, 2, figsize=(10, 5), layout="constrained")
    assert DRAWN[name](5, ax=right) is right
    assert right.has_data() or right.patches
    assert not left.has_data()
    assert "来源" in read_notes(right)
    right.figure.canvas.draw()


@each_plot
def test_nothing_to_draw_is_said_on_the_plot(name, monkeypatch):
    lang = "zh" if len(name) % 2 else "en"
    for maker in ("make_scores", "make_coverage", "make_counts"):
        full = globals()[maker]
        monkeypatch.setitem(
            globals(), maker, lambda *a, full=full, **k: full(*a, **k).head(0)
        )
    monkeypatch.setitem(globals(), "make_provinces", lambda _: make_scores())
    ax = DRAWN[name](5, lang=lang)
    said = "没有可画的数据" if lang == "zh" else "nothing to draw"
    assert said in [text.get_text() for text in ax.texts]
    assert "n=0" in read_notes(ax)


@pytest.mark.long
@pytest.mark.parametrize(
    "name", sorted(set(DRAWN) - {"tilemap", "composition", "coverage_forms"})
)
def test_5000_bodies_stay_bounded(name):
    ax = DRAWN[name](5000)
    ax.figure.canvas.draw()
    assert ax.figure.get_size_inches()[1] * 2.54 < 30
    assert len(list_texts(ax.figure)) < 150
    assert "5,000" in read_notes(ax) or "5,000" in "".join(list_texts(ax.figure))


@each_plot
def test_a_frame_of_something_else_is_one_clear_line(name, monkeypatch):
    frame = pd.DataFrame({"colour": ["red"]})
    calls = {"composition": (PARTS,), "sensitivity": ("full_release",)}
    verb = getattr(plots, name.removesuffix("_forms"))
    with pytest.raises(DataError, match=r"lacks .*; give a frame") as told:
        verb(frame, *calls.get(name, ()))
    assert "\n" not in str(told.value)


def test_an_unknown_language_is_refused():
    with pytest.raises(DataError, match="unknown lang 'fr'"):
        plots.heatmap(make_scores(), lang="fr")


# Fonts


def draw_glyph(character, family):
    figure = plt.figure(figsize=(1, 1), dpi=50)
    figure.text(0.2, 0.2, character, fontsize=30, fontfamily=family)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., 0].copy()


def test_chinese_is_drawn_as_glyphs_and_not_as_boxes():
    family = fonts.find_font()
    font = font_manager.get_font(font_manager.findfont(family))
    box = draw_glyph("\U0010fffe", [family])
    seen = [draw_glyph(character, [family]) for character in "政府信息公开"]
    for character, image in zip("政府信息公开", seen, strict=True):
        assert font.get_char_index(ord(character)) != 0  # 0 is .notdef
        assert (image < 128).sum() > 50 and (image != box).any()
    assert len({image.tobytes() for image in seen}) == 6
    latin = draw_glyph("政", ["DejaVu Sans"])
    assert (latin != seen[0]).any()


def test_without_a_font_there_is_one_warning_and_english(monkeypatch):
    monkeypatch.setattr(fonts, "INSTALLED", ())
    monkeypatch.setattr(fonts, "find_spec", lambda name: None)
    fonts.find_font.cache_clear()
    try:
        with pytest.warns(UserWarning, match="no font with Chinese glyphs") as told:
            ax = plots.heatmap(make_scores(), lang="zh")
            ax.figure.canvas.draw()
        assert len(told) == 1
        assert "Source:" in ax.figure.get_supxlabel()
        assert next(t.get_text() for t in ax.get_yticklabels()) == "330000"
        assert all(text.isascii() for text in list_texts(ax.figure) if "·" not in text)
    finally:
        fonts.find_font.cache_clear()


@pytest.mark.parametrize(
    "text, label",
    [
        ("杭州市\n人民政府\x00", "杭州市 人民政府"),
        ("𠮷林市", "〓林市"),
        (r"$\frac{1}{0}$", r"\$\frac{1}{0}\$"),
        ("市" * 500, "市" * 23 + "…"),
        ("", ""),
    ],
)
def test_hostile_names_become_one_short_line(text, label):
    assert fonts.to_label(text) == label


@both_languages
def test_hostile_names_can_be_drawn(lang):
    frame = make_scores(3)
    frame["agency"] = ["$\\frac{", "𠮷\n" * 900, "=cmd|' /C calc'!A0"][0:1] * len(frame)
    frame["reason"] = "$x_$ " * 50
    frame["value"] = pd.NA
    plots.heatmap(frame, lang=lang).figure.canvas.draw()


# Colours


def to_lightness(colour):
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour
    )
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_the_palette_is_told_apart_in_grey():
    found = sorted(to_lightness(to_rgb(colour)) for colour in style.PALETTE)
    assert np.diff(found).min() > 9
    assert len(set(style.MARKS)) == len(set(style.DASHES)) == len(style.PALETTE)


# Simulation of full dichromacy: Machado, Oliveira, Fernandes 2009, severity 1.0.
MACHADO = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


@pytest.mark.parametrize("kind", MACHADO)
def test_the_palette_is_told_apart_by_colour_blind_eyes(kind):
    seen = [np.clip(MACHADO[kind] @ np.array(to_rgb(c)), 0, 1) for c in style.PALETTE]
    gaps = [np.linalg.norm(a - b) for n, a in enumerate(seen) for b in seen[:n]]
    assert min(gaps) > 0.14


# Saving


@pytest.mark.parametrize(
    "suffix", [".svg", pytest.param(".pdf", marks=pytest.mark.long), ".png"]
)
def test_equal_figures_are_saved_as_equal_bytes(suffix, tmp_path):
    paths = [tmp_path / f"{n}{suffix}" for n in range(2)]
    for path in paths:
        assert plots.save(plots.heatmap(make_scores()), path) == path
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    if suffix == ".pdf":
        assert b"/FontFile2" in first and b"/Type3" not in first
        assert b"CreationDate" not in first
    if suffix == ".svg":
        assert b"<path" in first and b"<text" not in first and b"<dc:date>" not in first


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"a\.gif: not a kind of picture"):
        plots.save(plots.heatmap(make_scores()), tmp_path / "a.gif")


def test_sizes_are_those_of_a_journal_page():
    for name, width in (("ranking", 8.5), ("heatmap", 17.5)):
        inches = DRAWN[name](5).figure.get_size_inches()[0]
        assert inches * 2.54 == pytest.approx(width)


# Heat map, coverage, tiles


def count_boxes(ax, hatch):
    found = [c for c in ax.collections if c.get_hatch() == hatch]
    return sum(len(c.get_paths()) for c in found)


def test_heatmap_tells_zero_missing_and_undefined_apart():
    ax = plots.heatmap(make_scores(), lang="en")
    assert count_boxes(ax, MISSING) == 1
    assert count_boxes(ax, UNDEFINED) == 1
    zeros = [text for text in ax.texts if text.get_text() == "0"]
    assert len(zeros) == 4
    assert "n=23values" in read_notes(ax)
    assert "Forms:2019,2021" in read_notes(ax)
    assert "1undefined:thedenominatoriszero" in read_notes(ax)


def test_heatmap_shows_a_year_without_any_report():
    frame = make_scores().query("year != 2021")
    ax = plots.heatmap(frame)
    years = [label.get_text() for label in ax.get_xticklabels()]
    assert years == ["2019", "2020", "2021", "2022", "2023"]
    assert count_boxes(ax, MISSING) == 1 + 5


def test_bodies_of_one_name_keep_their_own_row():
    frame = make_scores(2).assign(agency="科学技术局")
    ax = plots.heatmap(frame)
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows == ["科学技术局 330000 unstated", "科学技术局 330001 unstated"]


def test_coverage_by_body_and_by_form():
    ax = plots.coverage(make_coverage(), lang="en")
    assert count_boxes(ax, MISSING) == 1
    mesh = next(c for c in ax.collections if c.get_array() is not None)
    assert mesh.get_array().compressed().min() == pytest.approx(0.7)
    frame = make_coverage()
    frame.loc[1, ["status", "cells", "reported", "derived"]] = ["no_table", 0, 0, 0]
    assert count_boxes(plots.coverage(frame), UNDEFINED) == 1
    ax = plots.coverage(make_coverage(), by="form", lang="en")
    bars = [label.get_text() for label in ax.get_yticklabels()]
    assert bars == ["2018 2014", "2019 2019", "2020 2019", "2021 2021"]
    assert "15reports,1missing" in read_notes(ax)
    assert [t.get_text() for t in ax.texts][2] == "n = 300"
    with pytest.raises(DataError, match="use 'body' or 'form'"):
        plots.coverage(make_coverage(), by="year")


def test_tiles_are_the_34_provinces_each_in_a_place_of_its_own():
    assert len(tiles()) == 34
    assert len({(tile.row, tile.column) for tile in tiles().values()}) == 34
    for tile in tiles().values():
        assert history(tile.region_code)[-1].name.startswith(tile.name_zh)
    north, south = tiles()["230000"], tiles()["460000"]
    west, east = tiles()["650000"], tiles()["310000"]
    assert north.row < south.row and west.column < east.column


def test_map_hatches_what_has_no_value_and_refuses_two_values():
    frame = make_provinces(list(tiles())[:31])
    ax = plots.tilemap(frame, lang="en")
    hatched = [p for p in ax.patches if p.get_hatch() == MISSING]
    assert (len(ax.patches), len(hatched)) == (34, 3 + 1)
    with pytest.raises(DataError, match="1 provinces have several values"):
        plots.tilemap(pd.concat([frame, frame.head(1)]))


# Comparisons


def test_ranking_draws_intervals_and_says_n():
    frame = make_scores(5, [2022])
    frame[["numerator", "denominator"]] *= 20
    ax = plots.ranking(frame, lang="en")
    rows = [label.get_text() for label in ax.get_yticklabels()]
    assert rows == ["湖州市", "嘉兴市", "温州市", "宁波市", "杭州市"]
    assert next(text.get_text() for text in ax.texts) == "29 %  (280)"
    for low, high in (segment[:, 0] for segment in ax.collections[0].get_segments()):
        assert 1 <= low <= high <= 5
    with pytest.raises(DataError, match="2022 to 2023; choose one by year="):
        plots.ranking(make_scores(3, [2022, 2023]))
    with pytest.raises(DataError, match="review_rate is no proportion"):
        plots.ranking(make_scores(3, [2022], "review_rate"))


def test_ranking_of_many_shows_both_ends_and_of_two_says_no():
    ax = plots.ranking(make_scores(100, [2022]))
    assert len(ax.get_yticklabels()) == 40
    assert "共100个机关，只画40个" in read_notes(ax)
    assert "不足3个机关，不排名次" in read_notes(plots.ranking(make_scores(2, [2022])))


def test_funnel_names_only_what_lies_outside():
    frame = make_scores(60, [2022])
    frame[["denominator", "numerator", "value"]] = [200, 100, 0.5]
    frame.loc[7, ["numerator", "value"]] = [190, 0.95]
    ax = plots.funnel(frame, lang="en")
    named = [text.get_text() for text in ax.texts if text.get_text()]
    assert named == ["衢州市"]
    assert "1of60bodieslieoutside" in read_notes(ax)
    assert "(about0.1bychancealone)" in read_notes(ax)
    target = next(
        line for line in ax.get_lines() if line.get_label() == "all bodies together"
    )
    assert target.get_ydata()[0] == pytest.approx((59 * 100 + 190) / 12000)


def test_compare_counts_the_pairs_that_change_order():
    wide = pd.DataFrame({"a": [1, 2, 3], "b": [1, 3, 2], "c": [1, 2, 3]})
    assert count_flips(wide) == 1
    assert count_flips(pd.DataFrame({"a": [1, 1], "b": [1, 2]})) == 0
    ax = plots.sensitivity(make_variants(4), "full_release", lang="en")
    assert len(ax.get_lines()) == 4
    assert len(plots.sensitivity(make_variants(30), "full_release").get_lines()) == 31


def test_a_metric_must_be_named_where_there_are_several():
    with pytest.raises(DataError, match="3 metrics in the frame; name one of"):
        plots.heatmap(make_variants(3))


# Composition


def test_compose_leaves_out_rows_with_a_blank_and_says_so():
    labels = {"granted": ("予以公开", "granted $")}
    ax = plots.composition(make_counts(), PARTS, labels=labels, lang="en")
    assert "1rowswithablankpartleftout" in read_notes(ax)
    assert [text.get_text() for text in ax.texts] == [
        "n = 20",
        "n = ?",
        "n = 22",
        "n = 23",
    ]
    widths = [bar.get_width() for bar in ax.patches if bar.get_y() < 0]
    assert widths == pytest.approx([0.5, 0.2, 0.3])
    assert len({bar.get_hatch() for bar in ax.patches}) >= 2
    with pytest.raises(DataError, match="8 parts"):
        plots.composition(make_counts(), list("abcdefgh"))


# Trend


def list_runs(ax):
    """The years of each line that is drawn, vertical ones apart."""
    lines = (line.get_xdata() for line in ax.get_lines())
    return [[int(x) for x in xs] for xs in lines if len(set(xs)) > 1 or len(xs) == 1]


def test_trend_cuts_the_line_where_the_crosswalk_refuses():
    years = range(2016, 2023)
    ax = plots.trend(make_scores(1, years, "third_party_share"), lang="en")
    assert list_runs(ax) == [[2016, 2017, 2018], [2019, 2020, 2021]]
    assert "Notcomparable,2014/2019,thelineiscut" in read_notes(ax)
    frame = make_scores(1, years, "third_party_share")
    frame.attrs["override"] = "only to show the step"
    ax = plots.trend(frame, lang="en")
    assert list_runs(ax) == [[2016, 2017, 2018, 2019, 2020, 2021]]
    notes = read_notes(ax)
    assert "Refusaloverridden:onlytoshowthestep" in notes
    assert "2014/2019,joined:" in notes


def test_trend_joins_the_bridge_and_draws_the_breaks():
    ax = plots.trend(make_scores(1, range(2015, 2023), "release_bridge"))
    assert list_runs(ax) == [list(range(2015, 2022))]
    at = [line.get_xdata()[0] for line in ax.get_lines() if line.get_ls() == ":"]
    assert at == [2018.5, 2019.5]
    assert [text.get_text() for text in ax.texts] == ["2019", "2020"]
    assert "断点2019" in read_notes(ax) and "不可比" not in read_notes(ax)


def test_trend_never_crosses_a_year_without_a_value():
    frame = make_scores(1, range(2019, 2024)).query("year != 2021")
    assert list_runs(plots.trend(frame)) == [[2019, 2020], [2022]]


def test_trend_refuses_direct_suits_over_the_law_of_2024():
    ax = plots.trend(make_scores(1, range(2021, 2027), "correction_direct"))
    assert list_runs(ax) == [[2021, 2022, 2023], [2024, 2025]]


def test_trend_shows_the_intervals():
    ax = plots.trend(make_scores(2, [2021, 2022]))
    spans = [tuple(s[:, 1]) for c in ax.collections for s in c.get_segments()]
    assert (0.0, 0.1) in [tuple(np.round(span, 3)) for span in spans]
    assert len(spans) == 2


def test_composition_refuses_forms_whose_parts_do_not_compare():
    keys = make_scores(1, [2017, 2018, 2019, 2020]).drop(columns="metric")
    counts = keys.assign(granted=10, refused=5, partial=1)
    with pytest.raises(ComparisonError, match="refused: forms 2014 and 2019"):
        plots.composition(counts, PARTS)
    ax = plots.composition(counts, PARTS, override="only to teach", lang="en")
    assert "Refusaloverridden:onlytoteach" in read_notes(ax)
    assert "Notcomparable,2014/2019,sidebyside" in read_notes(ax)
    ax = plots.composition(counts[counts["form"] == "2014"], PARTS, lang="en")
    assert "Notcomparable" not in read_notes(ax)
    assert "granted in part" in [t.get_text() for t in ax.get_legend().get_texts()]


def test_heatmap_says_where_colours_do_not_compare():
    ax = plots.heatmap(
        make_scores(2, range(2017, 2021), "third_party_share"), lang="en"
    )
    assert "Notcomparable,2014/2019,coloursdonotcompare" in read_notes(ax)
