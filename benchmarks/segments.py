"""The examination beside pyAgrum and pgmpy on its own network: `.venv-science/bin/python benchmarks/segments.py [--json FILE]`.

One core. 60 roots, every muscle of the tables on both sides, 40 findings. The rival gets the same network (classes of
sides and of diffuse tenderness, plexus variants, noisy-OR muscles), once with every muscle in it and once, in its
favour, with the tested ones only; both must give the same probabilities.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

sys.path.insert(0, str(Path(__file__).parents[1]))  # `validation`, which stands beside this folder

import numpy as np  # noqa: E402 - one thread is asked for before numerical libraries are loaded

from myotome.science.assessment import tables  # noqa: E402
from myotome.science.assessment.answer import consider_roots  # noqa: E402
from myotome.science.assessment.information import information_bits, untested  # noqa: E402
from myotome.science.assessment.network import SHIFTS, network_of  # noqa: E402
from myotome.science.assessment.posterior import posterior, posterior_of_many  # noqa: E402
from myotome.science.assessment.prior import base_rates, prior_of  # noqa: E402
from myotome.science.assessment.readings import Readings  # noqa: E402
from myotome.vocabulary.anatomy import ExamRegion  # noqa: E402
from myotome.vocabulary.findings import FindingKind  # noqa: E402

COVERED = ("src/myotome/science/assessment", "src/myotome/knowledge/signs", "src/myotome/knowledge/muscles")
REGION = ExamRegion.BACK_LEG
SIDE_CLASSES = ((1, 0), (0, 1), (1, 1))


def muscles_of(region: ExamRegion | None) -> np.ndarray:
    """Sites of muscles with roots."""
    rows = enumerate(tables.sites())
    return np.array([k for k, s in rows if s.kind is FindingKind.MUSCLE and tables.in_region(s, region)])


def random_readings(n: int, pool: np.ndarray, rng: np.random.Generator, exams: int = 1) -> Readings:
    """`n` findings an examination, of random grades, over the sites of the pool on both sides."""
    table = tables.hands().p_read[FindingKind.MUSCLE, "shortened"]
    picked = np.concatenate([rng.choice(2 * len(pool), n, replace=False) for _ in range(exams)])
    pair = table[:, rng.integers(0, 4, n * exams)]
    pair = pair / pair.max(0)
    exam = np.repeat(np.arange(exams), n)
    return Readings(exams, exam, pool[picked % len(pool)], picked // len(pool), pair[0], pair[1])


def median_ms(work: Callable[[], object], repeats: int = 60) -> float:
    """Median wall time in milliseconds, after three runs that do not count."""
    for _ in range(3):
        work()
    spent = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return round(1e3 * float(np.median(spent)), 4)


def rival_network(readings: Readings, *, only_tested: bool) -> tuple[Any, dict[str, list[float]]]:
    """The product's network in pyAgrum, and its evidence as likelihoods of the tested muscles."""
    import pyagrum as gum

    network, a = tables.network(), tables.assumptions()
    prior = tables.regional_prior(REGION)
    net = gum.BayesNet("examination")
    net.add(gum.LabelizedVariable("K", "", 3))
    net.add(gum.LabelizedVariable("D", "", 2))
    net.cpt("K").fillWith(list(a.p_sides))
    net.cpt("D").fillWith(list(a.p_diffuse))
    for side in (0, 1):
        for limb in ("arm", "leg"):
            net.add(gum.LabelizedVariable(f"S{limb}{side}", "", 3))
            net.cpt(f"S{limb}{side}").fillWith(list(a.p_variant))
        for i in range(len(network.roots)):
            net.add(gum.LabelizedVariable(f"z{side}_{i}", "", 2))
            net.addArc("K", f"z{side}_{i}")
            if i:
                net.addArc(f"z{side}_{i - 1}", f"z{side}_{i}")
            cpt = net.cpt(f"z{side}_{i}")
            for k, classes in enumerate(SIDE_CLASSES):
                p, c = prior.p[:, classes[side], side], prior.down[:, classes[side], side]
                for above in (0, 1) if i else (None,):
                    one = p[i] if above is None else p[i] + c[i] * (above - p[i - 1])
                    at = {"K": k} | ({} if above is None else {f"z{side}_{i - 1}": above})
                    cpt[at] = [1 - one, one]
    tested = {(int(k), int(s)): n for n, (k, s) in enumerate(zip(readings.site, readings.side, strict=True))}
    wanted = tested if only_tested else [(int(k), s) for k in muscles_of(None) for s in (0, 1)]
    evidence = {}
    for k, side in wanted:
        _add_muscle(gum, net, network, k, side)
        if (k, side) in tested:
            row = tested[k, side]
            evidence[f"m{side}_{k}"] = [float(readings.if_not[row]), float(readings.if_so[row])]
    return net, evidence


