"""The warm engine records what papermill's plain engine records, cell by cell; and where it must not run, the plain one does."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.exceptions import PapermillExecutionError
from prove import cases

from fundanalytics.publish import engine, forks
from fundanalytics.publish.warm import WARM, register

pytestmark = [pytest.mark.skipif(bool(forks.obstacle()), reason=forks.obstacle()), pytest.mark.xdist_group("engine")]

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PLAIN = None

TORTURE = [
    "import asyncio, logging, os, subprocess, sys, threading, time, warnings\nfrom IPython.display import *\nx: int = 1",
    "print('a'); print('err', file=sys.stderr); print('b', flush=True); sys.stdout.write('无换行'); 7",
    "!echo shell out; echo shell err >&2\n!exit 3\n_exit_code",
    # a thread reads what is written past Python: given time, all of it belongs to its cell
    "subprocess.run(['echo', 'from a subprocess']); os.system('echo by os.system; echo err >&2'); time.sleep(0.3)",
    "os.write(1, b'raw\\n'); import ctypes; ctypes.CDLL(None).puts(b'from C'); ctypes.CDLL(None).fflush(None); time.sleep(0.3)",
    "h = display(HTML('<b>one</b>'), display_id='h')\ndisplay(Markdown('*md*'), {'a': 1}, Latex('$x$'), JSON({'a': [1]}), SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))",
    "h.update(HTML('<b>two</b>'))",
    "update_display(HTML('<b>three</b>'), display_id='h')",
    "for i in range(3):\n    clear_output(wait=True); print(i)\nprint('kept'); clear_output()\nprint('last')",
    "await asyncio.sleep(0.01)\nt = asyncio.create_task(asyncio.sleep(0.05, 'late'))\n'async'",
    "await t",
    "async def later():\n    await asyncio.sleep(0.02); print('from a task')\nt = asyncio.create_task(later()); None",
    "await t\nawait asyncio.gather(*(asyncio.sleep(0.01, i) for i in range(3)))",
    "async for i in (j for j in range(3)): print(i)",  # an error: no such iterator
    "th = threading.Thread(target=lambda: print('thread')); th.start(); th.join()",
    "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(3) as pool: print(sorted(pool.map(abs, [-1, -2, 3])))",
    "from tqdm import tqdm\nfor _ in tqdm(range(3), ncols=60, bar_format='{l_bar}{bar}| {n_fmt}/{total_fmt}'): pass",
    "from tqdm.auto import trange\nfor _ in trange(3, bar_format='{l_bar}{bar}{n_fmt}'): pass",
    "print('x' * 300_000); print('\\n'.join(map(str, range(20_000))))",
    "for i in range(500): print(i, end='\\r')",
    "%%bash\necho bash cell; echo err >&2",
    "%%capture c\nprint('captured'); display(HTML('<i/>')); 5",
    "c.stdout, len(c.outputs)",
    "%%script false\n",
    "%%writefile made.txt\ntext",
    "%run -i made.py",
    "import beside; beside.VALUE, open('made.txt').read(), os.path.basename(os.getcwd())",
    "%env LEFT=1\nos.environ['LEFT']",
    "%cd -q ..\n%pwd\n%cd -q -",
    "%precision 3\nprint(1/3); 1/3",
    "%xmode Minimal",
    "1/0",
    "%xmode Context",
    "import pandas as pd\npd.DataFrame({'a': [1, 2], '年度': ['甲', None]})",
    "print(pd.DataFrame({'x' * 30 + str(i): ['y' * 30] for i in range(9)})); pd.get_option('display.max_columns')",
    "import plotly.graph_objects as go\ngo.Figure(go.Bar(x=['甲'], y=[1]))",
    "import ipywidgets as w\ns = w.IntSlider(3); display(w.VBox([s, w.Label('标签')])); s.value = 5",
    "out = w.Output(); display(out)\nwith out: print('inside'); display(HTML('<b>in</b>'))",
    "get_ipython().__class__.__name__, __name__, In[1][:6], Out[2], _, __",
    "import pickle\nclass C: v = 1\npickle.loads(pickle.dumps(C())).v",
    "import multiprocessing as mp\nctx = mp.get_context('fork')\ndef f(q): q.put(5)\nq = ctx.Queue()\n"
    "p = ctx.Process(target=f, args=(q,)); p.start(); print(q.get()); p.join()",
    "logging.warning('logged'); warnings.warn('warned'); warnings.warn('warned')",
    "x = ;",
    "def deep(n): return deep(n - 1) if n else {}['k']\ntry: deep(2)\nexcept KeyError as e: raise ValueError('中文 reason') from e",
    "input('name? ')",
    "sys.exit(3)",
    "raise KeyboardInterrupt",
    "assert False, 'told'",
    "a?",
    "from IPython.core.interactiveshell import InteractiveShell\nInteractiveShell.ast_node_interactivity = 'all'\n1\n2",
    "print(x); x;",
    "",
    "# only words",
    "publish = get_ipython().display_pub.publish\npublish({'text/plain': 'raw', 'application/x-own+json': {'a': 1}}, metadata={'m': 1})",
    "class R:\n    def _repr_html_(self): return '<r/>'\n"
    "    def _repr_mimebundle_(self, **k): return {'text/plain': 'r', 'image/png': 'aGk='}, {'image/png': {'width': 3}}\nR()",
    "get_ipython().set_next_input('more'); None",
    "import jsonschema\nsound = jsonschema.FormatChecker(['iri', 'iri-reference']).conforms\n[sound(a, 'iri') for a in ('http://例子.cn/年', '::', '')]",
    "%lsmagic?",
    "print('before'); raise RuntimeError('the end')",
]
RAISES = ("async for", "1/0", "x = ;", "def deep", "input", "sys.exit", "raise Key", "assert", "%%script")


def notebook(sources: list[str], **metadata: Any) -> Any:
    cells = []
    for number, source in enumerate(sources):
        cells.append(new_code_cell(source, id=f"cell{number}"))
        if source.startswith(RAISES):
            cells[-1].metadata.tags = ["raises-exception"]
    cells[0].metadata.tags = ["parameters"]
    cells.insert(1, new_markdown_cell("# words", id="words"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python", **metadata}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def run(source: Any, folder: Path, engine_name: str | None, **options: Any) -> tuple[Any, Exception | None]:
    """The executed notebook as it is on the disk, and what papermill raised."""
    register()
    folder = folder / "here"
    folder.mkdir(parents=True)
    (folder / "beside.py").write_text("VALUE = 'beside'\n")
    (folder / "made.py").write_text("print('run', x)\n")
    nbformat.write(source, folder / "in.ipynb")
    error = None
    os.environ.pop("PYTEST_CURRENT_TEST", None)  # where ipykernel sees it, it leaves to others what subprocesses write
    if engine_name is PLAIN:
        options.setdefault("execution_timeout", 120)  # an ordinary kernel that never answers is told, not waited for
    try:
        papermill.execute_notebook(folder / "in.ipynb", folder / "out.ipynb", engine_name=engine_name, cwd=folder, progress_bar=False, **options)
    except Exception as raised:
        error = raised
    return nbformat.read(folder / "out.ipynb", 4), error


NOISE = [
    (r"\x1b\[[0-9;]*m", ""),
    (r"/[\w/.-]{1,120}/ipykernel_\d+/\d+\.py|<ipython-input-[^>]+>", "CELL"),
    (r"0x[0-9a-f]{6,}", "ADDRESS"),
    (r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", "ID"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UUID"),
    (r"\d+\.\d+ ?(s|ms|µs|it/s)\b", "TIME"),
]


def steady(thing: Any) -> str:
    """A part of a notebook without what is never the same twice."""
    text = json.dumps(thing, ensure_ascii=False, sort_keys=True)
    for pattern, instead in NOISE:
        text = re.sub(pattern, instead, text)
    return text


def streams_apart(outputs: list[Any]) -> list[Any]:
    """The two standard streams each for itself: how they are woven together hangs on which of two pipes was read first."""
    found: list[Any] = []
    texts = {name: "".join(o["text"] for o in outputs if o["output_type"] == "stream" and o["name"] == name) for name in ("stdout", "stderr")}
    found += [{"output_type": "stream", "name": name, "text": text} for name, text in texts.items() if text]
    return [*found, *(o for o in outputs if o["output_type"] != "stream")]


def recorded(cell: Any) -> dict[str, Any]:
    """What running a cell leaves, times apart."""
    metadata = copy.deepcopy(dict(cell.metadata))
    if "papermill" in metadata:
        metadata["papermill"] = {
            name: value if name in ("status", "exception", "tags") else type(value).__name__ for name, value in metadata["papermill"].items()
        }
    if "execution" in metadata:
        metadata["execution"] = sorted(metadata["execution"])
    return {"source": cell.source, "outputs": streams_apart(cell.get("outputs", [])), "count": cell.get("execution_count"), "metadata": metadata}


def left(executed: Any) -> str:
    return steady([cell.get("outputs", []) for cell in executed.cells])


def differences(one: Any, other: Any) -> list[tuple[str, str, str]]:
    found = [(cell.source[:60], steady(recorded(cell)), steady(recorded(twin))) for cell, twin in zip(one.cells, other.cells, strict=True)]
    told = [{**nb.metadata, "widgets": sorted(steady(m) for w in nb.metadata.get("widgets", {}).values() for m in w["state"].values())} for nb in (one, other)]
    for metadata in told:
        metadata["papermill"] = {name: value for name, value in metadata["papermill"].items() if not re.search("time|duration|path", name)}
    found.append(("metadata", *(steady(metadata) for metadata in told)))
    return [(name, a, b) for name, a, b in found if a != b]


def shown(found: list[tuple[str, str, str]]) -> str:
    lines = []
    for name, a, b in found:
        at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        lines.append(f"{name!r}\n  plain …{a[max(at - 150, 0) : at + 250]}\n  warm  …{b[max(at - 150, 0) : at + 250]}")
    return "\n".join(lines)


def test_the_same_outputs_as_the_plain_engine_on_a_torture_notebook(tmp_path):
    plain, plainly = run(notebook(TORTURE), tmp_path / "plain", PLAIN)
    warm, warmly = run(notebook(TORTURE), tmp_path / "warm", WARM)
    assert type(plainly) is type(warmly) is PapermillExecutionError and plainly.evalue == warmly.evalue == "the end"
    assert not (found := differences(plain, warm)), shown(found)
    assert sum(bool(cell.get("outputs")) for cell in warm.cells) > 45


def test_what_is_written_past_python_stands_at_its_cell_and_whole(tmp_path):
    words = [f"{n}{'数' * 40_000}\n" for n in range(12)]
    source = notebook(["import os"] + [f"n = os.write(1, {text!r}.encode())" if n % 2 else f"n = os.system('echo {n}')" for n, text in enumerate(words)])
    warm, error = run(source, tmp_path, WARM)
    told = ["".join(o.text for o in cell.get("outputs", [])) for cell in warm.cells[2:]]
    assert error is None and told == [text if n % 2 else f"{n}\n" for n, text in enumerate(words)]


SLOW = """import sys, time
def slowly(kind, *args, made=sys.stdout.session.msg, **options):
    time.sleep(0.3 * (kind == 'stream'))
    return made(kind, *args, **options)
