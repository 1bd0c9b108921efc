"""The knowledge files: counts, labels, identities, and errors that name the place."""

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from gi_tools import codebook
from gi_tools.codebook import label_key
from gi_tools.errors import CodebookError

FORMS = ("2014", "2019", "2021", "dingxi", "shanghai")

# A city's figures for 2025, table 3 of the 2021 form: the rows in printed order, the
# columns natural person, company, research, ngo, legal services, other, total.
TABLE3 = """
requests.new                          13612 252 0 45 128 32 14069
requests.carried_in                     535   6 0  1  18  0   560
outcomes.granted                       5345 129 0 41  19 14  5548
outcomes.partial                       2120  39 0  1   6  2  2168
outcomes.refused.state_secret            13   0 0  0   0  0    13
outcomes.refused.other_law               30   0 0  0   0  0    30
outcomes.refused.security                11   0 0  0   0  0    11
outcomes.refused.third_party             49   2 0  0   0  0    51
outcomes.refused.internal_affairs       103   1 0  0   0  0   104
outcomes.refused.deliberative            84   1 0  0   0  0    85
outcomes.refused.enforcement_file       282   4 0  0   0  0   286
outcomes.refused.administrative_query   147   0 0  0   1  2   150
outcomes.unavailable.not_held          3075  50 0  0  89  8  3222
outcomes.unavailable.to_be_created      177   3 0  0   0  0   180
outcomes.unavailable.still_unclear       19   0 0  0   0  0    19
outcomes.not_processed.petition         199   1 0  0   3  0   203
outcomes.not_processed.repeated         147   1 0  0   0  0   148
outcomes.not_processed.publication        0   0 0  0   0  0     0
outcomes.not_processed.excessive        100   1 0  0   0  0   101
outcomes.not_processed.confirmation       5   0 0  0   0  0     5
outcomes.other.not_corrected            315   3 0  0   0  0   318
outcomes.other.fee_unpaid               202   0 0  1   0  0   203
outcomes.other.rest                     941  17 0  1   3  3   965
outcomes.total                        13364 252 0 44 121 29 13810
requests.carried_out                    783   6 0  2  25  3   819
"""
TABLE4 = """
review                  376 97 196 121 790
litigation.direct        16  1  12  27  56
litigation.after_review  74  1  30  51 156
"""
RESULTS = ("upheld", "corrected", "other", "pending", "total")


@pytest.fixture
def figures():
    cells = {}
    for line in TABLE3.strip().splitlines():
        code, *numbers = line.split()
        for applicant, number in zip(codebook.applicants(), numbers, strict=True):
            cells[code, applicant] = int(number)
    for line in TABLE4.strip().splitlines():
        block, *numbers = line.split()
        for result, number in zip(RESULTS, numbers, strict=True):
            cells[f"{block}.{result}", None] = int(number)
    return cells


@pytest.fixture
def folder(tmp_path):
    """A copy of the knowledge files that a test may break."""
    with_files = tmp_path / "codebooks"
    shutil.copytree(Path(str(files("gi_tools") / "codebooks")), with_files)
    return with_files


def every_row():
    for key, form in codebook.forms().items():
        for table in form.tables:
            for row in table.rows:
                yield key, table, row


def add_up(terms, figures):
    return sum(term.sign * figures[term.indicator, term.applicant] for term in terms)


# The forms.


@pytest.mark.parametrize(
    ("key", "tables"),
    [
        ("2014", {"annex": (65, 7, 58)}),
        ("2019", {"table2": (8, 0, 22), "table3": (27, 4, 161), "table4": (1, 0, 15)}),
        ("2021", {"table2": (6, 0, 10), "table3": (30, 5, 175), "table4": (1, 0, 15)}),
        ("dingxi", {"annex": (35, 0, 70)}),
        ("shanghai", {"annex": (54, 0, 108)}),
    ],
)
def test_every_table_has_its_rows_headings_and_cells(key, tables):
    counted = {
        table.name: (
            len(table.rows),
            sum(not row.targets for row in table.rows),
            sum(len(row.targets) for row in table.rows),
        )
        for table in codebook.forms()[key].tables
    }
    assert counted == tables


