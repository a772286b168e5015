"""A name of an area as people write it → what it is compared by. Pure text: no tables.

Place in the flow: ``areas`` compares names by their ``key``; what a suffix says (社区, 街道) must fit the level of the area found.
Glyphs that lists use for one another count as one; a character that is lost (□, ?, one of a private font) counts as any.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# glyphs that official lists use for one another, and traditional ones that occur in names of places
_VARIANTS = str.maketrans(
    "郞鳯鳳裏裡臺檯颱東門橋馬龍華廣場鎮鄉區縣園莊灣關陽陰陳興義禮樹蘭蓮葉雲銀鐵鋼錦長張漢濱澤溝潤嶺島崗峯巖壩牆壽寶寧學孫實營獅環產當發盧盤礦種積簡紅綠維羅聖聯臨舊蔣蘆蘇蘿處號覺觀詩賢趙車"
    "軍輝農連運達遠鄭鄧鍾鐘閘開閣陸際雙電靈靜韋頂順頭顧飛馮騎騰驛魚鳥鴻鶴鷹鹽麗麥黃齊國圖團圓堅報奧喬單啟啓勝勞協倉來僑劉創剛樓極楊榮歐歲殘淺淨渾濟瀏燈爭畢皇碼竇筍籬糧絲經綿緣舖鋪艦莖薑"
    "蟲衛裝補誠談諾譚豐貝貴賽贊躍輪郵釀銅錢鎖鏡閩闊陝隨雞離雜霧韓頤風餘駱駟驢鬥鵝點龜岀",
    "郎凤凤里里台台台东门桥马龙华广场镇乡区县园庄湾关阳阴陈兴义礼树兰莲叶云银铁钢锦长张汉滨泽沟润岭岛岗峰岩坝墙寿宝宁学孙实营狮环产当发卢盘矿种积简红绿维罗圣联临旧蒋芦苏萝处号觉观诗贤赵车"
    "军辉农连运达远郑邓钟钟闸开阁陆际双电灵静韦顶顺头顾飞冯骑腾驿鱼鸟鸿鹤鹰盐丽麦黄齐国图团圆坚报奥乔单启启胜劳协仓来侨刘创刚楼极杨荣欧岁残浅净浑济浏灯争毕皇码窦笋篱粮丝经绵缘铺铺舰茎姜"
    "虫卫装补诚谈诺谭丰贝贵赛赞跃轮邮酿铜钱锁镜闽阔陕随鸡离杂雾韩颐风余骆驷驴斗鹅点龟出",
)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\xad"))
_LEADING = re.compile(r"(?:\(\d{1,3}\)|\d{1,3}[.、,:)]|\d{1,3}[-—_]|[一二三四五六七八九十]{1,3}、)(?=\D)")
_COMMUNITY = "社区居民委员会|社区居委会|社区居委|社区居委筹委会|社区居委会筹|社区筹委会|筹委居委会|筹委会|居民委员会|居委会|社区"
_VILLAGE = "村民委员会|村委会|村"
_STREET = "街道办事处|街道办|街道|街办"
_SUFFIX = re.compile(rf"(?P<community>{_COMMUNITY})$|(?P<village>{_VILLAGE})$|(?P<street>{_STREET})$")
_TOWN = re.compile("[镇乡]$|[镇乡]人民政府$")
_BRACKETED = re.compile(rf"\(({_COMMUNITY}|{_VILLAGE}|{_STREET}|办事处)\)$")
_LOST = re.compile(r"[□■▢〓?*\ufffd\ue000-\uf8ff\U000f0000-\U0010fffd]")


@dataclass(frozen=True, slots=True)
class Name:
    """``full`` is the folded text, ``key`` is without its suffix, ``kind`` what the suffix says: community, village, street or ""."""

    full: str
    key: str
    kind: str

    @property
    def level(self) -> str:
        return "community" if self.kind == "village" else self.kind

    @property
    def damaged(self) -> bool:
        return _LOST.search(self.full) is not None

    def fits(self, key: str) -> bool:
        """Whether ``key`` is this one, any character standing for a lost one."""
        return re.fullmatch("".join("." if _LOST.match(sign) else re.escape(sign) for sign in self.key), key) is not None


@lru_cache(maxsize=20_000)
def read_name(text: str) -> Name:
    folded = unicodedata.normalize("NFKC", text).translate(_INVISIBLE)
    full = re.sub(r"\s+", "", folded).translate(_VARIANTS).lower()
    full = _LEADING.sub("", full, count=1) if _LEADING.match(full) else full
    full = _BRACKETED.sub(r"\1", re.sub(r"\((?:筹|筹备|筹备组)\)", "", full))
    found = _SUFFIX.search(full)
    if found is None or found.start() == 0:
        return Name(full, full, "street" if _TOWN.search(full) else "")
    return Name(full, full[: found.start()], str(found.lastgroup))


def name_key(name: object) -> str:
    """A name as it is compared: folded, without spaces and without 社区, 居委会, 街道, 村."""
    return read_name(str(name)).key
