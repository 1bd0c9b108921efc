"""Explorers without a browser: the frame, the static form, escaping, dangers."""

import ast
from pathlib import Path

import pandas as pd
import pytest

import gi_tools as gi
from gi_tools import explorers
from gi_tools.explorers.trials import (
    compile_pattern,
    find_dangers,
    pattern_to_toml,
    try_pattern,
)
from gi_tools.explorers.words import LANGUAGES, _book, say_place, word_failure
from gi_tools.readers.kinds import UNREAD
from gi_tools.simulation.panels import simulate_facts

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
PACKAGE = Path(gi.__file__).parent
UNWORDED = word_failure("unread", "x")
HOSTILE = "<script>alert(1)</script>"


def parse(name):
    return gi.parse(gi.read(SAMPLES / name))


@pytest.fixture(scope="module")
def office():
    return parse("wanglan_office_2019.html")


def test_both_languages_have_the_same_words():
    book = _book()
    assert set(book["zh"]) == set(book["en"])
    assert set(book["signs"]) <= set(book["zh"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_report_is_shown_whole_and_escaped(office, lang):
    view = explorers.report(office, lang)
    assert len(view.frame) == len(gi.tabulate(office))
    page = view.to_html()
    assert page.count("data-id=") > 200 and HOSTILE not in page
    assert "text/html" in view._repr_mimebundle_()


def test_a_hostile_report_stays_text():
    text = f"2020年政府信息公开年度报告{HOSTILE}\n一、{HOSTILE}情况\n"
    text += f"主动公开{HOSTILE}信息5条，收到政府信息公开申请3件{HOSTILE}。"
    report = gi.parse(gi.read(text.encode()))
    for view in (explorers.report(report), explorers.patterns([report])):
        assert "<script" not in view.to_html()


def test_choices_narrow_the_frame(office):
    view = explorers.report(office)
    view._state.value = "blank"
    assert set(view.frame.state) == {"blank"}
    view._find.value = "行政复议"
    assert view.frame.empty or view.frame.label.str.contains("行政复议").all()
    view._state.value, view._find.value = "", "578"
    assert view.frame.origin.tolist() == ["table", "prose"]


def test_picking_goes_both_ways(office):
    view = explorers.report(office)
    where = view.frame.place[40]
    view._source.picked = where
    assert view.picked == where and view._sheets["facts"].picked == where


def test_places_are_told_in_the_language_of_the_view(office):
    shown = explorers.report(office, "zh")._sheets["facts"].html
    where = explorers.report(office, "en").frame.place[40]
    assert f"<td>{say_place('zh', where)}</td>" in shown
    assert f"<td>{where}</td>" not in shown


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("table 2, row 5, column 3", "表2 第5行 第3列"),
        ("paragraph 12", "第12段"),
        ("line 7:1-9", "第7行 第1至9字"),
        ("line 7:30-8:4", "第7行第30字至第8行第4字"),
        ("", ""),
    ],
)
def test_a_place_keeps_its_numbers(where, told):
    assert say_place("zh", where) == told
    assert say_place("en", where) == where


def test_an_unknown_language_is_refused(office):
    with pytest.raises(gi.DataError, match="zh and en"):
        explorers.report(office, "fr")


FACTS = simulate_facts(3, [2021])
TEXTS = pd.DataFrame(
    {"report_id": ["a", "b", "c"], "text": ["收到申请3件", "收到申请5件，9件", "无"]}
)
LABELS = pd.DataFrame({"report_id": ["a", "b", "c"], "value": [3.0, 5.0, 0.0]})


def test_a_pattern_is_scored_against_the_labels():
    trial = try_pattern(r"(\d)件", TEXTS, LABELS)
    assert (trial.right, trial.tried, trial.found, trial.labelled) == (2, 3, 2, 3)
    assert trial.matches.right.tolist() == [True, True, False]
    assert trial.matches.value.tolist() == [3, 5, 9]


@pytest.mark.parametrize(
    "pattern,dangers",
    [
        (r"(a+)+b", {"explodes"}),
        (r"(?:\d|\d\d)*x", {"explodes"}),
        (r"x*", {"matches_nothing"}),
        (r"收到[^。]{0,20}(\d{1,5})件", set()),
    ],
)
def test_dangers_are_told(pattern, dangers):
    assert set(find_dangers(compile_pattern(pattern))) == dangers


