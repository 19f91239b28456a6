"""NumPy peer of `npm run bench features`: base features and neutralisation by the judge ../shared/peers/numpy_features.py.

python features_numpy.py JUDGE.py FOLDER CALLS [OUT.f64]    needs: numpy

FOLDER holds bars.json and one float64 file a field (symbols x minutes). Only the two steps are timed, CALLS times in this process. OUT gets the base columns,
then the neutralised ones, each symbols x minutes of the last day. Prints one JSON line.
"""
import importlib.util
import json
import sys
import time

import numpy as np


def load(path):
    spec = importlib.util.spec_from_file_location("judge", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(judge_path, folder, calls, out=None):
    judge = load(judge_path)
    with open(f"{folder}/bars.json") as f:
        about = json.load(f)
    count, rows, target = len(about["symbols"]), about["rows"], about["target"]
    fields = {k: np.fromfile(f"{folder}/{k}.f64").reshape(count, rows) for k in about["fields"]}

    runs = []
    for _ in range(int(calls)):
        wall, cpu = time.perf_counter(), time.process_time()
        base = {}
        for s in range(count):
            g = {k: v[s] for k, v in fields.items()}
            for w in about["windows"]:
                for name, values in judge.base_features(g, w).items():
                    if s == 0:
                        base[name] = np.empty((count, target))
                    base[name][s] = values[-target:]
        middle = time.process_time()
        neutral = [judge.neutralise(m) for m in base.values()]
        end = time.process_time()
        runs.append({"cpu": end - cpu, "base": middle - cpu, "neutral": end - middle, "wall": time.perf_counter() - wall})

    if out is not None:
        with open(out, "wb") as f:
            for m in [*base.values(), *neutral]:
                m.tofile(f)
    print(json.dumps({"runs": runs, "names": list(base), "version": np.__version__}))


main(*sys.argv[1:])
