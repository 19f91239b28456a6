/** What verification found: one entry per file and check, however many rows are wrong. */

export interface Problem {
  /** Relative to the data folder. */
  readonly file: string
  /** The first wrong row (the first row of a table is 1), or null when the whole file is meant. */
  readonly row: number | null
  readonly what: string
  /** How many rows fail the same check. */
  readonly count: number
}

export interface Problems {
  /** A problem of the whole file. */
  file(file: string, what: string): void
  /** A problem of a row (0-based index). Later rows with the same check are only counted. */
  row(file: string, check: string, index: number, detail: string): void
  readonly list: readonly Problem[]
}

export function collectProblems(): Problems {
  const list: { file: string; row: number | null; what: string; count: number }[] = []
  const byCheck = new Map<string, { count: number }>()
  return {
    list,
    file(file, what) {
      list.push({ file, row: null, what, count: 1 })
    },
    row(file, check, index, detail) {
      const key = `${file}\n${check}`
      const seen = byCheck.get(key)
      if (seen) {
        seen.count++
        return
      }
      const problem = { file, row: index + 1, what: `${check}: ${detail}`, count: 1 }
      byCheck.set(key, problem)
      list.push(problem)
    },
  }
}

/** `1m_raw_data/2026-02-01.parquet, row 7: duplicate: … (12 rows in all)`. */
export function problemText({ file, row, what, count }: Problem): string {
  return `${file}${row === null ? '' : `, row ${row}`}: ${what}${count > 1 ? ` (${count} rows in all)` : ''}`
}
