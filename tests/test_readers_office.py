"""Office files give the cells of the web page; hostile ones a clear error, soon."""

import datetime as dt
import io
import resource
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from office_files import (
    make_cells,
    make_page,
    to_rtf,
    to_zip,
)
from renderings import to_html

from gi_tools.documents import Source
from gi_tools.errors import ReadError
from gi_tools.readers import doc, libreoffice, read
from gi_tools.readers.attachments import find_files
from gi_tools.readers.containers import Container
from gi_tools.readers.kinds import find_kind
from gi_tools.readers.libreoffice import find_office
from gi_tools.readers.mhtml import read_mhtml
from gi_tools.readers.numbering import join_label, print_numeral
from gi_tools.simulation.office import save_docx, save_xlsx, to_docx, to_xlsx
from gi_tools.tables import read_tables
from gi_tools.tokens import to_tokens

CASES = Path(__file__).parent / "cases" / "office"
FORMS = ("2014", "2019", "2021")
WRITERS = {"docx": to_docx, "xlsx": to_xlsx}
OFFICE = pytest.mark.skipif(find_office() is None, reason="LibreOffice is not there")
OLD = ("doc", "xls")
OLE_BOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook\0".encode("utf-16-le")
SECONDS = 5


def to_shape(document):
    return [(grid.rows, grid.width) for grid in document.grids]


def read_figures(document, form):
    figures = read_tables(to_tokens(document), form).figures
    return {(f.indicator, f.applicant): (f.value, f.state, f.raw) for f in figures}


def read_texts(data):
    return [p.text for p in read(data, name="made").paragraphs]


# --- one report in every dress ---


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pattern", ["full", "some", "blank"])
@pytest.mark.parametrize("kind", WRITERS)
def test_every_dress_gives_the_cells_of_the_page(kind, pattern, form):
    page = make_page(form, pattern)
    document = read(WRITERS[kind](page.blocks), name="made")
    assert document.source.format == kind
    assert to_shape(document) == to_shape(page)
    figures = read_figures(document, form)
    assert figures == read_figures(page, form)
    cells = make_cells(form, pattern)
    assert {key: raw for key, (_, _, raw) in figures.items()} == cells
    assert all(v is None for v, _, raw in figures.values() if not raw.isdigit())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pattern", ["full", "some", "blank"])
def test_rtf_gives_the_figures_of_the_page(pattern, form):
    page = make_page(form, pattern)
    document = read(to_rtf(page.blocks), name="made.doc")
    assert document.source.format == "rtf" and document.notes == ()
    assert read_figures(document, form) == read_figures(page, form)
    for figure in read_tables(to_tokens(document), form).figures:
        assert document.slice(document.locate(figure.place)) == figure.raw


@pytest.mark.parametrize("name", ["form_2014.doc", "form_2021.doc", "form_2021.xls"])
def test_old_office_files_give_the_cells_of_the_page(name):
    form = name[5:9]
    page = make_page(form, "some")
    document = read(CASES / name)
    assert document.notes == ()
    for old, new in zip(document.grids, page.grids, strict=True):
        # The file of 2014 was made without the row of heads.
        assert old.to_matrix() == new.to_matrix()[-len(old.rows) :]
    assert read_figures(document, form) == read_figures(page, form)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_place_leads_back_to_the_raw_cell(kind):
    document = read(WRITERS[kind](make_page("2021", "some").blocks), name="made")
    figures = read_tables(to_tokens(document), "2021").figures
    assert len(figures) == 200
    for figure in figures:
        assert document.slice(document.locate(figure.place)) == figure.raw


# --- the kind is told by content ---


def test_a_suffix_never_counts(tmp_path):
    page = make_page("2021", "some")
    wanted = to_shape(page)
    dresses = {kind: write(page.blocks) for kind, write in WRITERS.items()}
    dresses["html"] = to_html("2021", make_cells("2021", "some")).encode()
    dresses["mhtml"] = make_mhtml(dresses["html"])
    dresses["doc"] = (CASES / "form_2021.doc").read_bytes()
    for kind, data in dresses.items():
        for suffix in (".doc", ".wps", ".xls", ".txt", ""):
            path = tmp_path / f"report{suffix}"
            path.write_bytes(data)
            assert read(path).source.format == kind
        assert to_shape(read(path)) == wanted, kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (b"Rar!\x1a\x07", "archive"),
        (b" {\\rtf1 x}", "rtf"),
        (to_zip({"a.doc": b"x"}), "zip"),
        (to_zip({"word/a.doc": b"x"}), "zip"),
        (to_zip({"[Content_Types].xml": "", "ppt/slides.xml": ""}), "slides"),
        (to_zip({"OFD.xml": "", "Doc_0/x.xml": ""}), "ofd"),
        (to_zip({"mimetype": "application/vnd.oasis.opendocument.text"}), "odt"),
        (OLE_BOOK, "xls"),
        (b"<p>a</p>", "html"),
        ("报告：<无>".encode(), "text"),
        (b"From: a@b.cn\r\nMIME-Version: 1.0\r\n\r\nx", "mhtml"),
    ],
)
def test_find_kind(data, kind):
    assert find_kind(data) == kind


