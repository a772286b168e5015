"""A data folder and a notebook small enough to run whole batches in a test."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

DISTRICT, EAST, WEST = "999902", "999902001", "999902002"
TABLES = {
    "areas": f"""area_code,area_name,level,parent_code
{DISTRICT},试验区,district,9999
{EAST},东街道,street,{DISTRICT}
{WEST},西街道,street,{DISTRICT}
{EAST}001,东一社区,community,{EAST}
{WEST}001,西一社区,community,{WEST}
""",
    "allocations": f"""area_code,period,fund,quota,arrived
{EAST}001,2020,guarantee,1000,1000
{WEST}001,2020,guarantee,1000,1000
""",
    "projects": f"""project_id,area_code,period,fund,name,category
p1,{EAST}001,2020,guarantee,灯,infrastructure
p2,{WEST}001,2020,guarantee,路,infrastructure
""",
    "payments": """payment_id,project_id,amount,paid_on
a1,p1,900,2020-06-01
a2,p2,500,2020-06-01
""",
}
PARAMETERS = """data: str = "data"  # folder
period: str = "2020"
area: str = "999902001"
lang: str = "zh"
fails_for: str = ""  # an area
seconds: int = 0  # to sleep"""
BODY = """import os, sys, time, warnings
warnings.warn("mind the gap", UserWarning)
open("scratch.txt", "w").write("a notebook may write where it works")
print("data:", data, "here:", os.getcwd() == os.path.dirname(os.path.abspath("scratch.txt")))
print("kernel:", sys.prefix)
time.sleep(seconds)
if area == fails_for:
    raise ValueError(f"no figures in {data}")
area"""
CHART = """from IPython.display import display
figure = {"data": [{"type": "bar", "x": [area], "y": [int(area[-1])]}], "layout": {"title": {"text": "<b>一图</b>"}}}
display({"application/vnd.plotly.v1+json": figure}, raw=True)"""


def write_data(folder: Path) -> Path:
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def write_notebook(path: Path) -> Path:
    parameters = new_code_cell(PARAMETERS)
    parameters.metadata["tags"] = ["parameters"]
    cells = [new_markdown_cell("# 小报告"), parameters, new_code_cell(BODY), new_markdown_cell("## 图"), new_code_cell(CHART)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), path)
    return path
