"""The words of ``sentences.txt``, which lies beside the pictures of a chart; one map per language."""

from __future__ import annotations

PACK = {
    "zh": {
        "heading": "【中文】",
        "title": "标题：{text}",
        "caption": "图注与来源：{text}",
        "alt": "替代文字：{text}",
        "drawn": "画法：{text}",
        "use": "可以用来：{text}",
        "misleads": "不能据此说：{text}",
        "licence": "许可",
        "figure": "图：由您的数据画成，著作权归您；本软件的许可（Apache-2.0）不及于图。引用时请保留图注中的来源。",
        "data": "数据：CSV 只含图中画出的数，许可随您的数据。",
        "synthetic": "数据：虚构示例数据，随本软件以 Apache-2.0 发布；引用时须注明“虚构示例数据”，不得当作真实区域的情况。",
        "font": "字体：图中文字用本机字体；Noto Sans CJK（思源黑体）以 SIL 开源字体许可 1.1 发布，可嵌入 PDF、可印刷。其他字体从其许可。",
    },
    "en": {
        "heading": "[English]",
        "title": "Title: {text}",
        "caption": "Caption and source: {text}",
        "alt": "Text alternative: {text}",
        "drawn": "What is drawn: {text}",
        "use": "It answers: {text}",
        "misleads": "It cannot be said to show: {text}",
        "licence": "Licence",
        "figure": "Figures: made from your data, they are yours; the licence of the software (Apache-2.0) does not extend to them. Keep the source in the caption.",
        "data": "Data: the CSV files hold only what is drawn, under the licence of your data.",
        "synthetic": "Data: fictional sample data, published with the software under Apache-2.0. Say so where you use them; they describe no real place.",
        "font": "Fonts: letters are those of this machine. Noto Sans CJK is under the SIL Open Font License 1.1: it may be embedded in PDF and printed. Others have licences of their own.",
    },
}