# --- Word ---


def make_docx(*paragraphs, parts=()):
    """A Word file whose body is given as XML; ``w`` is bound."""
    made = docx.Document()
    spaces = nsdecls("w", "r", "wp", "a", "pic", "m")
    spaces += ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    spaces += ' xmlns:v="urn:schemas-microsoft-com:vml"'
    body = parse_xml(f"<w:body {spaces}>{''.join(paragraphs)}</w:body>")
    for number, child in enumerate(list(body)):
        made.element.body.insert(number, child)
    numbering = made.part.numbering_part.element
    for part in parts:
        numbering.append(parse_xml(part))
    return save_docx(made)


def p(text, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_what_word_prints_is_read():
    data = make_docx(
        "<w:p><w:r><w:t>收到</w:t></w:r><w:ins><w:r><w:t>申请3</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>申请2</w:delText></w:r></w:del>"
        "<w:hyperlink><w:r><w:t>件</w:t></w:r></w:hyperlink>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>暗</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>。</w:t></w:r></w:p>',
        "<w:p><w:r><w:t>上</w:t><w:br/><w:t>甲</w:t><w:tab/><w:t>乙</w:t></w:r></w:p>",
        "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>接</w:t></w:r></w:p>",
        p("着"),
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>= 1 + 1'
        '</w:instrText><w:fldChar w:fldCharType="separate"/><w:t>二</w:t>'
        '<w:fldChar w:fldCharType="end"/></w:r></w:p>',
        "<w:sdt><w:sdtContent>" + p("控件") + "</w:sdtContent></w:sdt>",
    )
    assert read_texts(data) == ["收到申请3件。", "上", "甲\t乙", "接着", "二", "控件"]
    notes = read(data, name="made").notes
    assert notes == ("1 stretches of hidden text are left out",)


def test_a_text_box_is_read_once_and_a_table_of_contents_apart():
    box = f"<w:txbxContent>{p('框中')}</w:txbxContent>"
    data = make_docx(
        f"<w:p><w:r><w:t>框外</w:t><mc:AlternateContent><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>",
        p("末"),
    )
    assert read_texts(data) == ["框外", "框中", "末"]
    made = docx.Document()
    made.styles.add_style("toc 1", 1)
    made.add_paragraph("一、概述 1", style="toc 1")
    made.add_paragraph("一、概述")
    made.sections[0].header.paragraphs[0].text = "某市年报"
    made.sections[0].footer.paragraphs[0].text = "第 1 页"
    document = read(save_docx(made), name="made")
    assert [x.text for x in document.paragraphs] == ["一、概述"]
    aside = [x.text for x in document.furniture]
    assert aside == ["一、概述 1", "某市年报", "第 1 页"]


def make_list(*levels):
    """A list definition, numbered 90, from (numerals, pattern) pairs."""
    xml = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{numerals}"/>'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
        for depth, (numerals, pattern) in enumerate(levels)
    )
    space = nsdecls("w")
    return (
        f'<w:abstractNum {space} w:abstractNumId="90">{xml}</w:abstractNum>',
        f'<w:num {space} w:numId="90"><w:abstractNumId w:val="90"/></w:num>',
        f'<w:num {space} w:numId="91"><w:abstractNumId w:val="90"/><w:lvlOverride '
        'w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>',
    )


def number(depth, key=90):
    return f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{key}"/></w:numPr>'


def test_list_numbers_are_printed_as_word_prints_them():
    parts = make_list(
        ("chineseCounting", "%1、"), ("japaneseCounting", "（%2）"), ("decimal", "%3.")
    )
    data = make_docx(
        p("总体情况", number(0)),
        p("主动公开", number(1)),
        p("3件", number(2)),
        p("属于秘密", number(2)),
        p("依申请", number(1)),
        p("再一条", number(2)),
        p("问题", number(0)),
        p("另起", number(0, 91)),
        p("无号", number(0, 0)),
        parts=parts,
    )
    wanted = "一、总体情况 （一）主动公开 1._3件 2.属于秘密 （二）依申请 1.再一条"
    wanted += " 二、问题 一、另起 无号"
    assert read_texts(data) == [word.replace("_", " ") for word in wanted.split()]
    notes = read(data, name="made").notes
    assert notes == ("8 automatic list numbers are printed as text",)


def test_numerals():
    known = {
        "decimal": "1 10 11 21 105",
        "chineseCounting": "一 十 十一 二十一 一百零五",
        "chineseLegalSimplified": "壹 壹拾 壹拾壹 贰拾壹 壹佰零伍",
        "ideographTraditional": "甲 癸 11 21 105",
        "decimalEnclosedCircle": "① ⑩ ⑪ 21 105",
        "upperRoman": "I X XI XXI CV",
        "lowerLetter": "a j k u aaaaa",
        "decimalZero": "01 10 11 21 105",
        "unheardOf": "1 10 11 21 105",
    }
    for numerals, wanted in known.items():
        found = [print_numeral(n, numerals) for n in (1, 10, 11, 21, 105)]
        assert found == wanted.split(), numerals