def test_forms_say_when_and_by_what_decree_they_hold():
    assert tuple(codebook.forms()) == FORMS
    facts = {key: form[:2] + form[4:7] for key, form in codebook.forms().items()}
    assert facts == {
        "2014": ("2014", "national", "国办发〔2014〕32号", 2014, 2018),
        "2019": ("2019", "national", "国办公开办函〔2019〕60号", 2019, 2020),
        "2021": ("2021", "national", "国办公开办函〔2021〕30号", 2021, None),
        "dingxi": ("pre2014", "dingxi", "", 2008, 2013),
        "shanghai": (
            "pre2014",
            "shanghai",
            "《上海市政府信息公开规定》",
            2004,
            2013,
        ),
    }
    parts = {key: len(form.headings) for key, form in codebook.forms().items()}
    assert parts == {"2014": 9, "2019": 6, "2021": 6, "dingxi": 0, "shanghai": 0}


def test_printed_rows_of_the_2014_form():
    rows = codebook.forms()["2014"].tables[0].rows
    assert [row.label for row in rows if not row.targets] == [
        "主动公开情况",
        "通过不同渠道和方式公开政府信息的情况",
        "回应解读情况",
        "通过不同渠道和方式回应解读的情况",
        "依申请公开情况",
        "机构建设和保障经费情况",
        "政府信息公开会议和培训情况",
    ]
    first, of_which = rows[1], rows[2]
    assert (first.number, first.label) == ("（一）", "主动公开政府信息数")
    assert first.note == "不同渠道和方式公开相同信息计1条"
    assert (of_which.number, of_which.group) == ("", "主动公开政府信息数")
    corrected = [row for row in rows if row.label == "被依法纠错数"]
    assert [row.group for row in corrected] == ["行政复议数量", "行政诉讼数量"]
    assert [row.targets[0].indicator for row in corrected] == [
        "review.corrected",
        "litigation.corrected",
    ]
    assert not any(row.article for row in rows)


def test_table_3_columns_are_the_applicants_in_printed_order():
    assert list(codebook.applicants()) == [
        "natural_person",
        "company",
        "research",
        "ngo",
        "legal_services",
        "other",
        "total",
    ]
    for key in ("2019", "2021"):
        table = codebook.forms()[key].tables[1]
        (columns,) = table.columns.values()
        labels = [one.label_zh for one in codebook.applicants().values()]
        assert [column.label for column in columns] == labels
        assert [len(column.path) for column in columns] == [0, 1, 1, 1, 1, 1, 0]
        for row in table.rows:
            people = [target.applicant for target in row.targets]
            assert people in ([], list(codebook.applicants()))


def test_table_4_is_one_row_of_fifteen_paths():
    for key in ("2019", "2021"):
        table = codebook.forms()[key].tables[2]
        (columns,) = table.columns.values()
        (row,) = table.rows
        assert (table.layout, row.label) == ("columns", "")
        for column, target in zip(columns, row.targets, strict=True):
            one = codebook.indicators()[key, target.indicator]
            assert " / ".join((*column.path, column.label)) == one.label_zh


def test_table_2_rows_take_the_columns_of_their_article():
    table = codebook.forms()["2021"].tables[0]
    assert {row.label: row.columns for row in table.rows} == {
        "规章": "第二十条第（一）项",
        "行政规范性文件": "第二十条第（一）项",
        "行政许可": "第二十条第（五）项",
        "行政处罚": "第二十条第（六）项",
        "行政强制": "第二十条第（六）项",
        "行政事业性收费": "第二十条第（八）项",
    }
    assert [len(columns) for columns in table.columns.values()] == [3, 1, 1, 1]
    assert set(table.columns) < set(table.furniture)


