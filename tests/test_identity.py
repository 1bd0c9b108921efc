"""Who reports, on which year and how to reach them, from texts whole and damaged."""

import json
import random
import re
import time
import unicodedata
from pathlib import Path

import pytest

from gi_tools.dates import find_period
from gi_tools.documents import Cell, Document, Grid, Source
from gi_tools.identity import identify
from gi_tools.pages import fold_lines
from gi_tools.readers import read
from gi_tools.text import simplify

REAL = Path(__file__).parents[2] / "shared" / "real"
BODY = "\n一、概述\n工作正常开展。\n二、主动公开情况\n公开信息12条。\n"


def look(text):
    return identify(read(text.encode(), name="case.txt"))


def with_title(title):
    return look(f"{title}\n依照条例编写本报告。{BODY}")


def with_period(words):
    return look(f"某报告\n{words}{BODY}")


WHOLE = f"""首页 > 政府信息公开 > 年报
平阳县科学技术局2018年政府信息公开工作年度报告
发布时间：2019-01-15 09:30　来源：县科技局　浏览次数：12
　　依照条例（国务院令第492号，2008年5月1日起施行）编写，比2017年多一个部分。所列数据的\
统计期限自2018年1月1日起至2018年12月31日止。疑问请与平阳县科学技术局办公室联系\
（地址：平阳县昆阳镇人民路（县府大院）2号楼；邮编：325400；电话：0577—63720000；\
传真：（0577）63720001；电子邮箱：kjj@pyx.gov.cn；网址：http://www.zjpy.gov.cn/）。
{BODY}
2019年将继续努力。
平阳县科学技术局
2019年1月2日
附件
填报单位：平阳县科技局
"""


def test_a_whole_report():
    found = look(WHOLE)
    assert found.title == "平阳县科学技术局2018年政府信息公开工作年度报告"
    assert found.agency == "平阳县科学技术局"
    assert found.level == "county"
    assert found.region.code == "330326"
    assert (found.region.city, found.region.county) == ("温州市", "平阳县")
    assert found.year == 2018
    assert found.period == ("2018-01-01", "2018-12-31")
    assert found.published == "2019-01-02"
    assert found.contacts == (
        "平阳县昆阳镇人民路(县府大院)2号楼",
        "325400",
        "0577—63720000",
        "(0577)63720001",
        "kjj@pyx.gov.cn",
        "http://www.zjpy.gov.cn/",
    )


def test_evidence_names_places_that_can_be_sliced():
    document = read(WHOLE.encode(), name="case.txt")
    notes = dict(note.split(": ", 1) for note in identify(document).evidence)
    assert notes["year 2018"].startswith("line 4:1-")
    assert "统计期限自2018年1月1日" in notes["year 2018"]
    where, words = notes["title"].split(", ", 1)
    assert document.slice(where) == words
    assert notes["published 2019-01-02"].endswith("signature")


