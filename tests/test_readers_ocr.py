"""Pictures of pages to documents: set straight, ruled, recognised, never guessed."""

import io
import sys
import zlib
from types import SimpleNamespace

import numpy
import pytest
from printing import Dress, stamp, to_pdf
from test_readers_pdf import (
    find_wrong,
    make_blocks,
    make_cells,
    make_grid,
    make_page,
    read,
    texts,
)

import gi_tools as gi
from gi_tools.documents import DOUBT, Block, Paragraph, Source
from gi_tools.errors import GiError, ReadError
from gi_tools.readers import ocr
from gi_tools.readers.ocr import DPI, UNREAD, ocr_page, read_image
from gi_tools.readers.picture import find_ink, is_stamped, to_picture
from gi_tools.simulation.pdf import Picture, to_picture_pdf
from gi_tools.simulation.scans import scan
from gi_tools.tables import read_tables
from gi_tools.text import fold
from gi_tools.tokens import to_tokens

np = pytest.importorskip("numpy")
cv2 = pytest.importorskip("cv2", reason="the ocr extra is not installed")
pypdfium2 = pytest.importorskip("pypdfium2", reason="the pdf extra is not installed")
pytest.importorskip("rapidocr", reason="the ocr extra is not installed")
pytest.importorskip("onnxruntime", reason="the ocr extra is not installed")
Image = pytest.importorskip("PIL.Image")

POINT = 72 / DPI


def to_bitmap(page):
    return cv2.imdecode(np.frombuffer(page.data, np.uint8), cv2.IMREAD_COLOR)


def read_picture(data, name="scan.jpg"):
    return read_image(Source(name, "image", len(data), "0" * 64), data)


def list_cells(document):
    return {
        (grid.number, cell.row, cell.column): cell
        for grid in document.grids
        for row in grid.rows
        for cell in row
    }


def find_silent(document, form, cells):
    """The wrong cells that do not say by their confidence that they may be."""
    held = list_cells(document)
    figures = read_tables(to_tokens(document), form).figures
    places = {(figure.indicator, figure.applicant): figure.place for figure in figures}
    return {
        key: wrong
        for key, wrong in find_wrong(document, form, cells).items()
        if places.get(key) is None or held[tuple(places[key])].confidence >= DOUBT
    }


def find_made_up(document, form, cells):
    """The empty cells that came out as a figure."""
    return {
        key: wrong
        for key, wrong in find_wrong(document, form, cells).items()
        if not cells[key] and wrong[1] and wrong[1][1] == "reported"
    }


def make_scans(cells, **faults):
    return scan(to_pdf(make_blocks("2021", cells), Dress(size=10.5)), **faults)


@pytest.mark.parametrize("lean", [-3.0, 0.0, 0.7])
def test_a_page_is_set_straight_and_its_rules_found(lean):
    cells = make_cells("2021")
    pages = scan(to_pdf(make_page("2021", cells).grids[1:2], Dress()), lean)
    picture = to_picture(cv2, to_bitmap(pages[0]), POINT)
    (lattice,) = picture.lattices
    assert len(lattice.xs) == 11
    assert len(lattice.ys) == len(make_page("2021", cells).grids[1].rows) + 1


def region_box(lattice, region):
    top, left, bottom, right = region
    return lattice.xs[left], lattice.ys[top], lattice.xs[right], lattice.ys[bottom]


@pytest.mark.parametrize("grain", [0, 14])
def test_ink_tells_empty_cells_from_written_ones(grain):
    grid = make_page("2021", make_cells("2021")).grids[1]
    (page,) = scan(to_pdf([grid], Dress()), grain=grain)
    picture = to_picture(cv2, to_bitmap(page), POINT)
    (lattice,) = picture.lattices
    boxes = (region_box(lattice, region) for region in lattice.regions)
    written = [bool(find_ink(cv2, picture, box)) for box in boxes]
    assert written == [bool(cell.text) for row in grid.rows for cell in row]


