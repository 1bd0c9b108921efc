"""PDFs to documents: ruled tables over page breaks, prose, furniture, faults."""

import hashlib
import json
import random
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from printing import Dress, to_pdf
from renderings import to_html

from gi_tools.cli import main
from gi_tools.codebook import forms
from gi_tools.documents import Block, Cell, Grid, Paragraph, Source
from gi_tools.errors import ReadError
from gi_tools.readers import pdf, pdfpage
from gi_tools.readers.html import read_html
from gi_tools.readers.lattice import Line, find_lattices, snap
from gi_tools.readers.paper import Mark, Page, TextLine, read_marks, to_lines, to_page
from gi_tools.readers.pdf import MAX_PAGES, read_pdf
from gi_tools.simulation.pdf import Picture, to_picture_pdf, write_objects
from gi_tools.tables import read_tables
from gi_tools.tokens import to_tokens

pytest.importorskip("pypdfium2", reason="the pdf extra is not installed")

PROSE = [
    "^某某市科学技术局",
    "^2020年政府信息公开工作年度报告",
    "根据《中华人民共和国政府信息公开条例》，某某市科学技术局编制了本报告，全文包括总体"
    "情况、主动公开政府信息情况、收到和处理政府信息公开申请情况等六部分，并附相关指标"
    "统计表。所列数据的统计期限自2020年1月1日起，至12月31日止。",
    "一、总体情况",
    "（一）主动公开。全年主动公开政府信息393条。",
    "（二）依申请公开。全年收到申请34件，上年结转2件，均已办结，没有逾期，也没有收取任何"
    "费用，答复率为百分之百。",
    "二、主动公开政府信息情况",
]
DRESSES = {
    "lines": Dress(),
    "boxes, header again": Dress(rules="boxes", repeat=3),
    "thin areas, rows cut": Dress(rules="fills", cut=True),
    "rows cut, no rule there": Dress(size=10.5, cut=True, is_open=True),
    "running head": Dress(rules="fills", size=10.5, head="某某市科学技术局年度报告"),
    "lying": Dress(turn=90),
    "lying, not turned back": Dress(turn=270, is_righted=False),
    "on its head": Dress(turn=180, is_righted=False),
}

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
OFFICE = shutil.which("soffice")


def read(data, name="report.pdf"):
    digest = hashlib.sha256(data).hexdigest()
    return read_pdf(Source(name, "pdf", len(data), digest), data)


def make_cells(form, kind="mixed"):
    chance = random.Random(f"{form} {kind}")
    choose = {
        "mixed": lambda: chance.choice(["", "0", "1", str(chance.randrange(3000))]),
        "full": lambda: str(chance.randrange(200)),
        "sparse": lambda: chance.choice([""] * 9 + ["3"]),
    }[kind]
    return {target[:2]: choose() for target in forms()[form].targets}


def make_page(form, cells):
    """The tables of a form as a web page has them."""
    data = to_html(form, cells).encode()
    return read_html(Source("page", "html", len(data), ""), data)


def make_blocks(form, cells):
    prose = [Paragraph(text, Block(0)) for text in PROSE]
    return prose + list(make_page(form, cells).blocks)


def find_wrong(document, form, cells):
    """The cells that do not come out as they were printed."""
    figures = read_tables(to_tokens(document), form).figures
    found = {(f.indicator, f.applicant): (f.raw, f.state) for f in figures}
    return {
        key: (value, found.get(key))
        for key, value in cells.items()
        if found.get(key) != (value, "reported" if value else "blank")
    }


def to_plain(grid):
    return [["".join(text.split()) for text in row] for row in grid.to_matrix()]


def texts(document):
    return [block.text for block in document.paragraphs]


@pytest.mark.parametrize("form", ["2014", "2019", "2021"])
@pytest.mark.parametrize("dress", DRESSES)
def test_every_grid_is_that_of_the_web_page(form, dress):
    page = make_page(form, make_cells(form, "full"))
    document = read(to_pdf(page.grids, DRESSES[dress]))
    assert [to_plain(g) for g in document.grids] == [to_plain(g) for g in page.grids]


