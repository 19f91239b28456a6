/** A tree while it grows: LightGBM's numbering (`Tree::Split`), then the arrays of the model. */
import { CATEGORICAL_BIT, DEFAULT_LEFT_BIT, type Tree } from '../model/model.js'

export interface NodeSplit {
  readonly feature: number
  /** Numerical: the bound; categorical: ignored. */
  readonly threshold: number
  readonly missing: number
  readonly defaultLeft: boolean
  /** Categorical: the categories that go left. */
  readonly categories: readonly number[] | undefined
  readonly gain: number
  readonly leftValue: number
  readonly rightValue: number
  readonly leftWeight: number
  readonly rightWeight: number
  readonly leftCount: number
  readonly rightCount: number
  /** Place in the binned matrix, for scoring binned rows. */
  readonly bin: number
}

export class TreeBuilder {
  numLeaves = 1
  readonly splitFeature: number[] = []
  readonly splitGain: number[] = []
  readonly threshold: number[] = []
  readonly decisionType: number[] = []
  readonly leftChild: number[] = []
  readonly rightChild: number[] = []
  readonly internalValue: number[] = []
  readonly internalWeight: number[] = []
  readonly internalCount: number[] = []
  readonly leafValue: number[] = [0]
  readonly leafWeight: number[] = [0]
  readonly leafCount: number[] = [0]
  readonly leafDepth: number[] = [0]
  readonly leafParent: number[] = [-1]
  readonly catBoundaries: number[] = [0]
  readonly catThreshold: number[] = []
  shrinkage = 1

  /** Splits a leaf; the left child keeps its number, the right child gets the next one, which is returned. */
  split(leaf: number, s: NodeSplit): number {
    const node = this.numLeaves - 1
    const right = this.numLeaves
    const parent = this.leafParent[leaf]
    if (parent >= 0) {
      if (this.leftChild[parent] === ~leaf) this.leftChild[parent] = node
      else this.rightChild[parent] = node
    }
    this.splitFeature.push(s.feature)
    this.splitGain.push(Math.fround(s.gain))
    if (s.categories === undefined) {
      this.threshold.push(s.threshold)
      this.decisionType.push((s.defaultLeft ? DEFAULT_LEFT_BIT : 0) | (s.missing << 2))
    } else {
      this.threshold.push(this.catBoundaries.length - 1)
      this.decisionType.push(CATEGORICAL_BIT | (s.missing << 2))
      this.catThreshold.push(...bitset(s.categories))
      this.catBoundaries.push(this.catThreshold.length)
    }
    this.leftChild.push(~leaf)
    this.rightChild.push(~right)
    this.internalValue.push(this.leafValue[leaf])
    this.internalWeight.push(s.leftWeight + s.rightWeight)
    this.internalCount.push(s.leftCount + s.rightCount)
    this.leafValue[leaf] = Number.isNaN(s.leftValue) ? 0 : s.leftValue
    this.leafValue.push(Number.isNaN(s.rightValue) ? 0 : s.rightValue)
    this.leafWeight[leaf] = s.leftWeight
    this.leafWeight.push(s.rightWeight)
    this.leafCount[leaf] = s.leftCount
    this.leafCount.push(s.rightCount)
    this.leafDepth[leaf]++
    this.leafDepth.push(this.leafDepth[leaf])
    this.leafParent[leaf] = node
    this.leafParent.push(node)
    this.numLeaves++
    return right
  }

  /** Multiplies every value by the learning rate. */
  shrink(rate: number): void {
    for (let i = 0; i < this.numLeaves; i++) this.leafValue[i] = roundToZero(this.leafValue[i] * rate)
    for (let i = 0; i < this.numLeaves - 1; i++) this.internalValue[i] = roundToZero(this.internalValue[i] * rate)
    this.shrinkage *= rate
  }

  /** Adds the starting score, so that the first tree of a model carries it. */
  addBias(value: number): void {
    for (let i = 0; i < this.numLeaves; i++) this.leafValue[i] = roundToZero(this.leafValue[i] + value)
    for (let i = 0; i < this.numLeaves - 1; i++) this.internalValue[i] = roundToZero(this.internalValue[i] + value)
    this.shrinkage = 1
  }

  finish(): Tree {
    return {
      numLeaves: this.numLeaves,
      numCat: this.catBoundaries.length - 1,
      splitFeature: Int32Array.from(this.splitFeature),
      splitGain: Float64Array.from(this.splitGain),
      threshold: Float64Array.from(this.threshold),
      decisionType: Uint8Array.from(this.decisionType),
      leftChild: Int32Array.from(this.leftChild),
      rightChild: Int32Array.from(this.rightChild),
      leafValue: Float64Array.from(this.leafValue),
      leafWeight: Float64Array.from(this.leafWeight),
      leafCount: Float64Array.from(this.leafCount),
      internalValue: Float64Array.from(this.internalValue),
      internalWeight: Float64Array.from(this.internalWeight),
      internalCount: Float64Array.from(this.internalCount),
      catBoundaries: Int32Array.from(this.catBoundaries.length > 1 ? this.catBoundaries : []),
      catThreshold: Uint32Array.from(this.catThreshold),
      shrinkage: this.shrinkage,
    }
  }
}

/** A tree of one leaf. */
export function constantTree(value: number, rows: number): Tree {
  const builder = new TreeBuilder()
  builder.leafValue[0] = value
  builder.leafCount[0] = rows
  return builder.finish()
}

function roundToZero(x: number): number {
  return Math.abs(x) <= Math.fround(1e-35) ? 0 : x
}

function bitset(categories: readonly number[]): number[] {
  const words: number[] = new Array(Math.floor(Math.max(...categories) / 32) + 1).fill(0)
  for (const c of categories) words[c >> 5] |= 1 << (c & 31)
  return words.map((w) => w >>> 0)
}
