"""backtesting.py on the single-symbol common subset of bench/backtest: answers lines of JSON. Usage: FOLDER."""

import json
import sys
import time
import warnings

import backtesting
import numpy as np
import pandas as pd
from backtesting import Strategy
from backtesting.lib import FractionalBacktest

warnings.filterwarnings("ignore")
# Its progress bar costs time and writes to stderr.
backtesting.backtesting._tqdm = lambda x, **_: x

folder = sys.argv[1]
meta = json.load(open(f"{folder}/meta.json"))
column = lambda name: np.fromfile(f"{folder}/single-{name}.f64")
bars = pd.DataFrame(
    {name.capitalize(): column(name) for name in ("open", "high", "low", "close", "volume")},
    index=pd.to_datetime(column("times").astype("int64"), unit="ms"),
)
side = column("side").astype(int).tolist()
fee, slip, share, hold = meta["fee"], meta["slippageBps"] * 1e-4, meta["share"], meta["hold"]
entering = True


def commission(size, price):
    """Fee and slippage. Its own spread is charged at entries only, so both sides' slippage is paid as a cost: the fee is
    on the price made worse, p (1 ± s). Whether an order enters is not told to this function: the strategy notes it."""
    buys = (size > 0) == entering
    return abs(size) * price * (slip + (1 + (slip if buys else -slip)) * fee)


class Subset(Strategy):
    def init(self):
        self.entry_bar = 0

    def next(self):
        global entering
        i = len(self.data) - 1
        if self.position:
            if i + 1 == self.entry_bar + hold:
                entering = False
                self.position.close()
        elif side[i] != 0:
            entering = True
            self.entry_bar = i + 1
            units = int(share * self.equity / self.data.Close[-1])
            (self.buy if side[i] > 0 else self.sell)(size=units)


def run(command):
    wall, cpu = [], []
    for _ in range(command["runs"]):
        before, start = time.process_time(), time.perf_counter()
        stats = FractionalBacktest(bars, Subset, cash=meta["cash"], commission=commission).run()
        wall.append(1000 * (time.perf_counter() - start))
        cpu.append(1000 * (time.process_time() - before))
    return dict(wall=wall, cpu=cpu, trades=int(stats["# Trades"]), equity=float(stats["Equity Final [$]"]))


print(json.dumps({"version": backtesting.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
