"""Python LightGBM's side of bench-local: makes the data (once) and times trees. Usage: bench.py ROWS FEATURES LEAVES THREADS ROUNDS"""
import sys, time, os, numpy as np, lightgbm as lgb
n, f, leaves, threads, rounds = map(int, sys.argv[1:6])
d = os.environ.get('BENCH_DIR', '/tmp/lw/bench'); os.makedirs(d, exist_ok=True)
path = f'{d}/{n}x{f}'
if not os.path.exists(path + '.y'):
    rng = np.random.default_rng(1)
    X = rng.standard_normal((f, n), dtype=np.float32)
    y = (X[0] + X[1] * X[2] + np.sin(X[3] * 3) + 0.5 * X[4] ** 2 + rng.standard_normal(n, dtype=np.float32)).astype(np.float32)
    X.tofile(path + '.x'); y.tofile(path + '.y')
X = np.fromfile(path + '.x', np.float32).reshape(f, n).T; y = np.fromfile(path + '.y', np.float32)
p = dict(objective='regression', num_leaves=leaves, learning_rate=0.1, min_data_in_leaf=20, verbosity=-1, num_threads=threads)
t = time.time(); ds = lgb.Dataset(np.ascontiguousarray(X), y, params=p).construct(); tb = time.time() - t
b = lgb.Booster(p, ds); ts = []; c0 = time.process_time()
for i in range(rounds):
    t = time.time(); b.update(); ts.append((time.time() - t) * 1e3)
cpu = (time.process_time() - c0) * 1e3 / rounds
import resource
pred = b.predict(np.ascontiguousarray(X[:20000]))
print(f'lightgbm {n}x{f} L={leaves} T={threads}: bin {tb:.2f}s ms/tree median {np.median(ts[2:]):.1f} min {min(ts):.1f} cpu {cpu:.1f} rmse20k {np.sqrt(np.mean((pred-y[:20000])**2)):.5f} rss {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024}MB')