@pytest.mark.parametrize(
    ("title", "agency", "level", "year"),
    [
        ("2012年四川省气象局政府信息公开工作年报", "四川省气象局", "province", 2012),
        (
            "2008年度长春市粮食局政府信息公开情况报告",
            "长春市粮食局",
            "prefecture",
            2008,
        ),
        ("海安县人民政府信息公开2013年度报告", "海安县人民政府", "county", 2013),
        ("丰都县2025年政府信息公开工作年度报告", "丰都县", "county", 2025),
        ("和平区教育局二〇一七年度政府信息公开年度报告", "和平区教育局", None, 2017),
        ("贵阳市教育局2016年信息公开年度报告", "贵阳市教育局", "prefecture", 2016),
        ("上饶市民政局2016年信息公开年度报告", "上饶市民政局", "prefecture", 2016),
        ("全椒县审计局2016年信息公开年度报告", "全椒县审计局", "county", 2016),
        ("本溪市统计局2016年信息公开年度报告", "本溪市统计局", "prefecture", 2016),
        (
            "景德镇市城乡规划局2015年信息公开年报",
            "景德镇市城乡规划局",
            "prefecture",
            2015,
        ),
        ("高楼乡人民政府2023年年报", "高楼乡人民政府", "township", 2023),
        ("周湾镇2021年政府信息公开工作年度报告", "周湾镇", "township", 2021),
        ("北京街道办事处2020年信息公开年报", "北京街道办事处", "township", 2020),
        ("2016年政府信息公开年度报告(宜丰县水务局)", "宜丰县水务局", "county", 2016),
        ("宜丰县石桥乡政府2016年年度报告", "宜丰县石桥乡政府", "township", 2016),
        ("宁波海关2013年海关政府信息公开年度报告", "宁波海关", "prefecture", 2013),
        ("审计署(本级机关)2020年政府信息公开年度报告", "审计署", "national", 2020),
        ("2010年财政部政府信息公开工作年度报告", "财政部", "national", 2010),
        ("县科技局2018年信息公开工作年度报告", "县科技局", "county", 2018),
        ("市科技局2018年政府信息公开年度报告", "市科技局", None, 2018),
        ("雅安经开区2023年政府信息公开年度报告", "雅安经开区", None, 2023),
        ("鹿城区科技局信息公开工作年报(2011年度)", "鹿城区科技局", "county", 2011),
        ("关于泉港区水务局2014年信息公开工作的报告", "泉港区水务局", "county", 2014),
        (
            "泉港区水务局关于报送2014年政府信息公开年度报告",
            "泉港区水务局",
            "county",
            2014,
        ),
        (
            "２０１７年温州市水利局政府信息公开年度报告",
            "温州市水利局",
            "prefecture",
            2017,
        ),
    ],
)
def test_a_title_names_body_and_year(title, agency, level, year):
    found = with_title(title)
    assert (found.title, found.agency) == (title, agency)
    assert (found.level, found.year) == (level, year)


