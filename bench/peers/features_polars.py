"""Polars peer of `npm run bench features`: the same columns as lazy expressions, on all threads Polars takes.

python features_polars.py FOLDER CALLS [OUT.f64]    needs: polars numpy

Input and output as in features_numpy.py. The bars stand sorted by symbol and time, complete, with a day before the target day, and
no window reaches back further than that day; so rolling expressions run over the stacked columns without grouping, and the
rows whose window crosses into another symbol are among those that are cut off. Measured before settling on this form (Polars
2.1, 2 threads): one layer of full expressions takes about 4 times the CPU, with `.over("symbol")` as much, a frame a symbol
20 times; moments by group_by and join take 3 times the CPU of `.over("minute")`.
"""
import json
import sys
import time

import numpy as np
import polars as pl

DROP = {1: {"OI_Chg", "WhaleGap", "RatioSkewDiff", "OI_P_Corr", "RatioSkew", "RatioSkew_Z", "CrowdingPressure", "OI_Z",
            "OI_Price_Ratio", "OI_XSkew"}, 5: {"OI_P_Corr"}}


def zscore(v, k):
    return (v - v.rolling_mean(k)) / (v.rolling_std(k, ddof=0) + 1e-9)


def nonzero(v, other):
    return pl.when(v == 0).then(other).otherwise(v)


def windowed(w):
    """Trailing windows that features share, computed once each."""
    f = {f"max_high_{w}": pl.col("high").rolling_max(w), f"min_low_{w}": pl.col("low").rolling_min(w)}
    for k in ("quote_volume", "num_trades", "taker_buy_quote", "money", "path"):
        f[f"sum_{k}_{w}"] = pl.col(k).rolling_sum(w)
    for k in ("quote_volume", "close", "mt_oi", "mt_top_ls_ratio", "mt_top_ls_ratio_cnt", "mt_ls_ratio_cnt", "pm_close", "push"):
        f[f"mean_{k}_{w}"] = pl.col(k).rolling_mean(w)
    for k in ("close", "mt_oi", "returns"):
        f[f"std_{k}_{w}"] = pl.col(k).rolling_std(w, ddof=0)
    return f


def derived(w):
    """Series that second windows run over."""
    c, oi = pl.col("close"), pl.col("mt_oi")
    change = c / c.shift(w - 1) - 1
    return {
        f"skew_{w}": pl.col(f"mean_mt_top_ls_ratio_{w}") - pl.col(f"mean_mt_ls_ratio_cnt_{w}"),
        f"change_{w}": change,
        f"oi_change_{w}": oi / oi.shift(w - 1) - 1,
        f"per_move_{w}": (oi / oi.shift(w - 1) - 1) / nonzero(change, 1e-9),
        f"first_open_{w}": pl.col("open").shift(w - 1),
        f"distance_{w}": (c - c.shift(w)).abs(),
        f"gap_change_{w}": pl.col("gap") - pl.col("gap").shift(w),
        f"premium_change_{w}": pl.col("pm_close") - pl.col("pm_close").shift(w),
    }


def scores(w):
    oi, mean = pl.col("mt_oi"), pl.col(f"mean_mt_oi_{w}")
    return {
        f"skew_z_{w}": zscore(pl.col(f"skew_{w}"), max(w, 5)),
        f"oi_z_{w}": (oi / mean - 1) / ((pl.col(f"std_mt_oi_{w}") + 1e-9) / mean),
        f"per_move_z_{w}": zscore(pl.col(f"per_move_{w}"), max(w, 5)),
        f"vol_{w}": zscore(pl.col(f"mean_quote_volume_{w}"), 10 * w),
        f"corr_{w}": pl.rolling_corr("close", "mt_oi", window_size=w).fill_nan(0.0),
    }


def lagged(w):
    return {f"vol_back_{w}": pl.col(f"vol_{w}").shift(w)}


