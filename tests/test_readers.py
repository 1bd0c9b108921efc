"""Bytes to documents: charset, spans, furniture, and input that means harm."""

import time
from dataclasses import replace

import pytest
from office_files import to_rtf
from printing import to_pdf
from renderings import to_html

import gi_tools as gi
from gi_tools.codebook import forms
from gi_tools.documents import Grid
from gi_tools.readers import read
from gi_tools.readers.charset import decode
from gi_tools.simulation.office import to_docx, to_xlsx
from gi_tools.tables import read_tables
from gi_tools.tokens import to_tokens

PROSE = "某某市科学技术局2019年度政府信息公开工作年度报告，主动公开政府信息947条。"


@pytest.mark.parametrize(
    ("charset", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_simplified_text_in_every_charset(charset, found):
    assert decode(PROSE.encode(charset), "x")[:2] == (PROSE, found)


def test_big5_is_told_from_gb():
    text = "某某市教育局2019年度政府資訊公開工作年度報告，主動公開政府資訊947條。"
    assert decode(text.encode("big5"), "x")[:2] == (text, "big5hkscs")


@pytest.mark.parametrize("declared", ["gb2312", "utf-8", "big5", "iso-8859-1"])
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_a_wrong_declaration_is_overruled_and_noted(declared, charset):
    page = f"<meta charset={declared}><p>{PROSE}镕</p>"
    decoded = decode(page.encode(charset), "x")
    assert decoded.text == page
    assert decoded.declared == declared
    right = {"utf-8": "utf-8", "gb2312": "gb18030"}.get(declared) == charset
    assert bool(decoded.notes) == (not right)


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "big5hkscs"])
def test_a_spoilt_end_does_not_change_the_charset(charset):
    text = PROSE if charset != "big5hkscs" else "某某市教育局年度政府資訊公開工作報告，"
    data = (text * 120).encode(charset) + b"\xa1\xff\x81" * 9000
    assert decode(data, "x").charset == charset


def test_line_ends_of_all_systems_are_one():
    page = f"{PROSE}\r\n{PROSE}\r{PROSE}\n"
    for charset in ("utf-8", "gb18030"):
        assert decode(page.encode(charset), "x").text == f"{PROSE}\n" * 3


def test_one_bad_byte_does_not_change_the_charset():
    data = PROSE.encode("gb18030")
    assert decode(data[:-9] + b"\xff" + data[-9:], "x").charset == "gb18030"
    data = PROSE.encode()
    decoded = decode(data[:-9] + b"\xff" + data[-9:], "x")
    assert decoded.charset == "utf-8"
    assert "1 places could not be decoded" in decoded.notes[0]


def read_html(body):
    return gi.read(f"<html><body>{body}</body></html>".encode())


def test_spans_are_kept_and_expand_to_a_matrix():
    grid = read_html(
        "<table><tr><td rowspan=2>甲</td><td colspan=2>乙</td></tr>"
        "<tr><td>1</td><td>2</td></tr></table>"
    ).grids[0]
    assert [(c.text, c.row, c.column) for c in grid.rows[1]] == [
        ("1", 2, 2),
        ("2", 2, 3),
    ]
    assert grid.to_matrix() == [["甲", "乙", "乙"], ["甲", "1", "2"]]


def test_breaks_part_texts_and_spans_of_words_do_not():
    row = (
        read_html(
            "<table><tr><td><span>1</span><span>2</span></td><td>3<br>4</td>"
            "<td><p>5</p><p>6</p></td><td>本年新<br/>制作数量</td></tr></table>"
        )
        .grids[0]
        .rows[0]
    )
    assert [cell.text for cell in row] == ["12", "3\n4", "5\n6", "本年新\n制作数量"]


def test_nested_tables_become_grids_of_their_own():
    document = read_html(
        "<table><tr><td><p>版式</p><table><tr><td>规章</td><td>1</td></tr></table></td>"
        "</tr></table>"
    )
    assert [g.rows[0][1].text for g in document.grids] == ["1"]
    assert [p.text for p in document.paragraphs] == ["版式"]


def test_furniture_is_kept_apart_and_the_report_stays_whole():
    document = read_html(
        f"<div class='nav'><a href=/>首页</a> <a href=/b>政务公开</a></div>"
        f"<h1>{PROSE}</h1>"
        "<table><tr><td>索引号：</td><td>123-4</td></tr><tr><td>发布机构：</td><td>某局"
        f"</td></tr></table><div id=zoom><p>一、总体情况</p><p>{PROSE * 5}</p></div>"
        "<p>【打印】【关闭】</p><div class=footer>主办单位：某市人民政府 ICP备1号</div>"
    )
    kept = [p.text for p in document.paragraphs]
    assert kept == [PROSE, "一、总体情况", PROSE * 5]
    assert document.grids == []
    apart = " ".join(p.text for p in document.furniture)
    for word in ("首页", "123-4", "打印", "ICP备"):
        assert word in apart