def test_mistakes_are_one_line():
    for bad in ("(", "x" * 3000):
        with pytest.raises(gi.DataError, match="pattern"):
            compile_pattern(bad)
    with pytest.raises(gi.DataError, match="small letters"):
        pattern_to_toml("Total!", "x")


def test_a_pattern_is_saved_as_the_codebook_writes_it(tmp_path):
    import tomllib

    view = explorers.patterns([parse("wenzhou_sti_2017.txt")], "en")
    view.pattern = r"主动公开[^。；]{0,20}?(\d{1,7})条"
    view.save("disclosed", tmp_path / "mine.toml")
    data = tomllib.loads((tmp_path / "mine.toml").read_text("utf-8"))
    assert data == {"phrases": [{"name": "disclosed", "words": [view.pattern]}]}
    view.pattern = "("
    assert "missing )" in view.to_html()


@pytest.fixture(scope="module")
def panel():
    return gi.build_panel(simulate_facts(12, range(2014, 2025), seed=1))


def test_a_panel_is_seen_as_picture_heat_and_table(panel):
    view = explorers.panel(panel, "en", "release_on_merits")
    assert len(view.frame) == 12 * 11 and view._trend.value.startswith("<img")
    view._years.value = (2020, 2022)
    view._tabs.selected_index = 1
    assert view._sheets["heatmap"].html.count("data-id=") == 12
    view.picked = view._rows.body.iloc[0]
    assert view.frame.year.tolist() == [2020, 2021, 2022]
    assert view.frame.agency.nunique() == 1


def test_a_refusal_is_explained_and_a_written_reason_lifts_it(panel):
    view = explorers.panel(panel, "en", "workload")
    view._tabs.selected_index = 2  # no picture for each of the metrics
    refused = [m for _, m in view._metric.options if _is_refused(view, m)]
    assert refused, "no metric of the panel is refused: choose another panel"
    view._metric.value = refused[0]
    assert "not comparable" in view.to_html() and view._reason.layout.display == ""
    view._reason.value = "one <b>bureau</b> counted both ways"
    shown = view.to_html()
    assert "joined for a written reason" in shown and "<b>bureau" not in shown


def _is_refused(view, metric):
    view._metric.value = metric
    return "gi-fail" in view._told.value


def test_an_empty_panel_shows_nothing_and_says_so(panel):
    view = explorers.panel(panel)
    view._find.value = "no such body"
    assert view.frame.empty and "没有符合条件的内容" in view.to_html()


def test_views_of_no_report_are_empty():
    nothing = gi.build_panel(gi.tabulate([]))
    for view in (explorers.panel(nothing), explorers.metrics(nothing)):
        assert view.frame.empty and "没有符合条件的内容" in view.to_html()
    view = explorers.review([], "A. Reader")
    assert view.frame.empty and "没有需要审核的事项" in view.to_html()


def test_ranks_come_with_intervals_and_move_with_the_denominator(panel):
    view = explorers.metrics(panel, "en")
    frame = view.frame
    assert len(frame) == 12 and frame["rank"].is_monotonic_increasing
    assert (
        (frame.rank_low <= frame["rank"]) & (frame["rank"] <= frame.rank_high)
    ).mean() > 0.8
    assert (frame.low <= frame.value).all() and (frame.value <= frame.high).all()
    assert frame.rank_change.max() > 0 and "change rank" in view.to_html()
    wide = (frame.high - frame.low).mean()
    view._shrink.value = True
    assert (view.frame.high - view.frame.low).mean() < wide
    assert view.frame.expected_rank.is_monotonic_increasing
    view._shrink.value, view._interval.value = False, "clopper_pearson"
    assert (view.frame.high - view.frame.low).mean() > wide
    other = view._variant.options[0][1]
    view._variant.value = other
    assert view.metric == other and len(view.frame) == 12


