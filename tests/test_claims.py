"""Figures stated in prose: what they count, where they stand, what is no count."""

import csv
import json
import re
import time
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from time import process_time

import pytest

import gi_tools as gi
from gi_tools.claims import read_claims
from gi_tools.documents import Block, Document, Paragraph, Source, Span, Spot
from gi_tools.errors import CodebookError
from gi_tools.instruments import read_duties, read_instruments, read_problems
from gi_tools.openings import find_heads
from gi_tools.phrases import Rule, _verify, phrasebook
from gi_tools.prose import Prose

CASES = Path(__file__).parent / "cases" / "claims.csv"
REAL = Path(__file__).parents[2] / "shared" / "real"
ROWS = list(csv.DictReader(CASES.read_text("utf-8").splitlines()))

REPORT = """\
河口镇2022年政府信息公开工作年度报告
一、总体情况
（一）主动公开。全年主动公开政府信息286条，其中工作动态120条，通知公告
166条；在微信公众号发布信息98条。
（二）依申请公开。收到申请 3 件，均按时答复，上年结转1件，转下一
年度继续办理的政府信息公开申请有 2
件。
二、行政复议和行政诉讼
没有发生。
"""


def read_text(text, form="2021", taken=()):
    return read_claims(gi.read(text.encode(), name="case.txt"), form, taken)


def codes_of(claims):
    return [(c.indicator, c.value) for c in claims if c.indicator]


def is_like(claim, words):
    """Whether a claim is what ``other`` says: part 41条, ~150条, share 5% of 总数."""
    value = "?" if claim.value is None else f"{claim.value:g}"
    if words.startswith("~"):
        return claim.approximate and words[1:] == value + claim.unit
    kind, _, rest = words.partition(" ")
    figure, _, of = rest.partition(" of ")
    if kind == "part" and claim.parent is None:
        return False
    same = kind == "part" or claim.kind == kind
    return same and figure == value + claim.unit and of in ("", claim.denominator)


def make_line(text):
    """A document of one line."""
    source = Source("line.txt", "text", len(text), "0" * 64)
    return Document(source, text, (Paragraph(text, Span(0, len(text))),))


def test_there_are_many_cases():
    assert len(ROWS) >= 150
    assert len({(r["form"], r["heading"], r["text"]) for r in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:40] for row in ROWS])
def test_case(row):
    heading = f"{row['heading']}\n" if row["heading"] else ""
    claims = read_text(heading + row["text"], row["form"])
    pairs = (pair.split("=") for pair in row["coded"].split("; ") if pair)
    wanted = sorted((code, float(value)) for code, value in pairs)
    got = {(c, float(value)) for c, value in codes_of(claims) if value is not None}
    assert sorted(got) == wanted
    for words in filter(None, row["other"].split("; ")):
        assert any(is_like(claim, words) for claim in claims), words


def test_every_place_gives_back_the_raw_words():
    document = gi.read(REPORT.encode(), name="report.txt")
    claims = read_claims(document, "2021")
    assert [c.raw for c in claims] == [
        *("286条", "120条", "166条", "98条", "3 件", "1件", "2\n件"),
        *("没有发生", "没有发生"),
    ]
    for claim in claims:
        assert isinstance(claim.place, Span)
        assert document.slice(document.locate(claim.place)) == claim.raw


def test_a_sentence_goes_on_over_broken_lines():
    claims = read_text(REPORT)
    assert codes_of(claims) == [
        ("disclosure.total", 286),
        ("disclosure.wechat", 98),
        ("requests.new", 3),
        ("requests.carried_in", 1),
        ("requests.carried_out", 2),
        ("review.total", 0),
        ("litigation.total", 0),
    ]
    assert [c.parent for c in claims[:4]] == [None, 0, 0, None]


def test_places_survive_noise_and_script():
    text = "主動(dòng)公開 政府資訊 ２ ０ 條；收到申請(qǐng) 5 件，行政複議(yì)０件。"
    document = gi.read(text.encode(), name="mirror.txt")
    claims = read_claims(document, "2021")
    assert [c.raw for c in claims] == ["２ ０ 條", "5 件", "０件"]
    assert [c.value for c in claims] == [None, 5, 0]
    assert all(document.slice(document.locate(c.place)) == c.raw for c in claims)