def test_before_2014_the_second_column_is_cumulative():
    for key, count in (("shanghai", 54), ("dingxi", 35)):
        codes = [target.indicator for target in codebook.forms()[key].targets]
        plain = [f"{key}.{number:02}" for number in range(1, count + 1)]
        assert codes[::2] == plain
        assert codes[1::2] == [f"{code}.cumulative" for code in plain]
        period, total = codebook.forms()[key].tables[0].columns["periods"]
        assert "年度" in period.variants
        assert "历年累计" in total.variants


# Indicators against forms.


def test_indicators_and_value_cells_agree_both_ways():
    for key, form in codebook.forms().items():
        listed = [
            one for (form, _), one in codebook.indicators().items() if form == key
        ]
        printed = dict.fromkeys(target.indicator for target in form.targets)
        assert {one.code for one in listed} == set(printed)
        for table in form.tables:
            codes = [t.indicator for row in table.rows for t in row.targets]
            ordered = sorted(
                (one for one in listed if one.table == table.name),
                key=lambda one: one.order,
            )
            assert [one.code for one in ordered] == list(dict.fromkeys(codes))


def test_indicators_count_units_and_english_labels():
    counts = {key: 0 for key in FORMS}
    for (key, _), one in codebook.indicators().items():
        counts[key] += 1
        assert one.label_en.isascii()
        assert one.unit in {
            "条",
            "件",
            "次",
            "篇",
            "万元",
            "元",
            "个",
            "人",
            "人次",
            "项",
        }
    assert counts == {"2014": 58, "2019": 60, "2021": 50, "dingxi": 70, "shanghai": 108}
    for key in FORMS:
        english = [
            o.label_en for (form, _), o in codebook.indicators().items() if form == key
        ]
        assert len(english) == len(set(english))
    money = {
        code for (key, code), one in codebook.indicators().items() if one.unit == "万元"
    }
    assert money == {
        "fees.charged",
        "capacity.budget",
        "procurement.amount",
        "charges.amount",
        *(f"shanghai.{n}{end}" for n in (52, 53, 54) for end in ("", ".cumulative")),
    }


def test_articles_are_given_only_where_confirmed():
    given = {row.label: row.article for key, _, row in every_row() if key == "2021"}
    assert given["本年新收政府信息公开申请数量"] == "国令711 第27条"
    assert given["予以公开"] == "国令711 第36条(1)(2)"
    assert given["行政许可"] == "国令711 第20条(5)"
    assert given["结转下年度继续办理"] == "国令711 第33条"
    for label in ("上年结转政府信息公开申请数量", "其他", "总计", ""):
        assert given[label] == ""
    for key, _, row in every_row():
        assert not row.article or key in ("2019", "2021")


# Labels.


@pytest.mark.parametrize(
    ("printed", "key"),
    [
        (
            "（一）主动公开政府信息数\n（不同渠道和方式公开相同信息计1条）",
            "主动公开政府信息数",
        ),
        ("    其中：主动公开规范性文件数", "主动公开规范性文件数"),
        ("其中:1.当面申请数", "当面申请数"),
        ("３．危及「三安全一稳定」", "危及三安全一稳定"),
        ('3、危及"三安全一稳定"', "危及三安全一稳定"),
        ("(1) “国家秘密”数", "国家秘密数"),
        ("①属于国家秘密", "属于国家秘密"),
        ("三、（一）予以公开", "予以公开"),
        ("（二）部分公开（区分处理的，只计这一情", "部分公开"),
        ("本年新\n製作數量", "本年新制作数量"),
        ("本年收费金额(单位:万元)", "本年收费金额"),
        ("本年增/减(指2020年增减的事项数,减用负值表示,如-8)", "本年增减"),
        ("第二十條 第(一)項", "第二十条第一项"),
        ("第二十条第（五）项", "第二十条第五项"),
        ("2.复制费（光盘）", "复制费光盘"),
        ("6.其它形式申请数", "其他形式申请数"),
        ("统　计　指　标", "统计指标"),
        ("（本列数据的勾稽关系为：第一项）", "本列数据的勾稽关系为第一项"),
        ("三类内部事务信息", "三类内部事务信息"),
        ("2017", "2017"),
        ("12.5", "125"),
        ("——", ""),
        ("", ""),
    ],
)
def test_label_key(printed, key):
    assert label_key(printed) == key