def test_a_label_never_grows_into_a_figure():
    assert join_label("1.", "5条") == "1. 5条"
    assert join_label("1", "条") == "1 条"
    assert join_label("（一）", "概述") == "（一）概述"


def cell(text, properties="", inner=""):
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inner}{p(text)}</w:tc>"


def table(*rows):
    lines = "".join(f"<w:tr>{''.join(row)}</w:tr>" for row in rows)
    return f"<w:tbl><w:tblPr/><w:tblGrid/>{lines}</w:tbl>"


def test_tables_in_tables_and_layout_tables():
    inner = table([cell("甲"), cell("乙")])
    data_rows = [[cell("丙"), cell("1")]] * 3
    outer = table(*data_rows, [cell("丁"), cell("旁", "", inner)])
    frame = table([cell("版面", "", outer)])
    document = read(make_docx(p("前"), frame, p("后")), name="made")
    texts = [[[c.text for c in row] for row in grid.rows] for grid in document.grids]
    assert texts == [[["丙", "1"]] * 3 + [["丁", "旁"]], [["甲", "乙"]]]
    assert [x.text for x in document.paragraphs] == ["前", "版面", "后"]


def test_odd_merges_lose_nothing():
    down, more = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    right, on = '<w:hMerge w:val="restart"/>', "<w:hMerge/>"
    data = make_docx(
        table(
            [cell("甲", more), cell("乙", right), cell("", on)],
            [cell("丙", down), cell("1"), cell("2")],
            [cell("", more), cell("3", '<w:gridSpan w:val="2"/>')],
            [cell("丁"), cell("", more), cell("4")],
        ).replace("<w:tr>", "<w:tr><w:trPr><w:gridBefore w:val='1'/></w:trPr>", 1)
    )
    rows = read(data, name="made").grids[0].rows
    found = [[(c.text, c.column, c.rowspan, c.colspan) for c in row] for row in rows]
    assert found == [
        [("甲", 2, 1, 1), ("乙", 3, 1, 2)],
        [("丙", 1, 2, 1), ("1", 2, 1, 1), ("2", 3, 1, 1)],
        [("3", 2, 1, 2)],
        [("丁", 1, 1, 1), ("", 2, 1, 1), ("4", 3, 1, 1)],
    ]


def test_deleted_rows_and_pictures():
    gone = "<w:tr><w:trPr><w:del/></w:trPr>" + cell("删") + cell("9") + "</w:tr>"
    grid = table([cell("甲"), cell("1")], [cell("乙"), cell("2")])
    grid = grid.replace("</w:tbl>", gone + "</w:tbl>")
    picture = "<w:p><w:r><w:drawing><a:blip/></w:drawing></w:r></w:p>"
    document = read(make_docx(grid, picture), name="made")
    assert [len(row) for row in document.grids[0].rows] == [2, 2]
    assert document.notes == ("1 pictures are not read",)
    with pytest.raises(ReadError, match="only 1 pictures; read them as images"):
        read(make_docx(picture), name="made")


WORD_2003 = (
    '<?xml version="1.0"?><?mso-application progid="Word.Document"?>'
    '<w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml" '
    'xmlns:wx="http://schemas.microsoft.com/office/word/2003/auxHint" '
    'xmlns:aml="http://schemas.microsoft.com/aml/2001/core"><w:body><wx:sect>'
    '<w:p><w:pPr><w:listPr><wx:t wx:val="一、"/></w:listPr></w:pPr><w:r><w:t>概述'
    "</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:tcPr><w:vmerge w:val='restart'/></w:tcPr>"
    "<w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr>"
    "<w:tr><w:tc><w:tcPr><w:vmerge/></w:tcPr><w:p/></w:tc><w:tc><w:p>"
    '<aml:annotation w:type="Word.Deletion"><aml:content><w:r><w:delText>8</w:delText>'
    "</w:r></aml:content></aml:annotation><w:r><w:t>7</w:t></w:r></w:p></w:tc></w:tr>"
    "</w:tbl><w:sectPr><w:ftr><w:p><w:r><w:t>脚</w:t></w:r></w:p></w:ftr></w:sectPr>"
    "</wx:sect></w:body></w:wordDocument>"
)


def test_word_2003_xml_and_a_package_in_one_file():
    document = read(WORD_2003.encode(), name="made.doc")
    assert document.source.format == "docx"
    assert [x.text for x in document.paragraphs] == ["一、概述"]
    rows = document.grids[0].rows
    assert [[(c.text, c.rowspan) for c in row] for row in rows] == [
        [("甲", 2), ("", 1)],
        [("7", 1)],
    ]
    assert [x.text for x in document.furniture] == ["脚"]
    main = zipfile.ZipFile(io.BytesIO(make_docx(p("平")))).read("word/document.xml")
    flat = (
        b'<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">'
        b'<pkg:part pkg:name="/word/document.xml"><pkg:xmlData>'
        + main[main.index(b"<w:document") :]
        + b"</pkg:xmlData></pkg:part></pkg:package>"
    )
    assert read_texts(flat) == ["平"]


