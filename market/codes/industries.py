"""Industries of organisations: sections and divisions of GB/T 4754-2017 (国民经济行业分类)."""

from market.kit.i18n import lazy

SECTIONS = {
    "A": lazy("农、林、牧、渔业"),
    "B": lazy("采矿业"),
    "C": lazy("制造业"),
    "D": lazy("电力、热力、燃气及水生产和供应业"),
    "E": lazy("建筑业"),
    "F": lazy("批发和零售业"),
    "G": lazy("交通运输、仓储和邮政业"),
    "H": lazy("住宿和餐饮业"),
    "I": lazy("信息传输、软件和信息技术服务业"),
    "J": lazy("金融业"),
    "K": lazy("房地产业"),
    "L": lazy("租赁和商务服务业"),
    "M": lazy("科学研究和技术服务业"),
    "N": lazy("水利、环境和公共设施管理业"),
    "O": lazy("居民服务、修理和其他服务业"),
    "P": lazy("教育"),
    "Q": lazy("卫生和社会工作"),
    "R": lazy("文化、体育和娱乐业"),
    "S": lazy("公共管理、社会保障和社会组织"),
    "T": lazy("国际组织"),
}
"""门类: the twenty sections, by letter."""

DIVISIONS = {
    "A01": lazy("农业"),
    "A02": lazy("林业"),
    "A03": lazy("畜牧业"),
    "A04": lazy("渔业"),
    "A05": lazy("农、林、牧、渔专业及辅助性活动"),
    "B06": lazy("煤炭开采和洗选业"),
    "B07": lazy("石油和天然气开采业"),
    "B08": lazy("黑色金属矿采选业"),
    "B09": lazy("有色金属矿采选业"),
    "B10": lazy("非金属矿采选业"),
    "B11": lazy("开采专业及辅助性活动"),
    "B12": lazy("其他采矿业"),
    "C13": lazy("农副食品加工业"),
    "C14": lazy("食品制造业"),
    "C15": lazy("酒、饮料和精制茶制造业"),
    "C16": lazy("烟草制品业"),
    "C17": lazy("纺织业"),
    "C18": lazy("纺织服装、服饰业"),
    "C19": lazy("皮革、毛皮、羽毛及其制品和制鞋业"),
    "C20": lazy("木材加工和木、竹、藤、棕、草制品业"),
    "C21": lazy("家具制造业"),
    "C22": lazy("造纸和纸制品业"),
    "C23": lazy("印刷和记录媒介复制业"),
    "C24": lazy("文教、工美、体育和娱乐用品制造业"),
    "C25": lazy("石油、煤炭及其他燃料加工业"),
    "C26": lazy("化学原料和化学制品制造业"),
    "C27": lazy("医药制造业"),
    "C28": lazy("化学纤维制造业"),
    "C29": lazy("橡胶和塑料制品业"),
    "C30": lazy("非金属矿物制品业"),
    "C31": lazy("黑色金属冶炼和压延加工业"),
    "C32": lazy("有色金属冶炼和压延加工业"),
    "C33": lazy("金属制品业"),
    "C34": lazy("通用设备制造业"),
    "C35": lazy("专用设备制造业"),
    "C36": lazy("汽车制造业"),
    "C37": lazy("铁路、船舶、航空航天和其他运输设备制造业"),
    "C38": lazy("电气机械和器材制造业"),
    "C39": lazy("计算机、通信和其他电子设备制造业"),
    "C40": lazy("仪器仪表制造业"),
    "C41": lazy("其他制造业"),
    "C42": lazy("废弃资源综合利用业"),
    "C43": lazy("金属制品、机械和设备修理业"),
    "D44": lazy("电力、热力生产和供应业"),
    "D45": lazy("燃气生产和供应业"),
    "D46": lazy("水的生产和供应业"),
    "E47": lazy("房屋建筑业"),
    "E48": lazy("土木工程建筑业"),
    "E49": lazy("建筑安装业"),
    "E50": lazy("建筑装饰、装修和其他建筑业"),
    "F51": lazy("批发业"),
    "F52": lazy("零售业"),
    "G53": lazy("铁路运输业"),
    "G54": lazy("道路运输业"),
    "G55": lazy("水上运输业"),
    "G56": lazy("航空运输业"),
    "G57": lazy("管道运输业"),
    "G58": lazy("多式联运和运输代理业"),
    "G59": lazy("装卸搬运和仓储业"),
    "G60": lazy("邮政业"),
    "H61": lazy("住宿业"),
    "H62": lazy("餐饮业"),
    "I63": lazy("电信、广播电视和卫星传输服务"),
    "I64": lazy("互联网和相关服务"),
    "I65": lazy("软件和信息技术服务业"),
    "J66": lazy("货币金融服务"),
    "J67": lazy("资本市场服务"),
    "J68": lazy("保险业"),
    "J69": lazy("其他金融业"),
    "K70": lazy("房地产业"),
    "L71": lazy("租赁业"),
    "L72": lazy("商务服务业"),
    "M73": lazy("研究和试验发展"),
    "M74": lazy("专业技术服务业"),
    "M75": lazy("科技推广和应用服务业"),
    "N76": lazy("水利管理业"),
    "N77": lazy("生态保护和环境治理业"),
    "N78": lazy("公共设施管理业"),
    "N79": lazy("土地管理业"),
    "O80": lazy("居民服务业"),
    "O81": lazy("机动车、电子产品和日用产品修理业"),
    "O82": lazy("其他服务业"),
    "P83": lazy("教育"),
    "Q84": lazy("卫生"),
    "Q85": lazy("社会工作"),
    "R86": lazy("新闻和出版业"),
    "R87": lazy("广播、电视、电影和录音制作业"),
    "R88": lazy("文化艺术业"),
    "R89": lazy("体育"),
    "R90": lazy("娱乐业"),
    "S91": lazy("中国共产党机关"),
    "S92": lazy("国家机构"),
    "S93": lazy("人民政协、民主党派"),
    "S94": lazy("社会保障"),
    "S95": lazy("群众团体、社会团体和其他成员组织"),
    "S96": lazy("基层群众自治组织及其他组织"),
    "T97": lazy("国际组织"),
}
"""大类: the 97 divisions, keyed by section and number."""


def is_known(code: str) -> bool:
    """Return whether this is a section ("C") or a division ("C32")."""
    return code in DIVISIONS or code in SECTIONS


def name(code: str) -> str:
    """Return the name of a division or section; of an unknown code the code itself."""
    label = DIVISIONS.get(code) or SECTIONS.get(code)
    return str(label) if label else code


def choices() -> dict[str, list[tuple[str, str]]]:
    """Return all divisions by section, for a `<select>` with groups."""
    return {
        f"{letter} {section}": [
            (code, f"{code} {division}") for code, division in DIVISIONS.items() if code[0] == letter
        ]
        for letter, section in SECTIONS.items()
    }