def test_a_scanned_page_of_table_3():
    cells = make_cells("2021")
    grid = make_page("2021", cells).grids[1]
    (page,) = scan(to_pdf([grid], Dress()))
    document = read_picture(page.data)
    (found,) = document.grids
    pairs = list(zip(flatten(grid), flatten(found), strict=True))
    wrong = [pair for pair in pairs if fold(pair[0].text) != fold(pair[1].text)]
    assert len(wrong) <= 0.01 * len(pairs)
    assert all(cell.confidence < DOUBT for _, cell in wrong)
    kept = {key: value for key, value in cells.items() if key[1]}
    assert len(kept) == 175
    assert len(find_wrong(document, "2021", kept)) <= 1
    assert not find_silent(document, "2021", kept)
    assert not find_made_up(document, "2021", kept)
    assert document.notes[0] == "recognised from a picture"


def flatten(grid):
    return [cell for row in grid.rows for cell in row]


@pytest.mark.long
@pytest.mark.parametrize(
    "faults",
    [
        {"lean": 0.7},
        {"lean": -1.8},
        {"lean": 1.2, "blur": 1.6, "grain": 14, "quality": 35},
        {"dpi": 130, "grain": 10, "quality": 40},
    ],
    ids=["usual", "more askew", "soft and grainy", "coarse"],
)
def test_a_scanned_report(faults):
    cells = make_cells("2021")
    document = read(to_picture_pdf(make_scans(cells, **faults)))
    assert len(find_wrong(document, "2021", cells)) <= 0.01 * len(cells)
    assert not find_silent(document, "2021", cells)
    assert not find_made_up(document, "2021", cells)
    assert [len(grid.rows) for grid in document.grids] == [14, 28, 4]
    assert "一、总体情况" in texts(document)
    assert document.notes[0] == "page 1: no text layer, recognised"


@pytest.mark.long
def test_a_stamp_over_the_tables(form="2021"):
    cells = make_cells(form)
    data = to_pdf(make_blocks(form, cells), Dress(size=10.5))
    pages = scan(data, -1.4, 1.2, 10, 40, stamp=stamp([(0.62, 0.3), (0.75, 0.62)]))
    document = read(to_picture_pdf(pages))
    assert len(find_wrong(document, form, cells)) <= 0.02 * len(cells)
    assert not find_silent(document, form, cells)
    assert not find_made_up(document, form, cells)


def test_a_stamp_is_paper_and_a_red_figure_is_not_lost():
    grid = make_grid([["甲", "0"], ["乙", ""], ["丙", "7"]] * 3)
    (page,) = scan(to_pdf([grid], Dress(size=18)), stamp=stamp([(0.6, 0.14)]))
    picture = to_picture(cv2, to_bitmap(page), POINT)
    (lattice,) = picture.lattices
    assert (len(lattice.xs), len(lattice.ys)) == (3, 10)
    boxes = [region_box(lattice, region) for region in lattice.regions]
    assert [len(find_ink(cv2, picture, box)) for box in boxes] == [1, 1, 1, 0, 1, 1] * 3
    assert sum(is_stamped(picture, box) for box in boxes) in range(4, 12)
    image = np.full((1200, 900, 3), 255, "uint8")
    cv2.putText(image, "86", (300, 300), 0, 1, (60, 50, 215), 4)
    assert not cv2.countNonZero(to_picture(cv2, image, POINT).red)


@pytest.mark.long
@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_picture_that_lies_on_its_side(quarters):
    cells = {key: value for key, value in make_cells("2021").items() if key[1]}
    grid = make_page("2021", make_cells("2021")).grids[1]
    (page,) = scan(to_pdf([grid], Dress()))
    document = read_picture(to_png(np.rot90(to_bitmap(page), quarters)))
    assert len(find_wrong(document, "2021", cells)) <= 0.01 * len(cells)


@pytest.mark.long
def test_a_table_that_was_pasted_into_a_text_as_a_picture():
    cells = {key: value for key, value in make_cells("2021").items() if key[1]}
    grid = make_page("2021", make_cells("2021")).grids[1]
    (page,) = scan(to_pdf([grid], Dress(numbered=False)), lean=0)
    text = "二、收到和处理政府信息公开申请情况如下表所示。"
    document = read(to_pdf([Paragraph(text, Block(0))], pasted=page))
    assert texts(document)[0] == text
    assert len(find_wrong(document, "2021", cells)) <= 0.01 * len(cells)
    assert document.notes[0] == "page 1: writing in a picture, recognised"


