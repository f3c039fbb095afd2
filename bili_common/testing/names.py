"""The words that synthetic users are made of; none is taken from a real account."""

from __future__ import annotations


__all__ = ["CIRCLES", "sign", "uname", "verified_desc"]

CIRCLES = ("游戏", "音乐", "科技", "美食", "动画", "历史")


def _pairs(text: str) -> tuple[str, ...]:
    """Cut *text* into words of two characters."""
    return tuple(text[place : place + 2] for place in range(0, len(text), 2))


_FIRST = _pairs(
    "星灯云糕青柚纸鲸雾岛铜铃薄荷盐汽琥珀风筝苔原玻璃橘灯山雀潮汐落砂冰糖月桂麦浪石榴砚台松针萤火远帆"
)
_SECOND = _pairs(
    "抽屉邮差罐头齿轮书架灯塔豆包木马温室信号旅店画笔磁带口袋天线拼图渡口云梯铁盒纸伞沙漏积木风铃棋盘"
)
_LAST = ("电台", "工坊", "研究所", "小铺", "手记", "频道", "实验室", "观察站")
_NAMES = len(_FIRST) * len(_SECOND) * len(_LAST)

# What has broken terminals, spreadsheets and web pages: every one is harmless
# as text, and none may be more than that in a table, an export or a report.
_ODD = (
    "🌸{}🐾",
    "={}",
    "@{}",
    "\x1b[31m{}\x1b[0m",
    '<script>alert("{}")</script>',
    "[bold]{}[/bold]",
    '+"{}",-1',
    "{}\u202egnp.exe",
    "👩\u200d🚀{}",
    "{}\t\x07|\x9b2J",
)

_SIGNS = (
    "慢慢更新，慢慢长大。",
    "每周三晚八点，不见不散～",
    "本账号由一台会做梦的虚构服务器运营",
    "记录一些没有用但是很开心的小事",
    "第一行写给风，\n第二行写给云，\n第三行写给你。",
    "催更请排队\r\n谢谢配合 (｡･ω･｡)",
    "",
    "    ",
    "今天也在认真地摸鱼 🐟",
    '合作请联系：nobody@example.invalid, "虚构"有限公司',
    "=1+1 等于几？",
    "",
)


def uname(number: int, bits: int) -> str:
    """Return the name of UP *number*: distinct for each, odd for one in sixteen."""
    turn, place = divmod(number, _NAMES)
    # 2971 shares no factor with the number of names: neighbours look unlike.
    rest, last = divmod(place * 2971 % _NAMES, len(_LAST))
    first, second = divmod(rest, len(_SECOND))
    name = _FIRST[first] + _SECOND[second] + _LAST[last]
    if turn:
        name += f"_{turn}"
    if bits % 16:
        return name
    return _ODD[(bits >> 4) % len(_ODD)].format(name)


def sign(bits: int) -> str:
    """Return a signature; some are empty, blank or of several lines."""
    return _SIGNS[bits % len(_SIGNS)]


def verified_desc(kind: int, circle: str) -> str:
    """Return what a badge of *kind* says (-1 none, 0 a person, 1 a firm)."""
    if kind < 0:
        return ""
    return f"虚构{circle}区官方账号" if kind else f"虚构的{circle}区知名UP主"