@pytest.mark.parametrize("kind", ["full", "mixed", "sparse"])
@pytest.mark.parametrize("dress", DRESSES)
def test_all_cells_of_a_2021_report_over_a_page_break(kind, dress):
    cells = make_cells("2021", kind)
    document = read(to_pdf(make_blocks("2021", cells), DRESSES[dress]))
    assert len(cells) == 175 + 15 + 10
    assert not find_wrong(document, "2021", cells)
    assert [(len(g.rows), g.width) for g in document.grids] == [
        (14, 4),
        (28, 10),
        (4, 15),
    ]


@pytest.mark.parametrize(
    "dress", ["lines", "boxes, header again", "rows cut, no rule there"]
)
def test_a_break_at_any_row_changes_no_cell(dress):
    cells = make_cells("2021", "sparse")
    blocks = make_page("2021", cells).blocks
    for count in range(1, 30, 2):
        before = [Paragraph("上文的一行。", Block(0))] * count
        document = read(to_pdf([*before, *blocks], DRESSES[dress]))
        assert not find_wrong(document, "2021", cells), count


def test_a_group_label_is_whole_and_spans_its_rows_over_the_break():
    page = make_page("2021", make_cells("2021"))
    before = [Paragraph("上文的一行。", Block(0))] * 9
    document = read(to_pdf([*before, *page.blocks], Dress(cut=True)))
    assert document.grids[1].page == 1
    spans = [
        {c.text: (c.rowspan, c.colspan) for r in g.rows for c in r if c.rowspan > 1}
        for g in (page.grids[1], document.grids[1])
    ]
    assert spans[0] == spans[1]
    assert "三、本年度办理结果" in spans[1]  # written downwards in a narrow column


def make_grid(lines):
    rows = (
        tuple(Cell(text, n, c, 1, 1) for c, text in enumerate(line, 1))
        for n, line in enumerate(lines, 1)
    )
    return Grid(1, tuple(rows), len(lines[0]))


def test_a_table_on_four_pages_is_one_grid():
    lines = [("指标名称", "单位", "数值")]
    lines += [(f"{n}.名称", "件", str(n)) for n in range(1, 120)]
    document = read(to_pdf([make_grid(lines)], Dress(repeat=1)))
    assert [to_plain(g) for g in document.grids] == [[list(line) for line in lines]]


@pytest.mark.parametrize("unit", ["件", ""])
@pytest.mark.parametrize("figures", ["all", "few"])
def test_a_row_without_number_that_a_break_cuts_is_one_row(unit, figures):
    label = "其他方式公开的政府信息和办理的依申请公开事项的数量"
    lines = [("指标", "单位", "数值")]
    for n in range(30):
        figure = str(n) if figures == "all" or n % 9 == 0 else ""
        lines.append((f"{'甲乙丙丁戊己庚辛'[n % 8]}类{label * 2}", unit, figure))
    for count in range(1, 8):
        before = [Paragraph("上文的一行。", Block(0))] * count
        document = read(to_pdf([*before, make_grid(lines)], Dress(cut=True)))
        (grid,) = document.grids
        found = to_plain(grid)
        whole = [list(line) for line in lines]
        cut = [row for row in found if row not in whole]
        # Without a figure or a unit above nothing tells a cut row from two rows.
        assert all(not row[2] for row in cut) if not unit else found == whole


def test_tables_with_other_columns_stay_apart_at_a_break():
    tall = make_grid([(f"{n}.名称", "件", str(n)) for n in range(1, 39)])
    other = make_grid([("甲", "乙", "丙", "丁"), ("1", "2", "3", "4")])
    document = read(to_pdf([tall, other], Dress(numbered=True)))
    assert [grid.width for grid in document.grids] == [3, 4]


def test_sentences_and_headings_survive():
    document = read(to_pdf(make_blocks("2021", make_cells("2021")), Dress()))
    assert texts(document)[: len(PROSE)] == [line.lstrip("^") for line in PROSE]
    assert document.slice("paragraph 4") == "一、总体情况"
    assert PROSE[4] in document.text.split("\n")