@pytest.mark.long
def test_the_text_layer_of_a_scanner_is_not_trusted():
    cells = {key: value for key, value in make_cells("2021").items() if key[1]}
    grid = make_page("2021", make_cells("2021")).grids[1]
    (page,) = scan(to_pdf([grid], Dress(numbered=False)), lean=0)
    layer = [Paragraph("收到和处理政府信总公开甲请情况", Block(0))] * 9
    document = read(to_pdf(layer, Dress(is_hidden=True), pasted=page))
    assert len(find_wrong(document, "2021", cells)) <= 0.01 * len(cells)
    assert document.notes[0] == "page 1: a scanner's text layer, recognised anew"
    assert "甲请" not in document.text


def test_the_pages_of_a_tiff_are_read_one_after_another(monkeypatch):
    words = [[(f"第{n}页的一行文字", (50, 800, 400, 830), 0.99)] for n in (1, 2)]
    engines = iter([Engine(words[0]), Engine(words[1])])
    monkeypatch.setattr(ocr, "_load_engine", lambda name: next(engines))
    out, leaf = io.BytesIO(), Image.new("L", (1240, 1754), 255)
    leaf.save(out, "TIFF", save_all=True, append_images=[leaf])
    assert texts(read_picture(out.getvalue())) == ["第1页的一行文字", "第2页的一行文字"]


class Engine:
    """Stands in for the recogniser: gives what it is told to, line by line."""

    def __init__(self, words, *looks):
        self.words, self.looks = words, iter(looks)

    def __call__(self, image):
        boxes = [
            np.array([[a, b], [c, b], [c, d], [a, d]])
            for _, (a, b, c, d), _ in self.words
        ]
        found = [word[0] for word in self.words], [word[2] for word in self.words]
        return SimpleNamespace(boxes=boxes or None, txts=found[0], scores=found[1])

    def recognize_txt(self, crops):
        found, scores = zip(*next(self.looks), strict=True)
        assert len(found) == len(crops)
        return SimpleNamespace(txts=found, scores=scores)


def read_form(monkeypatch, words, *looks):
    """Recognise a table of three cells, the last one empty, ink in the others."""
    image = np.full((300, 700), 255, "uint8")
    for x in (50, 250, 450, 650):
        cv2.line(image, (x, 100), (x, 160), 0, 3)
    for y in (100, 160):
        cv2.line(image, (50, y), (650, y), 0, 3)
    for x in (140, 340):
        cv2.circle(image, (x, 130), 14, 0, 4)
    monkeypatch.setattr(ocr, "_load_engine", lambda name: Engine(words, *looks))
    (part,) = ocr_page(image, 1, "scan.png", POINT).parts
    return [(cell.text, cell.confidence) for cell in part.cells]


BOXES = (120, 110, 160, 150), (320, 110, 360, 150), (530, 110, 570, 150)


def test_two_readings_that_agree_are_sure(monkeypatch):
    words = [("0", BOXES[0], 0.8), ("6", BOXES[1], 0.97)]
    cells = read_form(monkeypatch, words, [("0", 0.99), ("6", 0.98)])
    assert cells == [("0", 0.99), ("6", 0.98), ("", 1.0)]


def test_two_readings_that_differ_are_in_doubt(monkeypatch):
    words = [("0", BOXES[0], 0.99), ("6", BOXES[1], 0.97)]
    cells = read_form(monkeypatch, words, [("0", 0.99), ("8", 0.9)], [("6", 0.99)])
    assert cells[0] == ("0", 0.99)
    assert cells[1] == ("6", 0.5)


def test_a_stain_beside_a_figure_is_no_label(monkeypatch):
    words = [("0", BOXES[0], 0.99), ("凤0", BOXES[1], 0.9)]
    looks = [("0", 0.99), ("0", 0.7)], [("凤0", 0.9)]
    cells = read_form(monkeypatch, words, *looks)
    assert cells[1] == ("0", 0.5)


def test_ink_that_nobody_can_read_is_never_empty_or_nought(monkeypatch):
    words = [("甲", BOXES[0], 0.95)]
    cells = read_form(monkeypatch, words, [("", 0.0)], [("0", 0.3)])
    assert cells == [("甲", 0.95), (UNREAD, 0.3), ("", 1.0)]