def test_codes_follow_the_form():
    text = "收到申请9件，同意公开5件，部分公开1件，信息不存在2件。"
    assert codes_of(read_text(text, "2014")) == [
        ("requests.received", 9),
        ("replies.granted", 5),
        ("replies.partial", 1),
        ("replies.not_existing", 2),
    ]
    assert codes_of(read_text(text, "2021")) == [
        ("requests.new", 9),
        ("outcomes.granted", 5),
        ("outcomes.partial", 1),
        ("outcomes.unavailable.not_held", 2),
    ]
    assert codes_of(read_text(text, "shanghai"))[0] == ("requests.received", 9)


@pytest.mark.parametrize(
    ("year", "code"),
    [
        ("2012", "requests.received"),
        ("2016", "requests.received"),
        ("2019", "requests.new"),
        ("2023", "requests.new"),
    ],
)
def test_without_a_form_the_year_tells(year, code):
    assert codes_of(read_text(f"{year}年收到申请9件。", None)) == [(code, 9)]


def test_money_comes_in_the_unit_of_the_codebook():
    claim, other = read_text("收取费用350元，收取信息处理费400元。", "2014")
    assert (claim.indicator, claim.value, claim.unit) == ("fees.charged", 0.035, "万元")
    assert (other.indicator, other.value, other.unit) == (None, 400, "元")


def test_words_of_none_are_kept():
    claim, *rest = read_text("全年未收到政府信息公开申请，也没有收费。")
    assert (claim.value, claim.kind, claim.raw) == (0, "none", "未收到政府信息公开申请")
    assert [(c.indicator, c.raw) for c in rest] == [("fees.charged", "没有收费")]


def test_a_heading_speaks_only_to_the_sentence_behind_it():
    heading = "四、行政复议、行政诉讼情况\n"
    assert len(codes_of(read_text(f"{heading}无。"))) == 2
    assert codes_of(read_text(f"{heading}加强学习。\n无。")) == []


def test_tables_are_not_read():
    text = "收到申请数 9 件\n（不同渠道和方式公开相同信息计1条）\n收到申请2件。\n"
    text += "| 申请 9 件 | 条 | 947 |"
    taken = [Span(0, 5)]
    assert codes_of(read_text(text, "2014", taken)) == [("requests.received", 2)]
    lines = "主动公开政府信息数\n条\n947\n（一）收到申请数\n件\n2"
    assert read_text(lines, "2014") == ()


def test_web_pages_give_paragraphs_and_cells():
    row = "<tr><td>一、总体情况</td><td>" + "我镇按照条例要求推进公开工作。" * 3
    page = f"<p>收到申请3件。</p><table>{row}未收到举报。</td></tr></table>"
    document = gi.read(f"<html><body>{page}</body></html>".encode(), name="page.html")
    first, second = read_claims(document, "2021")
    assert (first.place, first.raw) == (Block(1), "3件")
    assert (second.place, second.raw) == (Spot(1, 1, 2), "未收到举报")