sys.stdout.session.msg = slowly"""


def test_what_is_on_its_way_when_a_cell_ends_stands_at_its_cell(tmp_path):
    """ipykernel sends by itself a fifth of a second after the first word."""
    half = "n = os.write(1, '数'.encode()[:2])"
    source = notebook(["import os, sys, time", SLOW, *["print('told'); time.sleep(0.25)"] * 3, half, "sys.stdout.close()"])
    warm, error = run(source, tmp_path, WARM)
    told = ["".join(o.text for o in cell.get("outputs", [])) for cell in warm.cells[3:]]
    assert error is None and told == [*["told\n"] * 3, "�", ""]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_the_same_outputs_as_the_plain_engine_on_each_notebook(path, tmp_path):
    if path.stem != "community_sheet" and not cases(0):
        pytest.skip("long: in make prove")
    shutil.copytree(ROOT / "data/sample", tmp_path / "data/sample")
    outputs = [run(nbformat.read(path, 4), tmp_path / name, by) for name, by in (("plain", PLAIN), ("warm", WARM))]
    assert [error for _, error in outputs] == [None, None]
    assert not (found := differences(outputs[0][0], outputs[1][0])), shown(found)


HANGS = {
    "asleep": "import time; time.sleep(60)",
    "busy": "while True: pass",
    "awaiting": "import asyncio; await asyncio.sleep(60)",
    "a subprocess": "import subprocess; subprocess.run(['sleep', '60'])",
    "a shell line": "!sleep 60",
    "a lock": "import threading; l = threading.Lock(); l.acquire(); l.acquire()",
    "a thread": "import threading, time; t = threading.Thread(target=time.sleep, args=(60,)); t.start(); t.join()",
    "that swallows errors": "import time\nwhile True:\n    try: time.sleep(60)\n    except Exception: pass",
}


@pytest.mark.parametrize("hang", HANGS.values(), ids=[*HANGS])
def test_a_hanging_cell_ends_at_its_time_limit_with_an_error_in_the_notebook(tmp_path, hang):
    started = time.monotonic()
    executed, error = run(notebook(["x: int = 1", "print('before')", hang, "print('never')"]), tmp_path / "out", WARM, execution_timeout=1)
    assert error is not None and time.monotonic() - started < 20
    assert "before" in left(executed) and "never" not in left(executed)
    assert any(o["output_type"] == "error" for cell in executed.cells for o in cell.get("outputs", [])), "no error in the notebook"
    assert re.search("longer than 1 s|timed out", f"{error} {getattr(error, 'evalue', '')}")


def test_a_killed_kernel_is_told_and_what_ran_before_is_in_the_notebook(tmp_path):
    executed, error = run(notebook(["x: int = 1", "print('before')", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]), tmp_path / "out", WARM)
    assert isinstance(error, forks.Ended) and "SIGKILL" in str(error)
    assert "before" in left(executed)


def test_a_notebook_has_the_environment_of_its_caller_and_goes_on_after_quit(tmp_path, monkeypatch):
    source = ["import os", "os.environ['OF_CALLER']", "quit()", "print('after')", "import asyncio; await asyncio.sleep(0.01); 5"]
    for value in ("one", "two"):
        monkeypatch.setenv("OF_CALLER", value)
        warm, error = run(notebook(source), tmp_path / value, WARM)
        assert error is None and value in left(warm)
    plain, _ = run(notebook(source), tmp_path / "plain", PLAIN)
    assert not (found := differences(plain, warm)), shown(found)


LITTER = """import os, sys, random, builtins, tempfile, subprocess, threading, time
import numpy as np, pandas as pd, plotly.io, fundanalytics as fa
builtins.left = sys.left = os.environ['LEFT'] = 'left'
sys.modules['left'] = sys
os.chdir('/'); pd.set_option('display.max_rows', 3); plotly.io.templates.default = 'none'; np.seterr(all='ignore')
random.seed(1); np.random.seed(1); fa.load = None
handle = open(os.path.join(tempfile.gettempdir(), 'left'), 'w')
threading.Thread(target=time.sleep, args=(600,)).start()
p = subprocess.Popen(['sleep', '600'])
print(p.pid, tempfile.gettempdir(), os.getpid())"""
LOOK = """import os, sys, random, builtins, tempfile, threading
import numpy as np, pandas as pd, plotly.io, fundanalytics as fa
print([n for n in ('left', 'handle', 'p') if n in globals()], hasattr(builtins, 'left'), hasattr(sys, 'left'), 'left' in sys.modules, os.environ.get('LEFT'))
print(os.path.basename(os.getcwd()), pd.get_option('display.max_rows'), plotly.io.templates.default, np.geterr(), callable(fa.load))
print(os.listdir(tempfile.gettempdir()), [os.path.basename(os.path.realpath(f'/proc/self/fd/{n}')) for n in os.listdir('/proc/self/fd')].count('left'))
print(random.random(), np.random.random())"""


def test_nothing_one_notebook_does_is_seen_by_the_next(tmp_path):
    first, _ = run(notebook(["x: int = 1", LOOK]), tmp_path / "a", WARM)
    litter, _ = run(notebook(["x: int = 1", LITTER]), tmp_path / "b", WARM)
    second, _ = run(notebook(["x: int = 1", LOOK]), tmp_path / "c", WARM)
    said = ["".join(o["text"] for o in nb.cells[2].outputs).splitlines() for nb in (first, second)]
    assert [line.replace("a ", "c ", 1) for line in said[0][:3]] == [line.replace("a ", "c ", 1) for line in said[1][:3]] and len(said[0]) == 4
    assert said[0][3] != said[1][3], "the same random numbers"
    subprocess_id, temp, kernel = "".join(o["text"] for o in litter.cells[2].outputs).split()
    assert not Path(temp).exists()
    assert not any(Path("/proc", pid).exists() for pid in (subprocess_id, kernel))


# --- where the warm engine must not run ----------------------------------------------------------------------------------------


@pytest.fixture
def taken_over(monkeypatch) -> Callable[..., list[str]]:
    """Run a notebook for which papermill's own engine must take over; what was logged."""
    logged: list[str] = []
    monkeypatch.setattr(engine.logger, "warning", lambda text, *facts: logged.append(text % facts))
    monkeypatch.setattr(engine.NBClientEngine, "execute_managed_notebook", classmethod(lambda cls, *args, **options: logged.append("plain")))

    def told(**metadata: Any) -> list[str]:
        nb = notebook(["x: int = 1"], **metadata)
        engine.ForkEngine.execute_managed_notebook(type("Managed", (), {"nb": nb})(), nb.metadata.kernelspec.name)
        return logged

    return told