def test_figures_of_the_prose_say_what_the_cells_have(office):
    view = explorers.report(office, "en")
    shown = view._claims.html
    assert shown.count("agrees with the table") == 8
    assert "differs from the table, which has 319" in shown
    number = next(n for n, link in enumerate(view._links) if "319" in link.shown)
    view._claims.picked = str(number)
    assert view.picked == "paragraph 10"
    cells = view._source.beside
    assert len(cells) == 2 and set(cells) <= set(view.frame.place)
    view._claims.picked = cells[1]
    assert view.picked == cells[1] and view._source.beside == []
    view.picked = view.frame.place[3]
    assert view._source.beside == [] == view._sheets["facts"].beside


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two reports and three files that are none, read into a corpus."""
    folder, out = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("out")
    for name in ("wenzhou_sti_2017.txt", "wanglan_office_2019.html"):
        (folder / name).write_bytes((SAMPLES / name).read_bytes())
    (folder / "empty.html").write_bytes(b"")
    (folder / "cut.pdf").write_bytes(b"%PDF-1.4")
    (folder / "<b>note.txt").write_text(HOSTILE)
    gi.build_corpus(folder, out, workers=1, progress=False)
    return out


def test_a_finished_build_shows_counts_failures_and_states(built):
    view = explorers.corpus(built, "en")
    assert view.frame.kind.tolist() == ["no report", "unread", "unread"]
    assert "finished" in view.to_html() and "read <b>2</b>" in view.to_html()
    view._kind.value = "unread"
    assert view.frame.file.tolist() == ["cut.pdf", "empty.html"]
    states = view.states.set_index("form")
    assert states.loc["2019", ["reported", "blank"]].tolist() == [71, 127]
    assert states.loc["2014", "blank"] == 2
    view._kind.value = ""
    assert "<b>note" not in view.to_html() and "&lt;b&gt;note" in view.to_html()


def test_reasons_of_failures_are_chinese_and_open_to_the_readers_words(built):
    view = explorers.corpus(built)
    page = view.to_html()
    for told in ("文件是空的；请重新下载", "PDF 损坏或没有页面；请重新下载"):
        assert f"<summary>{told}</summary>" in page
    assert "empty.html: the file is empty; fetch it again</span>" in page
    assert "<b>note" not in page and "&lt;b&gt;note.txt: no annual report" in page
    assert view.frame.reason.str.isascii().all()
    assert "<summary>" not in explorers.corpus(built, "en").to_html()


def test_the_name_of_a_file_words_no_failure():
    from gi_tools.explorers.builds import _explain

    name = "a/locked by a password.html"
    reason = "locked by a password.html: the file is empty; fetch it again"
    assert "文件是空的" in _explain("zh", "unread", name, reason)


def test_all_that_stops_a_file_has_chinese_words():
    told = {say for say in list_reasons() if word_failure("unread", say) == UNWORDED}
    assert not told, "word them in codebooks/failures.toml"
    kinds = ["timeout", "memory", "crash", "link", "duplicate", "bug"]
    kinds += ["no report", "unread", "unreadable"]
    for kind in kinds:
        assert not word_failure(kind, "x").isascii()
        assert explorers.builds.KINDS.get(kind, kind) in _book()["zh"]
    assert word_failure("bug", "ValueError: it is damaged").startswith("程序出错")
    assert word_failure("a new kind", "some reason") == "some reason"


def list_reasons():
    """What readers can say of a file, by their source; … stands for what varies."""
    yield from UNREAD.values()
    paths = [*PACKAGE.glob("readers/*.py"), PACKAGE / "reports.py"]
    for path in [*paths, PACKAGE / "corpus" / "child.py"]:
        tree = ast.parse(path.read_text("utf-8"))
        scopes = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        for scope in scopes:
            named = list(list_texts(scope))
            for call in ast.walk(scope):
                if isinstance(call, ast.Call) and call.args and is_error(call):
                    text = write(call.args[0])
                    # A message that is a name or ends with one is what is set there.
                    yield from named if text.endswith("…") else [text]


def is_error(call):
    return getattr(call.func, "id", "") in ("ReadError", "ParseError")


def list_texts(scope):
    texts = [node.value for node in ast.walk(scope) if isinstance(node, ast.Assign)]
    return [text for text in map(write, texts) if ";" in text]


def write(node):
    if isinstance(node, ast.JoinedStr):
        return "".join(map(write, node.values))
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else "…"


def test_a_build_at_work_is_asked_again(built, tmp_path):
    from shutil import copytree

    from gi_tools.corpus.journal import save_plan

    (tmp_path / "_journal").mkdir()
    view = explorers.corpus(tmp_path)
    assert "待读 <b>?</b>" in view.to_html()
    assert view.frame.empty and view.states.empty
    assert gi.open_corpus(tmp_path).load("facts").empty
    save_plan(tmp_path, {"files": 9})
    copytree(built / "failures", tmp_path / "failures")
    view.refresh()
    assert "待读 <b>6</b>" in view.to_html() and "未建成" in view.to_html()
    assert len(view.frame) == 3
    copytree(built / "reports", tmp_path / "reports")
    (part, *_) = (tmp_path / "failures").iterdir()
    part.write_bytes(b"cut short")
    view._refresh.click()
    assert "SQL: " in view.to_html() and len(view.frame) == 3


def test_a_folder_without_a_build_is_refused(tmp_path):
    with pytest.raises(gi.DataError, match="no corpus"):
        explorers.corpus(tmp_path)


def test_the_collector_is_held_back_while_a_change_is_shown(panel, monkeypatch):
    import gc

    from gi_tools.explorers import panels

    seen = []

    def look(paint, lang):
        seen.append(gc.isenabled())
        if len(seen) == 2:
            raise ValueError("a plot that fails")
        return ""

    view = explorers.panel(panel)
    monkeypatch.setattr(panels, "draw", look)
    view._years.value = (2020, 2022)
    with pytest.raises(ValueError, match="a plot that fails"):
        view._years.value = (2019, 2022)
    assert seen == [False, False] and gc.isenabled()
    gc.disable()
    try:
        view._years.value = (2018, 2022)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_picture_keeps_nothing_of_the_one_before():
    from gi_tools.explorers.pictures import draw

    def line(ax):
        ax.plot([0, 10], [0, 3])
        ax.set_title("甲 <b>", loc="left")

    def fail(ax):
        line(ax)
        ax.set_xlabel("left behind")
        raise ValueError("a plot that fails")

    first = draw(line)
    assert 'alt="甲 &lt;b&gt;"' in first
    with pytest.raises(ValueError, match="a plot that fails"):
        draw(fail)
    assert draw(lambda ax: ax.plot([3, 0], "o")) != first == draw(line)


def test_enter_writes_a_figure_of_ones_own_and_never_a_blank():
    view = explorers.review(parse("wenzhou_sti_2017.txt"), "A. Reader", "en")
    view._reason.value = "the bureau said so"
    view._reason._handle_custom_msg({"event": "submit"}, [])
    assert view.frame.empty and view._reason.value == "the bureau said so"
    view._value.value = "many"
    view._value._handle_custom_msg({"event": "submit"}, [])
    assert view.frame.empty and "many" in view._told.value
    view._value.value = "7"
    view._value._handle_custom_msg({"event": "submit"}, [])
    assert view.frame.new.tolist() == [7]
    assert view.frame.reason.tolist() == ["the bureau said so"]


def test_a_view_without_reports_answers_every_choice():
    for frame in (FACTS.head(0), FACTS.assign(year=pd.array([pd.NA] * len(FACTS)))):
        view = explorers.panel(gi.build_panel(frame))
        view._find.value = "市"
        assert view.frame.empty and "<table>" in view.to_html()


@pytest.mark.parametrize("show", [explorers.panel, explorers.metrics])
def test_an_unknown_metric_is_told(show):
    with pytest.raises(gi.DataError, match="no metric 'relase'"):
        show(gi.build_panel(FACTS), metric="relase")


def test_a_review_without_cases_takes_no_decision():
    view = explorers.review([], "me")
    for act in (view.accept, view.reject, lambda: view.edit(3, "why")):
        with pytest.raises(gi.DataError, match="没有需要审核"):
            act()
    assert "0 / 0" in view.to_html()


def test_rows_of_a_long_table_that_are_not_shown_are_counted(monkeypatch, office):
    monkeypatch.setattr(explorers.sources, "MOST_BLOCKS", 5)
    rows = max(len(grid.rows) for grid in office.document.grids[:1])
    grid = office.document.grids[0]
    told = explorers.sources._grid_html(office.document, grid, (), "en")
    assert told.count("<tr>") == 5 and f"{rows - 5} more" in told
