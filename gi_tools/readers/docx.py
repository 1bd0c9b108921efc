"""A Word file (OOXML, also as one XML file) to blocks: what Word would print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any

from gi_tools.documents import Document, Source
from gi_tools.errors import ReadError
from gi_tools.readers.blocks import Box, Builder
from gi_tools.readers.containers import Container, parse_xml, to_int
from gi_tools.readers.numbering import VAL, Numbering, W, join_label

# Strict OOXML and Word 2003 XML name the same elements in spaces of their own.
_KIN = (
    b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    b"http://schemas.microsoft.com/office/word/2003/wordml",
)
_MAIN = W[1:-1].encode()
_SKIPPED = frozenset(
    "pPr rPr tblPr tblGrid trPr tcPr sectPr sdtPr sdtEndPr del moveFrom instrText "
    "delText delInstrText rt hdr ftr binData proofErr bookmarkStart bookmarkEnd".split()
)
_EMBEDDED = frozenset(("package", "oleObject", "aFChunk"))
_NUMBERED = frozenset(("numPr", "pStyle"))
Parts = dict[str, list[Callable[[], Any]]]
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


def read_docx(source: Source, data: bytes) -> Document:
    """
    Turn a Word file into a document: merged cells keep their spans.

    Tracked insertions stay, deletions and hidden text go. Automatic list numbers are
    printed as text, page heads and feet are furniture. Raises ReadError.
    """
    package = _open_package(data, source.name)
    flow = _Flow(source, package)
    try:
        flow.walk(package.body)
        flow.end()
    except RecursionError:
        raise ReadError(f"{source.name}: nested too deep for a report") from None
    flow.note_losses()
    return flow.builder.to_document(flow.why_empty())


class _Package:
    """The parts of a Word file, read when asked for, whatever it is wrapped in."""

    def __init__(self, name: str, main: Any, parts: Parts) -> None:
        self.body = main if name_of(main) == "body" else main.find(f"{W}body")
        if self.body is None:
            raise ReadError(f"{name}: no Word text in it; save it as .docx again")
        self._parts = parts

    def read(self, kind: str) -> list[Any]:
        """Parse the parts of a kind: headers, footers, styles, numbering …"""
        return [load() for load in self._parts.get(kind, ())]


def _open_package(data: bytes, name: str) -> _Package:
    if not data.startswith(b"PK"):
        return _open_single(data, name)
    container = Container(data, name)
    links = container.find_related("").values()
    main = next((part for kind, part in links if kind == "officeDocument"), "")
    main = main if main in container else "word/document.xml"
    if main not in container:
        raise ReadError(f"{name}: no Word text in it; save it as .docx again")
    parts: Parts = {}
    for kind, part in container.find_related(main).values():
        if kind in _EMBEDDED:
            parts.setdefault("embedded", []).append(partial(str, part))
        elif part in container:
            parts.setdefault(kind, []).append(partial(_read_part, container, part))
    return _Package(name, _read_part(container, main), parts)


def _read_part(container: Container, part: str) -> Any:
    return parse_xml(_unify(container.read(part)), container.name, part)


def _open_single(data: bytes, name: str) -> _Package:
    """Open Word 2003 XML, or a package written as one XML file."""
    root = parse_xml(_unify(data), name, "the XML")
    parts: Parts = {}
    main = root
    for part in root if name_of(root) == "package" else ():
        inner = next((grand for child in part for grand in child), None)
        if inner is None:
            continue
        kind = {"hdr": "header", "ftr": "footer"}.get(name_of(inner), name_of(inner))
        if kind == "document":
            main = inner
        parts.setdefault(kind, []).append(partial(_give, inner))
    for kind, tag in (("header", "hdr"), ("footer", "ftr"), ("styles", "styles")):
        found = [partial(_give, part) for part in main.iter(f"{W}{tag}")]
        parts.setdefault(kind, []).extend(found)
    return _Package(name, main, parts)


def _give(part: Any) -> Any:
    return part


def _unify(data: bytes) -> bytes:
    for kin in _KIN:
        data = data.replace(kin, _MAIN)
    return data


def name_of(element: Any) -> str:
    """The name of an element without its space."""
    return element.tag.rpartition("}")[2]


class _Flow:
    """Walk the body once and collect its blocks in reading order."""

    def __init__(self, source: Source, package: _Package) -> None:
        self.builder = Builder(source)
        self.pictures = 0
        self._package = package
        self._numbers = self._hidden = 0
        self._carried = ""
        self._boxes: list[Any] = []

    @cached_property
    def _styles(self) -> Any:
        return next(iter(self._package.read("styles")), None)

    @cached_property
    def _numbering(self) -> Numbering:
        lists = next(iter(self._package.read("numbering")), None)
        return Numbering(lists, self._styles)

    @cached_property
    def _contents(self) -> frozenset[str]:
        return _find_contents_styles(self._styles)

    def walk(self, parent: Any) -> None:
        """Add the blocks under an element."""
        for child in parent:
            name = name_of(child)
            if name == "p":
                self._add_paragraph(child)
            elif name == "tbl":
                self.builder.add_table(self._read_table(child))
            elif name == "AlternateContent":
                self.walk(_choose(child))
            elif name not in _SKIPPED and not _is_deletion(child):
                self.walk(child)

    def end(self) -> None:
        """Add what stands outside the body: notes, page heads and feet."""
        self.builder.add_text(self._carried)
        for kind in ("footnotes", "endnotes"):
            for part in self._package.read(kind):
                for note in part:
                    if note.get(f"{W}type", "normal") == "normal":
                        self.walk(note)
        for kind in ("header", "footer"):
            for part in self._package.read(kind):
                for item in self._read_items(part):
                    self._add_aside(item)

    def _add_aside(self, item: str | list[list[Box]]) -> None:
        if isinstance(item, str):
            self.builder.add_furniture(item)
            return
        for inner in (inner for row in item for box in row for inner in box.items):
            self._add_aside(inner)

    def note_losses(self) -> None:
        """Say what was made, left out or not read."""
        note = self.builder.add_note
        if self._numbers:
            note(f"{self._numbers} automatic list numbers are printed as text")
        if self._hidden:
            note(f"{self._hidden} stretches of hidden text are left out")
        if self.pictures:
            note(f"{self.pictures} pictures are not read")
        for part in self._package.read("embedded"):
            note(f"the embedded file {part} is not read; save it as a file of its own")

    def why_empty(self) -> str:
        """What to say when no text is found."""
        if self.pictures:
            return f"no text in it, only {self.pictures} pictures; read them as images"
        if embedded := self._package.read("embedded"):
            return f"no text of its own, only {embedded[0]} in it; save it from Word"
        return "no text in it; fetch it again"

    def _add_paragraph(self, paragraph: Any) -> None:
        text = self._read_paragraph(paragraph, self._carried)
        boxes, self._boxes = self._boxes, []
        self._carried = ""
        if _is_mark_deleted(paragraph):
            self._carried = text
        elif self._is_contents(paragraph):
            self.builder.add_furniture(text)
        else:
            self.builder.add_text(text)
        for box in boxes:
            self.walk(box)

    def _is_contents(self, paragraph: Any) -> bool:
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        return style is not None and style.get(VAL) in self._contents

    def _read_table(self, table: Any) -> list[list[Box]]:
        return [self._read_row(row) for row in _own(table, "tr")]

    def _read_row(self, row: Any) -> list[Box]:
        column = 1 + min(_number(row.find(f"{W}trPr/{W}gridBefore"), 0), 256)
        boxes: list[Box] = []
        for cell in _own(row, "tc"):
            span, down, right = _read_merge(cell)
            if right == "continue" and boxes:
                before = boxes[-1]
                boxes[-1] = before._replace(colspan=before.colspan + span)
            else:
                boxes.append(Box(list(self._read_items(cell)), column, span, down))
            column += span
        return boxes

    def _read_items(self, parent: Any) -> Iterator[str | list[list[Box]]]:
        """The paragraphs and tables under an element, text boxes after their line."""
        for child in parent:
            name = name_of(child)
            if name == "p":
                yield self._read_paragraph(child)
                boxes, self._boxes = self._boxes, []
                for box in boxes:
                    yield from self._read_items(box)
            elif name == "tbl":
                yield self._read_table(child)
            elif name == "AlternateContent":
                yield from self._read_items(_choose(child))
            elif name not in _SKIPPED and not _is_deletion(child):
                yield from self._read_items(child)

    def _read_paragraph(self, paragraph: Any, carried: str = "") -> str:
        parts = [carried]
        self._read_inline(paragraph, parts)
        properties = paragraph.find(f"{W}pPr")
        # Without its mark a paragraph runs on into the next one, whose number counts.
        if properties is None or _is_mark_deleted(paragraph):
            return "".join(parts)
        label = self._find_label(properties)
        self._numbers += bool(label)
        return join_label(label, "".join(parts))

    def _find_label(self, properties: Any) -> str:
        names = {name_of(child) for child in properties}
        if "listPr" in names:
            return _written_label(properties)
        return self._numbering.label(properties) if names & _NUMBERED else ""

    def _read_inline(self, parent: Any, parts: list[str]) -> None:
        for node in parent:
            name = name_of(node)
            if name == "t":
                parts.append(node.text or "")
            elif name in _SIGNS:
                parts.append(_SIGNS[name])
            elif name == "txbxContent":
                self._boxes.append(node)
            elif name == "AlternateContent":
                self._read_inline(_choose(node), parts)
            elif name in ("blip", "imagedata"):
                self.pictures += 1
            elif name == "sym":
                parts.append(_sign(node.get(f"{W}char", "")))
            elif name == "r" and _is_hidden(node):
                self._hidden += 1
            elif name not in _SKIPPED and len(node) and not _is_deletion(node):
                self._read_inline(node, parts)


def _own(parent: Any, wanted: str) -> Iterator[Any]:
    """Rows of a table or cells of a row, through content controls, undeleted."""
    for child in parent:
        name = name_of(child)
        if name == wanted:
            if wanted == "tc" or child.find(f"{W}trPr/{W}del") is None:
                yield child
        elif name not in _SKIPPED and name not in ("tbl", "p"):
            yield from _own(child, wanted)


def _read_merge(cell: Any) -> tuple[int, str, str]:
    properties = cell.find(f"{W}tcPr")
    if properties is None:
        return 1, "", ""
    span, down, right = 1, "", ""
    for child in properties:
        name = name_of(child).lower()
        if name == "gridspan":
            span = max(1, min(_number(child, 1), 256))
        elif name in ("vmerge", "hmerge"):
            merge = "start" if child.get(VAL) == "restart" else "continue"
            down, right = (merge, right) if name[0] == "v" else (down, merge)
    return span, down, right


def _choose(alternate: Any) -> Any:
    """Of a choice and its fallback, which say the same twice, take the first."""
    return next(iter(alternate), alternate)


def _find_contents_styles(styles: Any) -> frozenset[str]:
    """The styles of a table of contents, which repeats every heading."""
    found = set()
    for style in () if styles is None else styles.iterfind(f"{W}style"):
        name = style.find(f"{W}name")
        if name is not None and name.get(VAL, "").lower().startswith("toc "):
            found.add(style.get(f"{W}styleId"))
    return frozenset(found)


def _is_deletion(element: Any) -> bool:
    """Whether this is a deletion or comment of Word 2003 XML."""
    if name_of(element) != "annotation":
        return False
    return element.get(f"{W}type") in ("Word.Deletion", "Word.Comment")


def _is_mark_deleted(paragraph: Any) -> bool:
    return paragraph.find(f"{W}pPr/{W}rPr/{W}del") is not None


def _is_hidden(run: Any) -> bool:
    vanish = run.find(f"{W}rPr/{W}vanish")
    return vanish is not None and vanish.get(VAL, "1") not in ("0", "false", "off")


def _written_label(properties: Any) -> str:
    """Word 2003 XML writes the label of a list paragraph itself."""
    for node in properties.iterfind(f"{W}listPr/*"):
        if name_of(node) == "t":
            return next((v for k, v in node.items() if k.endswith("}val")), "")
    return ""


def _sign(code: str) -> str:
    """A sign by its code; those of symbol fonts have no character of their own."""
    try:
        number = int(code, 16)
    except ValueError:
        return ""
    return chr(number) if 0x20 <= number < 0xD800 else ""


def _number(element: Any, default: int) -> int:
    return default if element is None else to_int(element.get(VAL), default)