def test_rtf_text_lists_and_what_nobody_sees():
    data = (
        rb"{\rtf1\ansi\ansicpg936\uc1{\fonttbl{\f0\fcharset134 SimSun;}}{\info x}"
        rb"{\header \'d2\'b3\par}{\listtext\f0 1.\tab}\f0\'b8\'c5\'ca\'f6\par "
        rb"\u25919?\u20214?{\deleted 9}{\f0\v 8}{\v0 3}\tab 4\par {\pict "
        + b"00ff"
        * 200
        + rb"}{\field{\*\fldinst HYPERLINK}{\fldrslt \'d4\'d8}}\par "
        rb"\trowd\cellx900\cellx1800\pard\intbl\'bc\'d7\cell 1 2\cell\row end\par}"
    )
    document = read(data, name="made.rtf")
    texts = [x.text for x in document.paragraphs]
    assert texts == ["1.\t概述", "政件3\t4", "载", "甲|1 2|", "end"]
    assert document.notes == ()
    spoiled = data.replace(rb"{\deleted 9}", rb"{\deleted{\b 9}}")
    note = "deleted or hidden text may be read as text; save the file as .docx"
    assert read(spoiled, name="made.rtf").notes == (note,)


# --- old Word ---


def test_list_numbers_that_only_libreoffice_knows_are_noted(monkeypatch):
    monkeypatch.setattr(doc, "find_office", lambda: None)
    document = read(CASES / "lists.doc")
    texts = [x.text for x in document.paragraphs]
    assert texts[:2] == ["甲市2021年政府信息公开工作年度报告", "总体情况"]
    assert texts[-4:] == ["文字\t后", "行一", "行二", "修订加"]
    assert document.notes == (
        "automatic list numbers are lost; with LibreOffice on the PATH all is read",
    )
    assert [x.text for x in document.furniture] == ["页眉文字", "第1页"]
    assert [[c.text for c in row] for row in document.grids[0].rows] == [["内1", "内2"]]


def edit_doc(offset, value):
    """An old Word file with two bytes of its head changed."""
    data = bytearray((CASES / "form_2014.doc").read_bytes())
    at = data.index(b"\xec\xa5")
    struct.pack_into("<H", data, at + offset, value)
    return bytes(data)


OPEN = "application/vnd.oasis.opendocument.text"


def test_old_word_files_that_need_more_say_so(monkeypatch):
    monkeypatch.setattr(libreoffice, "_NAMES", ())
    with pytest.raises(
        ReadError, match="made: reading it needs LibreOffice on the PATH"
    ):
        read(edit_doc(0, 0xA5DC), name="made")
    with pytest.raises(ReadError, match="locked by a password"):
        read(edit_doc(0x0A, 0x0100), name="made")
    with pytest.raises(ReadError, match="needs LibreOffice"):
        read(to_zip({"mimetype": OPEN, "content.xml": "<a/>"}))


def test_a_hanging_libreoffice_is_killed(monkeypatch, tmp_path):
    script = tmp_path / "soffice"
    script.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/pid\nwait\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(libreoffice, "TIMEOUT", 0.5)
    start = time.perf_counter()
    with pytest.raises(ReadError, match=r"took more than 0\.5 s; save it as \.docx"):
        libreoffice.convert(b"x", ".doc", "made")
    assert time.perf_counter() - start < SECONDS
    status = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    assert not status.exists() or status.read_text().split()[2] == "Z"


@OFFICE
@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_libreoffice_gives_the_same_cells(form):
    page = make_page(form, "some")
    data = to_docx(page.blocks)
    source = Source("made.docx", "docx", len(data), "")
    document = doc.read_by_office(source, data, ".docx")
    assert document.notes[-1] == "converted to .docx by LibreOffice"
    assert read_figures(document, form) == read_figures(page, form)
    path = CASES / f"form_{form}.doc"
    if path.exists():
        document = doc.read_by_office(source, path.read_bytes(), ".doc")
        assert read_figures(document, form) == read_figures(read(path), form)


@OFFICE
@pytest.mark.long
def test_libreoffice_prints_the_list_numbers_of_old_word():
    document = read(CASES / "lists.doc")
    assert [x.text for x in document.paragraphs][1:3] == ["1.总体情况", "2.主动公开"]
    assert document.notes[-1] == "converted to .docx by LibreOffice"


# --- spreadsheets ---


def make_book():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "统计表"
    sheet["B2"], sheet["B3"], sheet["C3"] = "甲\n乙", 947, 1.5
    sheet["D3"], sheet["B4"] = dt.date(2021, 1, 31), dt.datetime(2021, 1, 31, 8, 30)
    sheet["C4"], sheet["D4"], sheet["B5"] = 0.1 + 0.2, True, "=SUM(B3)"
    sheet["C5"], sheet["D5"] = 0.285, "#REF!"
    sheet["C5"].number_format = "0.0%"
    sheet.merge_cells("B2:D2")
    sheet["F9"].number_format = "0.00"  # an empty cell with a format, no border
    book.create_sheet("空表")
    hidden = book.create_sheet("底稿")
    hidden["A1"], hidden.sheet_state = "x", "hidden"
    return save_xlsx(book)


