"""What a check of incoming files says: what was understood and what was not, what must be corrected, by file and by kind.

Place in the flow: from a ``Dataset`` alone. Rows of refused cells and findings become one table of faults with their words; pages,
workbooks and the terminal all show parts of it. No number is computed here but counts and sums of what ``load`` wrote down.
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..data import schema
from .checkup_words import PEOPLE, WORDS
from .faults import FAULTS, GROUPS, SEVERITIES, SIGNS, fault_of, say_fault, severity_of
from .formats import number, plain
from .labels import LABELS, label

if TYPE_CHECKING:
    from ..data.dataset import Dataset

COLUMNS = (
    "severity", "group", "code", "file", "sheet", "row", "cell", "table", "column", "found", "label", "expected", "do", "detail", "figure", "scope",
    "amount", "refused", "source_table",
)  # fmt: skip
SAME = ["severity", "group", "code", "file", "sheet", "table", "column", "found", "label", "expected", "do", "detail", "scope"]
FACTS = ("found", "expected", "detail")
FEW_TABLES = 8  # so many kinds of tables are named one by one
SPOILERS = ("factor_suspected", "unit_suspected")  # kept amounts that may be 10,000 times too large: no sum is right with them
ALIKE = 3  # so many of the same fault one after another are told in one line
OURS = ("totals", "conflicts", "series", "gaps", "people")  # groups whose facts are our own words and figures, not what stands in a cell
_FIGURE = re.compile(r"(?<![\w.-])-?\d+\.\d\d(?![\w.])")
_WORD = re.compile(r"[a-z]+(?:_[a-z]+)*")


def faults(dataset: Dataset, lang: str = "zh") -> pd.DataFrame:
    """One row per refused cell or row and per finding, in words; what was found of a refused row is not told twice."""
    whole = dataset.refused[dataset.refused["rule"] != "missing_column"].to_dict("records")  # a finding says that once for all rows
    refused = [r | {"code": r["rule"], "cell": r["cell"] or f"{r['row']}:{r['row']}", "detail": "", "refused": True} for r in whole]
    told = {(r["file"], r["sheet"], r["cell"], r["code"]) for r in refused}
    findings = [r | {"row": _row(r["cell"]), "scope": "", "amount": None, "refused": False} for r in dataset.findings.to_dict("records")]
    rows = refused + [r for r in findings if (r["file"], r["sheet"], r["cell"], r["code"]) not in told]
    return pd.DataFrame([_worded(row, lang) for row in rows], columns=list(COLUMNS))


def _worded(row: dict[str, Any], lang: str) -> dict[str, Any]:
    if row["code"] == "approximate" and row["detail"] in FAULTS:  # why a cell is only about right says more
        row = row | {"code": row["detail"], "detail": ""}
    group = fault_of(row["code"]).group
    if row["refused"] and group not in ("correct", "repeats", "totals"):
        group = "correct"
    facts = {name: plain_text(row[name]) if name == "found" and group not in OURS else _told(row[name], row["table"], lang) for name in FACTS}
    told = row | facts | {"figure": facts["expected"]} | say_fault(row["code"], lang, **facts)
    column = (", " if lang == "en" else "、").join(column_label(row["table"], c, lang) for c in str(row["column"] or "").split(";") if c)
    return told | {"severity": severity_of(row["code"], refused=row["refused"]), "group": group, "column": column, "table": label(row["table"], lang, "table"),
                   "source_table": row["table"]}  # fmt: skip


def column_label(table: Any, column: str, lang: str) -> str:
    """What a column of a table is called: its own heading, which another table may use for something else."""
    own = schema.TABLES.get(str(table))
    known = next((c for c in own.columns if c.name == column), None) if own else None
    return known.headings[0] if known and lang == "zh" else label(column, lang, "column")


def plain_text(value: Any) -> str:
    """Text of the data on one line; nothing for a blank."""
    return "" if value is None or value != value or value == "" else plain(value)


def _told(value: Any, table: Any, lang: str) -> str:
    """A fact of ours as a reader reads it: amounts with their thousands, columns and codes by their names."""
    text = _FIGURE.sub(lambda found: number(Decimal(found[0])), plain_text(value))
    return _WORD.sub(lambda found: _called(found[0], table, lang), text) if _WORD.search(text) else text


def _called(word: str, table: Any, lang: str) -> str:
    own = schema.TABLES.get(str(table))
    if own and any(c.name == word for c in own.columns):
        return column_label(table, word, lang)
    if any(c.name == word and c.kind == "money" for c in schema.TABLES["projects"].columns):
        return column_label("projects", word, lang)
    kind = next((k for k in ("level", "fund", "table") if word in LABELS[lang][k]), None)
    return PEOPLE[lang].get(word) or (label(word, lang, kind) if kind else word)


def _row(cell: str) -> int | None:
    found = re.match(r"(?:.*!)?[A-Z]*(\d+)", str(cell))
    return int(found[1]) if found else None


def condensed(rows: pd.DataFrame) -> pd.DataFrame:
    """The same with a column ``count``: the same fault in several cells of a sheet becomes one row."""
    if rows.empty:
        return rows.assign(count=pd.Series(dtype="int64"))
    kept = []
    for _, part in rows.groupby(SAME, sort=False, dropna=False):
        if len(part) < ALIKE:
            kept.append(part.assign(count=1))
        else:
            kept.append(part.iloc[[0]].assign(cell=_span(part), count=len(part)))
    return pd.concat(kept).sort_index(kind="stable")


def _span(part: pd.DataFrame) -> str:
    """Cells one below another as first–last, others as the first few."""
    cells = [cell.partition(":")[0] for cell in part["cell"]]
    if part["cell"].nunique() == 1:
        return str(part["cell"].iloc[0])
    following = part["row"].notna().all() and part["row"].diff().iloc[1:].eq(1).all()
    return f"{cells[0]}–{cells[-1]}" if following else "、".join(cells[:ALIKE]) + "…" * (len(cells) > ALIKE)


def counts(dataset: Dataset) -> dict[str, Any]:
    """Files, sheets, rows, yuan and faults, as the summary tells them."""
    sources, blocks, told = dataset.sources, dataset.blocks, faults(dataset)
    skipped = set(map(tuple, dataset.findings.loc[dataset.findings["code"] == "skipped_sheet", ["file", "sheet"]].to_numpy().tolist()))
    unknown = [b for b in blocks[blocks["table"] == ""][["file", "sheet"]].itertuples(index=False, name=None) if b not in skipped]
    known = blocks[blocks["table"] != ""].drop_duplicates(["file", "sheet", "first_row"])
    money = {c.name for t in schema.TABLES.values() for c in t.columns if c.kind == "money"}
    wordy = dataset.refused[dataset.refused["column"].isin(money) & dataset.refused["rule"].ne("missing")]
    return {
        "files": len(sources), "used": int(sources["status"].eq("used").sum()), "unread": int(sources["status"].eq("unread").sum()),
        "superseded": int(sources["status"].eq("superseded").sum()), "known": len(known), "unknown": len(unknown), "skipped": len(skipped),
        "tables": {t: int(n) for t, n in known["table"].value_counts(sort=False).items()},
        "read": int(sources["read"].sum()), "kept": int(sources["kept"].sum()), "refused": int(sources["refused"].sum()),
        "yuan_read": _yuan(dataset.sums["read"]), "yuan_kept": _yuan(dataset.sums["kept"]), "yuan_refused": _yuan(dataset.sums["refused"]),
        "no_amount": int(wordy["rule"].isin(["duplicate_row", "duplicate_key", "total_row", "missing_column"]).eq(False).sum()),
        "unmapped": int(dataset.findings["code"].eq("unmapped_column").sum()),
        "correct": int(told["severity"].eq("refused").sum()), "look": int(told["severity"].eq("look").sum()),
    }  # fmt: skip


def _yuan(values: pd.Series) -> Decimal:
    """A sum in whole 分: exact."""
    return Decimal(int((values * 100).round().sum())) / 100


def say_check(dataset: Dataset, lang: str = "zh") -> list[str]:
    """What was understood and what was not, in a few sentences."""
    n, say = counts(dataset), WORDS[lang]
    shown = {name: number(value) for name, value in n.items() if name != "tables"}
    single = sum(count == 1 for count in n["tables"].values())
    few = len(n["tables"]) <= FEW_TABLES
    named = [say["table"].format(table=label(t, lang, "table"), n=number(count)) for t, count in n["tables"].items() if few or count > 1]
    tables = say["comma"].join(named + ([] if few else [say["singles"].format(n=number(single))]))
    lines = [say["files"].format(**shown) + "".join(say[name].format(**shown) for name in ("superseded", "unread") if n[name]) + say["stop"]]
    lines.append(say["sheets"].format(**shown, tables=tables) if n["known"] else say["no_sheets"])
    lines[-1] += say["unknown"].format(**shown) if n["unknown"] else say["all_known"] if n["known"] else ""
    rows_foot, yuan_foot = n["read"] == n["kept"] + n["refused"], n["yuan_read"] == n["yuan_kept"] + n["yuan_refused"]
    lines.append(say["rows"].format(**shown) + say["yuan"].format(**shown) + say["foots" if rows_foot and yuan_foot else "foots_not"])
    lines += [say[name].format(**shown) for name in ("no_amount", "unmapped") if n[name]]
    return [line.strip() for line in lines]


def say_result(dataset: Dataset, lang: str = "zh") -> str:
    """How much is to be corrected and to be looked at."""
    n, say = counts(dataset), WORDS[lang]
    return say["faults" if n["correct"] or n["look"] else "no_faults"].format(correct=number(n["correct"]), look=number(n["look"]))


def to_do(dataset: Dataset, lang: str = "zh", most: int = 5) -> list[str]:
    """The few things that repair most, gravest first: a kind of fault, how often, where, and what to do."""
    rows, say = faults(dataset, lang), WORDS[lang]
    rows = rows[rows["severity"].isin(["refused", "look"])]
    if rows.empty:
        return []
    order = {"unread": 0, "correct": 1}
    kinds = rows.groupby(["code", "severity", "group", "label", "do"], sort=False)
    each = kinds.agg(n=("code", "size"), files=("file", "nunique"), file=("file", "first"), amount=("amount", _amount)).reset_index()
    each["rank"] = each["group"].map(order).fillna(2) + each["severity"].eq("look") * 3 - each["code"].eq("missing_column") * 0.5
    each.loc[each["code"].isin(SPOILERS), "rank"] = 0.5
    each = each.sort_values(["rank", "n"], ascending=[True, False], kind="stable").head(most)
    return [
        say["to_do"].format(
            severity=SEVERITIES[r["severity"]][lang == "en"], label=r["label"], n=number(r["n"]), do=r["do"] or say["look"],
            where=r["file"] if r["files"] == 1 else say["in_files"].format(n=number(r["files"])),
        )
        for r in each.to_dict("records")
    ]  # fmt: skip


def _amount(values: pd.Series) -> float:
    return float(pd.to_numeric(values).sum())


def files(dataset: Dataset, lang: str = "zh") -> list[dict[str, Any]]:
    """Each file: status, rows, and its sheets with what each was taken for."""
    told, say = faults(dataset, lang), WORDS[lang]
    sums = {(f["file"], f["sheet"], f["column"]): f["detail"] for f in dataset.findings[dataset.findings["code"] == "unmapped_column"].to_dict("records")}
    skipped = set(map(tuple, dataset.findings.loc[dataset.findings["code"] == "skipped_sheet", ["file", "sheet"]].to_numpy().tolist()))
    owned, placed = dict(iter(told.groupby("file", sort=False))), defaultdict(list)
    for block in dataset.blocks.to_dict("records"):
        placed[block["file"]].append(block)
    listed = []
    for source in dataset.sources.to_dict("records"):
        own, blocks = owned.get(source["file"], told.iloc[:0]), placed[source["file"]]
        grave = "refused" if source["status"] == "unread" or own["severity"].eq("refused").any() else "look" if own["severity"].eq("look").any() else "known"
        why = say["comma"].join(own.loc[own["group"] == "unread", "label"].unique())
        status = f"{label(source['status'], lang, 'status')} {why}".strip()
        numbers = {name: number(source[name]) for name in ("read", "kept", "refused")}
        listed.append({
            "name": plain_text(source["file"]), "source": source, "status": status, "severity": grave,
            "sign": "✓" if grave == "known" else SIGNS[grave], "rows": say["file_rows"].format(**numbers) if source["status"] != "unread" else "",
            "correct": int(own["severity"].eq("refused").sum()), "look": int(own["severity"].eq("look").sum()),
            "blocks": [_block(b, sums, skipped, lang) for b in blocks], "open": any(not b["table"] for b in blocks) or bool(own["group"].eq("unused").any()),
        })  # fmt: skip
    return sorted(listed, key=lambda f: list(SEVERITIES).index(f["severity"]))


def _block(block: dict[str, Any], sums: dict[tuple[str, str, str], str], skipped: set[tuple[str, ...]], lang: str) -> dict[str, Any]:
    say = WORDS[lang]
    unused = []
    for heading in filter(None, str(block["unused"]).split("；")):
        total = sums.get((block["file"], block["sheet"], heading))
        unused.append(plain_text(heading) + (say["column_sum"].format(sum=_FIGURE.sub(lambda found: number(Decimal(found[0])), total)) if total else ""))
    hidden = [say["hidden_sheet"]] if block["hidden"] else []
    hidden += [say["hidden_rows"].format(n=number(block["hidden_rows"]))] if block["hidden_rows"] else []
    taken = label(block["table"], lang, "table") if block["table"] else say["skipped" if (block["file"], block["sheet"]) in skipped else "not_known"]
    return {
        "sheet": plain_text(block["sheet"]), "table": taken, "known": bool(block["table"]), "title": plain_text(block["title"]),
        "unit": {"?": say["unit_unclear"]}.get(block["unit"], block["unit"]), "rows": number(block["rows"]), "totals": number(block["totals"]),
        "at": f"{block['first_row']}–{block['last_row']}" if block["first_row"] else "", "columns": _columns(block["table"], block["columns"], lang),
        "unused": say["comma"].join(unused), "hidden": say["comma"].join(hidden),
    }  # fmt: skip


def _columns(table: str, text: Any, lang: str) -> str:
    """heading → column, for each column; once where both read the same."""
    told = []
    for pair in filter(None, str(text).split("；")):
        heading, arrow, name = pair.rpartition(" → ")
        ours = column_label(table, name, lang)
        told.append(f"{plain_text(heading)} → {ours}" if arrow and heading and schema.heading_key(heading) != schema.heading_key(ours) else ours)
    return WORDS[lang]["comma"].join(told)


def sums(dataset: Dataset) -> pd.DataFrame:
    """Yuan read, kept and refused per table and amount column."""
    return dataset.sums.groupby(["table", "column"], sort=False)[["read", "kept", "refused"]].sum().round(2).reset_index()


def gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """Areas without data as a grid: one row per area and table, one column per year, ✕ where nothing came; empty where they are few."""
    missing = rows[rows["code"].isin(["area_without_data", "missing_year"]) & rows["figure"].ne("")]
    if len(missing) <= 12:
        return pd.DataFrame()
    grid = missing.assign(year=missing["figure"], mark="✕").pivot_table(index=["found", "table"], columns="year", values="mark", aggfunc="first", sort=False)
    return grid.fillna("").reset_index()


def by_group(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The faults of each section, gravest first within a file."""
    rank = rows["severity"].map(list(SEVERITIES).index)
    ordered = rows.assign(rank=rank).sort_values(["file", "rank"], kind="stable").drop(columns="rank")
    return {group: ordered[ordered["group"] == group] for group in GROUPS}