def test_a_paragraph_over_a_page_break_is_one():
    long = "全年主动公开政府信息三百九十三条，其中通过门户网站公开二百九十条。" * 9
    blocks = [Paragraph(long, Block(0)), Paragraph("一、总体情况", Block(0))] * 8
    document = read(to_pdf(blocks, Dress(head="年度报告")))
    assert texts(document) == [long, "一、总体情况"] * 8


def test_page_numbers_and_running_heads_are_furniture():
    blocks = make_blocks("2021", make_cells("2021"))
    document = read(to_pdf(blocks, Dress(size=10.5, head="某局年度报告")))
    apart = [paragraph.text for paragraph in document.furniture]
    assert apart == [t for n in (1, 2, 3) for t in ("某局年度报告", f"- {n} -")]


def test_a_table_without_rules_becomes_lines_with_gaps():
    cells = make_cells("2021", "full")
    grid = make_page("2021", cells).grids[0]
    document = read(to_pdf([grid], Dress(rules="none")))
    assert not document.grids
    assert "信息内容   本年制发件数   本年废止件数   现行有效件数" in texts(document)
    kept = {
        k: v for k, v in cells.items() if k[0].split(".")[0] in ("rules", "normative")
    }
    assert len(kept) == 6
    assert not find_wrong(document, "2021", kept)


def to_box(left, top, right, bottom):
    across = [Line(top, left, right), Line(bottom, left, right)]
    return across, [Line(left, top, bottom), Line(right, top, bottom)]


def test_double_rules_and_gaps_are_one_line():
    found = snap([Line(10.0, 0, 50), Line(12.2, 51, 99), Line(40.0, 0, 9)])
    assert [(line.start, line.end) for line in found] == [(0, 99), (0, 9)]
    assert 10 < found[0].at < 12.2


@pytest.mark.parametrize(("share", "cells"), [(0.45, 3), (0.55, 4)])
def test_an_edge_counts_when_half_of_it_is_ruled(share, cells):
    across, down = to_box(0, 0, 100, 40)
    across.append(Line(20, 0, 100))
    down += [Line(50, 0, 20), Line(50, 20, 20 + share * 20)]
    assert len(find_lattices(across, down)[0].regions) == cells


def test_a_frame_a_grid_of_one_column_and_an_underline_are_no_tables():
    across, down = to_box(0, 0, 300, 200)
    assert not find_lattices(across, down)
    assert not find_lattices([*across, Line(100, 0, 300)], down)
    assert not find_lattices([Line(50, 10, 90), Line(80, 10, 90)], [])


def test_short_strokes_over_an_upright_are_no_table():
    across = [Line(y, 46, 53) for y in (10, 30)]
    assert not find_lattices(across, [Line(49.5, 0, 40)])


def test_marks_without_height_are_read():
    across, down = to_box(0, 0, 100, 40)
    down += [Line(50, 0, 40)]
    marks = [Mark("一", 10, 20, 19, 20), Mark("二", 60, 10, 69, 19)]
    page = to_page(1, (595, 842), marks, across, down)
    assert [cell.text for cell in page.parts[0].cells] == ["一", "二"]


def test_boxes_at_no_place_are_far_off():
    boxes = np.array([[-np.inf, np.nan, np.inf, 5]])
    moved = pdfpage._move_boxes(boxes, (0, 1, 1, 0, 0, 0))
    assert np.abs(moved).max() <= pdfpage.FAR


def test_a_table_open_at_its_sides_keeps_its_outer_columns():
    across = [Line(y, 0, 300) for y in (0, 20, 40)]
    lattice = find_lattices(across, [Line(100, 0, 40), Line(200, 0, 40)])[0]
    assert lattice.xs == [0, 100, 200, 300]
    assert (lattice.opened, lattice.unclosed) == (False, False)
    down = [Line(x, 0, 60) for x in (0, 100, 200, 300)]
    lattice = find_lattices(across, down)[0]
    assert (lattice.ys, lattice.unclosed) == ([0, 20, 40, 60], True)


def write(text, x, y, step=10.0, down=0.0):
    return [
        Mark(char, x + n * step, y + n * down, x + n * step + 9, y + n * down + 9)
        for n, char in enumerate(text)
    ]


