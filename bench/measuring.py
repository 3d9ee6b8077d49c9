"""Rounds in turn, medians with their spread, and the report that they are written to."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "results"
REPORT = HERE / "RESULTS.md"
ROUNDS = 5


@dataclass(frozen=True)
class Target:
    """What must be reached: the ratio of two medians, or a figure of our own, at least or at most."""

    words: str
    value: float
    at_most: bool = False

    def met(self, figure: float) -> bool:
        return figure <= self.value if self.at_most else figure >= self.value


def options(what: str, **more) -> argparse.Namespace:
    """The command line that every script has, with `more` whole numbers of its own."""
    parser = argparse.ArgumentParser(description=what, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured, in turn (5)")
    parser.add_argument("--only", default="", help="some of the script's parts, with commas between")
    parser.add_argument("--dry", action="store_true", help="do not touch RESULTS.md")
    for name, default in more.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"({default})")
    return parser.parse_args()


def wanted(asked: argparse.Namespace, part: str) -> bool:
    """Whether --only names this part, or none."""
    return not asked.only or part in asked.only.split(",")


def interleaved(rounds: int, sides: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Measure each side once in every round, in an order that turns; what each told, in order."""
    names = list(sides)
    told = {name: [] for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            figure = sides[name]()
            told[name].append(figure)
            print(f"  round {turn + 1}: {name} {figure:,.4g}", file=sys.stderr, flush=True)
    return told


def middle(figures: list[float]) -> float:
    return statistics.median(figures)


def spread(figures: list[float], form: str = ",.0f") -> str:
    """The median, and the least and the most."""
    return f"{middle(figures):{form}} ({min(figures):{form}}-{max(figures):{form}}, n={len(figures)})"


def row(
    name: str,
    what: str,
    ours: str,
    peer: str,
    figure: float,
    target: Target,
    *,
    checked: str,
    dry: bool,
    form: str = ".2f",
) -> dict:
    """Keep one line of the report, and write the report anew. `figure` is what the target speaks of."""
    line = {
        "name": name,
        "what": what,
        "ours": ours,
        "peer": peer,
        "figure": f"{figure:{form}}",
        "target": target.words,
        "met": target.met(figure),
        "checked": checked,
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "load": round(os.getloadavg()[0], 1),
        "commit": _commit(),
    }
    print(json.dumps(line, indent=1), flush=True)
    if not dry:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(json.dumps(line, indent=1) + "\n")
        _report()
    return line


def figures(name: str, data: object, *, dry: bool) -> None:
    """Keep the numbers of a plot beside the report."""
    if not dry:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.figures.json").write_text(json.dumps(data, indent=1) + "\n")


ORDER = (
    "intake-2k-stay",
    "intake-2k-connect",
    "intake-50k",
    "durable",
    "parse-corpus",
    "parse-2k",
    "attachment-memory",
    "attachment-loop",
    "body-speed",
    "body-memory",
    "delivery",
    "delivery-calls",
    "ticket-stock",
    "ticket-roundup",
    "queue-length",
    "start-backlog",
    "idle-memory",
    "idle-ready",
)


def _report() -> None:
    found = {path.stem: json.loads(path.read_text()) for path in RESULTS.glob("*.json") if ".figures" not in path.name}
    lines = [found[name] for name in sorted(found, key=lambda name: (ORDER.index(name) if name in ORDER else 99, name))]
    head = "| what | ours | peer | figure | target | met |\n|---|---|---|---|---|---|\n"
    table = "".join(
        f"| {line['what']} | {line['ours']} | {line['peer']} | {line['figure']} | {line['target']} | {'yes' if line['met'] else '**no**'} |\n"
        for line in lines
    )
    notes = "".join(
        f"- **{line['name']}**: {line['checked']}. {line['at']}, commit {line['commit']}, load {line['load']}.\n"
        for line in lines
    )
    plots = "".join(f"![{path.stem}](results/{path.name})\n" for path in sorted(RESULTS.glob("*.png")))
    REPORT.write_text(
        "# What was measured\n\n"
        "Written by the scripts in this folder; how to run them is told in the [README](README.md).\n"
        "Figures are medians with (least-most, n=rounds); ours and the peer are measured in turn within one run, so it is\n"
        "the ratio that holds, not the figure.\n\n"
        f"{machine()}\n\n{head}{table}\n"
        "What was counted and compared in each run, when, and how busy the machine was besides (load average of a minute):\n\n"
        f"{notes}\n{plots}"
    )


def machine() -> str:
    """What this was measured on, in a sentence or two."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / (1 << 20)
    disk = subprocess.run(
        ["findmnt", "-no", "FSTYPE", "-T", str(HERE)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"Machine: {os.cpu_count()} x {model}, {memory:.0f} GiB, {disk or 'unknown file system'}, "
        f"Linux {platform.release()}, Python {platform.python_version()}."
    )


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def plot(name: str, title: str, x: str, y: str, series: dict[str, list[tuple[float, float]]], *, log: str = "") -> None:
    """Draw lines as results/NAME.png; `log` names the axes that are logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4), dpi=120)
    for label, points in series.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=label)
    axes.set(title=title, xlabel=x, ylabel=y)
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    else:
        axes.set_ylim(0, 1.1 * max(value for points in series.values() for _, value in points))
    axes.grid(alpha=0.3)
    if len(series) > 1:
        axes.legend()
    figure.tight_layout()
    RESULTS.mkdir(exist_ok=True)
    figure.savefig(RESULTS / f"{name}.png")
    pyplot.close(figure)