def test_scripts_and_pinyin_noise():
    found = with_title("蘇州市教育局2012年度政府資訊公開年度報(bào)告")
    assert found.title == "蘇州市教育局2012年度政府資訊公開年度報告"
    assert found.agency == "苏州市教育局"
    found = look("海安縣(xiàn)雅周鎮(zhèn)2014年政府信息公開工作年度報(bào)告" + BODY)
    assert found.agency == "海安县雅周镇人民政府"
    assert found.region.code == "320621"


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ("大埔县三河镇人民政府2023年政府信息\n公开工作年度报告", None),
        ("2024 年温州市科技局政府信息公开工作\n年度报告", None),
        ("温州市科技局关于\n2011年度政府信息公开工作年度报告", None),
        ("温州市科技局\n2011年度\n政府信息公开工作报告", None),
        ("温州市科技局\n2011年度政府信息公开工作报告", "2011年度政府信息公开工作报告"),
        (
            "温政办〔2011〕6号\n温州市2010年信息公开年报\n省政府办:",
            "温州市2010年信息公开年报",
        ),
        ("# 2011年度政府信息公开工作报告", "2011年度政府信息公开工作报告"),
        ("标 题 2011年度政府信息公开工作报告", "2011年度政府信息公开工作报告"),
        ("2011年温州市信息公开年度报告 | |||||", "2011年温州市信息公开年度报告"),
        (
            "2011年温州市信息公开年报 根据通知" + "编写，" * 40,
            "2011年温州市信息公开年报",
        ),
        ("依申请公开\n政府信息公开年报\n某局", ""),
        ("六、年度政府信息公开工作报告0600", ""),
        ("首页/政府信息公开年报/2021年/正文", ""),
        ("现公布2019年度宿城区民政局信息公开工作年度报告，供查阅。", ""),
    ],
)
def test_title_lines_are_joined_and_menus_left_out(lines, title):
    expected = lines.replace("\n", "") if title is None else title or None
    assert look(f"{lines}\n依照条例编写。{BODY}").title == expected


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("现公布2019年度宿城区民政局信息公开工作年度报告。", "宿城区民政局"),
        ("内容涵盖汉中市统计局2011年1月1日至12月31日期间的工作。", "汉中市统计局"),
        ("由市教育局按条例及本市规定编制，由五个部分组成。", "市教育局"),
        ("依照规定，由武进区湖塘镇人民政府编写2018年度报告。", "武进区湖塘镇人民政府"),
        ("疑问请与温州市水利局信息公开领导小组办公室联系。", "温州市水利局"),
        ("疑问请与温州市水利局办公室联系（电话：0577-88000000）。", "温州市水利局"),
        (
            "联系单位：宣武区政府大栅栏街道办事处信息公开办公室（地址：",
            "宣武区政府大栅栏街道办事处",
        ),
        ("请联系温州市综合行政执法局办公室（电话", "温州市综合行政执法局"),
        ("填报单位：温州市水利局", "温州市水利局"),
        ("发布机构：温州市水利局\n发布日期：2012-02-17", "温州市水利局"),
        ("2020年，武定縣 審計局推進公開。通過寶雞審計網站公開。", "武定县审计局"),
        ("我局发布《武汉市黄陂区民政局拟撤销登记的公告》。", "武汉市黄陂区民政局"),
        ("由北京市信訪辦編制的年度報告。", "北京市信访办"),
        ("2016年，省水利廳嚴格按照規定。發布《山東省水利廳辦法》", "山东省水利厅"),
        ("在市委领导下，番禺经济开发区管委会认真公开。", "番禺经济开发区管委会"),
        ("请与凤安镇党政办公室联系，电话：7405328。", "凤安镇"),
        ("按要求，宜丰县水务局把2016年公开情况报告如下。", "宜丰县水务局"),
        ("根据要求，宜丰县水务局编制了2016年度公开年度报告。", "宜丰县水务局"),
        ("如有疑问，请致电宜丰县水务局，电话：7405328。", "宜丰县水务局"),
        ("名称：宜丰县水务局2016年政府信息公开年度报告", "宜丰县水务局"),
        ("由宜丰县乡村振兴局编制。", "宜丰县乡村振兴局"),
        ("2016年，宜丰县乡村振兴局认真公开。", "宜丰县乡村振兴局"),
        ("请与高楼乡人民政府办公室联系，电话：7405328。", "高楼乡人民政府"),
        ("由宜丰县供销合作社联合社编制。", "宜丰县供销合作社联合社"),
        ("请与宜丰县法制办公室办公室联系。", "宜丰县法制办公室"),
        ("由宜丰县石桥乡政府编制。", "宜丰县石桥乡政府"),
        ("可通过信箱反映或直接与温州市水利局办公室联系。", "温州市水利局"),
        ("请与交通运输部政府信息公开办公室联系。", "交通运输部"),
        ("2011年，水利部主动公开信息1300条。", "水利部"),
        ("请与海关总署办公厅政务公开处联系。", "海关总署"),
        ("2023年，区林业局在区委领导下推进公开。我局公开信息3条。", "区林业局"),
        ("我局党委宣传部负责公开工作。", None),
        ("开发区党工委高度重视公开工作。", None),
        ("依照永泰县政府办通知，我局开展工作。", None),
        ("按照市政府办公厅要求，我局公开信息12条。服务大厅设窗口。", None),
        ("2021年，我镇公开信息12条，各乡镇党委高度重视。", None),
        ("2010年我局继续公开，本局设档案馆。档案馆设查阅点。", None),
        ("全区公开信息12条，区政府网站发布9条。", None),
    ],
)
def test_sentences_name_the_body_or_nobody(text, agency):
    assert look(f"{text}\n一、概述\n正常。").agency == agency


