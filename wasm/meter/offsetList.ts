/** A list of offsets that is filled again for each body, and keeps its room. */
export class OffsetList {
  count = 0;
  private offsets = new Uint32Array(64);

  clear(): void {
    this.count = 0;
  }

  add(offset: number): void {
    if (this.count === this.offsets.length) {
      const twice = new Uint32Array(this.count * 2);
      twice.set(this.offsets);
      this.offsets = twice;
    }
    this.offsets[this.count++] = offset;
  }

  /** @param place below {@link count} */
  at(place: number): number {
    return this.offsets[place] as number;
  }
}