def test_labels_within_a_table_and_group_are_unique():
    seen = {}
    for key, table, row in every_row():
        for label in (row.label, *row.variants):
            where = (key, table.name, label_key(row.group), label_key(label))
            assert where not in seen, (row, seen[where])
            seen[where] = row
    assert len(seen) > 500


def test_no_variant_differs_only_in_what_matching_folds():
    groups = [(row.label, *row.variants) for _, _, row in every_row()]
    for _, table, _ in every_row():
        for columns in table.columns.values():
            groups += [(column.label, *column.variants) for column in columns]
    for labels in groups:
        keys = [label_key(label) for label in labels]
        assert len(keys) == len(set(keys)), labels


def find_codes(key, label, group=""):
    """The codes of the rows with this printed label, under this heading if given."""
    return [
        row.targets[0].indicator
        for form, _, row in every_row()
        if form == key
        and label_key(label) in map(label_key, (row.label, *row.variants))
        and label_key(group) in ("", label_key(row.group))
    ]


@pytest.mark.parametrize(
    ("key", "label", "code"),
    [
        ("2014", "1.当面申请", "requests.in_person"),
        ("2014", "（三）申请答复总数", "replies.total"),
        (
            "2014",
            "不是《条例》所指政府信息数",
            "replies.refused.not_government_information",
        ),
        ("2019", "行政规范性文件", "normative.made"),
        ("2021", "规范性文件", "normative.made"),
        ("2021", "5．内部事务信息", "outcomes.refused.internal_affairs"),
        ("2021", "2、重复申请", "outcomes.not_processed.repeated"),
        ("2021", "四、結轉下年度繼續辦理", "requests.carried_out"),
        ("2019", "（六）其他处理", "outcomes.other"),
        ("shanghai", "收取费用总数数", "shanghai.37"),
        ("dingxi", "（5）“免予公开范围1”数", "dingxi.25"),
    ],
)
def test_printed_labels_find_their_indicator(key, label, code):
    assert find_codes(key, label) == [code]


def test_a_group_tells_equal_labels_apart():
    assert find_codes("2014", "（二）被依法纠错的数量", "五、行政诉讼数量") == [
        "litigation.corrected"
    ]
    assert find_codes("shanghai", "邮寄费", "依申请提供信息收取费用") == ["shanghai.45"]


# Rules.


def test_every_rule_term_is_a_value_cell_of_its_form():
    for key, form in codebook.forms().items():
        cells = {target[:2] for target in form.targets}
        for rule in codebook.rules(key):
            assert rule.form == key and rule.id.startswith(f"{key}.")
            assert rule.kind in codebook.RULE_KINDS
            assert {term[:2] for term in rule.left + rule.right} <= cells
            assert rule.message_zh and rule.message_en
            assert "{" not in rule.message_zh + rule.message_en + rule.source


def count_letters(key):
    counts = {}
    for rule in codebook.rules(key):
        letter = rule.id.split(".")[1]
        counts[letter] = counts.get(letter, 0) + 1
    return counts


def test_rules_of_each_form():
    assert [rule.id for rule in codebook.rules("2014")] == [
        *(f"2014.E{n}" for n in range(1, 8)),
        *(f"2014.{n}" for n in ("I1a", "I1b", "I1c", "I2", "I3", "S1", "S2")),
    ]
    assert count_letters("2019") == {"A": 7, "B": 7, "C": 23, "D": 3, "E": 7}
    assert count_letters("2021") == {"A": 7, "B": 7, "C": 25, "D": 3, "E": 7, "F": 2}
    assert len(codebook.rules("shanghai")) == 20
    assert len(codebook.rules("dingxi")) == 6
    ids = {rule.id for key in FORMS for rule in codebook.rules(key)}
    assert ids > {
        "2019.A.natural_person",
        "2019.B.total",
        "2019.C.requests.new",
        "2019.D.review",
        "2021.D.litigation.after_review",
        "2019.E.total",
        "2021.F.rules",
        "2021.F.normative",
        "shanghai.E2.cumulative",
    }


