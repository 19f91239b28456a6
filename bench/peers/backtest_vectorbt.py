"""vectorbt on the common subset of bench/backtest: answers lines of JSON. Usage: FOLDER ENGINE (numba or rust)."""

import json
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt

folder, engine = sys.argv[1:3]
meta = json.load(open(f"{folder}/meta.json"))


def column(name, width=1):
    x = np.fromfile(f"{folder}/{name}.f64")
    return x if width == 1 else x.reshape(-1, width)


def index(name):
    # Without a time zone: with one, pandas makes an object of every row each time vectorbt compares indexes (10 times slower).
    return pd.to_datetime(column(f"{name}-times").astype("int64"), unit="ms")


costs = dict(fees=meta["fee"], slippage=meta["slippageBps"] * 1e-4, init_cash=float(meta["cash"]), engine=engine)
# Sizes are shares of equity at the close before (val_price -inf), as the decision saw it; orders fill at the open.
common = dict(size_type="targetpercent", val_price=-np.inf, **costs)
single = dict(
    close=pd.Series(column("single-close"), index=index("single")),
    size=pd.Series(column("single-targets"), index=index("single")),
    price=pd.Series(column("single-open"), index=index("single")),
    freq="15min",
)
width = meta["symbols"]
price = column("many-open", width).copy()
close = column("many-close", width)
# The last orders close everything at the last close.
price[-1] = close[-1]
frame = lambda x: pd.DataFrame(x, index=index("many"))
many = dict(
    close=frame(close),
    size=frame(column("many-targets", width)),
    price=frame(price),
    group_by=True,
    cash_sharing=True,
    freq="1h",
)
inputs = {"single": single, "many": many}


def orders(name):
    return vbt.Portfolio.from_orders(**inputs[name], **common)


def results(name):
    """What a result of ours holds too: the equity curve, its drawdown, the list of positions."""
    pf = orders(name)
    value = pf.value()
    value / value.cummax() - 1
    return pf, len(pf.positions.records), value.iloc[-1]


def run(command):
    name = command["name"]
    wall, cpu = [], []
    for _ in range(command["runs"]):
        before, start = time.process_time(), time.perf_counter()
        if command["depth"] == "orders":
            pf = orders(name)
        else:
            pf, trades, equity = results(name)
        wall.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - before))
    if command["depth"] == "orders":
        _, trades, equity = results(name)
    return dict(wall=wall, cpu=cpu, trades=int(trades), equity=float(equity))


print(json.dumps({"version": f"{vbt.__version__} {engine}"}), flush=True)
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