def _kernel(folder: Path, name: str, argv: list[str], language: str) -> None:
    place = folder / "kernels" / name
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps({"argv": [*argv, "{connection_file}"], "display_name": name, "language": language}))


@pytest.mark.parametrize(
    ("argv", "language", "why"),
    [(["R"], "R", "language is R"), (["/usr/bin/other-python", "-m", "ipykernel_launcher", "-f"], "python", "/usr/bin/other-python")],
)
def test_another_language_or_interpreter_gets_its_own_kernel_with_a_line_that_says_why(tmp_path, monkeypatch, taken_over, argv, language, why):
    _kernel(tmp_path, "other", argv, language)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    line, ran = taken_over(name="other", language=language)
    assert why in line and "ordinary kernel" in line and ran == "plain"


def test_this_interpreter_by_any_of_its_names_is_forked(tmp_path, monkeypatch):
    for number, python in enumerate((sys.executable, "python", "python3")):
        _kernel(tmp_path, f"own{number}", [python, "-m", "ipykernel_launcher", "-f"], "python")
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
        assert engine._other_kernel(None, f"own{number}") == ""


def test_where_forking_is_not_safe_the_plain_engine_takes_over(monkeypatch, taken_over):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert taken_over() == [f"{WARM}: ordinary kernel, since forking is not safe on darwin", "plain"]


def test_a_template_with_more_than_one_thread_is_not_used(monkeypatch, taken_over):
    import test_forks

    monkeypatch.setattr(engine, "warm_up", test_forks.with_thread)
    engine._templates.clear()
    try:
        line, ran = taken_over()
    finally:
        engine._templates.clear()
    assert "2 threads" in line and ran == "plain"