def test_a_signature_counts_where_a_text_begins_late():
    text = "三、依申请公开情况\n没有发生。\n四、收费情况\n没有收费。\n五、复议\n"
    text += "没有发生。\n六、问题\n公开不及时，公开面不广。\n赤锡乡人民政府\n"
    assert look(text + "2015年1月10日\n").agency == "赤锡乡人民政府"


def test_trust_goes_from_title_to_signature_to_sheet():
    text = "{}{}\n疑问请与{}联系。\n一、概述\n正常。\n{}\n2018年1月2日\n"
    text += "填报单位：温州市丁局\n"
    title = "2017年政府信息公开年度报告"
    names = ["温州市甲局", "温州市乙局", "温州市丙局"]
    assert look(text.format(names[0], title, *names[1:])).agency == "温州市甲局"
    assert look(text.format("", title, *names[1:])).agency == "温州市乙局"
    assert look(text.format("", title, "办公室", names[2])).agency == "温州市丙局"
    assert look(text.format("", title, "办公室", "")).agency == "温州市丁局"


@pytest.mark.parametrize(
    ("title", "text", "agency"),
    [
        ("赤锡乡", "依照永泰县政府办通知编写。", "永泰县赤锡乡人民政府"),
        ("赤锡乡", "依照永泰县、闽清县通知编写。", "赤锡乡"),
        ("赤锡乡", "依照福州市通知编写。", "赤锡乡"),
        ("赤锡乡", "请联系永泰县赤锡乡人民政府党政办。", "永泰县赤锡乡人民政府"),
        ("赤锡乡", "请联系赤锡乡人民政府党政办。", "赤锡乡人民政府"),
        ("赤锡乡", "由永泰县赤锡乡编制。", "永泰县赤锡乡人民政府"),
        ("城北街道", "城北街道办事处收到申请1件。", "城北街道办事处"),
        ("城北街道", "地址：福安市城北富春路122号。", "福安市城北街道办事处"),
        ("长安镇", "地址：东莞市长安镇。", "东莞市长安镇人民政府"),
        ("科技局", "樟树科技网设有专栏。", "樟树市科技局"),
        ("科技局", "朝阳科技网设有专栏。", "科技局"),
        ("科技局", "宜丰县科技局\n2012年3月1日", "宜丰县科技局"),
        ("县水务局", "登在德安县公开平台。", "县水务局"),
        ("泉港区教育局", "由泉州市泉港区教育局编制。", "泉港区教育局"),
    ],
)
def test_a_name_is_completed_only_from_the_text(title, text, agency):
    text = f"{title}2011年度政府信息公开年度报告\n{text}\n一、概述\n正常。"
    assert look(text).agency == agency


def test_a_relative_name_gets_its_region_from_the_one_place_named():
    found = look(f"县水务局2020年信息公开年报\n登在德安县公开平台。{BODY}")
    assert (found.region.code, found.level) == ("360426", "county")
    found = look(f"县水务局2020年信息公开年报\n德安县与永修县。{BODY}")
    assert found.region is None
    found = look(f"国家粮食局2012年信息公开年报\n地址：北京市木樨地北里。{BODY}")
    assert (found.region, found.level) == (None, "national")