def test_only_the_printed_identity_is_official():
    for key in FORMS:
        for rule in codebook.rules(key):
            printed = rule.id.split(".")[1] == "A"
            assert (rule.basis == "official") == printed
            assert rule.source.startswith("国办公开办函〔20") or not printed


def test_severity_follows_the_basis_except_where_the_entry_says_so():
    other = {
        rule.id: rule.severity
        for key in FORMS
        for rule in codebook.rules(key)
        if rule.severity != codebook.SEVERITIES[rule.basis] and ".E." not in rule.id
    }
    assert other == {"2014.E5": "warning", "2014.E6": "warning"}
    soft = {
        rule.id for key in FORMS for rule in codebook.rules(key) if rule.basis == "soft"
    }
    assert soft == {
        "2014.I3",
        "2014.S1",
        "2014.S2",
        "2021.F.rules",
        "2021.F.normative",
        "shanghai.I1",
        "shanghai.I1.cumulative",
    }


def test_all_42_identities_hold_on_a_real_report(figures):
    assert len(figures) == 190
    single = [rule for rule in codebook.rules("2021") if rule.kind == "equal"]
    assert len(single) == 42
    for rule in single:
        assert add_up(rule.left, figures) == add_up(rule.right, figures), rule.id


def test_one_wrong_cell_breaks_the_identities_it_is_in(figures):
    figures["outcomes.granted", "company"] += 1
    failed = {
        rule.id
        for rule in codebook.rules("2021")
        if rule.kind == "equal"
        and add_up(rule.left, figures) != add_up(rule.right, figures)
    }
    assert failed == {"2021.B.company", "2021.C.outcomes.granted"}


def test_the_2019_form_has_40_identities_that_use_every_cell():
    single = [rule for rule in codebook.rules("2019") if rule.kind == "equal"]
    assert len(single) == 40
    used = {term[:2] for rule in single for term in rule.left + rule.right}
    form = codebook.forms()["2019"]
    assert used == {target[:2] for target in form.targets[22:]}


def test_sums_agree_with_the_parts_that_indicators_name():
    for key in ("2014", "shanghai", "dingxi"):
        parts = {}
        for (form, code), one in codebook.indicators().items():
            if form == key and one.relation == "part":
                parts.setdefault(one.parent, []).append(code)
        sums = {
            rule.left[0].indicator: [term.indicator for term in rule.right]
            for rule in codebook.rules(key)
            if rule.kind == "equal" and rule.basis == "structure"
        }
        assert sums == parts


def test_rules_over_two_reports_look_back_one_year():
    carry = [rule for rule in codebook.rules("2021") if rule.kind == "carry"]
    assert all(term.previous for rule in carry for term in rule.left)
    assert not any(term.previous for rule in carry for term in rule.right)
    (stock, _) = (rule for rule in codebook.rules("2021") if rule.kind == "stock")
    assert stock.left == (codebook.Term("rules.in_force"),)
    assert stock.right == (
        codebook.Term("rules.in_force", previous=True),
        codebook.Term("rules.made"),
        codebook.Term("rules.repealed", sign=-1),
    )


# The list for readers.


def test_entries_are_one_record_per_value_cell():
    assert len(codebook.entries()) == 58 + 198 + 200 + 70 + 108
    (record,) = (
        record
        for record in codebook.entries("2021")
        if (record["indicator"], record["applicant"]) == ("outcomes.granted", "total")
    )
    assert record == {
        "form": "2021",
        "family": "national",
        "table": "table3",
        "indicator": "outcomes.granted",
        "applicant": "total",
        "label_zh": "（一）予以公开",
        "label_en": "granted",
        "unit": "件",
        "article": "国令711 第36条(1)(2)",
        "rules": "2021.B.total 2021.C.outcomes.granted",
    }