def _add_muscle(gum: Any, net: Any, network: Any, k: int, side: int) -> None:
    site = network.sites[k]
    first, n = int(network.first[k]), int(network.n_own[k])
    low, high = (max(first - 1, 0), min(first + n, len(network.roots) - 1)) if site.limb else (first, first + n - 1)
    name = f"m{side}_{k}"
    net.add(gum.LabelizedVariable(name, "", 2))
    parents = [f"z{side}_{i}" for i in range(low, high + 1)]
    for parent in (*parents, "D", *([f"S{site.limb}{side}"] if site.limb else [])):
        net.addArc(parent, name)
    cpt = net.cpt(name)
    start, width = int(network.start[k]), network.width
    for state in range(2 ** len(parents)):
        bits = [state >> j & 1 for j in range(len(parents))]
        window = sum(bit << (width - 1 - (low + j - start)) for j, bit in enumerate(bits))
        for d in (0, 1):
            for v in range(len(SHIFTS)) if site.limb else (0,):
                q = float(network.q[k, window, d, v])
                at = (
                    dict(zip(parents, bits, strict=True)) | {"D": d} | ({f"S{site.limb}{side}": v} if site.limb else {})
                )
                cpt[at] = [q, 1 - q]


def beside_pyagrum(readings: Readings, mine: np.ndarray) -> dict[str, Any]:
    """Times of a new ShaferShenoy engine and of a warm one with one finding changed, and the largest difference."""
    import pyagrum as gum

    names = [[f"z{side}_{i}" for i in range(mine.shape[1])] for side in (0, 1)]
    found: dict[str, Any] = {}
    for label, only_tested in (("all muscles", False), ("tested muscles only", True)):
        net, evidence = rival_network(readings, only_tested=only_tested)

        def ask(engine: Any) -> np.ndarray:
            engine.makeInference()
            return np.array([[engine.posterior(name)[1] for name in row] for row in names])

        def new(net: Any = net, evidence: dict[str, list[float]] = evidence) -> np.ndarray:
            engine = gum.ShaferShenoyInference(net)
            engine.setEvidence(evidence)
            return ask(engine)

        theirs = new()
        warm = gum.ShaferShenoyInference(net)
        warm.setEvidence(evidence)
        ask(warm)
        changed = next(iter(evidence))
        flip = [evidence[changed], evidence[changed][::-1]]

        def again(warm: Any = warm, changed: str = changed, flip: list[list[float]] = flip) -> np.ndarray:
            flip.reverse()
            warm.chgEvidence(changed, flip[0])
            return ask(warm)

        found[label] = {
            "new_ms": median_ms(new, 12),
            "warm_one_changed_ms": median_ms(again, 12),
            "largest_difference": float(np.abs(theirs - mine).max()),
        }
    return found


def beside_pgmpy(readings: Readings, mine: np.ndarray, roots: tuple[int, ...] = (24, 25)) -> dict[str, Any]:
    """Time of pgmpy's variable elimination for some roots of the left side, on the tested muscles only, in its favour.

    Its belief propagation cannot be asked: the junction tree that it builds of this network does not fit any memory.
    """
    import logging

    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.inference import VariableElimination
    from pgmpy.models import DiscreteBayesianNetwork

    logging.getLogger("pgmpy").setLevel(logging.ERROR)
    net, evidence = rival_network(readings, only_tested=True)
    model = DiscreteBayesianNetwork()
    names = {i: net.variable(i).name() for i in net.nodes()}
    model.add_nodes_from(names.values())
    model.add_edges_from([(names[a], names[b]) for a, b in net.arcs()])
    for i in net.nodes():
        table = net.cpt(i)
        own, *parents = list(table.names)
        cards = [net.variable(name).domainSize() for name in parents]
        values = np.transpose(table.toarray()).reshape(net.variable(own).domainSize(), -1)
        model.add_cpds(TabularCPD(own, len(values), values, parents or None, cards or None))
    seen = [TabularCPD(name, 2, [[row[0] / sum(row)], [row[1] / sum(row)]]) for name, row in evidence.items()]
    begun = time.perf_counter()
    found = VariableElimination(model).query(
        [f"z0_{i}" for i in roots], virtual_evidence=seen, joint=False, show_progress=False
    )
    spent = time.perf_counter() - begun
    theirs = np.array([found[f"z0_{i}"].values[1] for i in roots])
    return {
        "roots_asked": len(roots),
        "new_ms": round(1e3 * spent, 1),
        "largest_difference": float(np.abs(theirs - mine[0, list(roots)]).max()),
    }