@pytest.mark.parametrize("span", ["100000000", "0", "-1", "2.5", "", "９", "1" * 5000])
def test_absurd_spans_are_bounded(span):
    cell = f'<td colspan="{span}" rowspan="{span}">1</td>'
    document = read_html(f"<table><tr><td>规章</td>{cell}<td>2</td></tr></table>")
    assert document.grids[0].width <= 300
    assert [c.text for c in document.grids[0].rows[0]] == ["规章", "1", "2"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x00" * 5000, "binary"),
        (b"GIF89a" + bytes(500), "picture"),
    ],
)
def test_bad_input_is_one_clear_line(data, words):
    with pytest.raises(gi.ReadError, match=words) as caught:
        gi.read(data, name="bad.htm")
    assert str(caught.value).startswith("bad.htm: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(gi.ReadError, match=r"nowhere\.html: No such file"):
        gi.read(tmp_path / "nowhere.html")
    with pytest.raises(gi.ReadError, match=tmp_path.name):
        gi.read(tmp_path)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 20_000 + PROSE,
        "<table><tr><td>" * 3_000 + PROSE,
        "<table>" + "<tr><td>规章</td><td>1</td></tr>" * 20_000 + "</table>",
        "|" * 300_000 + PROSE,
        PROSE * 20_000,
        "规章 " + "0 " * 100_000,
        "（" * 100_000 + PROSE,
    ],
    ids=["deep", "tables", "rows", "pipes", "one line", "numbers", "brackets"],
)
def test_huge_and_hostile_pages_end_in_seconds(page):
    start = time.process_time()
    report = gi.parse(gi.read(f"{PROSE}\n{page}\n{PROSE}".encode()))
    gi.check(gi.tabulate(report))
    # A bound on disaster, not a benchmark: these took minutes where they backtrack.
    assert time.process_time() - start < 20


def test_a_document_shows_itself_and_escapes_what_it_shows():
    document = gi.read("规章 | <script>alert(1)</script> |\n".encode(), name="<i>x")
    shown = document._repr_html_()
    assert "<script>" not in shown
    assert "<i>x" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    grid = read_html("<table><tr><td>&lt;b&gt;x</td><td>1</td></tr></table>")
    assert isinstance(grid.blocks[0], Grid)
    assert "&lt;b&gt;x" in grid._repr_html_()


def test_tables_inside_tables_are_bounded_with_a_note():
    page = "<table><tr><td>a</td><td>b" * 10_000
    start = time.process_time()
    document = read(page.encode(), name="nested.html")
    assert time.process_time() - start < 10
    assert document.notes == ("over 500 tables in tables: the rest is cut",)
    assert len(document.grids) <= 501


def test_hidden_cells_and_rows_are_dropped():
    page = (
        "<table><tr><td>规章</td><td style='display: none'>9</td><td>1</td></tr>"
        "<tr hidden><td>规章</td><td>8</td></tr>"
        "<tr><td>规范性文件</td><td>2</td></tr></table>"
    )
    (grid,) = read(page.encode(), name="hidden.html").blocks
    texts = [[cell.text for cell in row] for row in grid.rows]
    assert texts == [["规章", "1"], ["规范性文件", "2"]]


def test_lines_of_preformatted_text_stay_apart():
    page = "<html><body><pre>一、概述\n全年公开信息。</pre></body></html>"
    blocks = read(page.encode(), name="pre.html").blocks
    assert [block.text for block in blocks] == ["一、概述", "全年公开信息。"]


def test_a_charset_is_told_behind_long_scripts():
    page = "<html><script>" + "x" * 70_000 + "</script><p>政府信息公开工作报告</p>"
    document = read(page.encode("gbk"), name="long.html")
    assert document.source.charset == "gb18030"
    assert document.blocks[-1].text == "政府信息公开工作报告"


def test_bare_page_numbers_are_furniture():
    text = "年度报告\n- 3 -\n第 3 页 共 9 页\n一、概述"
    blocks = read(text.encode(), name="paged.txt").blocks
    assert [block.text for block in blocks] == ["年度报告", "一、概述"]


# --- digits that a blank or a line end parts ---

SPLIT = ["1 2 3", "12 3", "1\u30002", "1\n23"]
MARKER = "987654321"
DRESSES = {
    "docx": to_docx,
    "xlsx": to_xlsx,
    "rtf": to_rtf,
    "pdf": to_pdf,
    "text": lambda blocks: to_tabs(blocks).encode(),
    "html": None,
}


def to_tabs(blocks):
    grids = (block for block in blocks if isinstance(block, Grid))
    rows = (row for grid in grids for row in grid.rows)
    lines = ("\t".join(cell.text for cell in row) for row in rows)
    return "\n".join(line.replace("\n", " ") for line in lines)


def put_split(html, digits):
    """The page with some digits in place of the marker, in the very cell."""
    page = read(html.encode(), name="page")
    changed = [
        replace(grid, rows=tuple(map(tuple, rows)))
        for grid in page.grids
        for rows in [
            [[c._replace(text=digits) if c.text == MARKER else c for c in row]
             for row in grid.rows]
        ]
    ]  # fmt: skip
    return replace(page, blocks=tuple(changed))


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("digits", SPLIT)
def test_split_digits_stay_apart_and_unreadable(digits, dress):
    key = ("outcomes.granted", "company")
    cells = {target[:2]: "7" for target in forms()["2021"].targets} | {key: MARKER}
    html = to_html("2021", cells)
    data = html.replace(MARKER, digits.replace("\n", "<br>")).encode()
    if dress != "html":
        data = DRESSES[dress](put_split(html, digits).blocks)
    document = read(data, name="made")
    figures = read_tables(to_tokens(document), "2021").figures
    found = {(f.indicator, f.applicant): f for f in figures}
    figure = found.pop(key)
    assert (figure.value, figure.state) == (None, "unreadable")
    assert figure.raw.split() == digits.split()
    assert document.slice(document.locate(figure.place)) == figure.raw
    assert {f.value for f in found.values()} == {7}