# Broken knowledge files.


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("applicants.csv", "research,", "company,", "line 4: 'company' is there twice"),
        (
            "indicators.csv",
            "2014,annex,2,disclosure.normative",
            "2014,annex,2,disclosure.total",
            "indicators.csv, line 3: ('2014', 'disclosure.total') is there twice",
        ),
        (
            "indicators.csv",
            "条,disclosure.total,of",
            "条,disclosure.sum,of",
            "unknown parent ('2014', 'disclosure.sum')",
        ),
        (
            "indicators.csv",
            "2014,annex,1,",
            "2014,annex,first,",
            "indicators.csv, line 2: 'order' is missing",
        ),
        (
            "forms/2014.toml",
            'code = "requests.fax"',
            'code = "requests.telefax"',
            "forms/2014.toml, table annex, row 2.传真申请数: unknown indicator",
        ),
        (
            "forms/2014.toml",
            'label = "传真申请数"',
            'label = "当面申请数"',
            "row 2.当面申请数: ('收到申请数', '当面申请数') is there twice",
        ),
        (
            "forms/2014.toml",
            'group = "收到申请数"',
            'group = "收到申请"',
            "unknown group '收到申请'",
        ),
        ("forms/2014.toml", ', code = "requests.fax"', "", "requests.fax has no row"),
        ("forms/2014.toml", "first_year = 2014", "", "'first_year' is missing"),
        ("forms/2014.toml", "first_year", "frist_year", "'first_year' is missing"),
        ("forms/2014.toml", "last_year", "lats_year", "unknown key 'lats_year'"),
        ("forms/2014.toml", '"rows"', '"lines"', "unknown layout 'lines'"),
        ("forms/2014.toml", "rows = [", "rows = [[", "2014.toml: "),
        ("forms/2021.toml", '"总计", variants', '"总计", variant', "key 'variant'"),
        ("forms/2021.toml", '"rules.repealed", ', "", "2 codes for 3 columns"),
        ("forms/2021.toml", '"company"', '"firm"', "unknown applicant 'firm'"),
        (
            "forms/2021.toml",
            'codes = ["coercion.decisions"]',
            'codes = ["penalties.decisions"]',
            "('penalties.decisions', None) is there twice",
        ),
        ("rules.toml", 'kind = "cover"', 'kind = "expr"', "I2: unknown kind 'expr'"),
        ("rules.toml", 'id = "E2"', 'id = "E1"', "'2014.E1' is there twice"),
        ("rules.toml", '"requests.fax", ', '"fax", ', "E1: unknown value cell"),
        ("rules.toml", 'basis = "derived"', "", "I2: unknown basis None"),
        ("rules.toml", 'each = "row"', 'each = "line"', "C: unknown each 'line'"),
        ("rules.toml", 'forms = ["2014"]', 'forms = ["2013"]', "unknown form '2013'"),
        ("rules.toml", 'left = ["requests.received"]', "", "value cell on the left"),
        ("rules.toml", "message_zh", "message", "E1: 'message_zh' is missing"),
        ("rules.toml", "sign = -1", "factor = -1", "unknown key 'factor'"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_and_the_place_named(folder, file, old, new, message):
    path = folder / file
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), "utf-8")
    with pytest.raises(CodebookError) as caught:
        codebook.load_codebook(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_form_is_refused_with_the_known_ones():
    with pytest.raises(CodebookError, match="unknown form '2016'; use one of '2014'"):
        codebook.rules("2016")
    with pytest.raises(CodebookError, match="unknown form '2016'"):
        codebook.entries("2016")


def test_a_copied_folder_loads_equal(folder):
    book = codebook.load_codebook(folder)
    assert book.forms == codebook.forms()
    assert book.rules["2021"] == codebook.rules("2021")