def features(w):
    """Spec RP-15 and RP-16, windows up to 60, in the order of the columns."""
    c = pl.col("close")
    at = lambda k: pl.col(f"{k}_{w}")
    o1, high, low = at("first_open"), at("max_high"), at("min_low")
    volume, bought = at("sum_quote_volume"), at("sum_taker_buy_quote")
    band = 2 * at("std_close")
    f = {
        "O2C": (c / o1 - 1) * 1e4,
        "O2H": (high / o1 - 1) * 1e4,
        "O2L": (low / o1 - 1) * 1e4,
        "H2C": (c / high - 1) * 1e4,
        "L2C": (c / low - 1) * 1e4,
        "H2L_Vol": (high / low - 1) * 1e4,
        "OI_Chg": at("oi_change") * 1e4,
        "AvgTrade": volume / at("sum_num_trades"),
        "WhaleGap": at("mean_mt_top_ls_ratio_cnt") - at("mean_mt_ls_ratio_cnt"),
        "NetTaker": (bought - (volume - bought)) / volume,
        "C2VWAP": (c / (at("sum_money") / volume) - 1) * 1e4,
        "Premium": at("mean_pm_close"),
        "RVol": at("std_returns") * 1e4,
        "EffRatio": at("distance") / nonzero(at("sum_path"), 1.0),
        "OI_P_Corr": at("corr"),
        "Force": at("mean_push") / nonzero(at("mean_quote_volume"), 1.0),
        "PctB": pl.when(band == 0).then(0.5).otherwise((c - (at("mean_close") - band)) / (2 * band)),
        "Close_Diff_Rate": at("change"),
        "RatioSkew": at("skew"),
        "RatioSkew_Z": at("skew_z"),
        "CrowdingPressure": (1 / at("skew_z")).tanh(),
        "OI_Z": at("oi_z"),
        "OI_Price_Ratio": at("per_move_z"),
        "OI_XSkew": at("oi_z") * at("skew_z"),
        "RatioSkewDiff": at("gap_change"),
        "Vol": at("vol"),
        "VolDiff": at("vol") - at("vol_back"),
        "PremiumDiff": at("premium_change"),
    }
    return {f"x_{w}m_{k}": v.fill_nan(None) for k, v in f.items() if k not in DROP.get(w, set())}


def elementwise():
    o, h, l, c, q = (pl.col(k) for k in ("open", "high", "low", "close", "quote_volume"))
    move = c - c.shift(1)
    return {
        "money": (h + l + c) / 3 * q,
        "path": move.abs(),
        "push": move.fill_null(0.0) * q,
        "returns": (c / c.shift(1)).log().fill_null(0.0),
        "gap": pl.col("mt_top_ls_ratio") - pl.col("mt_ls_ratio_cnt"),
    }


def base_columns(bars, windows, first):
    """Lazy, in layers, so that what features share is a column; the arithmetic at the end touches wanted rows only."""
    plan = bars.lazy().with_columns(**elementwise())
    for layer in (windowed, derived, scores, lagged):
        plan = plan.with_columns(**{k: v for w in windows for k, v in layer(w).items()})
    columns = {k: v for w in windows for k, v in features(w).items()}
    return list(columns), plan.filter(pl.col("minute") >= first).select("minute", **columns).collect()


def main(folder, calls, out=None):
    with open(f"{folder}/bars.json") as f:
        about = json.load(f)
    count, rows, target = len(about["symbols"]), about["rows"], about["target"]
    bars = pl.DataFrame({k: np.fromfile(f"{folder}/{k}.f64") for k in about["fields"]}).with_columns(
        minute=pl.int_range(count * rows, dtype=pl.UInt32) % rows)

    runs = []
    for _ in range(int(calls)):
        wall, cpu = time.perf_counter(), time.process_time()
        names, base = base_columns(bars, about["windows"], rows - target)
        middle = time.process_time()
        neutral = base.lazy().select(
            ((pl.col(k) - pl.col(k).mean().over("minute")) / nonzero(pl.col(k).std(ddof=0).over("minute"), 1.0))
            .alias(f"{k}_neut") for k in names).collect()
        end = time.process_time()
        runs.append({"cpu": end - cpu, "base": middle - cpu, "neutral": end - middle, "wall": time.perf_counter() - wall})

    if out is not None:
        with open(out, "wb") as f:
            for frame in (base.drop("minute"), neutral):
                for series in frame:
                    series.fill_null(float("nan")).to_numpy().tofile(f)
    print(json.dumps({"runs": runs, "names": names, "version": pl.__version__, "threads": pl.thread_pool_size()}))


main(*sys.argv[1:])
