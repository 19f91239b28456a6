/** A rule of the findings: looks at the facts and says what they support, or nothing. */
import type { FindingTone, StudyFacts } from './facts.js'

export interface Said {
  readonly tone: FindingTone
  readonly text: string
}

export interface Rule {
  readonly id: string
  /** Section of the page that shows what it rests on. */
  readonly section: string
  /** Larger comes first. */
  readonly weight: number
  readonly judge: (facts: StudyFacts) => readonly Said[]
}