def test_a_workbook_reads_as_it_shows():
    document = read(make_book(), name="made")
    assert [x.text for x in document.paragraphs] == ["统计表"]
    (grid,) = document.grids
    assert grid.to_matrix() == [
        ["", "", "", ""],
        ["", "甲\n乙", "甲\n乙", "甲\n乙"],
        ["", "947", "1.5", "2021-01-31"],
        ["", "2021-01-31T08:30:00", "0.3", "TRUE"],
        ["", "", "28.5%", "#REF!"],
    ]
    assert document.notes == (
        "the hidden sheet 底稿 is left out",
        "1 formulas have no stored result and read as blank; "
        "open the file in a spreadsheet program and save it",
    )


def test_an_old_workbook_reads_as_it_shows():
    # The workbook above, saved as .xls by LibreOffice, which does the sum.
    document = read(CASES / "values.xls")
    wanted = read(make_book(), name="made").grids[0].to_matrix()
    wanted[4][1] = "947"
    assert document.grids[0].to_matrix() == wanted
    assert document.notes == ("the hidden sheet 底稿 is left out",)


@pytest.mark.parametrize("name", ["form_2021.xls", "values.xls"])
def test_calamine_finds_the_same_numbers(name):
    calamine = pytest.importorskip("python_calamine")
    book = calamine.CalamineWorkbook.from_path(CASES / name)
    document = read(CASES / name)
    for grid, heading in zip(document.grids, document.paragraphs, strict=True):
        rows = book.get_sheet_by_name(heading.text).to_python(skip_empty_area=False)
        matrix = grid.to_matrix()
        for texts, values in zip(matrix, rows, strict=len(rows) == len(matrix)):
            for text, value in zip(texts, values, strict=False):
                if isinstance(value, float) and value >= 1:
                    assert float(text) == value


def make_shared_book(strings):
    """A workbook as Excel writes it: texts in a part of their own."""
    links = "".join(
        f'<Relationship Id="r{n}" Type="x/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(
            [("worksheet", "/xl/worksheets/a.xml"), ("sharedStrings", "s.xml")]
        )
    )
    return to_zip(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="表" '
            'r:id="r0"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f"<Relationships>{links}</Relationships>",
            "xl/worksheets/a.xml": '<worksheet><sheetData><row><c t="s"><v>1</v></c>'
            '<c t="s"><v>0</v></c><c t="s"><v>7</v></c><c><v>12</v></c></row>'
            "</sheetData></worksheet>",
            "xl/s.xml": strings,
        }
    )


SHARED = (
    "<sst xmlns='x'><si><t>规</t><rPh><t>guī</t></rPh></si>"
    "<si><r><t>行政</t></r><r><t>许可</t></r></si></sst>"
).encode()


def test_shared_strings_are_joined_without_their_reading():
    document = read(make_shared_book(SHARED), name="made")
    assert document.grids[0].to_matrix() == [["行政许可", "规", "", "12"]]


@OFFICE
@pytest.mark.long
def test_an_open_document_sheet_is_converted(tmp_path):
    page = make_page("2021", "some")
    (tmp_path / "made.xlsx").write_bytes(to_xlsx(page.blocks))
    profile = f"-env:UserInstallation={(tmp_path / 'office').as_uri()}"
    command = [find_office(), profile, "--headless", "--convert-to", "ods", "made.xlsx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=90)
    if not (tmp_path / "made.ods").exists():
        pytest.skip("LibreOffice is there without Calc")
    document = read(tmp_path / "made.ods")
    assert document.notes == ("converted to .xlsx by LibreOffice",)
    assert read_figures(document, "2021") == read_figures(page, "2021")


# --- pages in one file, zip files, pages with attachments ---


def make_mhtml(page, charset="utf-8"):
    message = EmailMessage()
    message["From"] = "<Saved by Blink>"
    message.add_related(page, "text", "html", cte="base64", params={"charset": charset})
    message.add_related(b"\x89PNG", "image", "png")
    message.add_related(b"\xff\xd8\xff", "image", "jpeg")
    return message.as_bytes()


def test_a_saved_page_is_decoded_by_our_rule():
    html = to_html("2019", make_cells("2019", "some"))
    page = read(html.encode(), name="page")
    document = read(make_mhtml(html.encode("gb18030"), "iso-8859-1"), name="made")
    assert to_shape(document) == to_shape(page)
    assert document.source.charset == "gb18030"
    assert document.notes[-1] == "2 pictures are not read"


def test_the_one_report_in_a_zip_file_is_read(tmp_path):
    page = make_page("2021", "some")
    data = to_zip(
        {
            "年报/2021年报.docx": to_docx(page.blocks),
            "年报/图.png": b"x",
            "__MACOSX/a.doc": b"",
        }
    )
    document = read(data, name="附件.zip")
    assert to_shape(document) == to_shape(page)
    assert document.source.name == "附件.zip/年报/2021年报.docx"
    assert document.source.format == "docx"
    note = "read from the zip file 附件.zip; 2 other files in it are not read"
    assert document.notes[-1] == note


def test_of_a_zip_file_in_a_zip_file_one_member_is_opened(monkeypatch):
    opened, open_member = [], Container.read
    monkeypatch.setattr(
        Container, "read", lambda *a: opened.append(a[1]) or open_member(*a)
    )
    data = b"x"
    for depth in range(60):
        data = to_zip({f"{depth}.doc": data, "a.css": b""})
    with pytest.raises(ReadError, match=r"deep.zip/59.doc: a zip file; unpack it"):
        read(data, name="deep.zip")
    assert opened == ["59.doc"]


def test_names_in_gbk_are_read():
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as made:
        made.writestr("AAAA.txt", "某市年报\n")
    data = raw.getvalue().replace(b"AAAA.txt", "年报".encode("gbk") + b".txt")
    assert read(data, name="a.zip").source.name == "a.zip/年报.txt"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"a.doc": b"x", "b/c.pdf": b"y", "d.css": b"z"},
            r"附件.zip: 2 files in it could be the report \(a.doc, b/c.pdf\)",
        ),
        ({"a.css": b"x"}, "附件.zip: no report in it, only a.css; unpack it"),
        ({"a.doc": to_zip({"b.doc": b"x"})}, "附件.zip/a.doc: a zip file; unpack it"),
        ({"a.doc": b"Rar!\x1a\x07"}, "附件.zip/a.doc: an archive; unpack it"),
        ({}, "附件.zip: no report in it, only nothing"),
    ],
)
def test_other_zip_files_say_what_is_in_them(members, message):
    with pytest.raises(ReadError, match=message):
        read(to_zip(members), name="附件.zip")


