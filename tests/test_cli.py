"""What the command prints, for people and for programs, and how it ends."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from gi_tools.cli import main

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
WENZHOU = str(SAMPLES / "wenzhou_sti_2017.txt")


def run(capsys, *arguments):
    code = main([str(a) for a in arguments])
    return code, *capsys.readouterr()


def test_jsonl_is_one_object_a_file_in_order(capsys, tmp_path):
    bad = tmp_path / "empty.html"
    bad.write_bytes(b"")
    other = SAMPLES / "chenglan_city_2022.html"
    code, out, err = run(capsys, "parse", "--jsonl", WENZHOU, bad, other)
    first, failed, last = map(json.loads, out.splitlines())
    assert code == 1
    assert (first["file"], last["file"]) == (WENZHOU, str(other))
    assert failed == {
        "file": str(bad),
        "error": "empty.html: the file is empty; fetch it again",
    }
    assert err.strip() == "gi: empty.html: the file is empty; fetch it again"
    report = first["report"]
    assert report["agency"] == "温州市科学技术局"
    assert report["region"] == {
        "code": "330300", "province": "浙江省", "city": "温州市", "county": None,
    }  # fmt: skip
    assert (report["year"], report["form"], report["level"]) == (
        2017,
        "2014",
        "prefecture",
    )
    assert report["period"] == ["2017-01-01", "2017-12-31"]
    assert set(report["contacts"]) == {
        "address",
        "postcode",
        "phone",
        "fax",
        "email",
        "website",
    }
    assert first["error"] is None
    assert {"level": 1, "heading": "一、情况概述"} in first["sections"] or first[
        "sections"
    ]
    fact = next(f for f in first["facts"] if f["indicator"] == "disclosure.gazette")
    assert (fact["value"], fact["state"], fact["origin"]) == (None, "blank", "table")
    fails = [f["rule"] for f in first["findings"] if f["verdict"] == "fail"]
    assert fails == ["2014.E2", "2014.E3"]


def test_csv_has_one_head_and_no_formulas(capsys, tmp_path):
    page = tmp_path / "formula.txt"
    heads = "2022年政府信息公开年报 公开\n信息内容 | 本年处理决定数量 |\n"
    rows = "行政许可 | =1+2 |\n行政处罚 | +5 |\n行政强制 | 4 |\n"
    page.write_text(heads + rows, "utf-8")
    code, out, _ = run(capsys, "parse", "--csv", WENZHOU, page)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert out.count("report_id") == 1
    assert sum(row["agency"] == "温州市科学技术局" for row in rows) >= 58
    assert "'=1+2" in {row["raw"] for row in rows}
    assert not any(v and v[0] in "=+@" for row in rows for v in row.values())


def test_the_readable_table_names_agency_cells_and_places(capsys):
    code, out, _ = run(capsys, "parse", WENZHOU)
    assert code == 0
    assert "温州市科学技术局" in out
    assert "(blank)" in out
    assert "947 条" in out
    assert "2 fail, 1 unknown, 11 pass" in out


def test_check_prints_failures_and_what_a_pass_does_not_prove(capsys):
    code, out, _ = run(capsys, "check", WENZHOU)
    assert code == 0
    assert "2014.E2" in out and "2014.E4" not in out
    assert "not that they are right" in out


def test_codebook_lists_every_value_cell(capsys):
    for form, cells in (("2014", 58), ("2019", 198), ("2021", 200)):
        _, out, _ = run(capsys, "codebook", "--form", form)
        assert len(list(csv.DictReader(io.StringIO(out)))) == cells
    _, out, _ = run(capsys, "codebook", "--form", "2014", "--format", "md")
    assert len(out.splitlines()) == 60


def test_unrelated_truncated_and_binary_files_do_not_stop_the_others(capsys, tmp_path):
    (tmp_path / "news.html").write_text(
        "<html><body><p>今天天气晴朗。</p></body></html>", "utf-8"
    )
    (tmp_path / "binary.html").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "span.html").write_text(
        "<html><body><p>2022年政府信息公开年报 公开</p><table><tr><td>规章</td>"
        '<td colspan="100000000">7</td></tr></table></body></html>',
        "utf-8",
    )
    half = (SAMPLES / "chenglan_city_2022.html").read_bytes()
    (tmp_path / "half.html").write_bytes(half[: len(half) // 2])
    names = ["news.html", "binary.html", "missing.html", "span.html", "half.html"]
    code, out, err = run(capsys, "parse", "--jsonl", *(tmp_path / n for n in names))
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert [a["error"] is None for a in answers] == [False, False, False, True, True]
    assert len(err.strip().splitlines()) == 3
    assert "Traceback" not in out + err
    assert all(f["value"] is None or f["value"] == 7 for f in answers[3]["facts"])


def test_wrong_usage_ends_with_2(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["parse"])
    assert caught.value.code == 2
    capsys.readouterr()


def test_help_needs_neither_pandas_nor_matplotlib():
    code = (
        "import sys; from gi_tools.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'pandas', 'matplotlib', 'numpy', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_page_whose_report_is_an_attachment_names_the_link(capsys, tmp_path):
    link = '<a href="P1.pdf">2023年{}年度报告.pdf</a>'
    page, other = tmp_path / "page.html", tmp_path / "other.html"
    title = "<h1>某某局2023年政府信息公开工作年度报告</h1>"
    page.write_text(title + link.format("政府信息公开"), "utf-8")
    other.write_text("<h1>通知</h1>" + link.format(""), "utf-8")
    code, out, err = run(capsys, "parse", page, other)
    name = "the report may be in the attachment 2023年{}年度报告.pdf (P1.pdf); fetch"
    assert code == 1
    assert f"  note: {name.format('政府信息公开')}" in out
    assert f"other.html: no annual report on disclosure in it; {name.format('')}" in err
    _, out, _ = run(capsys, "parse", "--jsonl", page)
    (note,) = json.loads(out)["notes"]
    assert note.startswith(name.format("政府信息公开"))
