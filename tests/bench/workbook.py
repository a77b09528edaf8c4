"""A workbook as customers send them: 20 columns, Chinese text, numbers and days written in many ways."""

from __future__ import annotations

import hashlib
import random
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter

HEADERS = (
    "客户编号",
    "客户名称",
    "简称",
    "客户阶段",
    "客户等级",
    "重点客户",
    "来源",
    "所属行业",
    "人员规模",
    "年营业额",
    "所在地区",
    "城市",
    "地址",
    "邮编",
    "电话",
    "手机",
    "邮箱",
    "首次接洽日期",
    "下次回访时间",
    "备注",
)
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_WORDS = ("华", "东", "海", "天", "源", "瑞", "恒", "信", "达", "科", "新", "盛", "联", "创", "远", "通")
_REMARKS = ("", "老客户介绍", "展会认识，有意向", "等待报价", "长期合作，账期三十天，须提前确认交货日期与付款方式")


def workbook(rows: int) -> Path:
    """The file, made once for each number of rows and kept in the system's temporary folder."""
    folder = Path(tempfile.gettempdir()) / "formloom-bench"
    folder.mkdir(exist_ok=True)
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
    target = folder / f"accounts-{rows}-{version}.xlsx"
    if not target.exists():
        partial = target.with_suffix(".part")
        _write(partial, rows)
        partial.replace(target)
    return target


def _write(path: Path, rows: int) -> None:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("客户")
        sheet.write_row(0, 0, HEADERS)
        for number, row in enumerate(_rows(rows), 1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, column, cell)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif cell is not None:
                    sheet.write_number(number, column, cell)


def _rows(count: int) -> Iterator[list[Any]]:
    drawn = random.Random(20)
    pick = drawn.choice
    first = date(2026, 11, 1)
    for number in range(1, count + 1):
        name = "".join(drawn.choices(_WORDS, k=3))
        on = first - timedelta(days=drawn.randrange(900))
        revenue = drawn.randrange(100_000, 90_000_000)
        yield [
            f"E{number:07}",
            f"{pick('苏沪浙粤京')}{name}{pick(('科技', '机械', '贸易', '仪器'))}有限公司{number}",
            name,
            pick(("潜在客户", "普通客户", "忠诚客户")),
            pick("ABCDE"),
            pick(("是", "否", "")),
            pick(("网站注册", "朋友介绍", "展会")),
            pick(("电子电工", "机械设备", "化工材料")),
            pick(("1-20人", "21-100人", "101-500人")),
            pick((revenue, revenue + 0.5, f"￥{revenue:,}.00", f"{revenue // 10_000}万", None)),
            f"区域{drawn.randrange(1, 31)}",
            pick(("上海", "苏州", "中山", "广州", "")),
            f"某某路{drawn.randrange(1, 2000)}号{drawn.randrange(1, 30)}栋",
            f"{drawn.randrange(200_000, 530_000)}",
            f"0512-{drawn.randrange(60_000_000, 69_999_999)}",
            pick(
                (13_800_000_000 + number, f"138{number:08}", f"+86 138-{number // 10_000:04}-{number % 10_000:04}")
            ),
            pick((f"sales{number}@example.com", "")),
            pick((on, on.isoformat(), f"{on.year}年{on.month}月{on.day}日", f"{on.year}.{on.month}.{on.day}")),
            pick((None, None, datetime(2026, 12, 1, 9) + timedelta(minutes=15 * drawn.randrange(3000)))),
            f"{pick(_SURNAMES)}经理：{pick(_REMARKS)}" if number % 3 else "",
        ]