def test_a_page_that_only_links_its_report_names_the_link():
    links = "".join(
        f'<a href="{href}">{text}</a>'
        for href, text in [
            ("/news/1.html", "要闻"),
            ("./P0202.xls", "附表"),
            ("/down?id=7", "2021年度报告.docx"),
            ("x/%E5%B9%B4%E6%8A%A5.pdf?v=1", ""),
        ]
    )
    document = read(f"<html><body><p>见附件。</p>{links}</body></html>".encode())
    assert document.notes == (
        "the report may be in the attachment 2021年度报告.docx (/down?id=7); "
        "fetch and read that",
        "the report may be in the attachment 年报.pdf (x/%E5%B9%B4%E6%8A%A5.pdf?v=1); "
        "fetch and read that",
        "the report may be in the attachment 附表 (./P0202.xls); fetch and read that",
    )
    full = f"<html><body><p>{'本机关主动公开政府信息。' * 60}</p>{links}</body></html>"
    assert read(full.encode()).notes == ()


# --- what is hostile or broken ---

ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


def replace_member(data, member, content):
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    return to_zip(members | {member: content(members.get(member, b""))})


def add_entities(text):
    start = text.index(b"?>") + 2 if text.startswith(b"<?xml") else 0
    return text[:start] + ENTITIES.encode() + text[start:]


def make_far_sheet():
    book = openpyxl.Workbook()
    book.active["A1"] = book.active["XFD1048576"] = 1
    return save_xlsx(book)