@pytest.mark.parametrize(
    ("words", "period"),
    [
        ("统计期限自2017年1月1日起至2017年12月31日止", ("2017-01-01", "2017-12-31")),
        ("统计期限为2022年1月1日至12月31日", ("2022-01-01", "2022-12-31")),
        ("统计周期为 2024 年 1 月 1 日至 12 月 31 日", ("2024-01-01", "2024-12-31")),
        ("统计时限为2011年1月1日—2011年12月31日", ("2011-01-01", "2011-12-31")),
        ("统计时间：2011.1.1-2011.12.31", ("2011-01-01", "2011-12-31")),
        ("统计期为2011年全年（1月1日至12月31日）", ("2011-01-01", "2011-12-31")),
        ("统计期限自2017年1月1日起至2017年12月30日止", ("2017-01-01", "2017-12-30")),
        ("统计期限自2017年1月日起至2017年12月31日止", ("2017-01-01", "2017-12-31")),
        ("统计期限自20131月1日起至201312月31日止", ("2013-01-01", "2013-12-31")),
        ("统计期限自202111日起至20211230日止", ("2021-01-01", "2021-12-30")),
        ("统计期限自 201011日起 20101231止", ("2010-01-01", "2010-12-31")),
        ("统计期限自2025  1  1  日起至2025  12  31  日", ("2025-01-01", "2025-12-31")),
        ("统计期限自2021111日起至20211231日止", (None, "2021-12-31")),
        ("统计数据时限截止为2008年12月31日", (None, "2008-12-31")),
        ("数据截至2009年12月31日", (None, "2009-12-31")),
        ("统计期限自2009年1月1日起", ("2009-01-01", None)),
        (
            "统计期限自2009年1月1日《条例》实施之日起，至2009年12月31日止",
            ("2009-01-01", "2009-12-31"),
        ),
        (
            "统计期限自二〇一二年一月一日起至十二月三十一日止",
            ("2012-01-01", "2012-12-31"),
        ),
        ("统计期限为2012年1月至12月", ("2012-01-01", "2012-12-31")),
        ("涵盖2014年1月1日至12月31日期间的工作", ("2014-01-01", "2014-12-31")),
        ("本年工作从2012年1月1日到2012年12月31日", ("2012-01-01", "2012-12-31")),
        ("統計期限自2017年1月1日起至2017年12月31日止", ("2017-01-01", "2017-12-31")),
        ("統(tǒng)計期限自2017年1月1日起至12月31日止", ("2017-01-01", "2017-12-31")),
        ("统计期限为2012年度", None),
        ("条例自2008年5月1日起施行，至2012年12月已四年", None),
        ("自2017年2月30日至2017年12月31日统计", None),
    ],
)
def test_periods_are_read_as_printed(words, period):
    found = with_period(f"报告{words}。")
    assert found.period == period
    if period:
        assert found.year == int((period[0] or period[1])[:4])


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("统计期限为2016年1月1日至12月31日。2017年度预算。2017年度计划。", 2016),
        ("条例（国务院令492号）自2008年5月1日起施行。2012年我局公开12条。", 2012),
        ("2024年，我局公开12条，比2023年多3条，较2022年多5条。", 2024),
        ("2019年，我局公开2020年部门预算、2018年决算。", 2019),
        ("接〔2019〕3号文，我局把2018年度情况报告如下。2019年将继续。", 2018),
        ("到2012年底正常。发布日期:2013-03-09", 2012),
        ("统计期限自202111日起至20211230日止。2022年1月公布。", 2021),
        ("2023年由2022年转来3件，转入2024年6件。", 2023),
        ("没有年份。发布日期:2013-03-09", None),
    ],
)
def test_other_years_do_not_win(text, year):
    assert look(f"{text}\n一、概述\n正常。").year == year


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("发布日期：2017-03-21\n某报告\n一、概述\n正常。", "2017-03-21"),
        (
            "更新日期：2018-03-21\n发布时间：2017年3月2日\n一、概述\n正常。",
            "2017-03-02",
        ),
        ("某报告\n2018-01-08\n一、概述\n正常。", "2018-01-08"),
        ("某报告\n2018-01-08 作者:佚名\n一、概述\n正常。", "2018-01-08"),
        ("发布日期：2017-03-21\n一、概述\n正常。\n某局\n2017年2月1日", "2017-02-01"),
        ("某报告\n一、概述\n正常。\n某局 二〇一八年一月二日", "2018-01-02"),
        ("某报告\n一、概述\n正常。\n（2018年1月2日）\n附件", "2018-01-02"),
        ("2018年某报告\n一、概述\n正常。\n2010年1月2日", None),
        ("某报告\n一、概述\n2018年1月2日召开会议。", None),
        ("某报告\n一、概述\n正常。\n2018年13月2日", None),
    ],
)
def test_publication_dates(text, date):
    assert look(text).published == date


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("电话0594-2288081。", "phone", "0594-2288081"),
        ("联系电话：0818—6972129。", "phone", "0818—6972129"),
        ("联系电话:07512284187。", "phone", "07512284187"),
        ("疑问请联系:86552285。", "phone", "86552285"),
        ("电话：(0577)88962008", "phone", "(0577)88962008"),
        ("（电话：0577-88962008）", "phone", "0577-88962008"),
        ("电话：0577-88962008、88962009", "phone", "0577-88962008"),
        ("咨询电话3000余起，其中电话0个。", "phone", None),
        ("接受电话咨询2070人次。监督电话：0577-88962000。", "phone", None),
        ("邮编: 321017;电话:82475950;传真:82468066 。", "postcode", "321017"),
        ("邮编: 321017;电话:82475950;传真:82468066 。", "fax", "82468066"),
        ("电话/传真：0577-88962008", "phone", "0577-88962008"),
        ("电话/传真：0577-88962008", "fax", "0577-88962008"),
        ("（地址：长春市人民大街10111号；邮编", "address", "长春市人民大街10111号"),
        ("(地址:双龙南街818号706室 ;邮编", "address", "双龙南街818号706室"),
        ("（地址：兴华路9号（邮编323402））", "address", "兴华路9号"),
        ("办公地址、办公时间向社会公开", "address", None),
        ("网页地址为:“http://a.gov.cn/b.do”。", "address", None),
        ("电子邮箱：gf@ccls.gov.cn\n", "email", "gf@ccls.gov.cn"),
        ("电子邮箱:240997986＠QQ.com。", "email", "240997986@QQ.com"),
        ("网站（http://dsl.bjxw.gov.cn）", "website", "http://dsl.bjxw.gov.cn"),
        ("门户网站(www.fjcb.gov.cn)。", "website", "www.fjcb.gov.cn"),
        ("网站（//www.abc.com/xfgov/）", "website", "//www.abc.com/xfgov/"),
        ("邮箱：bgs@wzkj.gov.cn", "website", None),
        ("邮箱：3518264407qq.com。", "website", None),
        ("网站（http://www.linan。gov。cn/）", "website", None),
        ("联系方式：0577-88962008。", "phone", "0577-88962008"),
        ("办公地点：府前街6号，电话", "address", "府前街6号"),
        ("电话（传真）：0577-88962008", "phone", "0577-88962008"),
        ("电话：，0577-88962008，", "phone", "0577-88962008"),
        ("疑问请联系：党政办  88962008。", "phone", "88962008"),
        ("联系（地址温州市鹿城区府前街6号，邮编", "address", "温州市鹿城区府前街6号"),
        ("网站;beijing;gov;cn/show", "website", None),
    ],
)
def test_contacts_stay_as_printed(text, key, value):
    assert getattr(look(f"某报告\n{text}{BODY}").contacts, key) == value


