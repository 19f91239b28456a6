"""Peer of bench/gbdt, prediction: writes models and predictions to FOLDER, then answers lines "LEAVES ROWS" with milliseconds.

python gbdt_predict.py FOLDER    needs: numpy, lightgbm
"""
import sys
import time

import lightgbm as lgb
import numpy as np

folder = sys.argv[1]
rng = np.random.default_rng(1)
x = rng.normal(size=(6000, 166))
x[:, :20][rng.random((6000, 20)) < 0.05] = np.nan
z = np.nan_to_num(x)
y = z[:, :60] @ rng.normal(size=60) + z[:, 30] * z[:, 31] + rng.normal(size=6000)
x[:500].tofile(f"{folder}/x")
boosters = {}
for leaves in (63, 255):
    params = dict(num_leaves=leaves, verbose=-1, num_threads=1, learning_rate=0.05, min_data_in_leaf=10)
    boosters[leaves] = lgb.train(params, lgb.Dataset(x, y), 500)
    boosters[leaves].save_model(f"{folder}/{leaves}.txt")
    boosters[leaves].predict(x[:500], num_threads=1).tofile(f"{folder}/{leaves}.p")
print(f"ready {lgb.__version__}", flush=True)
for line in sys.stdin:
    leaves, rows = map(int, line.split())
    start = time.perf_counter()
    boosters[leaves].predict(x[:rows], num_threads=1)
    print((time.perf_counter() - start) * 1e3, flush=True)