def make_locked_zip():
    data = bytearray(to_zip({"a.doc": b"x"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def make_hostile():
    """Name to bytes and what the error must say."""
    word, book = (
        to_docx(make_page("2014", "some").blocks),
        to_xlsx(make_page("2014", "some").blocks),
    )
    large = b" " * 40_000_000
    deep = "<w:sdt><w:sdtContent>" * 5_000 + "</w:sdtContent></w:sdt>" * 5_000
    sheet = "xl/worksheets/sheet1.xml"
    body = b"<worksheet><sheetData>"
    parts = b"".join(b"--b\r\nContent-Type: text/css\r\n\r\n" for _ in range(5_000))
    return {
        "bomb.docx": (
            replace_member(word, "word/document.xml", lambda x: x + large),
            "word/document.xml unpacks to|larger than any report",
        ),
        "bomb.zip": (to_zip({"a.txt": b"0" * 60_000_000}), "unpacks to 60,000,000 by"),
        "wide.zip": (
            to_zip({f"{n}.txt": b"0" * 30_000_000 for n in range(10)}),
            "MB unpacked, more than any report",
        ),
        "many.zip": (
            to_zip({f"{n}.doc": b"" for n in range(10_000)}),
            "more than 2,000 members",
        ),
        "locked.zip": (make_locked_zip(), "locked by a password"),
        "entities.docx": (
            replace_member(word, "word/document.xml", add_entities),
            "word/document.xml declares entities; not opened",
        ),
        "entities.xlsx": (replace_member(book, sheet, add_entities), "declares entit"),
        "strings.xlsx": (
            make_shared_book(add_entities(SHARED)),
            "xl/s.xml declares entities",
        ),
        "entities.xml": (WORD_2003.replace("<w:wo", ENTITIES + "<w:wo", 1), "declares"),
        "utf16.docx": (
            replace_member(
                word,
                "word/document.xml",
                lambda x: add_entities(b"<w/>").decode().encode("utf-16"),
            ),
            "declares entities",
        ),
        "deep.docx": (make_docx_raw(word, deep), "damaged|nested too deep"),
        "cut.docx": (word[: len(word) // 2], "damaged or cut short; fetch it again"),
        "cut.xlsx": (book[:-30], "damaged or cut short"),
        "broken.docx": (
            replace_member(word, "word/document.xml", lambda x: x[:-50]),
            "word/document.xml is damaged .*; fetch it again",
        ),
        "empty.docx": (make_docx(), "no text in it"),
        "far.xlsx": (make_far_sheet(), "1,048,576 rows and 16,384 columns; delete wha"),
        "rows.xlsx": (
            replace_member(book, sheet, lambda x: body + b"<row/>" * 9_000_000),
            "more than 800,000 cells|unpacks to",
        ),
        "bomb.odt": (
            to_zip({"mimetype": OPEN, "content.xml": b" " * 40_000_000}),
            "larger than any report",
        ),
        "large.xls": (OLE_BOOK + bytes(9_000_000), "an old workbook of over 8 MB"),
        "cut.doc": ((CASES / "form_2021.doc").read_bytes()[:30_000], "cut short; "),
        "cut.xls": ((CASES / "form_2021.xls").read_bytes()[:6_000], "cut short"),
        "deep.rtf": (b"{\\rtf1 " + b"{" * 100_000, "no text in it"),
        "groups.rtf": (b"{\\rtf1 " + b"{}" * 2_500_000, "larger than any report"),
        "parts.mht": (
            b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n"
            + parts,
            "more than 1,000 parts",
        ),
        "nothing.mht": (b"MIME-Version: 1.0\nContent-Type: image/png\n\nx", "no web p"),
    }


def make_docx_raw(word, body):
    return replace_member(
        word,
        "word/document.xml",
        lambda x: x.replace(b"<w:body>", b"<w:body>" + body.encode(), 1),
    )


HOSTILE = make_hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_in_a_clear_error_soon(name):
    data, message = HOSTILE[name]
    data = data if isinstance(data, bytes) else data.encode()
    start = time.process_time()
    with pytest.raises(ReadError, match=message) as caught:
        read(data, name=name)
    assert time.process_time() - start < SECONDS
    assert str(caught.value).startswith(name)
    assert len(str(caught.value)) < 300


def test_ranges_over_ranges_take_no_time():
    ranges = "".join(f'<mergeCell ref="A{n}:ZZ1048576"/>' for n in range(1, 50_000))
    sheet = (
        '<worksheet><sheetData><row r="9000"><c r="T9000"><v>1</v></c></row>'
        f"</sheetData><mergeCells>{ranges}</mergeCells></worksheet>"
    )
    book = to_xlsx(make_page("2014", "some").blocks)
    data = replace_member(book, "xl/worksheets/sheet1.xml", lambda _: sheet.encode())
    start = time.process_time()
    assert read(data, name="made").grids[0].width == 20
    assert time.process_time() - start < SECONDS


def test_a_folder_of_hostile_files_still_gives_the_good_one(tmp_path):
    names = []
    for name, (data, _) in HOSTILE.items():
        (tmp_path / name).write_bytes(
            data if isinstance(data, bytes) else data.encode()
        )
        names.append(name)
    (tmp_path / "good.docx").write_bytes(to_docx(make_page("2021", "full").blocks))
    script = (
        "import sys, gi_tools as gi\n"
        "for name in sys.argv[1:]:\n"
        "    try:\n"
        "        print(name, len(gi.read(name).grids))\n"
        "    except gi.errors.ReadError:\n"
        "        print(name, 'refused')\n"
    )
    command = [sys.executable, "-c", script, *names, "good.docx"]
    limit = 1_500_000_000
    done = subprocess.run(
        command,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    wanted = [f"{name} refused" for name in names] + ["good.docx 3"]
    assert done.stdout.splitlines() == wanted, done.stderr


def test_path_names_in_a_zip_file_write_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = to_zip(
        {"../../逃.txt": "某市2021年政府信息公开工作年度报告", "/etc/x.css": b""}
    )
    assert read(data, name="a.zip").source.name == "a.zip/../../逃.txt"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["form_2014.doc", "lists.doc", "form_2021.xls"])
def test_damaged_old_files_never_end_otherwise_than_in_read_error(name, monkeypatch):
    monkeypatch.setattr(doc, "find_office", lambda: None)
    monkeypatch.setattr(libreoffice, "_NAMES", ())
    data = (CASES / name).read_bytes()
    seed = zlib.crc32(data)
    for turn in range(60):
        spoiled = bytearray(data if turn % 3 else data[: 9 + seed % len(data)])
        for _ in range(40):
            seed = (seed * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
            spoiled[8 + seed % (len(spoiled) - 8)] = seed >> 16 & 255
        try:
            read(bytes(spoiled), name=name)
        except ReadError as error:
            assert str(error).startswith(name)


@pytest.mark.parametrize("kind", ["docx", "xlsx", "doc", "xls", "rtf"])
def test_a_missing_library_says_how_to_get_it(kind, monkeypatch):
    data = (CASES / f"form_2021.{kind}").read_bytes() if kind in OLD else b""
    if kind not in OLD:
        data = (WRITERS | {"rtf": to_rtf})[kind](make_page("2021", "some").blocks)
    for library in ("lxml", "olefile", "xlrd", "striprtf", "striprtf.striprtf"):
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ReadError, match=r"made: .* needs .*gi_tools\[office\]"):
        read(data, name="made")


def test_a_mail_without_a_page_gives_its_text():
    source = Source("a.eml", "mhtml", 1, "")
    mail = "From: a@b.cn\nMIME-Version: 1.0\nContent-Type: text/plain\n\n某市年报\n"
    assert read_mhtml(source, mail.encode()).paragraphs[0].text == "某市年报"


def test_a_ring_of_sectors_has_an_end():
    data = bytearray((CASES / "values.xls").read_bytes())
    first = struct.unpack_from("<i", data, 60)[0]  # the table of the short sectors
    struct.pack_into("<128i", data, 512 * (first + 1), *range(128))
    with pytest.raises(ReadError, match="damaged"):
        read(bytes(data))
    name = "Workbook\0".encode("utf-16-le")
    struct.pack_into("<I", data, data.index(name) + 120, 2**31 - 1)
    with pytest.raises(ReadError, match="a stream without end"):
        read(bytes(data))


def test_a_deleted_list_paragraph_leaves_no_number():
    marks = '<w:rPr><w:del w:id="1"/></w:rPr>'
    gone = '<w:del w:id="2"><w:r><w:delText>旧</w:delText></w:r></w:del>'
    gone = f"<w:p><w:pPr>{number(0)}{marks}</w:pPr>{gone}</w:p>"
    joined = p("甲", number(0) + marks)
    parts = make_list(("chineseCounting", "%1、"))
    body = p("总体", number(0)), gone, p("问题", number(0)), joined, p("乙", number(0))
    wanted = ["一、总体", "二、问题", "三、甲乙"]
    assert read_texts(make_docx(*body, parts=parts)) == wanted


def test_a_row_begins_within_the_page():
    far = '<w:trPr><w:gridBefore w:val="999999"/></w:trPr>'
    data = make_docx(table(far + cell("甲") + cell("1")))
    assert read(data, name="made").grids[0].width < 300


def test_a_rare_sign_moves_no_cell_of_an_old_word_file(monkeypatch):
    monkeypatch.setattr(libreoffice, "_NAMES", ())
    data = (CASES / "form_2014.doc").read_bytes()
    rare = data.replace("方式".encode("utf-16-le"), "𠮷".encode("utf-16-le"))
    assert rare != data
    plain, odd = read(data, name="made"), read(rare, name="made")
    assert [len(g.rows) for g in odd.grids] == [len(g.rows) for g in plain.grids]
    assert odd.text == plain.text.replace("方式", "𠮷")
    assert odd.notes == plain.notes


def test_pieces_of_one_text_are_no_bomb(monkeypatch):
    twice = [(n * 1254, (n + 1) * 1254, 2048, 2) for n in range(20_000)]
    monkeypatch.setattr(
        "gi_tools.readers.oleword._Binary._read_pieces", lambda _: twice
    )
    with pytest.raises(ReadError, match="text longer than the file"):
        read((CASES / "form_2014.doc").read_bytes(), name="made")


def make_far_zip():
    """A zip file whose one member is said to begin past any file."""
    data = to_zip({"report.html": "<html>"})
    head, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    name = data[head + 46 : end]
    extra = struct.pack("<HHQ", 1, 8, 2**64 - 1)
    entry = bytearray(data[head : head + 46])
    struct.pack_into("<H", entry, 30, len(extra))
    struct.pack_into("<I", entry, 42, 0xFFFFFFFF)
    entry += name + extra
    tail = bytearray(data[end:])
    struct.pack_into("<I", tail, 12, len(entry))
    return data[:head] + bytes(entry) + bytes(tail)


def make_spoilt_lzma(name):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as made:
        made.writestr(name, "年度报告" * 300)
    data = bytearray(file.getvalue())
    start = 30 + len(name) + 10  # behind the head of the member and that of LZMA
    data[start : start + 30] = b"\x5a" * 30
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [make_far_zip(), make_spoilt_lzma("report.html"), make_spoilt_lzma("mimetype")],
)
def test_a_damaged_zip_file_is_a_read_error(data):
    with pytest.raises(ReadError, match=r"damaged or cut short|no report in it"):
        read(data, name="made")


def test_a_byte_order_mark_before_a_saved_page_is_passed_over():
    data = make_mhtml("<html><body><p>年度报告</p></body></html>".encode())
    assert read(b"\xef\xbb\xbf" + data).text == read(data).text


def test_the_name_of_a_report_outlasts_an_icon_with_the_same_link():
    page = f"<html><body><p>{'正文' * 400}</p><a href='/a.doc'>信息公开年报</a>"
    page += "<a href='/a.doc'><img src='i.gif'></a></body></html>"
    assert find_files(page.encode()) == ["/a.doc"]