def test_a_page_says_in_its_head_what_its_text_does_not():
    page = (
        "<html><head><title>温州市水利局2020年政府信息公开年度报告_温州市水利局</title>"
        '<meta name="PubDate" content="2021-01-20 10:00">'
        "</head><body><p>依照条例编写。</p><p>一、总体情况</p></body></html>"
    )
    found = identify(read(page.encode(), name="page.html"))
    assert found.title == "温州市水利局2020年政府信息公开年度报告"
    assert found.agency == "温州市水利局"
    assert found.published == "2021-01-20"


def test_a_catalogue_table_is_read():
    cells = ["发布机构：", "汉中市统计局", "发布日期：", "2012年02月17日"]
    rows = (tuple(Cell(text, 1, n, 1, 1) for n, text in enumerate(cells, 1)),)
    source = Source("case", "html", 1, "", "utf-8")
    found = identify(Document(source, "", (Grid(1, rows, 4),)))
    assert (found.agency, found.published) == ("汉中市统计局", "2012-02-17")


def test_an_empty_document_answers_nothing():
    source = Source("case", "text", 1, "", "utf-8")
    found = identify(Document(source, "", ()))
    assert found.evidence == ()
    assert not any(found.contacts)
    wanted = "title agency level region year period published".split()
    assert [getattr(found, name) for name in wanted] == [None] * 7


