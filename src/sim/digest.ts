/**
 * A digest of all inputs of all rooms: two runs of a seed are the same run if and only if theirs are equal.
 */

export class Digest {
  #a = 0xdeadbeef | 0;
  #b = 0x41c6ce57 | 0;

  add(text: string): void {
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      this.#a = Math.imul(this.#a ^ unit, 2_654_435_761);
      this.#b = Math.imul(this.#b ^ unit, 1_597_334_677);
    }
    // Mixes the halves and marks the end, so that "ab","c" and "a","bc" differ.
    const a = this.#a;
    this.#a = Math.imul(a ^ (this.#b >>> 15), 2_246_822_507);
    this.#b = Math.imul(this.#b ^ (a >>> 13), 3_266_489_909);
  }

  text(): string {
    return [this.#a, this.#b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