def test_the_lines_of_a_cell_are_joined_but_not_two_figures():
    assert read_marks(write("第二十条", 0, 0) + write("第（一）项", 0, 12)) == (
        "第二十条第（一）项"
    )
    assert read_marks(write("10", 0, 0) + write("16", 0, 12)) == "10\n16"
    assert read_marks(write("GB", 0, 0) + write("18030", 0, 12)) == "GB 18030"


def test_vertical_and_shuffled_writing_is_read_in_order():
    columns = write("办理", 20, 0, 0, 10) + write("结果", 0, 0, 0, 10)
    assert read_marks(columns) == "办理结果"
    assert read_marks(write("第二行", 0, 12) + write("第一行", 0, 0)) == "第一行第二行"
    assert read_marks(write("后半", 20, 0) + write("前半", 0, 0)) == "前半后半"


def test_wide_gaps_become_three_blanks():
    lines = to_lines(write("97", 200, 0) + write("行政许可", 0, 0))
    assert [line.text for line in lines] == ["行政许可   97"]


def test_radicals_that_fonts_name_become_characters():
    line = "一局之长开门见人"
    radicals = dict(zip("一长门见人", "⼀⻓⻔⻅⼈", strict=True))
    document = read(to_pdf([Paragraph(line * 4, Block(0))], Dress(), radicals))
    assert document.text == line * 4


def test_characters_without_a_meaning_are_marked_and_noted():
    line = "主动公开政府信息甲条" * 3
    document = read(to_pdf([Paragraph(line, Block(0))], Dress(), {"甲": "\ue001"}))
    assert document.text == line.replace("甲", "\ufffd")
    assert document.notes == ("page 1: 3 characters without a meaning",)