HOSTILE = [
    "由",
    "公布",
    "请与",
    "2012",
    "2012年1月1日至",
    "地址:(",
    "电话:0",
    "a@",
    "a.",
]
HOSTILE += ["北京市", "局", "统计期限", "(", "萬(wàn)", "2012年度公开报告", "\t", "1\n"]


@pytest.mark.parametrize("piece", HOSTILE)
def test_five_megabytes_of_anything_take_bounded_time(piece):
    text = "某" + piece * (1_700_000 // len(piece))
    block = read("某".encode(), name="x").blocks[0]._replace(text=text)
    document = Document(Source("case", "text", 1, "", "utf-8"), text, (block,))
    start = time.process_time()
    identify(document)
    assert time.process_time() - start < 1


def test_random_texts_raise_nothing():
    dice = random.Random(5)
    pool = "由请与联系公布编制2012年1月日至统计期限:(电话)邮@.北京市县局镇公开报告,。\n"
    for _ in range(150):
        identify(read(("某" + "".join(dice.choices(pool, k=400))).encode(), name="x"))


def test_a_normal_report_takes_about_a_millisecond():
    document = read(WHOLE.replace("工作正常", "工作正常" * 900).encode(), name="x")
    identify(document)
    spans = []
    for _ in range(20):
        start = time.process_time()
        identify(document)
        spans.append(time.process_time() - start)
    assert min(spans) < 0.005  # 0.0007 on a quiet machine


def norm(text):
    text = unicodedata.normalize("NFKC", str(text or ""))
    return re.sub(r"[\s,，.。:：;；、()（）\"'“”\-—–]", "", text)


def compare(truth, found):
    """Pairs of field and hit, as the scorer counts them."""
    if truth["report_year"]:
        yield "year", found.year == truth["report_year"]
    if truth["agency"]:
        # The rule of the house: simplified script, pinyin noise dropped.
        yield "agency", norm(found.agency) == norm(simplify(truth["agency"]))
    else:
        yield "no agency", found.agency is None
    if truth["period"]:
        yield "period", list(found.period or ()) == truth["period"]
    for key, value in (truth["contacts"] or {}).items():
        yield "contacts", norm(getattr(found.contacts, key)) == norm(value)


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/real is not here")
def test_shares_on_real_reports():
    hits = {}
    for path in sorted(REAL.glob("*.truth.json")):
        truth = json.loads(path.read_text("utf-8"))
        for field, hit in compare(truth, identify(read(REAL / truth["file"]))):
            hits.setdefault(field, []).append(hit)
    share = {field: sum(found) / len(found) for field, found in hits.items()}
    assert share["year"] >= 0.98
    assert share["agency"] >= 0.90
    assert share["no agency"] == 1
    assert share["period"] >= 0.95
    assert share["contacts"] >= 0.95


@pytest.mark.parametrize("end", ["12月3 1日", "1 2月31日"])
def test_a_date_broken_over_two_lines_is_left_open(end):
    text = f"统计期限自2024年1月1日起至2024年{end}止"
    found = find_period(text, re.compile("统计期限"))
    assert (found.start, found.end, found.year) == ("2024-01-01", None, 2024)


def test_blanks_between_figures_keep_them_apart():
    assert fold_lines("电话 010  1234 5678   9 号 码") == "电话010 1234 5678 9号码"
