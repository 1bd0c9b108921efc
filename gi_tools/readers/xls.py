"""An old Excel workbook to blocks: each sheet a heading and a grid, read by xlrd."""

from __future__ import annotations

import io
from typing import Any

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.blocks import MAX_CELLS, Builder, needing
from gi_tools.readers.compound import read_streams
from gi_tools.readers.sheets import (
    Place,
    Sheet,
    add_hidden_note,
    add_sheet,
    find_number_kind,
    write_number,
    write_value,
)

MAX_BYTES = 8 * 1024 * 1024  # xlrd builds every cell; a report has a hundredth
_EMPTY, _NUMBER, _DATE, _TRUTH, _ERROR, _BLANK = 0, 2, 3, 4, 5, 6  # xlrd's types


def read_xls(source: Source, data: bytes) -> Document:
    """
    Turn an old workbook (.xls, .et) into a document, a heading and a grid a sheet.

    Rows and columns are those of Excel, merged ranges keep their spans, dates are ISO.
    Raises ReadError.
    """
    with needing("xlrd", source.name):
        import xlrd
    if len(data) > MAX_BYTES:
        raise ReadError(
            f"{source.name}: an old workbook of over {MAX_BYTES >> 20} MB; "
            "save the sheets of the report as .xlsx"
        )
    builder = Builder(source)
    how = {"formatting_info": True, "ragged_rows": True, "logfile": io.StringIO()}
    try:
        # xlrd would follow a ring of sectors for ever.
        streams = read_streams(data, ("Workbook", "Book"), source.name)
        if not streams:
            raise ReadError(f"{source.name}: no workbook in it; fetch it again")
        book = xlrd.open_workbook(file_contents=next(iter(streams.values())), **how)
        for sheet in book.sheets():
            if sheet.visibility:
                add_hidden_note(builder, sheet.name)
            elif sum(map(sheet.row_len, range(sheet.nrows))) > 4 * MAX_CELLS:
                most = f"more than {4 * MAX_CELLS:,} cells"
                raise ReadError(f"{source.name}: {most}; split it")
            else:
                add_sheet(builder, _read_sheet(book, sheet, xlrd.error_text_from_code))
    except ReadError:
        raise
    except Exception as error:
        # xlrd and struct raise what they like on damaged bytes.
        why = f"damaged or cut short ({type(error).__name__}); fetch it again"
        if "encrypted" in str(error):
            why = "locked by a password; save it without"
        raise ReadError(f"{source.name}: {why}") from None
    return builder.to_document()


def _read_sheet(book: Any, sheet: Any, faults: dict[int, str]) -> Sheet:
    cells: dict[Place, str] = {}
    ruled: set[Place] = set()
    for row in range(sheet.nrows):
        for column, cell in enumerate(sheet.row(row)):
            place = row + 1, column + 1
            style = book.xf_list[cell.xf_index or 0]
            cells[place] = _write(book, style, cell.ctype, cell.value, faults)
            if _is_ruled(style.border):
                ruled.add(place)
    merges = [(r + 1, c + 1, s, d) for r, s, c, d in sheet.merged_cells]
    return Sheet(sheet.name, cells, merges, ruled)


def _write(book: Any, style: Any, kind: int, value: Any, faults: dict[int, str]) -> str:
    if kind in (_EMPTY, _BLANK):
        return ""
    if kind == _TRUTH:
        return write_value(value > 0)
    if kind == _ERROR:
        return faults.get(value, "#?")
    if kind not in (_NUMBER, _DATE):
        return write_value(value)
    form = book.format_map.get(style.format_key)
    means = find_number_kind(form.format_key, form.format_str) if form else ""
    means = "date" if kind == _DATE else means.replace("date", "")
    return write_number(value, means, book.datemode == 1)


def _is_ruled(border: Any) -> bool:
    sides = ("left", "right", "top", "bottom")
    return any(getattr(border, f"{side}_line_style") for side in sides)