def test_a_word_without_ink_is_no_figure(monkeypatch):
    words = [("甲", BOXES[0], 0.95), ("乙", BOXES[1], 0.95), ("0", BOXES[2], 0.99)]
    cells = read_form(monkeypatch, words)
    assert cells[2] == (UNREAD, 0.0)


def to_png(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def make_header(wide, high):
    """A PNG that claims a size and holds nothing."""
    tiny = bytearray(to_png(np.zeros((1, 1, 3), "uint8")))
    tiny[16:24] = wide.to_bytes(4, "big") + high.to_bytes(4, "big")
    tiny[29:33] = zlib.crc32(tiny[12:29]).to_bytes(4, "big")
    return bytes(tiny)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (make_header(30_000, 30_000), "more than 40,000,000 pixels"),
        (make_header(9_000, 9_000), "more than 40,000,000 pixels"),
        (to_png(np.zeros((90, 90, 3), "uint8"))[:60], "damaged picture"),
        (to_png(np.full((900, 700, 3), 255, "uint8")), "no writing found"),
    ],
    ids=["bomb", "large", "cut", "blank"],
)
def test_a_fault_is_one_line(data, fault):
    with pytest.raises(ReadError, match=fault):
        read_picture(data, "scan.png")


@pytest.mark.long
def test_a_photograph_is_no_report_and_is_looked_at_four_times_at_most(monkeypatch):
    # Like an animal in the grass: soft shapes, two bright eyes, hairs and blades.
    chance = np.random.default_rng(7)
    photo = cv2.resize(
        chance.integers(0, 255, (9, 12, 3)).astype("uint8"), (1600, 1200)
    )
    for x, y, length in chance.integers(0, 1200, (900, 3)).tolist():
        end = x + length // 9 - 60, y - length // 12
        cv2.line(photo, (x, y), end, chance.integers(0, 255, 3).tolist(), 2)
    for x in (600, 900):
        cv2.ellipse(photo, (x, 500), (70, 40), 0, 0, 360, (90, 220, 200), -1)
        cv2.ellipse(photo, (x, 500), (12, 38), 0, 0, 360, (10, 10, 10), -1)
    data = cv2.imencode(".jpg", photo)[1].tobytes()
    looks, recognise = [], ocr._recognise
    monkeypatch.setattr(ocr, "_recognise", lambda *a: looks.append(1) or recognise(*a))
    with pytest.raises(
        GiError, match=r"^cat.jpg: no (writing|annual report)"
    ) as caught:
        gi.parse(gi.read(data, name="cat.jpg"))
    assert "\n" not in str(caught.value)
    assert 1 <= len(looks) <= 4


@pytest.mark.parametrize("library", ["cv2", "rapidocr", "onnxruntime", "PIL"])
def test_a_missing_library_is_named(library, monkeypatch):
    data = to_png(np.full((300, 300, 3), 255, "uint8"))
    monkeypatch.setitem(sys.modules, library, None)
    ocr._make_engine.cache_clear()
    with pytest.raises(ReadError, match=r"scan.png: .*pip install gi_tools\[ocr\]"):
        read_picture(data, "scan.png")


def test_a_page_without_text_layer_names_the_extra(monkeypatch):
    data = to_picture_pdf([Picture(b"", 10, 10)])
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(ReadError, match=r"page 1: .*pip install gi_tools\[ocr\]"):
        read(data)


def test_a_picture_of_sixteen_bits_keeps_its_ink():
    grey = numpy.full((100, 100), 60_000, "uint16")
    grey[40:60, 40:60] = 3000
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG")
    (page,) = ocr._load("made", file.getvalue())
    assert page.min() < 30 and 220 < numpy.median(page) < 240


@pytest.mark.parametrize("size", [(4000, 1), (1, 4000), (3600, 9)])
def test_a_spacer_has_no_writing(size):
    file = io.BytesIO()
    Image.new("L", size, 255).save(file, "PNG")
    with pytest.raises(ReadError, match="no writing found"):
        gi.read(file.getvalue())


def test_more_pages_than_are_read_are_refused():
    file, page = io.BytesIO(), Image.new("L", (20, 20), 255)
    page.save(file, "TIFF", save_all=True, append_images=[page] * ocr.MAX_FRAMES)
    with pytest.raises(ReadError, match="41 pages, more than 40"):
        list(ocr._load("made", file.getvalue()))
