/** Early stopping with the rules of Python LightGBM's `early_stopping` callback. */
import type { Params } from '../params.js'
import type { Evaluation } from './train.js'

export interface EarlyStoppingState {
  /** Best value and its iteration (from 1) of each (data, metric), in order. */
  readonly best: readonly (readonly [value: number, iteration: number])[]
}

export class EarlyStopping {
  readonly #rounds: number
  readonly #delta: number
  readonly #firstOnly: boolean
  #best: [number, number][] = []
  #chosen: number | undefined

  constructor(p: Params) {
    this.#rounds = p.early_stopping_round
    this.#delta = p.early_stopping_min_delta
    this.#firstOnly = p.first_metric_only
  }

  /** The best iteration (a count), once known. */
  get best(): number | undefined {
    return this.#chosen
  }

  get state(): EarlyStoppingState {
    return { best: this.#best.map(([v, i]) => [v, i] as const) }
  }

  set state(s: EarlyStoppingState) {
    this.#best = s.best.map(([v, i]) => [v, i])
  }

  /**
   * Takes the evaluations after `iteration` iterations; true to stop. A (data, metric) pair stops the training when it
   * has not improved for `early_stopping_round` iterations; on the last iteration the first pair names the best.
   */
  update(iteration: number, evaluations: readonly Evaluation[], last: boolean): boolean {
    if (this.#rounds <= 0 || evaluations.length === 0) return false
    let stop = false
    evaluations.forEach((e, i) => {
      const old = this.#best[i]
      const delta = e.higherIsBetter ? this.#delta : -this.#delta
      const better = old === undefined || (e.higherIsBetter ? e.value > old[0] + delta : e.value < old[0] + delta)
      if (better) this.#best[i] = [e.value, iteration]
      if (stop || (this.#firstOnly && e.metric !== evaluations[0].metric)) return
      if (iteration - this.#best[i][1] >= this.#rounds) {
        stop = true
        this.#chosen = this.#best[i][1]
      }
    })
    if (!stop && last) this.#chosen = this.#best[0][1]
    return stop
  }
}
