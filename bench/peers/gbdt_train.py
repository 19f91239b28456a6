"""Peer of bench/gbdt: LightGBM or XGBoost, obeying lines of JSON as bench/gbdt-trainer.mjs does.

python gbdt_train.py lightgbm|xgboost FOLDER FEATURES    needs: numpy and the engine
"""
import json
import resource
import sys
import time

import numpy as np

engine, folder, features = sys.argv[1], sys.argv[2], int(sys.argv[3])


def read(name):
    y = np.fromfile(f"{folder}/y{name}.f32", np.float32)
    # Columns: LightGBM bins them as fast as rows, and without a copy.
    return np.fromfile(f"{folder}/x{name}.f32", np.float32).reshape(features, len(y)).T, y


x, y = read("")


class LightGbm:
    def __init__(self):
        import lightgbm

        self.lib = lightgbm

    def bin(self, threads):
        self.data = self.lib.Dataset(x, y, params={"num_threads": threads, "verbosity": -1}, free_raw_data=False).construct()

    def start(self, leaves, threads):
        params = {
            "objective": "regression", "num_leaves": leaves, "learning_rate": 0.1, "min_data_in_leaf": 20,
            "num_threads": threads, "verbosity": -1,
        }
        self.booster = self.lib.Booster(params, self.data)

    def grow(self):
        self.booster.update()

    def finish(self, test):
        return self.booster.predict(np.ascontiguousarray(test)), self.booster.num_trees(), self.booster.model_to_string()


class XgBoost:
    def __init__(self):
        import xgboost

        self.lib = xgboost

    def bin(self, threads):
        self.data = self.lib.QuantileDMatrix(x, y, max_bin=255, nthread=threads)

    def start(self, leaves, threads):
        params = {
            "objective": "reg:squarederror", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": leaves,
            "max_depth": 0, "max_bin": 255, "eta": 0.1, "min_child_weight": 20, "lambda": 0, "nthread": threads,
        }
        self.booster = self.lib.Booster(params, [self.data])
        self.round = 0

    def grow(self):
        self.booster.update(self.data, self.round)
        self.round += 1

    def finish(self, test):
        return self.booster.predict(self.lib.DMatrix(np.ascontiguousarray(test))), self.round, ""


def answer(value):
    print(json.dumps(value), flush=True)


def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    answer({"ms": (time.perf_counter() - wall) * 1e3, "cpuMs": (time.process_time() - cpu) * 1e3})


def grow(trees):
    for _ in range(trees):
        it.grow()


it = {"lightgbm": LightGbm, "xgboost": XgBoost}[engine]()
answer({"ready": True, "version": f"{it.lib.__name__} {it.lib.__version__}"})
for line in sys.stdin:
    c = json.loads(line)
    if c["op"] == "bin":
        timed(lambda: it.bin(c["threads"]))
    elif c["op"] == "start":
        it.start(c["leaves"], c["threads"])
    elif c["op"] == "grow":
        timed(lambda: grow(c["trees"]))
    elif c["op"] == "finish":
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        test, test_y = read("-test")
        predicted, trees, model = it.finish(test)
        with open(c["file"], "w") as f:
            f.write(model)
        rmse = float(np.sqrt(np.mean((predicted - test_y) ** 2)))
        answer({"rmse": rmse, "trees": trees, "rssMb": rss})