def make_pdf(content=b"", trailer=b""):
    """One page with some content, and more in the trailer."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>"
    body = b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content)
    pages = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    data = write_objects([b"<< /Type /Catalog /Pages 2 0 R >>", pages, page, body])
    return data.replace(b"/Root 1 0 R", b"/Root 1 0 R " + trailer)


LOCK = (
    b"/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>] "
    b"/Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4 "
    b"/O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"
)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (make_pdf(trailer=LOCK), "locked by a password"),
        (make_pdf()[:300], "damaged PDF"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 40, "damaged PDF"),
        (b"%PDF-1.7\n", "damaged PDF"),
        (make_pdf(), "no text on any page"),
        (make_pdf(b"0 0 m 99 99 l S\n" * 100_000), "no text on any page"),
    ],
    ids=["locked", "cut", "junk", "empty", "blank", "drawing"],
)
def test_a_fault_is_one_line_in_time(data, fault):
    start = time.perf_counter()
    with pytest.raises(ReadError, match=fault) as caught:
        read(data)
    assert "report.pdf: " in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.perf_counter() - start < 30


@pytest.fixture
def looked(monkeypatch):
    """The pages that were looked at, and those that were recognised."""
    pages = {"read": 0, "recognised": 0}

    def read_drawing(*arguments):
        pages["read"] += 1
        return pdfpage.read_drawing(*arguments)

    def ocr_page(bitmap, number, *_):
        pages["recognised"] += 1
        return Page(number, 595, 842, [TextLine("一些别的字", 0, 0, 99, 9)], [])

    monkeypatch.setattr(pdf, "read_drawing", read_drawing)
    monkeypatch.setattr(pdf, "ocr_page", ocr_page)
    return pages


def make_empty_pages(count):
    """Many pages that are one object each."""
    kids = b" ".join(b"%d 0 R" % n for n in range(3, 3 + count))
    tree = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count)
    leaf = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
    return write_objects([b"<< /Type /Catalog /Pages 2 0 R >>", tree, *[leaf] * count])


@pytest.mark.parametrize("count", [500, 10_000])
def test_a_book_is_refused_before_its_first_page(count, looked):
    fault = f"report.pdf: {count} pages, more than {MAX_PAGES}; give the pages of the"
    with pytest.raises(ReadError, match=fault):
        read(make_empty_pages(count))
    assert looked == {"read": 0, "recognised": 0}


def test_a_paper_on_something_else_is_given_up_early(looked):
    lines = [Paragraph("这一页说的是别的事情。", Block(0))] * (36 * 60)
    fault = "report.pdf: 32 pages without a word of disclosure"
    with pytest.raises(ReadError, match=fault):
        read(to_pdf(lines, Dress(size=9)))
    assert looked == {"read": 32, "recognised": 0}


def test_scans_of_something_else_are_given_up_earlier(looked):
    with pytest.raises(ReadError, match=r"report.pdf: 8 pages without a word of"):
        read(to_picture_pdf([Picture(b"", 10, 10)] * 60))
    assert looked == {"read": 8, "recognised": 8}


def test_a_long_report_is_read_to_its_end(looked):
    lines = [Paragraph("政府信息公开工作年度报告", Block(0))]
    lines += [Paragraph("这一页说的是别的事情。", Block(0))] * (36 * 60)
    assert texts(read(to_pdf(lines, Dress(size=9))))[0] == lines[0].text
    assert looked == {"read": 61, "recognised": 0}


def test_the_rest_of_a_folder_is_read(tmp_path, capsys):
    cells = make_cells("2021")
    made = {
        "book.pdf": make_empty_pages(10_000),
        "locked.pdf": make_pdf(trailer=LOCK),
        "cut.pdf": make_pdf()[:300],
        "good.pdf": to_pdf(make_blocks("2021", cells)),
    }
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    assert main(["parse", "--jsonl", *(str(tmp_path / name) for name in made)]) == 1
    *bad, good = map(json.loads, capsys.readouterr().out.splitlines())
    assert len(bad) == 3 and all("\n" not in line["error"] for line in bad)
    assert sum(f["origin"] == "table" for f in good["facts"]) == 200


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(ReadError, match=r"pip install gi_tools\[pdf\]"):
        read(make_pdf())


def test_a_table_of_thin_fills_is_read_whole():
    cells = make_cells("2021", "full")
    data = to_pdf(make_blocks("2021", cells), Dress(rules="fills", size=10.5))
    assert not find_wrong(read(data), "2021", cells)


STYLES = {
    "plain": "",
    "collapsed": "table{border-collapse:collapse} td{border:1px solid;padding:4px}",
    "dotted": "table{border-collapse:collapse} td{border:1px dotted;font-size:11px}",
    "double": "table{border-collapse:collapse} td{border:3px double;font-size:11px}",
    "open sides": "table{border-collapse:collapse;width:100%} td{border:1px solid;"
    "border-left:none} tr td:last-child{border-right:none}",
}


def print_page(folder, style, cells):
    html = to_html("2021", cells)
    assert "</head>" in html
    html = html.replace("</head>", f"<style>{style}</style></head>")
    path = folder / "page.html"
    path.write_text(html if not style else html.replace(" border=1", ""), "utf-8")
    return path


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("style", STYLES)
def test_all_cells_of_a_page_printed_by_chromium(style, tmp_path):
    cells = make_cells("2021")
    path = print_page(tmp_path, STYLES[style], cells)
    out = tmp_path / "page.pdf"
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu"]
    command += ["--disable-dev-shm-usage", f"--user-data-dir={tmp_path / 'profile'}"]
    command += [f"--print-to-pdf={out}", path.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert not find_wrong(read(out.read_bytes()), "2021", cells)


@pytest.mark.long
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("road", ["page", "text document"])
def test_all_cells_of_a_page_printed_by_libreoffice(road, tmp_path):
    cells = make_cells("2021")
    path = print_page(tmp_path, "", cells)
    profile = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    out = ["--outdir", str(tmp_path)]
    steps = [["--convert-to", "pdf:writer_web_pdf_Export", *out, str(path)]]
    if road == "text document":
        steps = [
            [
                "--infilter=HTML (StarWriter)",
                "--convert-to",
                "odt:writer8",
                *out,
                str(path),
            ],
            ["--convert-to", "pdf", *out, str(path.with_suffix(".odt"))],
        ]
    for step in steps:
        command = [OFFICE, "--headless", profile, *step]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    data = path.with_suffix(".pdf").read_bytes()
    assert not find_wrong(read(data), "2021", cells)