def guided_s(exams: int) -> float:
    """Seconds for that many examinations of one side of the region, each guided test by test to the end."""
    from validation.examination.guided import Study, guided
    from validation.examination.patients import draw
    from validation.examination.reports import SIGNS, tests_of, world

    believed, tests = world(REGION), tests_of(REGION)
    patients = draw(believed, tests, SIGNS, exams, np.random.default_rng(1))
    begun = time.perf_counter()
    guided(Study(believed, tests, SIGNS), patients, (len(tests),), stop_bits=0.0)
    return round(time.perf_counter() - begun, 1)


def measure(exams: int) -> dict[str, Any]:
    """Everything the benchmark prints."""
    network, prior, rng = tables.network(), tables.regional_prior(REGION), np.random.default_rng(1)
    whole, regional = muscles_of(None), muscles_of(REGION)
    forty = random_readings(40, whole, rng)
    all_windows = (0, network.n_positions - 1)
    kept = posterior(network, prior, forty, stretch=all_windows, keep=True)
    tested = set(zip(forty.site.tolist(), forty.side.tolist(), strict=True))
    rows = np.array([(k, s) for k in whole for s in (0, 1) if (k, s) not in tested])
    hands = tables.hands()
    question = untested(rows[:, 0], rows[:, 1], hands.p_read[FindingKind.MUSCLE, "shortened"], hands.misread["fingers"])
    result: dict[str, Any] = {
        "muscle_sites_a_side": len(whole),
        "all_marginals_ms": {
            n: median_ms(lambda r=random_readings(n, whole, rng): posterior(network, prior, r))
            for n in (10, 40, 80, 160)
        },
        "all_marginals_regional_40_ms": median_ms(
            lambda r=random_readings(40, regional, rng): posterior(network, prior, r)
        ),
        "information_of_all_untested_ms": median_ms(lambda: information_bits(network, kept, question)),
        "width_ms": {},
        "whole_answer_ms": median_ms(lambda: consider_roots(_example()), 20),
    }
    for width in (5, 6, 7, 8):
        wider = network_of(tables.sites(), tables.assumptions(), width=width)
        from myotome.knowledge.signs import parameters

        wide_prior = prior_of(wider, base_rates(wider, parameters().base_rates[REGION]))
        result["width_ms"][width] = median_ms(lambda w=wider, p=wide_prior: posterior(w, p, forty), 30)
    for label, pool in (("regional", regional), ("whole body", whole)):
        many = random_readings(40, pool, rng, exams)
        begun = time.perf_counter()
        posterior_of_many(network, prior, many)
        result[f"{exams}_examinations_{label}_s"] = round(time.perf_counter() - begun, 3)
    result[f"{exams}_guided_s"] = guided_s(exams)
    result["pyagrum"] = beside_pyagrum(forty, posterior(network, prior, forty).p[0])
    ours = result["all_marginals_ms"][40]
    result["times_faster"] = {
        f"{label}, {kind}": round(row[f"{kind}_ms"] / ours, 1)
        for label, row in result["pyagrum"].items()
        for kind in ("new", "warm_one_changed")
    }
    result["pgmpy"] = beside_pgmpy(forty, posterior(network, prior, forty).p[0])
    result["times_faster"]["pgmpy, tested muscles only, new, for two roots"] = round(
        result["pgmpy"]["new_ms"] / ours, 1
    )
    result["machine"] = {"python_loop_of_3_million_ms": round(1e3 * python_loop_s()), "load": os.getloadavg()}
    return result


def python_loop_s() -> float:
    """How quick the machine is today: seconds for a loop of three million additions. Machines differ by a factor of three."""
    begun, total = time.perf_counter(), 0
    for i in range(3_000_000):
        total += i
    return time.perf_counter() - begun


def _example() -> dict[str, Any]:
    names = ("tibialis_anterior", "gluteus_medius", "soleus", "piriformis", "gastrocnemius", "iliacus")
    rows = [{"muscle": name, "side": "left", "sign": "shortened", "grade": i % 4} for i, name in enumerate(names)]
    return {"findings": rows, "region": REGION.value}


def main() -> None:
    """Prints the figures; `--json FILE` writes them too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--exams", type=int, default=10_000)
    asked = parser.parse_args()
    from validation.stale import head

    result = head(COVERED) | measure(asked.exams)
    print(json.dumps(result, indent=1))
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