@pytest.mark.parametrize(
    "seed", ["1，", "收到申请1件", "无1，", "公开信息共计计x1件，", "（"]
)
def test_an_endless_line_takes_linear_time(seed):
    times = []
    for size in (1_000_000, 5_000_000):
        document = make_line((seed * (size // len(seed) + 1))[:size])
        start = time.perf_counter()
        read_claims(document, "2021")
        times.append(time.perf_counter() - start)
    assert times[1] < 15 * times[0] + 1
    assert times[1] < 60


def test_a_cut_never_splits_a_number():
    text = "公开" * 398 + "收到申请123456789件"
    assert {c.value for c in read_claims(make_line(text), "2021")} <= {123456789}


def test_phrases_are_found_as_if_each_were_tried_everywhere():
    words = phrasebook().openings._words
    book = [(name, re.compile(word)) for name, word in words]
    for row in ROWS[::7]:
        text, at, slow = row["text"], 0, []
        while at < len(text):
            tries = ((name, pattern.match(text, at)) for name, pattern in book)
            name, found = next((t for t in tries if t[1]), ("", None))
            slow += [(name, at, found.end())] if found else []
            at = found.end() if found else at + 1
        fast = phrasebook().openings.find(text, 0, len(text))
        assert [(p.name, p.start, p.end) for p in fast] == slow


def test_heads_of_a_pattern():
    assert find_heads("(?:被)?诉讼(?!费)") == {"被诉", "诉讼"}
    assert find_heads("各(?:类){0,2}") == {"各", "各类"}
    assert find_heads("[上去]年|(?<=的)结转") == {"上年", "去年", "结转"}


def test_a_rule_of_unknown_phrases_is_refused():
    with pytest.raises(CodebookError, match="nowhere"):
        _verify(["active"], {}, [Rule("sited", 1, last=frozenset({"nowhere"}))])


def test_instruments_are_cited_by_name_and_number():
    text = (
        "依据《中华人民共和国政府信息公开条例》（国务院令第711号，以下简称《条例》）、"
        "《关于做好年报的通知》(河政办〔2022〕7号)和河府发〔2021〕3号文件，参照《江城日报》。\n"
        "河政〔2023〕1号\n"
    )
    document = gi.read(text.encode(), name="case.txt")
    found = read_instruments(Prose(document))
    assert [(i.name, i.number) for i in found] == [
        ("中华人民共和国政府信息公开条例", "国务院令第711号"),
        ("关于做好年报的通知", "河政办〔2022〕7号"),
        (None, "河府发〔2021〕3号"),
    ]
    assert all(document.slice(document.locate(i.place)) == i.raw for i in found)


@pytest.mark.parametrize(
    ("text", "kind", "date", "instrument", "raw"),
    [
        ("《信息公开条例》自2019年5月15日起施行", "in_force", "2019-05-15",
         "信息公开条例", "2019年5月15日起施行"),
        ("每年３月 31 日前向社会公布上一年度报告", "deadline", "--03-31",
         None, "每年３月 31 日前向社会公布"),
        ("应于2022年1月31日前报送年报", "deadline", "2022-01-31",
         None, "2022年1月31日前报送"),
        ("《江城办法》有效期至2025年12月31日", "ended", "2025-12-31",
         "江城办法", "有效期至2025年12月31日"),
        ("《旧办法》于2020年6月30日起廢止", "ended", "2020-06-30",
         "旧办法", "2020年6月30日起廢止"),
    ],
)  # fmt: skip
def test_duty_dates_stand_beside_their_instrument(text, kind, date, instrument, raw):
    document = gi.read(f"{text}。\n".encode(), name="case.txt")
    (duty,) = read_duties(Prose(document))
    assert duty[:3] == (kind, date, instrument)
    assert document.slice(document.locate(duty.place)) == duty.raw
    assert raw in duty.raw


def test_many_names_before_many_duties_are_read_in_one_go():
    text = "《江城办法》" * 20_000 + "2020年3月31日前完成" * 600
    prose = Prose(gi.read(f"{text}。\n".encode(), name="case.txt"))
    start = process_time()
    duties = read_duties(prose)
    assert process_time() - start < 5  # took minutes when each looked anew
    assert {duty.instrument for duty in duties} == {"江城办法"}


@pytest.mark.parametrize(
    "text",
    [
        "统计期限自2017年1月1日起至2017年12月31日止",
        "2020年2月30日起施行",  # no such day
        "2009年1月1日《条例》实施之日起",
        "2022年1月10日公布了年报",
    ],
)
def test_other_dates_are_no_duties(text):
    assert read_duties(Prose(gi.read(f"{text}。".encode(), name="case.txt"))) == ()


def test_problems_and_measures_are_told_apart():
    text = (
        "五、存在的主要问题及改进情况\n（一）主要问题\n一是公开不及时；二是人员不足。\n"
        "（二）改进情况\n1.加强培训。\n2.增配人员。\n六、其他\n一是无关。\n"
    )
    document = gi.read(text.encode(), name="case.txt")
    found = read_problems(Prose(document))
    assert [(p.kind, p.number, p.text) for p in found] == [
        ("problem", "一", "公开不及时"),
        ("problem", "二", "人员不足"),
        ("measure", "1", "加强培训"),
        ("measure", "2", "增配人员"),
    ]
    assert all(document.slice(document.locate(p.place)) == p.text for p in found)


@pytest.mark.skipif(not REAL.is_dir(), reason="the labelled reports are not here")
def test_labelled_reports():
    spec = spec_from_file_location("score", REAL.parent / "score.py")
    score = module_from_spec(spec)
    spec.loader.exec_module(score)
    tally, notes = score.Counter(), score.defaultdict(list)
    for path in sorted(REAL.glob("*.truth.json")):
        truth = json.loads(path.read_text("utf-8"))
        document = gi.read(path.parent / truth["file"])
        report = gi.parse(document)
        places = [f.place for f in (*report.figures, *report.unmatched) if f.place]
        facts = [
            {"indicator": claim.indicator, "value": claim.value, "origin": "prose"}
            for claim in read_claims(document, report.form_key, places)
        ]
        truth = {"name": truth["name"], "claims": truth["claims"], "cells": []}
        score.score(truth, {"facts": facts}, tally, notes)
    for what, need in (("claims found", 0.95), ("claims right", 0.97)):
        assert tally[what, "ok"] >= need * tally[what, "n"], notes[what]
